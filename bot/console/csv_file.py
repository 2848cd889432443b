"""Tables for a spreadsheet program: nothing in a cell is taken for a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from fastapi.responses import Response

BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"
"""By it, spreadsheet programs see that the file is UTF-8."""
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "|", "%")


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Every cell in quotation marks, a dangerous one with an apostrophe in front."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow([harmless(each) for each in header])
    writer.writerows([harmless(each) for each in row] for row in rows)
    return BOM + out.getvalue()


def harmless(cell: object) -> str:
    text = "" if cell is None else str(cell)
    return f"'{text}" if text.lstrip(" \N{NO-BREAK SPACE}\N{IDEOGRAPHIC SPACE}").startswith(_DANGEROUS) else text


def download(name: str, content: str) -> Response:
    """``name`` is ours and plain ASCII."""
    return Response(
        content.encode(),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
