"""What a shopper reads: prices, states, days and answers in words; nothing is decided."""

import html
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.core.exceptions import SuspiciousOperation
from django.utils.html import strip_tags
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inventory.models import DeliveryTimeframe
from inventory.offers import Availability, Split, split_of
from inventory.policy import BackorderMode, State
from orders.amounts import day_and_month, full_day, money, units

ORDER_OF_STATES = (State.IN_STOCK, State.ON_BACKORDER, State.PRE_ORDER, State.OUT_OF_STOCK)
"""The best first: a product says what its best variant says."""

_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,500}>")
_LINE_END = re.compile(r"<br\s{0,3}/?>|</(?:p|div|ul|ol|tr|h[1-6])\s{0,3}>", re.IGNORECASE)
_ITEM = re.compile(r"<li(?:\s[^<>]{0,500})?>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Label:
    """A state as a shopper sees it; `state` picks the color."""

    state: State
    text: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """What is promised about days, in the merchant's words and as dates; empty is not promised."""

    now: str = ""
    later: str = ""
    expected_at: date | None = None
    ships_from: date | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a shopper is told who asked for a quantity."""

    text: str
    lines: tuple[str, ...] = ()
    notice: str = ""
    is_refusal: bool = False


# --- prices ---------------------------------------------------------------------------------


def price_words(prices: Collection[Decimal], currency: str) -> str:
    """Return the price of a product with these prices, at least one: "from" when they differ."""
    lowest = money(min(prices), currency)
    if min(prices) == max(prices):
        return lowest
    return _("from %(price)s") % {"price": lowest}


# --- states -----------------------------------------------------------------------------------


def best(states: Collection[State]) -> State:
    """Return what a product with variants in these states, at least one, is said to be."""
    return min(states, key=ORDER_OF_STATES.index)


def label_of(state: State, *, show_backorder_label: bool) -> Label | None:
    """Return the label of a state; a shop window may leave "On backorder" out."""
    if state is State.ON_BACKORDER and not show_backorder_label:
        return None
    texts = {
        State.IN_STOCK: _("In stock"),
        State.ON_BACKORDER: _("On backorder"),
        State.PRE_ORDER: _("Pre-order"),
        State.OUT_OF_STOCK: _("Out of stock"),
    }
    return Label(state, texts[state])


def left_words(left: int | None) -> str:
    """Return "Only 3 left", or nothing when it is not said."""
    if left is None:
        return ""
    return ngettext("Only %(n)s left", "Only %(n)s left", left) % {"n": units(left)}


def backorder_notice(offer: Availability) -> str:
    """Return the explicit sentence of the mode "notify"; the mode "allow" has only the label."""
    if offer.state is not State.ON_BACKORDER or offer.mode is not BackorderMode.NOTIFY:
        return ""
    return _("This item is on backorder: you can buy it now, and we ship it as soon as it is in.")


# --- delivery ---------------------------------------------------------------------------------


def timeframe_of(
    variant: DeliveryTimeframe | None,
    product: DeliveryTimeframe | None,
    store: DeliveryTimeframe | None,
) -> DeliveryTimeframe | None:
    """Return the narrowest timeframe that is set."""
    return variant or product or store


def delivery_words(state: State, delivery: Delivery, *, today: date) -> str:
    """Return when a shopper gets one unit, or nothing when nothing is promised."""
    if state is State.PRE_ORDER:
        return ships_from_words(delivery.ships_from)
    if state is State.IN_STOCK:
        return timeframe_words(delivery.now)
    if delivery.expected_at is not None:
        return expected_words(delivery.expected_at, today=today)
    return timeframe_words(delivery.later) if state is State.ON_BACKORDER else ""


def timeframe_words(text: str) -> str:
    """Return the merchant's own words about days with what they are about."""
    return _("Delivery: %(timeframe)s") % {"timeframe": text} if text else ""


def expected_words(day: date, *, today: date) -> str:
    """Return "Expected 4 December"."""
    return _("Expected %(day)s") % {"day": day_and_month(day, today=today)}


def ships_from_words(day: date | None) -> str:
    """Return "Ships from 12 December 2026"; the day is one of its own, so it keeps its year."""
    return _("Ships from %(day)s") % {"day": full_day(day)} if day else ""


# --- a quantity -------------------------------------------------------------------------------


def quantity_error() -> str:
    """Return what is said of anything that is no quantity."""
    return _("Enter a whole number from 1 to 1,000,000,000.")


def answer_of(wanted: int, offer: Availability, delivery: Delivery, *, today: date) -> Answer:
    """Return what a shopper is told who wants so many units.

    `delivery.expected_at` is the day of the last of them.
    """
    split = split_of(wanted, offer)
    if split is None:
        return Answer(_refusal(offer), is_refusal=True)
    return split_answer(split, offer, delivery, today=today)


def split_answer(split: Split, offer: Availability, delivery: Delivery, *, today: date) -> Answer:
    """Return what a shopper is told whose units are split so."""
    if not offer.track_inventory:
        return Answer(
            _("Available now, in any quantity"), lines=_some(timeframe_words(delivery.now))
        )
    if offer.state is State.PRE_ORDER:
        return Answer(_preorder_words(split.now + split.later, delivery.ships_from))
    return Answer(
        split_words(split),
        lines=_delivery_lines(split, delivery, today=today),
        notice=_split_notice(split, offer.mode),
    )


def split_words(split: Split) -> str:
    """Return "3 ship now, 2 on backorder", or the one half that there is."""
    now = ngettext("%(n)s ships now", "%(n)s ship now", split.now) % {"n": units(split.now)}
    later = ngettext("%(n)s on backorder", "%(n)s on backorder", split.later) % {
        "n": units(split.later)
    }
    if split.later == 0:
        return now
    return later if split.now == 0 else _("%(now)s, %(later)s") % {"now": now, "later": later}


def at_most_in_order(number: int) -> str:
    """Return what is said of more units than one order may have."""
    text = ngettext(
        "You can buy at most %(n)s in one order",
        "You can buy at most %(n)s in one order",
        number,
    )
    return text % {"n": units(number)}


def too_many_in_cart(held: int, most: int) -> str:
    """Return why units were not put beside those that a cart holds: so many are no order."""
    there = _("Not added: your cart already holds %(n)s of this item.") % {"n": units(held)}
    return f"{there} {at_most_in_order(most)}."


def _refusal(offer: Availability) -> str:
    if not offer.salable:
        return _("Out of stock: none can be bought now")
    text = ngettext("At most %(n)s can be bought", "At most %(n)s can be bought", offer.salable)
    return text % {"n": units(offer.salable)}


def _preorder_words(wanted: int, day: date | None) -> str:
    if day is None:
        return _("Pre-order: %(n)s") % {"n": units(wanted)}
    text = ngettext("%(n)s ships from %(day)s", "%(n)s ship from %(day)s", wanted)
    return text % {"n": units(wanted), "day": full_day(day)}


def _delivery_lines(split: Split, delivery: Delivery, *, today: date) -> tuple[str, ...]:
    """Return when the units come; a line for each half when there are two."""
    if split.later == 0:
        return _some(timeframe_words(delivery.now))
    if split.now == 0:
        return _some(delivery_words(State.ON_BACKORDER, delivery, today=today))
    now = delivery.now and _("Ships now: %(timeframe)s") % {"timeframe": delivery.now}
    return _some(now, _later_half(delivery, today=today))


def _later_half(delivery: Delivery, *, today: date) -> str:
    if delivery.expected_at is not None:
        day = day_and_month(delivery.expected_at, today=today)
        return _("On backorder: expected %(day)s") % {"day": day}
    if not delivery.later:
        return ""
    return _("On backorder: %(timeframe)s") % {"timeframe": delivery.later}


def _split_notice(split: Split, mode: BackorderMode) -> str:
    if mode is not BackorderMode.NOTIFY or not (split.now and split.later):
        return ""
    return backordered_words(split.later)


def backordered_words(number: int) -> str:
    """Return the explicit sentence of the mode "notify" about so many units."""
    text = ngettext(
        "%(n)s of these is on backorder: we ship it as soon as it is in.",
        "%(n)s of these are on backorder: we ship them as soon as they are in.",
        number,
    )
    return text % {"n": units(number)}


def _some(*lines: str) -> tuple[str, ...]:
    return tuple(line for line in lines if line)


# --- descriptions -----------------------------------------------------------------------------


def plain_description(text: str) -> str:
    """Return a description as plain text; shops we import from write theirs in HTML.

    It is no less hostile than before: the template escapes it.
    """
    if not _TAG.search(text):
        return text
    lines = _ITEM.sub("\n• ", _LINE_END.sub("\n", text))
    try:
        plain = html.unescape(strip_tags(lines))
    except SuspiciousOperation:
        return text
    return re.sub(r"\n[ \t\r\n]*\n", "\n\n", plain).strip()
