"""Words for days, weeks, months and years, counted from today's."""

from __future__ import annotations

YEARS = {
    "大前年": -3,
    "前年": -2,
    "去年": -1,
    "旧年": -1,
    "上一年": -1,
    "头年": -1,
    "今年": 0,
    "本年": 0,
    "明年": 1,
    "后年": 2,
}
MONTHS = {
    "上上个月": -2,
    "上上月": -2,
    "上个月": -1,
    "上月": -1,
    "这个月": 0,
    "本月": 0,
    "当月": 0,
    "下个月": 1,
    "下月": 1,
}
DAYS = {
    "大前天": -3,
    "前天": -2,
    "昨天": -1,
    "昨日": -1,
    "昨晚": -1,
    "今天": 0,
    "今日": 0,
    "今早": 0,
    "明天": 1,
    "后天": 2,
    "大后天": 3,
}
PARTS = {
    **dict.fromkeys(("初", "头", "上旬"), "上旬"),
    **dict.fromkeys(("中", "中旬"), "中旬"),
    **dict.fromkeys(("底", "末", "尾", "下旬"), "下旬"),
}
WEEKS = {"上上": -2, "上": -1, "这": 0, "本": 0, "下": 1}
WEEKDAYS = {
    **dict(zip("一二三四五六日", range(7), strict=True)),
    "天": 6,
    **{str(number + 1): number for number in range(7)},
}
