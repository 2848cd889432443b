"""Normalising, sounds, noise, and telling several questions apart."""

from __future__ import annotations

import pytest

import policy_kb
from bot.engine.language.asks import candidate_asks
from bot.engine.language.aspects import AspectFinder
from bot.engine.language.mentions import Mentions
from bot.engine.language.noise import Augmenter
from bot.engine.language.normalise import normalise
from bot.engine.language.pinyin import blur, cut_syllables, is_typed_pinyin, syllables
from bot.engine.language.views import character_grams, grams, sound_grams
from bot.engine.language.words import WordCutter, domain_words


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("失業保險金怎麼領", "失业保险金怎么领"),
        ("贷款１０万　可以吗", "贷款10万可以吗"),
        ("失业金咋个领？？？😭😭", "失业金咋个领?"),
        ("嗯，公益性岗位要哪样条件", "公益性岗位要哪样条件"),
        ("SHIYE DengJi", "shiye dengji"),
        ("救救救救救我", "救救我"),
        ("\ud800失业\x00金\u200b", "失业金"),
        ("我叫〔姓名〕，手机〔手机号〕，低保咋办", "低保咋办"),
        ("我的身份证是〔身份证号〕失业金怎么领", "失业金怎么领"),
        ("   ", ""),
        ("", ""),
    ],
)
def test_normalise(written: str, meant: str) -> None:
    assert normalise(written) == meant


def test_normalise_is_idempotent_and_bounded() -> None:
    text = "我今年５５嘞，廠子垮了……咋個辦？？" * 200
    once = normalise(text)
    assert normalise(once) == once
    assert len(once) <= 2000


def test_a_pointing_word_is_no_filler() -> None:
    assert normalise("那个贷款") == "那个贷款"


@pytest.mark.parametrize(
    ("letters", "cut"),
    [
        ("shiyedengji", ("shi", "ye", "deng", "ji")),
        ("chuangyedanbaodaikuan", ("chuang", "ye", "dan", "bao", "dai", "kuan")),
        ("dibao", ("di", "bao")),
        ("apply", None),
        ("", ()),
    ],
)
def test_cut_syllables(letters: str, cut: tuple[str, ...] | None) -> None:
    assert cut_syllables(letters) == cut


def test_what_sounds_alike_is_alike() -> None:
    meant = sound_grams("失业金怎么领")
    for written in ("失业斤怎么领", "shiyejin zenme ling", "shi ye jin怎么领", "施叶金怎么令"):
        assert sound_grams(written) == meant, written


def test_accents_are_blurred() -> None:
    assert blur("zheng") == blur("zen")
    assert blur("niu") == blur("liu")
    assert blur("hua") == blur("fa")
    assert syllables("补贴abc 12元") == ["bu", "tie", "abc", "12", "yuan"]


@pytest.mark.parametrize(
    ("text", "typed"), [("shiye dengji", True), ("失业登记", False), ("ok", False), ("apply", False)]
)
def test_is_typed_pinyin(text: str, typed: bool) -> None:
    assert is_typed_pinyin(text) is typed


def test_grams() -> None:
    assert grams("abc", 2) == ["a", "b", "c", "a b", "b c"]
    assert character_grams("低保，渐退") == character_grams("低保渐退")
    assert grams([], 3) == []


SENTENCES = ["失业登记要带什么材料？", "培训补贴怎么申请", "失页的金", "创业担保贷款能贷多少", "低"]


def test_noise_repeats_with_its_seed_and_changes_with_another() -> None:
    first, again, other = (Augmenter(SENTENCES, seed).copies(SENTENCES[0], 5) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_noise_is_never_the_sentence_itself() -> None:
    augmenter = Augmenter(SENTENCES, 3)
    for sentence in SENTENCES:
        copies = augmenter.copies(sentence, 6)
        assert sentence not in copies
        assert len(copies) == len(set(copies))


def test_every_kind_of_noise_still_sounds_or_reads_like_the_sentence() -> None:
    import random

    augmenter, source = Augmenter(SENTENCES, 3), random.Random(0)
    text = "失业登记要带什么材料?"
    assert syllables(augmenter.mishear(text, source)) == syllables(text)
    assert syllables(normalise(augmenter.pinyin(text, source))) == syllables(text)
    assert syllables(normalise(augmenter.mixed_pinyin(text, source))) == syllables(text)
    assert normalise(augmenter.traditional(text, source)) == text
    assert augmenter.without_marks("好，的？", source).replace(" ", "") == "好的"
    assert text.rstrip("?") in augmenter.with_fillers(text, source)
    assert abs(len(augmenter.slip(text, source)) - len(text)) <= 1


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("失业登记在哪办?还有培训补贴有多少?", 2),
        ("低保怎么申请，公益性岗位还有没有", 2),
        ("我被裁了，失业金咋个领", 0),
        ("失业金怎么领", 0),
        ("你好", 0),
        ("", 0),
    ],
)
def test_candidate_asks(text: str, count: int) -> None:
    assert len(candidate_asks(normalise(text))) == count


def test_a_statement_stays_with_its_question() -> None:
    asks = candidate_asks(normalise("厂子倒了。失业金怎么领？另外医保断了咋办？"))
    assert asks == ["厂子倒了,失业金怎么领?", "另外医保断了咋办?"]


@pytest.mark.parametrize(
    ("text", "aspect"),
    [
        ("创业补贴怎么申请", "steps"),
        ("要带哪样材料", "materials"),
        ("一个月有多少钱", "amount"),
        ("几天能办下来", "time_limit"),
        ("在哪里办", "place"),
        ("归哪个部门管", "who"),
        ("我能不能办", "conditions"),
        ("现在还有没有这个政策", "validity"),
        ("文件原文怎么写的", "source"),
        ("失业保险金", None),
    ],
)
def test_aspects(text: str, aspect: str | None) -> None:
    assert AspectFinder(policy_kb.load().aspects.values()).find(text) == aspect


def test_the_dictionary_keeps_terms_whole() -> None:
    cutter = WordCutter(domain_words(policy_kb.load()))
    words = cutter.cut("公益性岗位和反担保")
    assert "公益性岗位" in words
    assert "反担保" in words


def test_two_cutters_do_not_share_a_dictionary() -> None:
    assert "甲乙丙丁戊" in WordCutter(["甲乙丙丁戊"]).cut("甲乙丙丁戊")
    assert "甲乙丙丁戊" not in WordCutter([]).cut("甲乙丙丁戊")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("失业补助金和低保", ("unemployment-assistance", "subsistence-allowance")),
        ("那要什么材料", ()),
        ("失业登记网址是多少", ("registration-channels",)),
    ],
)
def test_mentions(text: str, named: tuple[str, ...]) -> None:
    assert Mentions(policy_kb.load()).measures(text) == named


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("多少钱呢", True),
        ("那要哪样材料", True),
        ("对了,有什么条件", True),
        ("失业金多少", False),
        ("腊肉多少钱一斤", False),
    ],
)
def test_bare_questions(text: str, bare: bool) -> None:
    assert Mentions(policy_kb.load()).is_bare(text) is bare


def test_measures_side_by_side() -> None:
    mentions = Mentions(policy_kb.load())
    assert mentions.joined("创业担保贷款和失业补助金怎么弄") == ("startup-loan", "unemployment-assistance")
    assert mentions.joined("失业保险金领完了,低保能办吗") == ()
