"""Errors as RFC 9457 has them: one answer for each class of error, here and nowhere else."""

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.core.exceptions import BadRequest, PermissionDenied, SuspiciousOperation
from django.db import DataError, IntegrityError, InterfaceError, OperationalError
from django.http import Http404
from django.http.multipartparser import MultiPartParserError
from rest_framework import serializers
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.response import Response

from inventory.consequence_words import in_words
from inventory.consequences import Effect
from inventory.errors import (
    CountChanged,
    DeliveryClosed,
    InvalidChange,
    InventoryError,
    KeyReused,
    NeedsConfirmation,
    OverReceipt,
    StaleChange,
    StockShortage,
    UnknownSku,
)
from inventory.sql import was_canceled

logger = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
Errors = list[dict[str, Any]]


class ParametersSerializer(serializers.Serializer[Any]):
    """What a refusal of an order or a parcel is about; each `code` has its own of them."""

    order = serializers.CharField(required=False)
    parcel = serializers.CharField(required=False, help_text="Such as `1001-2`.")
    sku = serializers.CharField(required=False)
    units = serializers.IntegerField(required=False)
    status = serializers.CharField(required=False, help_text="Of the order or the parcel, now.")
    step = serializers.CharField(required=False, help_text="What it cannot become now.")
    holds = serializers.ListField(child=serializers.CharField(), required=False)
    day = serializers.DateField(required=False)
    most = serializers.IntegerField(required=False)
    before = serializers.IntegerField(required=False)
    after = serializers.IntegerField(required=False)


class ProblemErrorSerializer(serializers.Serializer[Any]):
    """One thing that is wrong: where, and why."""

    message = serializers.CharField()
    field = serializers.CharField(required=False, help_text="Such as `lines[2].quantity`.")
    sku = serializers.CharField(required=False)
    warehouse = serializers.CharField(required=False)
    requested = serializers.IntegerField(required=False)
    available = serializers.IntegerField(required=False)
    version = serializers.IntegerField(required=False, help_text="The newest, of `stale-change`.")
    code = serializers.CharField(
        required=False,
        help_text="Why, of `not-possible`, `on-hold` and `queue-moved`: such as `not_picked`.",
    )
    parameters = ParametersSerializer(required=False, help_text="What the `code` is about.")


class ConsequenceSerializer(serializers.Serializer[Any]):
    """One thing that a change does to open orders; it was not made."""

    code = serializers.ChoiceField(choices=[effect.value for effect in Effect])
    orders = serializers.IntegerField()
    units = serializers.IntegerField()
    picked = serializers.IntegerField(help_text="Parcels whose picking is undone.")
    emails = serializers.IntegerField(help_text="Customers who get an e-mail.")
    message = serializers.CharField()


class ProblemSerializer(serializers.Serializer[Any]):
    """Why a request was refused; nothing was written."""

    type = serializers.CharField(help_text="Which kind of problem; `about:blank`: see the status.")
    title = serializers.CharField()
    status = serializers.IntegerField()
    errors = ProblemErrorSerializer(many=True)  # type: ignore[assignment]
    reference = serializers.CharField(
        required=False,
        help_text="Of a fault of ours (500): the number under which it is in the log. Every answer "
        "has it as `X-Request-ID`.",
    )
    consequences = ConsequenceSerializer(
        many=True,
        required=False,
        help_text="Of `needs-confirmation`: send `confirm: true` to make the change all the same.",
    )


def _nothing(_error: Any) -> dict[str, Any]:
    return {}


@dataclass(frozen=True, slots=True)
class Problem:
    """How a class of domain errors is answered; `more` are members beside those of every one."""

    status: int
    name: str
    title: str
    errors: Callable[[Any], Errors]
    more: Callable[[Any], dict[str, Any]] = _nothing


def _sentence(error: Exception) -> Errors:
    return [{"message": str(error)}]


def _stale(error: StaleChange) -> Errors:
    newest = {} if error.newest is None else {"version": error.newest}
    return [{"message": str(error), **newest}]


def _shortfalls(error: StockShortage) -> Errors:
    return [
        {
            "field": "lines",
            "sku": short.sku,
            "warehouse": short.warehouse,
            "requested": short.wanted,
            "available": short.available,
            "message": f"{short.wanted} wanted, {short.available} available.",
        }
        for short in error.shortfalls
    ]


def _excess(error: OverReceipt) -> Errors:
    return [
        {"field": "lines", "sku": sku, "message": f"{units} more than is still expected."}
        for sku, units in error.excess.items()
    ]


def _count(error: CountChanged) -> Errors:
    return [{"sku": error.sku, "warehouse": error.warehouse, "message": str(error)}]


def _fields(error: InvalidChange) -> Errors:
    return [{"field": field, "message": text} for field, text in error.errors.items()]


def _skus(error: UnknownSku) -> Errors:
    return [{"sku": sku, "message": "Not in this shop."} for sku in error.skus]


def _sentences(error: NeedsConfirmation) -> Errors:
    return [{"message": words} for words in in_words(error.consequences)]


def _consequences(error: NeedsConfirmation) -> dict[str, Any]:
    each = error.consequences.each
    return {
        "consequences": [
            {
                "code": one.effect.value,
                "orders": one.orders,
                "units": one.units,
                "picked": one.picked,
                "emails": one.emails,
                "message": words,
            }
            for one, words in zip(each, in_words(error.consequences), strict=True)
        ]
    }


PROBLEMS: dict[type[InventoryError], Problem] = {
    InvalidChange: Problem(422, "invalid-change", "A field cannot take its value.", _fields),
    UnknownSku: Problem(404, "unknown-sku", "Not in this shop.", _skus),
    StaleChange: Problem(409, "stale-change", "It was changed by somebody else.", _stale),
    CountChanged: Problem(409, "count-changed", "The stock changed meanwhile.", _count),
    StockShortage: Problem(409, "stock-shortage", "There are too few units.", _shortfalls),
    OverReceipt: Problem(409, "over-receipt", "More came than is expected.", _excess),
    DeliveryClosed: Problem(409, "delivery-closed", "The delivery is closed.", _sentence),
    NeedsConfirmation: Problem(
        409,
        "needs-confirmation",
        "Open orders are affected. Send confirm: true to make the change.",
        _sentences,
        _consequences,
    ),
    KeyReused: Problem(409, "key-reused", "The key came before.", _sentence),
    InventoryError: Problem(409, "refused", "A rule refuses this.", _sentence),
}
"""Domain error → answer. The narrowest class of an error decides."""


class Conflict(APIException):
    """Raised when another request did the same at the same moment, or the same key came before."""

    status_code = 409
    default_detail = "Somebody else wrote the same at this moment. Nothing was saved: try again."


class NoDatabase(APIException):
    """Raised when the database is away, or gave this request up for another one."""

    status_code = 503
    default_detail = "The database did not answer. Try again, with the same Idempotency-Key."
    wait = 5
    """Seconds after which trying again is worth it."""


class TookTooLong(APIException):
    """Raised when a statement took longer than a request may; nothing of it was done."""

    status_code = 503
    default_detail = "This took too long, and nothing was changed. Ask for less at once."


def problem_response(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """Answer an error, or return `None` for one that nobody anticipated, which is a 500."""
    if isinstance(error, InventoryError):
        problem = next(PROBLEMS[kind] for kind in type(error).__mro__ if kind in PROBLEMS)
        return _answer(
            problem.status,
            f"urn:backoffice:problem:{problem.name}",
            problem.title,
            _on_lines(problem.errors(error), context),
            more=problem.more(error),
        )
    known = _as_api_exception(error)
    if known is None:
        return None
    title = HTTPStatus(known.status_code).phrase
    if isinstance(known, ValidationError):
        return _answer(422, "about:blank", title_of(422), list(_flat(known.detail)))
    response = _answer(known.status_code, "about:blank", title, list(_flat(known.detail)))
    if challenge := getattr(known, "auth_header", None):
        response["WWW-Authenticate"] = challenge
    if wait := getattr(known, "wait", None):
        response["Retry-After"] = str(max(1, int(wait)))
    return response


def title_of(status: int) -> str:
    """Return the title of a problem that is said by its status alone."""
    return HTTPStatus(status).phrase


def _as_api_exception(error: Exception) -> APIException | None:
    """Return what Django raises as what the framework answers."""
    if isinstance(error, APIException):
        return error
    if isinstance(error, IntegrityError):
        logger.warning("Two requests met: %s", error)
        return Conflict()
    if was_canceled(error):
        logger.warning("A statement took too long.")
        return TookTooLong()
    if isinstance(error, OperationalError | InterfaceError):
        logger.error("The database did not answer.", exc_info=error)
        return NoDatabase()
    answers: list[tuple[tuple[type[Exception], ...], int, str]] = [
        ((Http404,), 404, "There is nothing here."),
        ((PermissionDenied,), 403, "You are not allowed to do this."),
        (
            (BadRequest, SuspiciousOperation, MultiPartParserError, DataError, OverflowError),
            400,
            "The request cannot be read.",
        ),
    ]
    for kinds, status, text in answers:
        if isinstance(error, kinds):
            known = APIException(text)
            known.status_code = status
            return known
    return None


def _answer(
    status: int, kind: str, title: str, errors: Errors, *, more: Mapping[str, Any] | None = None
) -> Response:
    body = {"type": kind, "title": title, "status": status, "errors": errors, **(more or {})}
    return Response(body, status=status, content_type=MEDIA_TYPE)


def _on_lines(errors: Errors, context: Mapping[str, Any]) -> Errors:
    """Say which list of lines is meant where a use case names a SKU as the field at fault."""
    fields = getattr(context.get("view"), "body_fields", None) or ()
    lines = next((name for name in ("lines", "components") if name in fields), None)
    if lines is None:
        return errors
    return [
        {**error, "field": lines, "sku": error["field"]}
        if "field" in error and error["field"] not in fields
        else error
        for error in errors
    ]


def _flat(detail: Any, path: str = "") -> Iterator[dict[str, Any]]:
    """Yield one entry for each sentence in the nested errors of a serializer."""
    if isinstance(detail, Mapping):
        for name, part in detail.items():
            yield from _flat(part, _joined(path, name))
    elif isinstance(detail, list):
        for number, part in enumerate(detail):
            yield from _flat(part, _joined(path, number) if isinstance(part, Mapping) else path)
    else:
        yield {"message": str(detail), **({"field": path} if path else {})}


def _joined(path: str, name: str | int) -> str:
    if name == "non_field_errors":
        return path
    if isinstance(name, int):
        return f"{path}[{name}]"
    return f"{path}.{name}" if path else name
