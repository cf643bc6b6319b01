"""Reading JSON that anybody may send: what is ambiguous is refused, never guessed."""

import json
import re
from collections.abc import Mapping
from typing import IO, Any, NoReturn

from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import BaseParser

MAX_BYTES = 5_000_000
MAX_DEPTH = 20
MAX_PARTS = 100_000
"""Lists and objects of a body: 2,000 lines have a few thousand."""
MAX_DIGITS = 20
_QUOTE = ord('"')

_MARKS = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[\[\]{}]', re.DOTALL)
"""Texts and brackets. Possessive: else a text of 5 MB takes a hundred times its size, because each
of its letters might be given back."""


class TooLarge(APIException):
    """Raised before a body of more than `MAX_BYTES` is read to its end."""

    status_code = 413
    default_detail = f"A body may have {MAX_BYTES:,} bytes."
    default_code = "too_large"


class StrictJSONParser(BaseParser):
    """JSON as RFC 8259 has it: no NaN, no doubled names, no broken text, no endless nesting."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return the value of a body.

        :raises ParseError: it is no JSON, or JSON of which two programs read two things.
        :raises TooLarge: it has more than `MAX_BYTES`.
        """
        raw = stream.read(MAX_BYTES + 1)
        if len(raw) > MAX_BYTES:
            raise TooLarge
        return parsed(raw)


def parsed(raw: bytes) -> Any:
    """Return the value of a JSON text.

    :raises ParseError: it is no JSON, or JSON of which two programs read two things.
    """
    refuse_deep(raw)
    try:
        value = json.loads(
            raw.decode("utf-8"),
            parse_constant=_refuse_constant,
            parse_int=_whole_number,
            parse_float=_number,
            object_pairs_hook=_object,
        )
        if b"\\u" in raw:
            json.dumps(value, ensure_ascii=False).encode()
    except UnicodeError as error:
        raise ParseError("The body has text that is not Unicode.") from error
    except ValueError as error:
        raise ParseError(f"The body is not JSON: {error}") from error
    return value


def refuse_deep(raw: bytes) -> None:
    """Refuse JSON that is nested deeper, or has more parts, than anything this API takes.

    :raises ParseError: more than `MAX_DEPTH` levels, or `MAX_PARTS` lists and objects.
    """
    depth = parts = 0
    for match in _MARKS.finditer(raw):
        mark = raw[match.start()]
        if mark == _QUOTE:
            continue
        begins = mark in b"[{"
        depth += 1 if begins else -1
        parts += begins
        if parts > MAX_PARTS:
            raise ParseError(f"The body has more than {MAX_PARTS:,} lists and objects.")
        if depth > MAX_DEPTH:
            raise ParseError(f"The body is nested deeper than {MAX_DEPTH} levels.")


def _refuse_constant(name: str) -> NoReturn:
    raise ParseError(f"{name} is not JSON.")


def _whole_number(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise ParseError(f"A number has more than {MAX_DIGITS} digits.")
    return int(digits)


def _number(text: str) -> float:
    number = float(text)
    if number in {float("inf"), float("-inf")}:
        raise ParseError("A number is too large.")
    return number


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ParseError("An object names the same member twice.")
    return members
