"""Names of people, as they stand on the identity card."""

from __future__ import annotations

import re

from casework.fields.answer import Question, Reading, Value, Wrong, asks
from casework.fields.places import exact_places
from casework.fields.surnames import FIRST_NAMES_ALONE, SURNAMES

_HAN = r"[\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003134f〇]"
_DOT = r"\s*[·•・‧∙⋅.．。]\s*"
_CHINESE = re.compile(rf"{_HAN}{{2,6}}|{_HAN}{{1,12}}(?:·{_HAN}{{1,12}}){{1,4}}")
_SAID_DOT = re.compile(rf"({_HAN}{{2,6}})(?<![几重早晚有一试特优缺地])点(?!心|对|击|名|评)({_HAN}{{2,6}})")
_LATIN = re.compile(r"[A-Z][A-Za-z'\-]*(?:[ ,.·•]+[A-Z][A-Za-z'\-]*){1,5}")
_LEAD = re.compile(
    r"^(?:写上?|填上?|就写|改成|改为)\s*(?!的)|^(?:(?:你好|您好|同志|老师|呃|嗯|那个|就是|写上?|填上?|改成|改为|应该是|麻烦|请)[，,。\s]*)*"
    r"(?:(?:我|俺|咱|本人|他|她)?(?:呢|的|勒|嘞)?(?:大名|名字|姓名|真名|全名|身份证上)?(?:就)?(?:是|叫做?|喊做?|为|写的是|[:：])+|我姓名|姓名|名字|本人)\s*[,，:：]?\s*"
)
_TAIL = re.compile(r"(?:[，,。.!！~\s]|嘛|嘎|噶|呢嘛|哈|哦|吧|就是我|这个名字)+$")
_NOT_A_NAME = re.compile(
    r"取消|^不|不[想要知晓清填会能用办是行好对]|跳过|为什么|为啥|^没|没[有得法]|随便|好的|好嘛|你好|您好|重新|开始|算了|等[一下会]|下一|上一|继续|返回|退出|谢谢|可以|知道|什么|怎么|咋"
    r"|哪|吗|呢|吧|啊|谁|多少|补贴|贷款|登记|申请|失业|社保|创业|培训|工作|人工|客服|身份证|电话|手机|姓名|名字|帮我|帮忙|我|你|您|他们|这"
    r"|办理|要得|莫得|是的|对的|确认|提交|存着|先存|清楚|晓得|认不|忘|初中|小学|大学|毕业|方便|应该|时间|时候|于是|方案|安排|应聘|高兴"
    r"|[领要给发]钱|[零一二两三四五六七八九十百千万]元|[上下]个?月|生日|号码|地址|菜单|帮助|查询|进度|投诉|政策|条件|材料|流程|修改|改[成为一]|删除|撤|保密|隐私"
    r"|同意|拒绝|愿意|全部|都[会是要有可行]|还有|如果|但是|因为|所以|那[个边么里]|老板|老师|同志|师傅|公司|单位|企业|政府|街道|有限|中心"
    r"|学校|医院|残疾|老人|孩子|男的|女的|结婚|离婚|一样|两个|几个|怎样|莫名|测试|辛苦|兄弟|了$|晚上|早上|明天|今天|昨天"
    r"|^高中$|^马上|^安全$|^成功$|^农民|的$"
    r"|先生$|女士$|小姐$|^[小老].$|族$|停止|结束|暂停|清[空除]|再见|拜拜|晚安|稍等|同上|嗯嗯|呵呵|有事|着急|急用|辞退|打工|砌砖|多久|块钱?$"
    r"|去年|催|回头|机器人|说话|聊天|唱歌"
)


def read_name(question: Question, text: str) -> Reading:
    """A person's name, with · where the parts of a minority name are divided."""
    again = Wrong("请写身份证上的姓名，比如“李秀英”“岩温罕”。")
    led = _LEAD.sub("", text)
    name = _TAIL.sub("", led).strip(" ,，:：“”\"'")
    if asks(text):
        return Reading(again, text)
    if (said_dot := _SAID_DOT.fullmatch(name)) and not _NOT_A_NAME.search(name):
        name = "·".join(said_dot.groups())
    dotted = re.sub(_DOT, "·", re.sub(rf"(?<={_HAN})\s+(?={_HAN})", "", name)).strip("·")
    if _CHINESE.fullmatch(dotted):
        if "·" not in dotted and (_NOT_A_NAME.search(dotted) or exact_places(dotted, question.places)):
            return Reading(again, text)
        sure = led != text or "·" in dotted or _looks_like_name(dotted)
        return Reading(Value(dotted, dotted), "" if sure else text)
    if _LATIN.fullmatch(name):
        latin = re.sub(r"\s*[·•]\s*", "·", re.sub(r"\s+", " ", name))
        return Reading(Value(latin, latin), "" if led != text or latin.isupper() else text)
    if re.fullmatch(_HAN, name):
        return Reading(Wrong("请写全名，姓和名都要，和身份证上一样。"), text)
    if any(each.isdigit() for each in name):
        return Reading(Wrong("姓名里不会有数字。请写身份证上的姓名。"), text)
    parts = re.split(r"[、，,/\s]+|和|跟", name)
    if len(parts) == 2 and all(_CHINESE.fullmatch(part) for part in parts):
        return Reading(Wrong("您说了两个名字。请只写一个，要办的这个人的。"), text)
    return Reading(again, text)


def _looks_like_name(name: str) -> bool:
    if len(name) > 4:
        return False
    return name.startswith(SURNAMES) or name.startswith(FIRST_NAMES_ALONE)
