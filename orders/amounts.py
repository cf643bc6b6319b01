"""Amounts, numbers and days as the reader's language writes them."""

from datetime import date
from decimal import Decimal

from django.utils.formats import date_format, number_format
from django.utils.translation import get_language

SYMBOLS = {
    "AUD": "A$",
    "BRL": "R$",
    "CAD": "CA$",
    "CNY": "CN¥",
    "EUR": "€",
    "GBP": "£",
    "INR": "₹",
    "JPY": "¥",
    "KRW": "₩",
    "NZD": "NZ$",
    "USD": "$",
}
WITHOUT_CENTS = {"JPY", "KRW", "CLP", "ISK", "VND", "XAF", "XOF", "PYG", "UGX", "RWF"}
"""Currencies whose amounts are written without decimals."""


def money(amount: Decimal, currency: str) -> str:
    """Return an amount with its currency, as the shopper's language writes it."""
    decimals = 0 if currency in WITHOUT_CENTS and amount == amount.to_integral_value() else 2
    digits = number_format(amount, decimal_pos=decimals, force_grouping=True)
    symbol = SYMBOLS.get(currency)
    language = (get_language() or "en").partition("-")[0]
    if language == "de":
        return f"{digits}\u00a0{symbol or currency}"
    if language == "nl" or symbol is None:
        return f"{symbol or currency}\u00a0{digits}"
    return f"{symbol}{digits}"


def units(number: int) -> str:
    """Return a number of units with thousands set apart."""
    return number_format(number, decimal_pos=0, force_grouping=True)


def day_and_month(day: date, *, today: date) -> str:
    """Return a near day without its year: "4 December"."""
    if (day - today).days > 180:
        return full_day(day)
    return date_format(day, "j. F" if _is_german() else "j F")


def full_day(day: date) -> str:
    """Return a day with its year: "12 December 2026"."""
    return date_format(day, "j. F Y" if _is_german() else "j F Y")


def _is_german() -> bool:
    return (get_language() or "").startswith("de")
