"""Reading JSON that others wrote, within bounds."""

import json
import math
from typing import Any

MAX_MARKS = 500_000
"""Lists, objects and commas of one text; what more would need too much memory as objects."""

MAX_DEPTH = 60
MAX_DIGITS = 30
"""Of a number; one with more is kept as its text, so that it spoils nothing but itself."""


def read_json(body: bytes) -> Any:
    """Return what a JSON text says, with text that a database can hold.

    :raises ValueError: it is not UTF-8, not JSON, too deep or too large; the text says which.
    """
    if sum(body.count(mark) for mark in (b"[", b"{", b",")) > MAX_MARKS:
        raise ValueError("it is too large")
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise ValueError("it is not UTF-8") from error
    try:
        return clean(
            json.loads(text, parse_constant=_refuse_constant, parse_int=_whole, parse_float=_broken)
        )
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    except json.JSONDecodeError as error:
        raise ValueError("it is not JSON") from error


def clean(value: Any, *, depth: int = 0) -> Any:
    """Return a JSON value without the characters that no database stores: NUL, half surrogates.

    :raises ValueError: it is nested more deeply than `MAX_DEPTH`.
    """
    if depth > MAX_DEPTH:
        raise ValueError("it is nested too deeply")
    if isinstance(value, str):
        return value.replace("\x00", "").encode(errors="replace").decode()
    if isinstance(value, list):
        return [clean(one, depth=depth + 1) for one in value]
    if isinstance(value, dict):
        return {clean(name): clean(one, depth=depth + 1) for name, one in value.items()}
    return value


def _whole(digits: str) -> int | str:
    return int(digits) if len(digits) <= MAX_DIGITS else digits[:MAX_DIGITS]


def _broken(digits: str) -> float | str:
    number = float(digits)
    return number if math.isfinite(number) else digits[:MAX_DIGITS]


def _refuse_constant(name: str) -> None:
    raise ValueError(f"it holds {name}, which is no number of JSON")
