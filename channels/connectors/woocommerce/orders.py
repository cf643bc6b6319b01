"""Reading WooCommerce's orders into our words, tolerantly: one bad order stops no other."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from channels.connectors.base import BadMessage, OrderStatus, RemoteLine, RemoteOrder
from channels.connectors.woocommerce.fields import decimal_of
from inventory.policy import MAX_QUANTITY

STATUSES: Mapping[str, OrderStatus] = {
    "pending": "created",
    "on-hold": "created",
    "checkout-draft": "created",
    "processing": "paid",
    "completed": "shipped",
    "cancelled": "canceled",
    "refunded": "canceled",
    "failed": "canceled",
    "trash": "canceled",
}
CENT = Decimal("0.01")
MAX_LINES = 1_000
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def read_order(data: object) -> RemoteOrder:
    """Return an order; one that cannot be read has its `problem` set, and is not to be booked."""
    said: dict[str, Any] = data if isinstance(data, dict) else {}
    try:
        return _order(said)
    except BadMessage as error:
        name = _text(said.get("number")) or _text(said.get("id")) or "without a number"
        return RemoteOrder(
            external_id=_text(said.get("id")),
            number=_text(said.get("number")),
            status="created",
            customer_name="",
            customer_email="",
            currency="",
            placed_at=_instant_or(said.get("date_created_gmt"), LONG_AGO),
            changed_at=_instant_or(said.get("date_modified_gmt"), LONG_AGO),
            lines=(),
            total=Decimal(0),
            raw=said,
            problem=f"The order {name} cannot be read: {error}",
        )


def _order(said: dict[str, Any]) -> RemoteOrder:
    number = said.get("id")
    if not isinstance(number, int) or isinstance(number, bool) or number <= 0:
        raise BadMessage("it has no id.")
    placed_at = _instant(said, "date_created_gmt")
    billing = said.get("billing")
    person: dict[str, Any] = billing if isinstance(billing, dict) else {}
    names = (_text(person.get("first_name")), _text(person.get("last_name")))
    return RemoteOrder(
        external_id=str(number),
        number=_text(said.get("number")) or str(number),
        status=_status(said),
        customer_name=" ".join(name for name in names if name) or _text(person.get("company")),
        customer_email=_text(person.get("email")),
        currency=_text(said.get("currency")),
        placed_at=placed_at,
        changed_at=_instant_or(said.get("date_modified_gmt"), placed_at),
        lines=_lines(said.get("line_items")),
        total=_amount(said.get("total"), "its total"),
        raw=said,
        shipping=_or_nothing(said.get("shipping_total")) + _or_nothing(said.get("shipping_tax")),
    )


def _status(said: dict[str, Any]) -> OrderStatus:
    word = _text(said.get("status"))
    if word not in STATUSES:
        raise BadMessage(f"its status “{word[:40]}” is not known.")
    is_paid = bool(said.get("date_paid_gmt") or said.get("date_paid"))
    return "paid" if word == "on-hold" and is_paid else STATUSES[word]


def _lines(said: object) -> tuple[RemoteLine, ...]:
    if not isinstance(said, list) or not all(isinstance(line, dict) for line in said):
        raise BadMessage("it has no list of lines.")
    if len(said) > MAX_LINES:
        raise BadMessage(f"it has more than {MAX_LINES} lines.")
    return tuple(_line(line) for line in said)


def _line(said: dict[str, Any]) -> RemoteLine:
    title = _text(said.get("name"))
    quantity = decimal_of(said.get("quantity"))
    if quantity is None or quantity != int(quantity) or not 1 <= quantity <= MAX_QUANTITY:
        raise BadMessage(f"the quantity of “{title[:80]}” is not a whole number from 1.")
    total = _amount(said.get("total"), f"the total of “{title[:80]}”")
    return RemoteLine(
        sku=_text(said.get("sku")),
        title=title,
        quantity=int(quantity),
        unit_price=(total / quantity).quantize(CENT, ROUND_HALF_UP),
    )


def _amount(value: object, what: str) -> Decimal:
    amount = decimal_of(value)
    if amount is None or amount < 0:
        raise BadMessage(f"{what} is not an amount of money.")
    return amount


def _or_nothing(value: object) -> Decimal:
    """Return an amount; what is none, or below 0, is nothing."""
    return max(decimal_of(value) or Decimal(0), Decimal(0))


def _instant(said: dict[str, Any], name: str) -> datetime:
    found = _read_instant(said.get(name))
    if found is None:
        raise BadMessage(f"its {name} is not a date.")
    return found


def _instant_or(value: object, other: datetime) -> datetime:
    return _read_instant(value) or other


def _read_instant(value: object) -> datetime | None:
    """Return an instant; those called GMT come without a time zone."""
    if not isinstance(value, str):
        return None
    try:
        at = datetime.fromisoformat(value)
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _text(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return " ".join(str(value).split())
