"""A shopper's cart: SKUs and quantities in the session, nothing else. Prices are never in it."""

import secrets
import time
from collections.abc import Mapping
from typing import Any

from django.contrib.sessions.backends.base import SessionBase

from inventory.policy import MAX_QUANTITY
from orders.models.orders import new_token

MAX_LINES = 100
"""Different SKUs in a cart."""

MAX_SKU = 64
DOUBLE_CLICK = 10
"""Seconds in which one form that is sent again has one effect."""


class CartFull(Exception):
    """One SKU more than a cart holds."""


class TooMany(Exception):
    """More units of a SKU than there are numbers for."""


class Cart:
    """The cart of one session, read with care: an older program may have written it."""

    def __init__(self, session: SessionBase) -> None:
        self.session = session
        self.quantities = _readable(session.get("cart"))

    @property
    def units(self) -> int:
        """Return how many units are in it."""
        return sum(self.quantities.values())

    def add(self, sku: str, quantity: int, *, form: str = "") -> None:
        """Put units into the cart, beside those that are in it.

        The same form sent twice, as a double click does, adds once.

        :raises CartFull: the cart holds `MAX_LINES` others.
        :raises TooMany: it would hold more than `MAX_QUANTITY`.
        """
        if self._is_double_click(form):
            return
        if sku not in self.quantities and len(self.quantities) >= MAX_LINES:
            raise CartFull
        self.set(sku, self.quantities.get(sku, 0) + quantity)
        self.session["cart_form"] = [form, time.time()]

    def set(self, sku: str, quantity: int) -> None:
        """Have so many units in the cart.

        :raises TooMany: that is more than `MAX_QUANTITY`.
        """
        if quantity > MAX_QUANTITY:
            raise TooMany
        self.quantities[sku] = quantity
        self._save()

    def remove(self, sku: str) -> None:
        """Take a SKU out, if it is in."""
        if self.quantities.pop(sku, None) is not None:
            self._save()

    def empty(self) -> None:
        """Take everything out, and let the next checkout be another one."""
        self.quantities = {}
        self._save()
        self.session.pop("checkout", None)

    @property
    def checkout_token(self) -> str:
        """Return the word that makes this checkout one, however often it is sent."""
        token = self.session.get("checkout")
        if not isinstance(token, str) or len(token) != 43:
            token = self.session["checkout"] = new_token()
        return token

    def say(self, text: str) -> None:
        """Keep a sentence for the next page."""
        self.session["cart_note"] = text

    def said(self) -> str:
        """Return what was kept for this page, once."""
        text = self.session.pop("cart_note", "") if "cart_note" in self.session else ""
        return text if isinstance(text, str) else ""

    def _is_double_click(self, form: str) -> bool:
        last = self.session.get("cart_form")
        match last:
            case [str(before), int() | float() as at]:
                return bool(form) and before == form and 0 <= time.time() - at < DOUBLE_CLICK
        return False

    def _save(self) -> None:
        self.session["cart"] = self.quantities


def form_word() -> str:
    """Return a word that tells one form that is shown from another."""
    return secrets.token_urlsafe(9)


def _readable(kept: Any) -> dict[str, int]:
    if not isinstance(kept, Mapping):
        return {}
    readable = {
        sku: units
        for sku, units in kept.items()
        if isinstance(sku, str)
        and 1 <= len(sku) <= MAX_SKU
        and type(units) is int
        and 1 <= units <= MAX_QUANTITY
    }
    return dict(list(readable.items())[:MAX_LINES])
