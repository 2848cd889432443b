"""What the pages of cases and people share: who asks, what they may see, and how it reads."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Request

from bot.console.access import Problem
from bot.console.parts import parts
from bot.console.shown import Words
from casework.audit import Audit
from casework.cases.lists import CaseLine, CaseLists
from casework.desk import Desk
from casework.people.disclosure import Asked, Disclosures
from casework.staff.staff import Staff

NO_CASE = "没有这个编号的申请，或者不在您的区域。"
REASONS = ("联系申请人", "核对身份", "核对材料", "发放待遇", "处理复核或投诉", "申请人要求")
"""Why a value may be asked for; other words can be given too."""


@dataclass(frozen=True)
class Room:
    """One request's view of casework.  ``role``: what the staff member is in the table of steps."""

    desk: Desk
    lists: CaseLists
    disclosures: Disclosures
    words: Words
    staff: Staff

    @property
    def role(self) -> str:
        return "supervisor" if self.staff.may_act_as("supervisor") else "agent"

    @property
    def by(self) -> str:
        return self.staff.login

    def asked(self, subject: str, why: str = "") -> Asked:
        return Asked(self.by, self.staff.role, subject, why)

    def case(self, reference: str) -> CaseLine:
        """The case if the staff member may see it; to them others do not exist."""
        line = self.lists.find(reference, self.staff.areas)
        if line is None:
            raise Problem(404, NO_CASE)
        return line


def room(request: Request, staff: Staff) -> Room:
    console = parts(request)
    desk = console.desk
    return Room(
        desk=desk,
        lists=CaseLists(desk.engine),
        disclosures=Disclosures(desk.vault, desk.documents, Audit(desk.engine, console.ring)),
        words=Words(console.knowledge, desk.vault, desk.documents),
        staff=staff,
    )


def reason(chosen: str, other: str) -> str:
    """Why a value is asked for; a Problem where nobody says."""
    words = other.strip() or chosen.strip()
    if not words:
        raise Problem(422, "请先选一个查看的原因，再点“显示”。")
    return words
