"""The kinds of damage to a knowledge base, each with the problem that `python -m policy_kb check` must find."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from policy_kb.loading import read_yaml

LOAN_FILE = "measures/startup-loan.yml"
HIRING_FILE = "measures/hiring-subsidy.yml"
SOURCE = "sources/yunrenshefa-2022-57"
SOURCE_FILE, TEXT_FILE = f"{SOURCE}/source.yml", f"{SOURCE}/text.txt"
FACTS = "sources/supplements.yml"

Change = Callable[[Any], object]


@dataclass(frozen=True)
class Damage:
    """``change`` is made to the content of ``file``; the problem must be at ``at`` (else ``file``) and ``key``."""

    name: str
    file: str
    change: Change
    key: str
    says: tuple[str, ...]
    at: str = ""


def put(*path: str | int, to: Any) -> Change:
    """Sets one value; path[:-1] leads to its mapping or list."""

    def change(content: Any) -> None:
        for step in path[:-1]:
            content = content[step]
        content[path[-1]] = to

    return change


def drop(*path: str | int) -> Change:
    def change(content: Any) -> None:
        for step in path[:-1]:
            content = content[step]
        content.pop(path[-1])

    return change


def clause(found: str, change: Change) -> Change:
    """Changes one clause of a source."""
    return lambda source: change(next(each for each in source["clauses"] if each["id"] == found))


def fact(found: str, change: Change) -> Change:
    return lambda facts: change(next(each for each in facts if each["id"] == found))


def twice(content: Any) -> None:
    content.append(dict(content[0]))


def clauses_twice(source: Any) -> None:
    source["clauses"].append(dict(source["clauses"][2]))


def without_clause(found: str) -> Change:
    def change(source: Any) -> None:
        source["clauses"] = [each for each in source["clauses"] if each["id"] != found]

    return change


QUOTE = {"clause": "4.1", "quote": "按规定落实创业担保贷款及贴息"}
OPEN = {"answer": "通知没有写。", "left_open": "通知没有写。", "ask": "loan-service"}

DAMAGES = (
    # quotes
    Damage(
        "a quote with a word changed",
        LOAN_FILE,
        put("passages", 0, to={"clause": "4.1", "quote": "按规定落实创业担保借款及贴息"}),
        "passages[0].quote",
        ("nowhere in the source", "copy the clause word for word"),
    ),
    Damage(
        "a quote under another clause",
        LOAN_FILE,
        put("aspects", "amount", "quotes", to=[{**QUOTE, "clause": "4.2"}]),
        "aspects.amount.quotes[0].quote",
        ("not in clause 4.2", "it is in clause 4.1"),
    ),
    Damage(
        "a quote across two clauses",
        LOAN_FILE,
        put("aspects", "amount", "quotes", to=[{"clause": "4.1", "quote": "免除反担保要求。（二）支持多渠道"}]),
        "aspects.amount.quotes[0].quote",
        ("nowhere in the source", "two pieces"),
    ),
    Damage(
        "a basis that is not in its clause",
        HIRING_FILE,
        put("validity", "basis", "quote", to="政策试点执行期限截至2023年年底"),
        "validity.basis.quote",
        ("nowhere in the source", "copy"),
    ),
    Damage(
        "a blank quote",
        LOAN_FILE,
        put("aspects", "amount", "quotes", to=[{"clause": "4.1", "quote": " \n "}]),
        "aspects.amount.quotes[0].quote",
        ("empty", "remove the quote"),
    ),
    Damage("a quote of nothing", LOAN_FILE, put("passages", 0, "quote", to=""), "passages[0].quote", ("model.py",)),
    # sources
    Damage(
        "a clause with a word changed",
        SOURCE_FILE,
        clause("6.2", lambda each: each.update(text=each["text"].replace("热门行业", "冷门行业"))),
        "clauses 6.2.text",
        ("冷门行业", "text.txt", "word for word"),
    ),
    Damage(
        "a heading changed",
        SOURCE_FILE,
        clause("2", put("heading", to="二、支持就业能力下降")),
        "clauses 2.heading",
        ("下降", "text.txt", "word for word"),
    ),
    Damage(
        "a clause left out",
        SOURCE_FILE,
        without_clause("3.2"),
        "clauses",
        ("落实企业吸纳就业优惠政策", "in no clause", "add it"),
    ),
    Damage(
        "the closing left out",
        SOURCE_FILE,
        without_clause("7"),
        "clauses",
        ("各州（市）要高度重视", "in no clause", "add it"),
    ),
    Damage(
        "a sentence left out of its clause",
        SOURCE_FILE,
        clause("4.2", lambda each: each.update(text=each["text"].replace("广泛收集发布。", ""))),
        "clauses 4.2.text",
        ("is not in", "word for word"),
    ),
    Damage("two clauses with one id", SOURCE_FILE, clauses_twice, "clauses 1.1", ("twice", "number one of them anew")),
    Damage(
        "an unknown parent", SOURCE_FILE, clause("4.2", put("parent", to="9")), "clauses 4.2.parent", ("clause “9”",)
    ),
    # coverage
    Damage(
        "a sentence that no measure covers",
        "measures/occupational-injury-pilot.yml",
        put("passages", to=[{"clause": "4.2", "quote": "持续实施新就业形态"}]),
        "clauses 4.2.text",
        ("就业人员职业伤害保障试点", "passages", "quote it"),
        at=SOURCE_FILE,
    ),
    # unknown ids
    Damage("an unknown source", LOAN_FILE, put("source", to="none"), "source", ("no source “none”", "correct the id")),
    Damage("an unknown clause", LOAN_FILE, put("clause", to="9.9"), "clause", ("no clause “9.9”", "correct the id")),
    Damage(
        "an unknown clause of a passage",
        LOAN_FILE,
        put("passages", 0, "clause", to="9.9"),
        "passages[0].clause",
        ("no clause “9.9”", "correct the id"),
    ),
    Damage(
        "an unknown clause of a basis",
        HIRING_FILE,
        put("validity", "basis", "clause", to="9.9"),
        "validity.basis.clause",
        ("no clause “9.9”", "correct the id"),
    ),
    Damage("an unknown measure", LOAN_FILE, put("related", to=["none"]), "related", ("no measure “none”", "correct")),
    Damage(
        "an unknown fact",
        LOAN_FILE,
        put("aspects", "amount", "supplements", to=["F-999"]),
        "aspects.amount.supplements",
        ("no supplement “F-999”", "correct the id"),
    ),
    Damage(
        "an unknown contact",
        LOAN_FILE,
        put("aspects", "materials", to={**OPEN, "ask": "none"}),
        "aspects.materials.ask",
        ("no contact “none”", "correct the id"),
    ),
    Damage(
        "an unknown measure in the menu",
        "menu.yml",
        put(0, "measures", 0, to="none"),
        "living.measures",
        ("no measure “none”", "correct the id"),
    ),
    Damage("an unknown aspect", "aspects.yml", put(0, "id", to="none"), "id", ("no aspect “none”", "correct the id")),
    Damage("a missing aspect", "aspects.yml", drop(0), "id", ("no aspect “materials”", "add it")),
    Damage("an unknown prefecture", "places.yml", put(1, "parent", to="99"), "530102.parent", ("no place “99”",)),
    Damage("a code twice", "places.yml", put(1, "code", to="5301"), "5301", ("昆明市 and 五华区", "correct one")),
    Damage("an emptied file", LOAN_FILE, lambda content: content.clear(), "id", ("missing required field", "model.py")),
    # answers
    Damage(
        "an answer that rests on nothing",
        LOAN_FILE,
        put("aspects", "materials", to={"answer": "带上身份证。"}),
        "aspects.materials",
        ("rests on nothing", "left_open"),
    ),
    Damage(
        "left open, and nobody to ask",
        LOAN_FILE,
        put("aspects", "materials", to={"answer": "没有写。", "left_open": "没有写。"}),
        "aspects.materials.ask",
        ("left_open without ask", "contacts.yml"),
    ),
    Damage(
        "somebody to ask, and nothing open",
        LOAN_FILE,
        put("aspects", "materials", to={"answer": "有的。", "quotes": [QUOTE], "ask": "loan-service"}),
        "aspects.materials.left_open",
        ("ask without left_open", "remove ask"),
    ),
    Damage(
        "a fact that may not be told",
        LOAN_FILE,
        put("aspects", "amount", "supplements", to=["F-57"]),
        "aspects.amount.supplements",
        ("F-57 may not be told", "reliability S", "take it out"),
    ),
    Damage(
        "a fact that has become history",
        FACTS,
        fact("F-58", put("currency", to="historical")),
        "aspects.amount.supplements",
        ("F-58 may not be told", "historical"),
        at=LOAN_FILE,
    ),
    Damage(
        "a figure in a summary",
        LOAN_FILE,
        put("summary", to="最高能贷50万。"),
        "summary",
        ("50万元 is stated but not quoted", "passages"),
    ),
    Damage(
        "a figure in words in an answer",
        LOAN_FILE,
        put("aspects", "materials", "answer", to="材料交上去，十五天就好。"),
        "aspects.materials.answer",
        ("15天 is stated but not quoted", "aspects.materials.quotes"),
    ),
    Damage(
        "a figure in what is left open",
        LOAN_FILE,
        put("aspects", "materials", "left_open", to="80%以外的怎么办，没有写。"),
        "aspects.materials.left_open",
        ("80% is stated", "take it out"),
    ),
    Damage(
        "a wrong date in an answer",
        HIRING_FILE,
        put("aspects", "time_limit", "answer", to="到2022年12月30日为止。"),
        "aspects.time_limit.answer",
        ("2022年12月30日 is stated", "aspects.time_limit.quotes"),
    ),
    Damage("a figure in a label", LOAN_FILE, put("label", to="40万贷款"), "label", ("40万元", "passages")),
    # validity
    Damage(
        "an end without basis", HIRING_FILE, drop("validity", "basis"), "validity.basis", ("without basis", "quote")
    ),
    Damage(
        "staged without basis",
        LOAN_FILE,
        put("validity", to={"staged": "true"}),
        "validity.basis",
        ("staged without basis", "quote"),
    ),
    Damage(
        "staged by words that do not say so",
        LOAN_FILE,
        put("validity", to={"staged": "true", "basis": QUOTE}),
        "validity.basis",
        ("试点", "remove staged"),
    ),
    Damage(
        "a basis of nothing",
        LOAN_FILE,
        put("validity", to={"basis": QUOTE}),
        "validity.basis",
        ("without last_day or staged", "remove it"),
    ),
    Damage(
        "another last day than its basis",
        HIRING_FILE,
        put("validity", "last_day", to="2023-12-31"),
        "validity.last_day",
        ("2023-12-31 is not in the basis", "correct it"),
    ),
    Damage(
        "a start after the end",
        HIRING_FILE,
        put("validity", "starts", to="2023-01-01"),
        "validity.starts",
        ("after last_day", "correct one of them"),
    ),
    # two values at once
    Damage(
        "a phrase of two measures",
        LOAN_FILE,
        lambda content: content["phrases"].append("创业补贴"),
        "phrases",
        ("“创业补贴”", LOAN_FILE, "one place"),
        at="measures/startup-subsidy.yml",
    ),
    Damage(
        "a phrase twice in one measure",
        LOAN_FILE,
        lambda content: content["phrases"].append(content["phrases"][0]),
        "phrases",
        ("more than once", "one place"),
    ),
    Damage(
        "one label for two",
        LOAN_FILE,
        put("label", to="创业补贴"),
        "label",
        ("创业补贴",),
        at="measures/startup-subsidy.yml",
    ),
    Damage(
        "a form under two terms",
        "vocabulary.yml",
        lambda terms: terms[1]["also"].append(terms[0]["also"][0]),
        "term 求职登记",
        ("登记失业", "失业登记 and 求职登记", "one place"),
    ),
    Damage("a term twice", "vocabulary.yml", twice, "term 失业登记", ("2 times", "one place")),
    Damage("a fact twice", FACTS, twice, "id", ("“F-01” stands twice", "another id")),
    Damage("a contact twice", "contacts.yml", twice, "id", ("“employment-service” stands twice", "another id")),
    Damage("a menu group twice", "menu.yml", twice, "id", ("“living” stands twice", "another id")),
    Damage(
        "the id of another measure", LOAN_FILE, put("id", to="gig-market"), "id", ("gig-market", "make them the same")
    ),
    # shape
    Damage("a long label", LOAN_FILE, put("label", to="创" * 15), "label", ("15 characters", "shorten it to 14")),
    Damage("an empty audience", LOAN_FILE, put("audience", to=[]), "audience", ("empty", "name person")),
    Damage("an unknown audience", LOAN_FILE, put("audience", to=["nobody"]), "audience[0]", ("nobody", "model.py")),
    Damage("no passages", LOAN_FILE, put("passages", to=[]), "passages", ("empty", "quote")),
    Damage("an unknown key", LOAN_FILE, put("amount", to="1"), "amount", ("unknown field", "model.py")),
    Damage(
        "an unknown key of an aspect", LOAN_FILE, put("aspects", "who", "say", to="x"), "aspects.who.say", ("unknown",)
    ),
    Damage("a missing part of the answer", LOAN_FILE, drop("aspects", "who"), "aspects.who", ("missing", "model.py")),
    Damage(
        "a day that is none",
        HIRING_FILE,
        put("validity", "last_day", to="2022-02-30"),
        "validity.last_day",
        ("model.py",),
    ),
)


def apply(home: Path, damage: Damage) -> None:
    path = home / damage.file
    content = read_yaml(path)
    damage.change(content)
    path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")
