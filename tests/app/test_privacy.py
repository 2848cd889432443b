"""Personal data: found, hidden before anybody sees it, not in the file, forgotten on request."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.people.privacy import ID_CHECKS, ID_WEIGHTS, is_resident_id, mask
from tests.app.conftest import TOKEN, FakeEngine, Served

ID = "11010519491231002X"


@pytest.mark.parametrize(
    ("text", "kind", "hidden"),
    [
        (f"我的身份证{ID}要不要", "身份证号", ID),
        ("身份证１１０１０５１９４９１２３１００２Ｘ", "身份证号", "11010519491231002X"),
        ("身份证 110105 19491231 0021 打错一位", "身份证号", "19491231"),
        ("老证110105491231002", "身份证号", "110105491231002"),
        ("我的手机号13800138000打给我", "手机号", "13800138000"),
        ("+86 138-0013-8000", "手机号", "8000"),
        ("138 0013 8000", "手机号", "0013"),
        ("卡号6222021234567890128", "银行卡号", "6222021234567890128"),
        ("电话0871-63636363", "电话号码", "63636363"),
        ("发我 zhang.san@example.com", "邮箱", "example"),
        ("我叫张三，失业了", "姓名", "张三"),
        ("姓名：阿依·古丽", "姓名", "古丽"),
        ("我住在五华区人民中路12号3栋402室", "住址", "12号"),
    ],
)
def test_found(text: str, kind: str, hidden: str) -> None:
    masked = mask(text)
    assert kind in masked.found
    assert hidden not in masked.text
    assert f"〔{kind}〕" in masked.text


@pytest.mark.parametrize(
    "text",
    [
        "打 12333 问",
        "云人社发〔2022〕57号",
        "2022年12月23日",
        "10万元以下的创业担保贷款",
        "我55岁，交了8年社保，欠85000元",
        "我叫不到人，招工难",
        "昆明市五华区的，镇雄县也行",
        "我叫我儿子去问",
        "1234567890123456",
        "120 110 12356",
        "编号 A1B2C3",
    ],
)
def test_left_alone(text: str) -> None:
    assert mask(text) == (text, ())


@given(st.integers(1930, 2008), st.integers(1, 12), st.integers(1, 28), st.integers(0, 999), st.text(max_size=20))
def test_no_valid_id_is_left(year: int, month: int, day: int, order: int, around: str) -> None:
    body = f"530102{year}{month:02}{day:02}{order:03}"
    number = body + ID_CHECKS[sum(int(d) * w for d, w in zip(body, ID_WEIGHTS, strict=True)) % 11]
    assert is_resident_id(number)
    assert number not in mask(f"{around}，我的是{number}。{around}").text


@given(st.text(max_size=200))
def test_masking_never_breaks_and_settles(text: str) -> None:
    once = mask(text).text
    assert mask(once).text == once


def test_the_engine_and_the_file_never_see_it(app: Served, engine: FakeEngine, tmp_path: Path) -> None:
    answer = app.chat(f"我叫张三，身份证{ID}，电话13800138000，失业金怎么领", "13900139000")
    sender, seen = engine.turns[0]
    assert "失业金怎么领" in seen
    notice = answer.json()["messages"][-1]
    assert notice["kind"] == "notice"
    files = b"".join(path.read_bytes() for path in tmp_path.glob("app.db*"))
    for secret in ("张三", ID, "13800138000", "13900139000"):
        assert secret not in seen
        assert secret not in sender
        assert secret.encode() not in files
    assert "失业金怎么领".encode() not in files


def test_forgetting(app: Served, engine: FakeEngine) -> None:
    """The engine calls the action; the log, the reply and the engine's side go."""
    app.chat("失业金怎么领")
    sender = engine.turns[0][0]
    call = {"next_action": "action_forget_me", "sender_id": sender, "tracker": {"sender_id": sender}}
    assert app.client.post("/actions/webhook", json=call).status_code == 401
    answer = app.client.post("/actions/webhook", params={"token": TOKEN}, json=call)
    assert answer.status_code == 200, answer.text
    assert answer.json()["responses"][0]["yunjiu"]["messages"][0]["kind"] == "notice"
    app.chat("你好")
    assert engine.turns[-1][0] != sender


def test_an_unknown_action_is_refused(app: Served) -> None:
    call = {"next_action": "action_nothing", "sender_id": "x", "tracker": {"sender_id": "x"}}
    assert app.client.post("/actions/webhook", params={"token": TOKEN}, json=call).status_code == 404
