"""Our own format of orders, for programs that sell through a channel without a connector.

`docs/connectors.md` has it in full. It is strict: what a program of the merchant's own says wrongly
is told at once, and not guessed.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, get_args

from channels.connectors.answers import read_json
from channels.connectors.base import (
    BadMessage,
    BadSignature,
    Message,
    OrderStatus,
    RemoteLine,
    RemoteOrder,
)
from inventory.policy import MAX_QUANTITY

SIGNATURE = "x-backoffice-signature"
DELIVERY = "x-backoffice-delivery"
MAX_BODY = 1_000_000
MAX_LINES = 1_000
STATUSES: Sequence[str] = get_args(OrderStatus)

NEEDED = frozenset(
    {"external_id", "status", "customer", "currency", "placed_at", "changed_at", "lines"}
)
KNOWN = NEEDED | {"number"}
LINE_NEEDED = frozenset({"sku", "quantity", "unit_price"})
LINE_KNOWN = LINE_NEEDED | {"title"}

_PRICE = re.compile(r"[0-9]{1,10}(\.[0-9]{1,2})?")
_CURRENCY = re.compile(r"[A-Z]{3}")
_BROKEN = re.compile("[\x00-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


class Own:
    """A program of the merchant's own; the webhook secret of the channel is all it shares."""

    def __init__(self, webhook_secret: str) -> None:
        self._secret = webhook_secret

    def receive(self, headers: Mapping[str, str], body: bytes) -> Message:
        """Return the order that a program sent.

        :raises BadSignature: it is missing or wrong, or no secret is set.
        :raises BadMessage: it is signed, and not as `docs/connectors.md` has it.
        """
        if not self._secret:
            raise BadSignature("No secret for webhooks is set.")
        if len(body) > MAX_BODY:
            raise BadMessage("The message is larger than 1 MB.")
        named = {name.lower(): value for name, value in headers.items()}
        given = named.get(SIGNATURE, "").encode(errors="replace")
        if not hmac.compare_digest(given, signature_of(self._secret, body).encode()):
            raise BadSignature("The signature does not fit the message.")
        try:
            said = read_json(body)
        except ValueError as error:
            raise BadMessage(f"The message cannot be read: {error}.") from None
        return Message("order", named.get(DELIVERY, "")[:200], read_order(said))


def signature_of(secret: str, body: bytes) -> str:
    """Return the value of X-Backoffice-Signature for a raw body."""
    return f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}"


def read_order(said: Any) -> RemoteOrder:
    """Return an order.

    :raises BadMessage: naming the field that is missing, unknown, or has a bad value.
    """
    data = _object(said, "the order", needed=NEEDED, known=KNOWN)
    customer = _object(
        data["customer"], "customer", needed=frozenset({"name"}), known={"name", "email"}
    )
    lines = data["lines"]
    if not isinstance(lines, list) or not 1 <= len(lines) <= MAX_LINES:
        raise BadMessage(f"lines: a list of 1 to {MAX_LINES} lines is needed.")
    read = tuple(_line(line, f"lines[{place}]") for place, line in enumerate(lines))
    external_id = _text(data["external_id"], "external_id", longest=120)
    return RemoteOrder(
        external_id=external_id,
        number=_text(data.get("number", external_id), "number", longest=120),
        status=_status(data["status"]),
        customer_name=_text(customer["name"], "customer.name", longest=200),
        customer_email=_text(customer.get("email", ""), "customer.email", longest=254, least=0),
        currency=_currency(data["currency"]),
        placed_at=_instant(data["placed_at"], "placed_at"),
        changed_at=_instant(data["changed_at"], "changed_at"),
        lines=read,
        total=sum((line.quantity * line.unit_price for line in read), Decimal(0)),
        raw=data,
    )


def _line(said: Any, where: str) -> RemoteLine:
    data = _object(said, where, needed=LINE_NEEDED, known=LINE_KNOWN)
    quantity = data["quantity"]
    is_whole = isinstance(quantity, int) and not isinstance(quantity, bool)
    if not is_whole or not 1 <= quantity <= MAX_QUANTITY:
        raise BadMessage(f"{where}.quantity: a whole number from 1 to {MAX_QUANTITY} is needed.")
    return RemoteLine(
        sku=_text(data["sku"], f"{where}.sku", longest=64, least=0),
        title=_text(data.get("title", ""), f"{where}.title", longest=500, least=0),
        quantity=quantity,
        unit_price=_price(data["unit_price"], f"{where}.unit_price"),
    )


def _object(
    said: Any, where: str, *, needed: frozenset[str], known: frozenset[str] | set[str]
) -> dict[str, Any]:
    if not isinstance(said, dict):
        raise BadMessage(f"{where}: an object is needed.")
    if missing := sorted(needed - said.keys()):
        raise BadMessage(f"{where}: {missing[0]} is missing.")
    if unknown := sorted(said.keys() - known):
        raise BadMessage(f"{where}: there is no field “{unknown[0][:80]}”.")
    return said


def _text(value: Any, where: str, *, longest: int, least: int = 1) -> str:
    is_fit = isinstance(value, str) and least <= len(value.strip()) and len(value) <= longest
    if not is_fit or _BROKEN.search(value):
        raise BadMessage(f"{where}: a line of {least} to {longest} characters is needed.")
    return str(value.strip())


def _status(value: Any) -> OrderStatus:
    for status in get_args(OrderStatus):
        if value == status:
            return status  # type: ignore[no-any-return]
    raise BadMessage(f"status: one of {', '.join(STATUSES)} is needed.")


def _currency(value: Any) -> str:
    if not isinstance(value, str) or not _CURRENCY.fullmatch(value):
        raise BadMessage("currency: three capital letters are needed, such as EUR.")
    return value


def _price(value: Any, where: str) -> Decimal:
    is_number = isinstance(value, str | int | float) and not isinstance(value, bool)
    if is_number and _PRICE.fullmatch(text := str(value)):
        return Decimal(text)
    raise BadMessage(f"{where}: an amount from 0 with at most two decimals is needed.")


def _instant(value: Any, where: str) -> datetime:
    try:
        at = datetime.fromisoformat(value)
        if at.tzinfo is not None:
            return at.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        pass
    raise BadMessage(
        f"{where}: an instant with its time zone is needed, such as 2026-01-05T12:00:00Z."
    )
