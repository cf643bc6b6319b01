"""The value of a workbook's cell, as text. Knows no Django: workbooks are read apart from it."""

from datetime import date, datetime
from typing import Any


def as_text(value: Any) -> str:
    """Return the value of a workbook's cell as text: 2001002.0 is 2001002, a date is ISO."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime):
        return value.date().isoformat() if not value.time().isoformat().strip("0:") else str(value)
    if isinstance(value, date):
        return value.isoformat()
    return str(value)
