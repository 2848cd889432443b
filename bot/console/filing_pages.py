"""A filing for a caller: the same form as in a conversation, on one page, from consent to the reference number."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response
from starlette.datastructures import FormData, UploadFile

from actions.checking.known import to_json
from actions.checking.listening import notes_from
from actions.filing.one_page import Line, OnePage, Sheet
from actions.filing.state import Answer, from_dict
from actions.filing.words import heard_before_sending, receipt, spaced
from actions.intake import FULL
from bot.console.access import Problem, Signed
from bot.console.assist import HOME, Own
from bot.console.casework_parts import room
from bot.console.pages import go, render
from bot.console.parts import Console, parts
from casework.conversations.calls import Call
from casework.people.documents import MOST_BYTES
from casework.people.errands import Errand
from casework.people.people import People
from casework.staff.staff import Staff

PREFIX = "f-"
"""Before a field's id, in the names of a form's inputs."""
NO_FORM = "没有正在填的申请。请回“坐席助手”重新开始。"
ANOTHER_FORM = "这一页已经旧了，正在填的是另一份。请刷新后再填。"
ASK_AGAIN = "想知道办到哪一步，再打电话来报这个编号，或者在云就里说“查进度”。"
NOT_KEPT = "这一项不在了。"

router = APIRouter()


@dataclass(frozen=True)
class Filling:
    """One request's view of the form that is current in a call."""

    console: Console
    call: Call
    staff: Staff
    errand: Errand

    @property
    def page(self) -> OnePage:
        return self.console.one_page

    @property
    def home(self) -> str:
        return f"{HOME}/{self.call.id}"

    def value(self, answer: Answer, whole: bool = False) -> str:
        """As it may be shown; ``whole``: to be read back, so what has no check digit is not hidden."""
        if not answer.token and not str(answer.value).startswith("d_"):
            return answer.shown
        desk = self.console.desk
        try:
            if not answer.token:
                return desk.documents.name(str(answer.value))
            token = str(answer.value)
            return desk.vault.get(token) if whole and desk.vault.kind(token) in FULL else desk.vault.shown(token)
        except KeyError:
            return NOT_KEPT


def filling(request: Request, staff: Signed, call: Own) -> Filling:
    """A Problem where no form is begun, and where an agent no longer has the conversation that it is for."""
    console = parts(request)
    _still_theirs(console, call, staff)
    errand = console.desk.errands.current(call.id)
    if errand is None or errand.kind != "filing":
        raise Problem(404, NO_FORM)
    return Filling(console, call, staff, errand)


Open = Annotated[Filling, Depends(filling)]


def same_form(form: Open, errand: Annotated[str, Form()] = "") -> Filling:
    """What was sent from a page of another form changes nothing."""
    if errand != form.errand.id:
        raise Problem(409, ANOTHER_FORM)
    return form


Sent = Annotated[Filling, Depends(same_form)]


@router.post("/assist/{call}/file")
def begin(request: Request, staff: Signed, call: Own, measure: Annotated[str, Form()]) -> Response:
    """For a caller without a conversation a person is opened."""
    console = parts(request)
    if measure not in console.knowledge.applications:
        raise Problem(422, "这一项不在云就递交。")
    _still_theirs(console, call, staff)
    person = _person(console, call)
    console.one_page.begin(call.id, person, measure)
    here = room(request, staff)
    here.disclosures.note("began_filing", here.asked(person), application=measure)
    return go(request, f"{HOME}/{call.id}/form")


@router.get("/assist/{call}/form")
def form_page(request: Request, staff: Signed, form: Open) -> Response:
    sheet, step = form.page.sheet(form.errand), from_dict(form.errand.state).step
    if step == "consent":
        cases = form.console.desk.cases.of_person(form.errand.person) if form.call.by_phone else []
        words, before = form.page.consent_words(form.errand), [each.title for each in cases]
        return _render(request, form, "filing_consent.html", sheet, words=words, before=before)
    if step == "review":
        here = room(request, staff)
        here.disclosures.note("read_back", here.asked(form.errand.person), application=sheet.application.id)
        finding = form.page.finding(form.errand)
        ahead = heard_before_sending(finding) if finding else []
        return _render(request, form, "filing_review.html", sheet, ahead=ahead)
    return _render(request, form, "filing_form.html", sheet)


@router.post("/assist/{call}/form/consent")
def consent(request: Request, form: Sent, whose: Annotated[Literal["self", "family", "no"], Form()]) -> Response:
    """What was heard in the call answers what it can, where the caller files for nobody else."""
    application = form.page.sheet(form.errand).application
    if whose == "no":
        return drop(request, form)
    if whose == "family" and not application.on_behalf:
        raise Problem(422, "这一项要本人自己办，不能替家人办。")
    listener = form.console.assistance.listener
    notes = notes_from(form.call.state)
    own = whose == "self" and listener.whose(notes) == "self"
    heard = {fact: to_json(value) for fact, value in listener.known(notes).items()} if own else {}
    form.page.agree(form.errand, whose, form.staff.login, heard)
    return go(request, f"{form.home}/form")


@router.post("/assist/{call}/form/field")
async def field(request: Request, form: Sent) -> Response:
    """One answer as soon as it is typed; with it the fields that are asked for now, or no longer."""
    typed = _typed(await request.form())
    before = {line.field.id: line.asked for line in form.page.sheet(form.errand).lines}
    sheet = await asyncio.to_thread(form.page.take, form.errand, typed)
    answered = next((line for line in sheet.lines if line.field.id in typed), None)
    if answered is None:
        raise Problem(422, "没有这一项。")
    changed = [line for line in sheet.lines if line.asked != before[line.field.id]]
    return _render(request, form, "filing_read.html", sheet, line=answered, changed=changed)


@router.post("/assist/{call}/form/review")
async def review(request: Request, form: Sent) -> Response:
    sent = await request.form()
    wrong = await asyncio.to_thread(_attached, form, await _files(sent))
    errand = await asyncio.to_thread(form.console.desk.errands.current, form.call.id)
    if errand is None:
        raise Problem(404, NO_FORM)
    sheet = await asyncio.to_thread(form.page.review, errand, _typed(sent), wrong)
    if sheet.complete:
        return go(request, f"{form.home}/form")
    return _render(request, form, "filing_form.html", sheet, 422)


@router.post("/assist/{call}/form/change")
def change(request: Request, form: Sent) -> Response:
    form.page.change(form.errand)
    return go(request, f"{form.home}/form")


@router.post("/assist/{call}/form/send")
def send(request: Request, form: Sent) -> Response:
    heard = form.page.file(form.errand, form.staff.login)
    if heard.ending == "finished":
        return go(request, f"{form.home}/filed/{heard.messages[0].reference}")
    if heard.ending == "dropped":
        return render(request, "filing_ended.html", 409, home=form.home, text=heard.messages[0].text)
    return go(request, f"{form.home}/form")


@router.post("/assist/{call}/form/keep")
def keep(request: Request, form: Sent) -> Response:
    """Waits in the person's own file; with its code anybody who was told it goes on with it, in a chat too."""
    form.console.desk.errands.set_aside(form.call.id)
    title = form.console.knowledge.applications[form.errand.subject].title
    return render(request, "filing_kept.html", home=form.home, title=title, code=spaced(form.errand.resume_code))


@router.post("/assist/{call}/form/drop")
def drop(request: Request, form: Sent) -> Response:
    """Nothing of it is kept."""
    form.console.desk.errands.drop(form.errand.id)
    return go(request, form.home)


@router.get("/assist/{call}/filed/{reference}")
def filed(request: Request, staff: Signed, call: Own, reference: str) -> Response:
    console = parts(request)
    view = console.desk.cases.by_reference(reference)
    people: People = console.desk.people
    if view is None or call.sender is None or view.person != people.of(call.sender):
        raise Problem(404, "没有这个编号的申请。")
    application = console.knowledge.applications[view.application]
    lines = receipt(console.knowledge, application, view.reference, already=False).text.splitlines()
    return render(
        request,
        "filing_filed.html",
        home=f"{HOME}/{call.id}",
        title=application.title,
        reference=view.reference,
        lines=[*lines[:-1], ASK_AGAIN] if call.by_phone else lines,
        may_open=staff.sees(view.county),
        call=call,
    )


def _render(request: Request, form: Filling, template: str, sheet: Sheet, status: int = 200, **values: Any) -> Response:
    return render(
        request,
        template,
        status,
        form=form,
        home=form.home,
        sheet=sheet,
        value=form.value,
        prefix=PREFIX,
        chosen=_chosen,
        wrong=[line for line in sheet.lines if line.wrong],
        first=next((line.field.id for line in sheet.lines if line.asked and line.answer is None), None),
        **values,
    )


def _chosen(line: Line) -> list[str]:
    """The ids of what is chosen, of a field with choices."""
    value = line.answer.value if line.answer else None
    if isinstance(value, bool):
        return ["yes" if value else "no"]
    return list(value) if isinstance(value, list) else [str(value)] if value is not None else []


def _typed(sent: FormData) -> dict[str, str]:
    """By the fields' ids; of several choices all, as they would be said."""
    names = dict.fromkeys(name for name in sent if name.startswith(PREFIX))
    texts = {name: [each for each in sent.getlist(name) if isinstance(each, str)] for name in names}
    return {name.removeprefix(PREFIX): "、".join(filter(None, said)) for name, said in texts.items()}


async def _files(sent: FormData) -> dict[str, tuple[str, bytes]]:
    """By the fields' ids: name and content, which is read no further than it may be long."""
    found = {}
    for name, each in sent.multi_items():
        if isinstance(each, UploadFile) and each.filename:
            found[name.removeprefix(PREFIX)] = (each.filename, await each.read(MOST_BYTES + 1))
    return found


def _attached(form: Filling, files: dict[str, tuple[str, bytes]]) -> dict[str, str]:
    """What is wrong with them."""
    application = form.console.knowledge.applications[form.errand.subject]
    taken = {each.id for each in application.fields if each.type == "file"}
    problems = {name: form.page.attach(form.call.id, name, *file) for name, file in files.items() if name in taken}
    return {name: problem for name, problem in problems.items() if problem}


def _still_theirs(console: Console, call: Call, staff: Staff) -> None:
    if not call.by_phone and console.desk.handovers.owner(str(call.sender)).agent != staff.login:
        raise Problem(409, "这个会话现在不归您，不能替他申请。请先接管。")


def _person(console: Console, call: Call) -> str:
    sender = call.sender
    if sender is None:
        sender = console.desk.log.sender(console.desk.log.key(f"call {secrets.token_urlsafe(32)}"))
        console.desk.calls.opened(call.id, sender)
    return console.desk.people.of(sender)
