"""How a page is shown.  To add one:

1. a template in ``templates/`` that begins with ``{% extends "layout.html" %}``, has the blocks ``title`` and
   ``main``, and in every form that is posted ``{{ csrf() }}``;
2. in a router module of the console (``router = APIRouter()``, listed in ``app.PAGES``) a route without the
   ``/console`` in front: ``@router.get("/cases")`` … ``return render(request, "cases.html", cases=…)``;
3. who may open it: parameters of ``access`` (``staff: Signed``, ``Supervisor``, ``Administrator``, ``sees``);
4. for htmx a template without the layout, by the same ``render``; requests of htmx carry the CSRF token by
   themselves (``hx-headers`` in the layout).  After a change ``go(request, "/console/…")`` leads on, for htmx too.

Styles and scripts are files in ``static/`` (``<script src="/console/static/…" defer>`` in the block ``head``): the
Content-Security-Policy lets neither stand in a page, also no ``style=`` and no ``onclick=``.  A value is escaped
wherever it is put; ``| safe`` is for nothing that anybody typed.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from bot.console.access import (
    CSRF_FIELD,
    csrf_token,
    session_of,
    set_cookie,
    visit,
    visit_cookie,
)
from bot.console.parts import parts
from bot.console.shown import action, tone
from casework.cases.references import shown
from casework.cases.working_days import CHINA

TEMPLATES = Path(__file__).with_name("templates")
PLANS = Path(__file__).parents[1] / "plans"
ROLE_NAMES = {"agent": "坐席", "supervisor": "主管", "administrator": "管理员"}


def render(request: Request, template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """The template with ``values``, and what the layout wants: ``staff`` (None before sign-in), ``csrf``, ``path``."""
    session = session_of(request)
    staff = session.staff if session and not session.pending else None
    token = csrf_token(request)
    field = Markup('<input type="hidden" name="{}" value="{}">').format(CSRF_FIELD, token)
    around = {"request": request, "staff": staff, "token": token, "csrf": lambda: field, "path": request.url.path}
    text = environment().get_template(template).render({**around, **values})
    response = HTMLResponse(text, status)
    if session is None:
        set_cookie(response, parts(request), visit_cookie(parts(request)), visit(request))
    return response


def go(request: Request, place: str) -> Response:
    """On to another page of the console."""
    if is_htmx(request):
        return Response(headers={"HX-Redirect": place})
    return RedirectResponse(place, 303)


def is_htmx(request: Request) -> bool:
    return "HX-Request" in request.headers


@cache
def environment() -> Environment:
    made = Environment(loader=FileSystemLoader((TEMPLATES, PLANS)), autoescape=True, undefined=StrictUndefined)
    made.trim_blocks = made.lstrip_blocks = True
    made.filters["moment"] = moment
    made.filters["reference"] = shown
    made.filters["step"] = action
    made.filters["tone"] = tone
    made.filters["role_name"] = lambda role: ROLE_NAMES.get(role, role)
    return made


def moment(at: datetime | None) -> str:
    """A database's time (UTC) as a clock in Yunnan shows it."""
    return "" if at is None else at.replace(tzinfo=UTC).astimezone(CHINA).strftime("%Y-%m-%d %H:%M")
