"""the best measures while a caller talks."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter()
