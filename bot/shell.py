"""`make shell`: chat in the terminal with the running app.

At a terminal it uses colours; piped, it is plain text, and every line of input is one turn.
"""

from __future__ import annotations

import argparse
import sys
import uuid
from collections.abc import Iterator, Sequence
from typing import Any, TextIO

import httpx
from rich.console import Console
from rich.text import Text

COLOURS = {
    "policy_answer": "green",
    "guide_step": "green",
    "eligibility_question": "cyan",
    "eligibility_result": "bold cyan",
    "filing_question": "cyan",
    "filing_review": "bold cyan",
    "filing_receipt": "bold green",
    "status": "blue",
    "jobs": "blue",
    "clarify": "yellow",
    "handoff": "magenta",
    "out_of_scope": "yellow",
    "smalltalk": "white",
    "notice": "blue",
    "error": "bold red",
}
VALIDITY = {"in_force": ("in force", "green"), "staged": ("staged", "yellow"), "expired": ("expired", "red")}
LEAVE = ("/quit", "/exit")
Message = dict[str, Any]


class NoAnswer(Exception):
    """The app could not take the turn; the text says why."""


class Chat:
    """One conversation with the app."""

    def __init__(self, url: str, http: httpx.Client) -> None:
        self._url = url.rstrip("/")
        self._http = http
        self._conversation = f"shell-{uuid.uuid4().hex}"
        self._buttons: list[Message] = []

    def is_up(self) -> bool:
        try:
            return self._http.get(f"{self._url}/healthz").is_success
        except httpx.HTTPError:
            return False

    def say(self, typed: str) -> list[Message]:
        """One turn; a number means that button of the last reply."""
        body = {"conversation_id": self._conversation, "text": self._meant(typed), "message_id": uuid.uuid4().hex}
        try:
            answer = self._http.post(f"{self._url}/api/v1/chat", json=body)
        except httpx.HTTPError as error:
            raise NoAnswer(f"no answer ({error or type(error).__name__}); nothing is lost, type it again") from error
        if not answer.is_success:
            raise NoAnswer(_refusal(answer))
        messages: list[Message] = answer.json()["messages"]
        self._buttons = [button for message in messages for button in message.get("buttons") or ()]
        return messages

    def _meant(self, typed: str) -> str:
        number = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 3 else 0
        return str(self._buttons[number - 1]["payload"]) if 0 < number <= len(self._buttons) else typed


def _refusal(answer: httpx.Response) -> str:
    """The app's own words for why it did not take the turn."""
    try:
        error = answer.json()["error"]
        words = " ".join(str(error[part]) for part in ("message", "hint") if error.get(part))
    except (ValueError, KeyError, TypeError, AttributeError):
        words = answer.reason_phrase
    wait = answer.headers.get("Retry-After")
    return f"{answer.status_code}: {words}" + (f" (try again in {wait} s)" if wait else "")


def show(messages: Sequence[Message], console: Console) -> None:
    number = 0
    for message in messages:
        console.print(_heading(message))
        console.print(Text(message["text"]))
        for citation in message.get("citations") or ():
            console.print(_quote(citation))
        for button in message.get("buttons") or ():
            number += 1
            console.print(Text(f"  [{number}] {button['title']}", style="bold"))
    console.print()


def _heading(message: Message) -> Text:
    kind = message["kind"]
    heading = Text(kind, style=COLOURS.get(kind, "white"))
    if message.get("validity") in VALIDITY:
        words, colour = VALIDITY[message["validity"]]
        heading.append(" ")
        heading.append(f"[{words}]", style=f"bold {colour}")
    if message.get("measures"):
        heading.append(f" {', '.join(message['measures'])}", style="dim")
    if message.get("reference"):
        heading.append(f" {message['reference']}", style="bold")
    return heading


def _quote(citation: Message) -> Text:
    notice = citation.get("notice")
    where = f"{notice} 第{citation.get('clause')}条" if notice else str(citation.get("source"))
    quote = Text(f"  │ {where}", style="dim")
    for line in str(citation["quote"]).splitlines():
        quote.append(f"\n  │ {line}", style="italic")
    return quote


def turns(source: TextIO, console: Console) -> Iterator[str]:
    """What is typed, line by line, until /quit or the end of input."""
    for line in iter(lambda: _typed() if console.is_terminal else source.readline(), ""):
        if line.strip() in LEAVE:
            return
        if line.strip():
            yield line.strip()


def _typed() -> str:
    """A line typed at the terminal, with line editing; empty at the end of input, as readline() has it."""
    try:
        return f"{input('you> ')}\n"
    except EOFError:
        return ""


def chat(url: str, source: TextIO, console: Console) -> int:
    """0 when every turn was answered."""
    failed = False
    with httpx.Client(timeout=60, trust_env=False) as http:
        conversation = Chat(url, http)
        if not conversation.is_up():
            console.print(f"Nothing answers at {url}: make run first.", markup=False)
            return 1
        if console.is_terminal:
            console.print("Type a question in Chinese, a button's number, or /quit.\n")
        for text in turns(source, console):
            try:
                show(conversation.say(text), console)
            except NoAnswer as refused:
                failed = True
                console.print(Text(str(refused), style=COLOURS["error"]))
    return int(failed)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default="http://127.0.0.1:8000", help="where the app listens")
    url = parser.parse_args().url
    terminal = sys.stdin.isatty() and sys.stdout.isatty()
    console = Console(highlight=False, soft_wrap=True, no_color=not terminal, force_terminal=terminal)
    if terminal:
        import readline  # noqa: F401  gives input() line editing
    try:
        return chat(url, sys.stdin, console)
    except KeyboardInterrupt:
        return 0


if __name__ == "__main__":
    sys.exit(main())
