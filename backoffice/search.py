"""One search for everything: numbers, SKUs and references first, then words in names and titles.

Nothing reads more than it shows and a bounded stretch behind it: numbers, codes and the words of
products are looked up in their indexes; customers and references are read in the newest rows alone.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.db import connection
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from backoffice.menu import navigation
from channels.models import Channel
from inventory.admin.scoped import change_url, search_words, visible
from inventory.models import IncomingDelivery, Product, Variant
from inventory.models.catalog import sku_in
from inventory.policy import MAX_QUANTITY
from inventory.search import products_with, variants_with
from inventory.skus import sku_key
from orders.admin.base import is_store_staff
from orders.models import CapturedOrder, FulfillmentOrder, Order

MOST = 8
"""Hits of one kind."""

NEWEST_ORDERS = 50_000
NEWEST_DELIVERIES = 10_000


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing that was found."""

    title: str
    detail: str
    link: str


@dataclass(frozen=True, slots=True)
class Group:
    """What was found of one kind; `more` is the list with everything, if there is one."""

    title: str
    hits: Sequence[Hit]
    more: str = ""
    has_more: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """Who searches for what: the words, and all of them as one phrase."""

    request: HttpRequest
    words: Sequence[str]
    phrase: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "phrase", " ".join(self.words))

    def sees(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Return the rows that the user may see."""
        return visible(rows, self.request.user)

    @property
    def spellings(self) -> list[str]:
        """Return the phrase as typed, and in the cases in which codes are written."""
        return list(dict.fromkeys((self.phrase, self.phrase.upper(), self.phrase.lower())))


def find(request: HttpRequest, text: str) -> list[Group]:
    """Return what a user may see of what fits a text, by kind; kinds without a hit are left out."""
    asked = Asked(request, search_words(text))
    if not asked.words:
        return []
    groups = [_pages(asked)]
    for model, kind in KINDS:
        if _may_open(request, model):
            groups.append(_group(asked, model, kind(asked)))
    return [group for group in groups if group.hits]


def lists(request: HttpRequest, text: str) -> list[tuple[str, str]]:
    """Return the lists in which a user may search on, as words and addresses."""
    phrase = " ".join(search_words(text))
    return [
        (str(_title_of(model)), _list_url(model, phrase))
        for model, _kind in KINDS
        if phrase and _may_open(request, model)
    ]


def _group(asked: Asked, model: type[Model], rows: Iterator[Hit]) -> Group:
    hits = list({hit.link: hit for hit in rows}.values())
    return Group(
        title=str(_title_of(model)),
        hits=hits[:MOST],
        more=_list_url(model, asked.phrase),
        has_more=len(hits) > MOST,
    )


def _may_open(request: HttpRequest, model: type[Model]) -> bool:
    return admin.site.get_model_admin(model).has_view_or_change_permission(request)


def _title_of(model: type[Model]) -> Any:
    name = model._meta.verbose_name_plural  # noqa: SLF001
    return str(name)[:1].upper() + str(name)[1:]


def _list_url(model: type[Model], phrase: str) -> str:
    meta = model._meta  # noqa: SLF001
    address = reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist")
    return f"{address}?{urlencode({'q': phrase})}"


# --- each kind --------------------------------------------------------------------------------


def _pages(asked: Asked) -> Group:
    """Return the pages of the menu in whose title each word begins one."""
    words = [word.casefold() for word in asked.words]
    items = [item for group in navigation(asked.request) for item in group["items"]]
    hits = [
        Hit(str(item["title"]), "", item["link"])
        for item in items
        if all(_begins_one(word, str(item["title"])) for word in words)
    ]
    return Group(_("Pages"), hits[:MOST])


def _begins_one(word: str, title: str) -> bool:
    return any(one.startswith(word) for one in title.casefold().split())


def _orders(asked: Asked) -> Iterator[Hit]:
    """Find by number, by the channel's ID, then by the customer in the newest orders."""
    rows = asked.sees(Order.objects.all())
    exact = Q(channel__in=list(Channel.objects.values_list("pk", flat=True)))
    exact &= Q(external_id__in=asked.spellings)
    if (number := _number(asked.phrase)) is not None:
        yield from map(_order_hit(asked), rows.filter(pk=number))
    yield from map(_order_hit(asked), rows.filter(exact)[: MOST + 1])
    found = _newest(rows, Order, NEWEST_ORDERS)
    for word in asked.words:
        customer = _holds("customer_name", word)
        if is_store_staff(asked.request.user):
            customer |= Q(customer_email__icontains=word)
        found = found.filter(customer)
    yield from map(_order_hit(asked), found.order_by("-pk")[: MOST + 1])


def _order_hit(asked: Asked) -> Callable[[Order], Hit]:
    shows_mail = is_store_staff(asked.request.user)

    def hit(order: Order) -> Hit:
        customer = order.customer_name
        if shows_mail and order.customer_email:
            customer = f"{customer}, {order.customer_email}"
        day = date_format(localdate(order.placed_at), "DATE_FORMAT")
        return Hit(order.number, f"{customer} · {day}", change_url(order))

    return hit


def _parcels(asked: Asked) -> Iterator[Hit]:
    """Find by number, 1001-2; without the second part, those of the order."""
    number, _dash, sequence = asked.phrase.removeprefix("#").partition("-")
    order = _number(number)
    if order is None or (sequence and _number(sequence) is None):
        return
    rows = asked.sees(FulfillmentOrder.objects.filter(order=order))
    if sequence:
        rows = rows.filter(sequence=_number(sequence))
    for parcel in rows.select_related("order").order_by("sequence")[: MOST + 1]:
        detail = f"{parcel.get_status_display()} · {parcel.order.customer_name}"
        yield Hit(parcel.number, detail, change_url(parcel))


def _captured(asked: Asked) -> Iterator[Hit]:
    """Find by the number or the ID in the channel, in the newest."""
    rows = _newest(asked.sees(CapturedOrder.objects.all()), CapturedOrder, NEWEST_ORDERS)
    found = rows.filter(Q(number__in=asked.spellings) | Q(external_id__in=asked.spellings))
    for row in found.select_related("channel").order_by("-pk")[: MOST + 1]:
        yield Hit(str(row), f"{row.channel.name} · {row.customer_name}", change_url(row))


def _variants(asked: Asked) -> Iterator[Hit]:
    """Find by SKU, EAN or internal ID, then by the start of the SKU, then by words."""
    rows = asked.sees(Variant.objects.select_related("product"))
    found: dict[int, Variant] = {}
    for query in _variant_queries(rows, asked):
        some = sorted(query.order_by()[: MOST + 1], key=str)
        found |= {row.pk: row for row in some if row.pk not in found}
        if len(found) > MOST:
            break
    yield from map(_variant_hit, found.values())


def _variant_queries(rows: QuerySet[Variant], asked: Asked) -> Iterator[QuerySet[Variant]]:
    """Return what to ask one after the other, until there is enough: what is exact first."""
    exact = sku_in(asked.spellings) | Q(internal_id=asked.phrase)
    yield rows.filter(exact | Q(ean=asked.phrase) & ~Q(ean=""))
    starts = Q()
    for spelling in asked.spellings:
        starts |= _starts_with("sku", spelling)
    if key := sku_key(asked.phrase):
        starts |= _starts_with("sku_key", key)
    yield rows.filter(starts)
    yield rows.filter(variants_with(asked.phrase))


def _variant_hit(variant: Variant) -> Hit:
    ean = f" · {variant.ean}" if variant.ean else ""
    return Hit(variant.sku, f"{variant.full_title}{ean}", change_url(variant))


def _products(asked: Asked) -> Iterator[Hit]:
    """Find by words, those of its variants included."""
    rows = asked.sees(Product.objects.filter(products_with(asked.phrase)))
    found = list(rows.order_by()[: MOST + 1])
    for product in sorted(found, key=lambda row: (row.title.casefold(), row.pk)):
        yield Hit(product.title, product.brand, change_url(product))


def _deliveries(asked: Asked) -> Iterator[Hit]:
    """Find by reference and supplier, in the newest."""
    rows = asked.sees(IncomingDelivery.objects.all())
    rows = _newest(rows, IncomingDelivery, NEWEST_DELIVERIES)
    for word in asked.words:
        rows = rows.filter(_holds("reference", word) | _holds("supplier", word))
    for row in rows.select_related("warehouse").order_by("-pk")[: MOST + 1]:
        day = date_format(row.expected_at, "DATE_FORMAT")
        parts = (row.supplier, row.warehouse.name, day)
        yield Hit(row.reference, " · ".join(part for part in parts if part), change_url(row))


def _channels(asked: Asked) -> Iterator[Hit]:
    """Find by name."""
    rows = asked.sees(Channel.objects.all())
    for word in asked.words:
        rows = rows.filter(_holds("name", word))
    for channel in rows.order_by("name")[: MOST + 1]:
        yield Hit(channel.name, channel.get_connector_display(), change_url(channel))


KINDS: tuple[tuple[type[Model], Callable[[Asked], Iterator[Hit]]], ...] = (
    (Order, _orders),
    (FulfillmentOrder, _parcels),
    (CapturedOrder, _captured),
    (Variant, _variants),
    (Product, _products),
    (IncomingDelivery, _deliveries),
    (Channel, _channels),
)


# --- how it is asked --------------------------------------------------------------------------


def _starts_with(column: str, text: str) -> Q:
    """Return a condition that the column's own index answers, on either engine."""
    if connection.vendor == "sqlite":
        return Q(**{f"{column}__gte": text, f"{column}__lt": text + "\U0010ffff"})
    return Q(**{f"{column}__startswith": text})


def _holds(column: str, word: str) -> Q:
    """Return whether a column holds a word; SQLite compares only ASCII without case."""
    cases = {word} if word.isascii() else {word, word.lower(), word.upper(), word.capitalize()}
    found = Q()
    for spelling in sorted(cases):
        found |= Q(**{f"{column}__icontains": spelling})
    return found


def _newest(rows: QuerySet[Any], model: type[Model], most: int) -> QuerySet[Any]:
    """Keep the newest rows, by key: a look at the last key instead of a count."""
    last = model._default_manager.order_by("-pk").values_list("pk", flat=True).first()  # noqa: SLF001
    return rows.filter(pk__gt=(last or 0) - most)


def _number(text: str) -> int | None:
    """Return an order's number in a text such as 1001 or #1001."""
    digits = text.removeprefix("#")
    is_number = digits.isascii() and digits.isdigit() and len(digits) <= len(str(MAX_QUANTITY))
    return int(digits) if is_number else None
