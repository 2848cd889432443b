"""What is filed can be asked, decided and read; damage to an application is caught by file, key and cure."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from bot.settings import Settings
from policy_kb.checks.applications import longest_path
from policy_kb.knowledge import HOME, KnowledgeBase, load
from policy_kb.procedures import (
    Application,
    ApplicationField,
    Choice,
    Consent,
    DecidedBy,
    FieldType,
    TimeLimit,
    When,
)
from tests.policy_kb.damages import FACTS, Change, Damage, apply, drop, fact, put
from tests.policy_kb.test_check import errors

KNOWLEDGE = load()
APPLICATIONS = KNOWLEDGE.applications
FILEABLE = {
    "unemployment-registration",
    "jobseeker-registration",
    "training-needs-survey",
    "training-subsidy",
    "training-living-allowance",
    "key-enterprise-service",
    "job-matching",
    "skills-upgrade-subsidy",
    "startup-premises",
    "startup-loan",
    "startup-subsidy",
    "gig-market",
    "hardship-recognition",
    "hardship-reentry",
    "public-welfare-post",
    "unemployment-benefit",
    "temporary-relief",
    "subsistence-allowance",
    "startup-loan-extension",
    "labour-rights-complaint",
    "unemployment-assistance",
    "situation-reporting",
}
PEOPLE = sorted(each.id for each in APPLICATIONS.values() if each.applicant == "person")
EMPLOYERS = sorted(each.id for each in APPLICATIONS.values() if each.applicant == "employer")
REGISTRATION = "applications/unemployment-registration.yml"
BENEFIT = "applications/unemployment-benefit.yml"
SHARED = "application_fields.yml"


def test_every_fileable_measure_of_the_notice_has_one() -> None:
    assert set(APPLICATIONS) == FILEABLE
    assert len(FILEABLE) == 22
    assert not [each for each in errors(HOME) if each.file.startswith("application")]


def test_a_registration_carries_what_the_notice_wants_to_be_clear() -> None:
    """四清: 1.2."""
    application = APPLICATIONS["unemployment-registration"]
    sections = {each.section for each in application.fields if not each.optional and not each.when}
    assert sections >= {"basic", "history", "skills", "wants"}
    assert {each.id for each in application.fields if each.told_by == "identity"} == {"birth_date", "sex"}
    assert longest_path(application) <= 11


@pytest.mark.parametrize("application_id", PEOPLE)
def test_a_person_tells_who_they_are_and_where(application_id: str) -> None:
    types = [each.type for each in APPLICATIONS[application_id].fields if not each.optional and not each.when]
    assert {"name", "mobile", "place"} <= set(types)


@pytest.mark.parametrize("application_id", EMPLOYERS)
def test_an_employer_tells_who_it_is_and_whom_to_call(application_id: str) -> None:
    application = APPLICATIONS[application_id]
    types = [each.type for each in application.fields if not each.optional and not each.when]
    assert {"credit_code", "text", "name", "phone", "place"} <= set(types)
    assert not application.on_behalf


def test_reports_and_complaints_may_be_filed_again() -> None:
    repeated = {each.id for each in APPLICATIONS.values() if each.identified_by is None}
    assert repeated == {"labour-rights-complaint", "situation-reporting"}


def test_relief_is_for_civil_affairs_to_decide() -> None:
    relief = {each.id for each in APPLICATIONS.values() if each.decided_by.contact == "civil-affairs"}
    assert relief == {"temporary-relief", "subsistence-allowance"}
    assert {APPLICATIONS[each].decided_by.level for each in relief} == {"township"}


def test_only_these_have_a_number_of_days() -> None:
    days = {each.id: each.time_limit.working_days for each in APPLICATIONS.values() if each.time_limit.working_days}
    assert days == {"unemployment-benefit": 10, "skills-upgrade-subsidy": 10, "labour-rights-complaint": 60}


@pytest.mark.parametrize("application_id", sorted(APPLICATIONS))
def test_what_is_not_filed_is_kept_as_long_as_the_consent_says(application_id: str) -> None:
    """The consent's number of days is that of the setting by which the worker deletes."""
    days = re.findall(r"(\d+) ?天", APPLICATIONS[application_id].consent.kept)
    assert days == [str(Settings.model_fields["draft_days"].default)]


# The longest way through


def field(field_id: str, kind: FieldType = "text", *when: When, choices: tuple[str, ...] = ()) -> ApplicationField:
    return ApplicationField(
        field_id, kind, "标", "问？", "例", "因", choices=tuple(Choice(each, each) for each in choices), when=when
    )


def application(*fields: ApplicationField) -> Application:
    return Application(
        id="test",
        title="试",
        applicant="person",
        opening="试",
        consent=Consent("1", "试", "试", "试"),
        fields=fields,
        decided_by=DecidedBy("employment-service", "county"),
        time_limit=TimeLimit(note="试"),
        outcomes={"granted": "好", "refused": "没有"},
    )


def test_answers_that_exclude_each_other_do_not_add_up() -> None:
    way = field("way", "choice", choices=("left", "right"))
    left, right = (field(each, "text", When("way", (each,))) for each in ("left", "right"))
    assert longest_path(application(way, left, right)) == 2


def test_choices_may_be_chosen_together() -> None:
    ways = field("ways", "choices", choices=("left", "right"))
    left, right = (field(each, "text", When("ways", (each,))) for each in ("left", "right"))
    assert longest_path(application(ways, left, right)) == 3


def test_what_hangs_on_an_unasked_question_is_not_asked() -> None:
    first, second = field("first", "yes_no"), field("second", "yes_no", When("first", ("yes",)))
    third = field("third", "text", When("first", ("no",)), When("second", ("yes",)))
    assert longest_path(application(first, second, third)) == 2


# Damage


def of(found: str, change: Change) -> Change:
    """Changes one field of an application, or one shared field."""

    def changed(content: Any) -> None:
        fields = content["fields"] if isinstance(content, dict) else content
        change(next(each for each in fields if found in (each.get("id"), each.get("use"))))

    return changed


def added(**more: Any) -> Change:
    """One more field at the end."""
    plain = {"type": "text", "label": "标", "prompt": "问？", "help": "例", "why": "因"}
    return lambda content: content["fields"].append({**plain, **more})


def twice(content: Any) -> None:
    content["fields"].append(dict(content["fields"][-1]))


def shortened(content: Any) -> None:
    """No choice but the first is left, and no answer is depended on."""
    content["choices"] = content["choices"][:1]


def one_word_for_two(content: Any) -> None:
    content["choices"][1].setdefault("also", []).append(content["choices"][0]["title"])


def much_asked(content: Any) -> None:
    more = [{"id": f"more-{number}", "type": "yes_no"} for number in range(12 - longest_path(REGISTERED))]
    for each in more:
        added(**each)(content)


REGISTERED = APPLICATIONS["unemployment-registration"]
MORE = "fields more"

DAMAGES = (
    Damage("an unknown contact", BENEFIT, put("decided_by", "contact", to="none"), "decided_by.contact", ("“none”",)),
    Damage("an unknown basis", BENEFIT, put("decided_by", "basis", to="F-999"), "decided_by.basis", ("“F-999”",)),
    Damage("an unknown source", BENEFIT, put("time_limit", "source", to="F-999"), "time_limit.source", ("“F-999”",)),
    Damage(
        "days without a source",
        BENEFIT,
        drop("time_limit", "source"),
        "time_limit.source",
        ("without a source", "name"),
    ),
    Damage(
        "a source without days",
        BENEFIT,
        drop("time_limit", "working_days"),
        "time_limit.source",
        ("without working_days", "give the number"),
    ),
    Damage(
        "neither days nor a word about them", BENEFIT, put("time_limit", to={}), "time_limit.note", ("neither", "whom")
    ),
    Damage(
        "days that the source does not have",
        BENEFIT,
        put("time_limit", "working_days", to="20"),
        "time_limit.working_days",
        ("F-31 does not say 20", "the source's number"),
    ),
    Damage(
        "days of one county",
        BENEFIT,
        put("time_limit", to={"working_days": "3", "source": "F-05"}),
        "time_limit.source",
        ("F-05 does not hold everywhere",),
    ),
    Damage(
        "days that are history",
        FACTS,
        fact("F-31", put("currency", to="historical")),
        "time_limit.source",
        ("F-31 does not hold",),
        at=BENEFIT,
    ),
    Damage(
        "a condition on nothing",
        REGISTRATION,
        added(id="more", when=[{"field": "none", "one_of": ["yes"]}]),
        f"{MORE}.when",
        ("no field “none” before it", "stands above"),
    ),
    Damage(
        "a condition on a later field",
        REGISTRATION,
        of("name", put("when", to=[{"field": "education", "one_of": ["primary"]}])),
        "fields name.when",
        ("no field “education” before it",),
    ),
    Damage(
        "a condition on free text",
        BENEFIT,
        added(id="more", when=[{"field": "last_employer", "one_of": ["yes"]}]),
        f"{MORE}.when",
        ("has no choices", "depend on a choice"),
    ),
    Damage(
        "a condition on what the vault holds",
        REGISTRATION,
        added(id="more", when=[{"field": "mobile", "one_of": ["yes"]}]),
        f"{MORE}.when",
        ("mobile is personal", "another field"),
    ),
    Damage(
        "a condition on an answer that nobody can give",
        REGISTRATION,
        added(id="more", when=[{"field": "education", "one_of": ["kindergarten"]}]),
        f"{MORE}.when",
        ("no answer “kindergarten”", "primary, junior"),
    ),
    Damage(
        "a condition that never holds",
        REGISTRATION,
        added(id="more", when=[{"field": "education", "one_of": []}]),
        f"{MORE}.when",
        ("never asked", "remove when"),
    ),
    Damage(
        "told by a telephone number",
        SHARED,
        of("sex", put("told_by", to="mobile")),
        "fields sex.told_by",
        ("“mobile” is no identity field before it", "stands above"),
        at=REGISTRATION,
    ),
    Damage(
        "told before it is known",
        REGISTRATION,
        lambda content: content["fields"].insert(0, {"use": "sex", "id": "early"}),
        "fields early.told_by",
        ("no identity field before it",),
    ),
    Damage(
        "told what a number does not hold",
        REGISTRATION,
        of("education", put("told_by", to="identity")),
        "fields education.fact",
        ("birth_date and sex only", "remove told_by"),
    ),
    Damage(
        "a field twice",
        REGISTRATION,
        twice,
        f"fields {REGISTERED.fields[-1].id}",
        ("stands twice", "another id"),
    ),
    Damage(
        "one choice alone",
        SHARED,
        of("education", shortened),
        "fields education.choices",
        ("fewer than two", "yes_no"),
        at=REGISTRATION,
    ),
    Damage(
        "choices of a text",
        REGISTRATION,
        added(id="more", choices=[{"id": "one", "title": "一"}, {"id": "two", "title": "二"}]),
        f"{MORE}.choices",
        ("a text has no choices", "make it choice"),
    ),
    Damage(
        "two choices with one id",
        REGISTRATION,
        added(id="more", type="choice", choices=[{"id": "one", "title": "一"}, {"id": "one", "title": "二"}]),
        f"{MORE}.choices",
        ("“one” stands twice", "another id"),
    ),
    Damage(
        "one word for two choices",
        SHARED,
        of("education", one_word_for_two),
        "fields education.choices",
        ("“小学及以下”", "小学及以下 and 初中", "keep it in one"),
        at=REGISTRATION,
    ),
    *(
        Damage(
            f"{each} that goes into no vault",
            SHARED,
            of(each, drop("personal")),
            f"fields {each}.personal",
            ("is not personal", "personal: true"),
            at=BENEFIT,
        )
        for each in ("name", "identity", "mobile", "bank_card")
    ),
    Damage(
        "a file for everybody",
        REGISTRATION,
        added(id="more", type="file"),
        f"{MORE}.personal",
        ("a file is not personal",),
    ),
    Damage(
        "a county in the vault",
        SHARED,
        of("county", put("personal", to="true")),
        "fields county.personal",
        ("nobody sees where", "remove personal"),
        at=REGISTRATION,
    ),
    Damage(
        "recognised by a name",
        REGISTRATION,
        put("identified_by", to="name"),
        "identified_by",
        ("“name” is no identity field", "name one"),
    ),
    Damage("recognised by nothing", REGISTRATION, put("identified_by", to="none"), "identified_by", ("“none”",)),
    Damage(
        "recognised by what may be skipped",
        REGISTRATION,
        of("identity", put("optional", to="true")),
        "identified_by",
        ("that everybody answers",),
    ),
    Damage(
        "an employer recognised by a person's number",
        "applications/key-enterprise-service.yml",
        put("identified_by", to="contact_phone"),
        "identified_by",
        ("no credit_code field",),
    ),
    Damage(
        "a fact of another type",
        REGISTRATION,
        added(id="more", fact="job_loss_date"),
        f"{MORE}.fact",
        ("job_loss_date is a date in facts.yml", "another fact"),
    ),
    Damage(
        "a fact with other choices",
        SHARED,
        of("education", put("choices", 0, "id", to="kindergarten")),
        "fields education.fact",
        ("education has other choices in facts.yml", "make them the same"),
        at=REGISTRATION,
    ),
    Damage(
        "a long question",
        REGISTRATION,
        added(id="more", prompt="问" * 41),
        f"{MORE}.prompt",
        ("41 characters", "shorten it to 40"),
    ),
    Damage("many questions", REGISTRATION, much_asked, "fields", ("has 12 questions", "at most 11")),
    Damage("an amount in the opening", BENEFIT, put("opening", to="每月1710元。"), "opening", ("1710元 is stated",)),
    Damage("days in an outcome", BENEFIT, put("outcomes", "granted", to="三十天到账。"), "outcomes.granted", ("30天",)),
    Damage("days in a note", BENEFIT, put("time_limit", to={"note": "五天办好。"}), "time_limit.note", ("5天",)),
    Damage(
        "an age in a consent",
        BENEFIT,
        put("consent", "purpose", to="给60岁以下的人。"),
        "consent.purpose",
        ("60岁 is stated", "take it out"),
    ),
    Damage("an age in a question", REGISTRATION, added(id="more", prompt="满45岁吗？"), f"{MORE}.prompt", ("45岁",)),
    Damage("an amount beside an example", REGISTRATION, added(id="more", help="要500元。"), f"{MORE}.help", ("500元",)),
    Damage(
        "an amount in a choice",
        REGISTRATION,
        added(id="more", type="choice", choices=[{"id": "a", "title": "300元以上"}, {"id": "b", "title": "别的"}]),
        f"{MORE}.choices a",
        ("300元",),
    ),
    Damage("an unknown key", BENEFIT, put("amount", to="1"), "amount", ("unknown field",)),
)


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.name)
def test_damage_is_caught(home: Path, damage: Damage) -> None:
    apply(home, damage)
    found = errors(home)
    lines = [str(each) for each in found if (each.file, each.key) == (damage.at or damage.file, damage.key)]
    assert any(all(word in line for word in damage.says) for line in lines), [str(each) for each in found]
    assert all(each.what and each.cure and "\n" not in str(each) for each in found)


def test_an_application_that_is_missing_is_missed(home: Path) -> None:
    (home / BENEFIT).unlink()
    found = [str(each) for each in errors(home) if each.file == BENEFIT]
    assert len(found) == 1
    assert "unemployment-benefit is fileable and has no application" in found[0]


def test_an_application_for_what_cannot_be_filed(home: Path) -> None:
    measure = "measures/unemployment-benefit.yml"
    apply(home, Damage("", measure, put("fileable", to="false"), "", ()))
    assert any("is not fileable" in each.what for each in errors(home) if each.file == BENEFIT)


def test_an_application_for_nothing(home: Path) -> None:
    text = (home / BENEFIT).read_text("utf-8").replace("id: unemployment-benefit", "id: none", 1)
    (home / "applications/none.yml").write_text(text, "utf-8")
    assert any("no measure “none”" in each.what for each in errors(home))


def test_a_figure_in_an_example_is_no_statement(home: Path) -> None:
    apply(home, Damage("", REGISTRATION, added(id="more", type="amount", help="比如“8万元”。"), "", ()))
    assert not [each for each in errors(home) if each.key == f"{MORE}.help"]


def test_a_shared_field_is_taken_with_what_is_overridden(home: Path) -> None:
    apply(home, Damage("", REGISTRATION, of("county", put("prompt", to="在哪里办？")), "", ()))
    changed = KnowledgeBase(home).applications["unemployment-registration"].field("county")
    shared = REGISTERED.field("county")
    assert (changed.prompt, changed.type, changed.help) == ("在哪里办？", "place", shared.help)
