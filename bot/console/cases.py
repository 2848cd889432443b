"""lists, one case, what may be done with it."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter()
