"""The lines of a cart as a shopper reads them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inventory.offers import Split
from orders.amounts import money, units
from orders.storefront import words
from orders.storefront.quote import Line, Quote
from orders.storefront.showcase import Shop, picture_url


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a cart; `error` says why it cannot be ordered as it is."""

    sku: str
    title: str
    url: str
    picture: str
    quantity: str
    price: str
    amount: str
    label: words.Label | None
    left: str
    text: str
    details: Sequence[str]
    notice: str
    error: str


def rows_of(quote: Quote, shop: Shop, *, today: date) -> list[Row]:
    """Return the lines of a cart in words."""
    return [_row(line, quote, shop, today=today) for line in quote.lines]


def refusal_words(line: Line) -> str:
    """Return how many may be bought of a line of which too many are wanted; or nothing."""
    refusal, at_most = line.refusal, line.at_most
    if refusal is None or at_most is None:
        return ""
    if not at_most:
        return _("Out of stock: none can be bought now. Remove it to order the rest.")
    if refusal.is_of_order:
        return f"{words.at_most_in_order(at_most)}."
    most = ngettext("You can buy at most %(n)s", "You can buy at most %(n)s", at_most) % {
        "n": units(at_most)
    }
    later = refusal.backorderable or 0
    if not later:
        return _("%(most)s: no more are left.") % {"most": most}
    split = words.split_words(Split(now=refusal.available, later=later))
    return _("%(most)s: %(split)s.") % {"most": most, "split": split}


def _row(line: Line, quote: Quote, shop: Shop, *, today: date) -> Row:
    variant = line.variant
    url = reverse("storefront:product", args=[variant.product.slug])
    answer = told_of(line, today=today)
    return Row(
        sku=variant.sku,
        title=line.title,
        url=f"{url}?{urlencode({'variant': variant.sku})}",
        picture=picture_url(variant.image, variant.product.image),
        quantity=str(line.quantity),
        price=money(line.price, quote.currency),
        amount=money(line.amount, quote.currency),
        label=shop.label_of(line.offer.state),
        left=words.left_words(line.offer.only_x_left),
        text=answer.text,
        details=answer.lines,
        notice=answer.notice,
        error=refusal_words(line),
    )


def told_of(line: Line, *, today: date) -> words.Answer:
    """Return what a shopper is told of a line; of one that is refused, nothing."""
    if line.refusal is not None:
        return words.Answer("")
    notice = words.backordered_words(line.owed) if line.is_notified else ""
    return replace(_answer(line, today=today), notice=notice)


def _answer(line: Line, *, today: date) -> words.Answer:
    delivery = words.Delivery(
        now=line.timeframe.in_stock_text if line.timeframe else "",
        later=line.timeframe.out_of_stock_text if line.timeframe else "",
        expected_at=line.expected_at,
        ships_from=line.ships_from and (line.expected_at or line.ships_from),
    )
    split = Split(now=line.quantity - line.owed, later=line.owed)
    answer = words.split_answer(split, line.offer, delivery, today=today)
    if line.now == split.now or line.ships_from is not None:
        return answer
    # The order is not split: what is there waits for the rest.
    if not split.later:
        day = line.expected_at
        text = ngettext(
            "%(n)s in stock: ships with the rest", "%(n)s in stock: ship with the rest", split.now
        ) % {"n": units(split.now)}
        return words.Answer(text, lines=(words.expected_words(day, today=today),) if day else ())
    there = ngettext("%(n)s in stock", "%(n)s in stock", split.now) % {"n": units(split.now)}
    later = words.split_words(Split(now=0, later=split.later))
    return words.Answer(
        _("%(now)s, %(later)s") % {"now": there, "later": later}, lines=answer.lines[-1:]
    )
