"""What a cart costs and when its lines come, by the very rules that place an order.

Everything is read anew, in a constant number of queries; nothing is locked and nothing reserved.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import partial

from channels.availability import availability_in, published_in, ships_from
from channels.models import Channel, Listing
from inventory.availability import policy_inputs
from inventory.models import DeliveryTimeframe, StockLevel, StoreSettings, Variant, Warehouse
from inventory.models.catalog import sku_in
from inventory.offers import Availability
from inventory.policy import BackorderMode, effective_mode
from inventory.skus import matched
from orders.errors import NotPossible, OrderRefused, Refusal
from orders.locks import Stock
from orders.policy.booking import Booking
from orders.policy.parcels import Parcel, Piece, whole_units
from orders.reasons import Reason
from orders.recipes import Recipes, recipes_of
from orders.services.booking import all_variants, book_lines
from orders.services.expected import Basket, Plan, plans_of
from orders.storefront import words


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a cart: a variant, what it costs, and when its units come.

    `now` ship at once and `later` do not, but on the day that is `expected_at`; of these `owed`
    are not there. `ships_from` is a release date ahead. With a `refusal` there are too many of it.
    """

    variant: Variant
    title: str
    quantity: int
    price: Decimal
    offer: Availability
    now: int = 0
    owed: int = 0
    expected_at: date | None = None
    ships_from: date | None = None
    timeframe: DeliveryTimeframe | None = None
    is_notified: bool = False
    refusal: Refusal | None = None

    @property
    def later(self) -> int:
        """Return how many units do not ship at once."""
        return self.quantity - self.now

    @property
    def amount(self) -> Decimal:
        """Return what the line costs."""
        return self.quantity * self.price

    @property
    def at_most(self) -> int | None:
        """Return how many may be bought of a line that is refused; `None`: it is not."""
        if self.refusal is None:
            return None
        return self.refusal.available + (self.refusal.backorderable or 0)


@dataclass(frozen=True, slots=True)
class Quote:
    """A cart as the shop would sell it now; `gone` are SKUs that it does not sell any more.

    `ship_together`: nothing of it ships before all of it can, as the shopper asks or the store has
    it; `may_split`: the store leaves that to the shopper.
    """

    lines: Sequence[Line]
    gone: Sequence[str]
    currency: str
    may_split: bool = True
    ship_together: bool = False

    @property
    def total(self) -> Decimal:
        """Return what all lines cost."""
        return sum((line.amount for line in self.lines), Decimal(0))

    @property
    def is_salable(self) -> bool:
        """Return whether it can be ordered as it is."""
        return bool(self.lines) and not self.gone and not any(line.refusal for line in self.lines)

    @property
    def later(self) -> int:
        """Return how many units do not ship at once."""
        return sum(line.later for line in self.lines if line.refusal is None)

    @property
    def seal(self) -> str:
        """Return a hash of what is sold at which price: the shopper buys what was shown."""
        shown = [[line.variant.sku, line.quantity, f"{line.price:.2f}"] for line in self.lines]
        return hashlib.sha256(json.dumps([self.currency, shown]).encode()).hexdigest()


def quote(
    quantities: Mapping[str, int],
    *,
    channel: Channel,
    settings: StoreSettings,
    today: date,
    sold: Collection[Variant] | None = None,
    ship_together: bool = False,
) -> Quote:
    """Return what a cart costs and when it comes, in the order in which it was filled.

    `sold` are the variants that are asked about, with their products; `None`: those of the cart
    that the shop window shows. What the channel does not sell is refused as an order is.
    """
    world = _World(channel, settings, today)
    return _quotes(quantities, world, sold, [ship_together])[0]


def both_ways(
    quantities: Mapping[str, int], *, channel: Channel, settings: StoreSettings, today: date
) -> tuple[Quote, Quote]:
    """Return a cart of the shop window as it comes, and as it comes when it ships together."""
    world = _World(channel, settings, today)
    apart, together = _quotes(quantities, world, None, [False, True])
    return apart, together


@dataclass(frozen=True, slots=True)
class _World:
    """Where and when a cart is asked about."""

    channel: Channel
    settings: StoreSettings
    today: date


def _quotes(
    quantities: Mapping[str, int],
    world: _World,
    sold: Collection[Variant] | None,
    ways: Sequence[bool],
) -> list[Quote]:
    """Return a cart in each of these ways, together or not; everything is read once."""
    settings = world.settings
    asked = _sold(quantities, world.channel) if sold is None else sold
    variants = matched(quantities, ((row.sku, row) for row in asked))
    wanted = [
        _Wanted(key, variants[sku], units)
        for key, (sku, units) in enumerate(quantities.items())
        if sku in variants
    ]
    empty = Quote(
        lines=[],
        gone=[sku for sku in quantities if sku not in variants],
        currency=settings.currency,
        may_split=settings.allow_order_split,
    )
    if not wanted:
        return [empty for _way in ways]
    for _attempt in range(3):
        try:
            found = _lines(wanted, world, ways)
        except NotPossible:
            continue
        return [
            replace(empty, lines=lines, ship_together=way or not settings.allow_order_split)
            for way, lines in zip(ways, found, strict=True)
        ]
    raise NotPossible(Reason.SHOP_CHANGED)


def _sold(skus: Mapping[str, int], channel: Channel) -> Sequence[Variant]:
    """Return the variants of these SKUs that the shop window shows."""
    listed = Listing.objects.published().filter(channel=channel).values("variant")
    return list(
        Variant.objects.filter(sku_in(skus), product__is_visible=True, pk__in=listed)
        .select_related("delivery_timeframe", "product__delivery_timeframe")
        .order_by("pk")
    )


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A line of a cart before it is known what it takes."""

    key: int
    variant: Variant
    units: int


def _lines(wanted: Sequence[_Wanted], world: _World, ways: Sequence[bool]) -> list[list[Line]]:
    """Return the lines of a cart in each way; they draw on the stock one after the other.

    :raises NotPossible: a bundle was changed at this moment.
    """
    channel, settings, today = world.channel, world.settings, world.today
    variants = [one.variant for one in wanted]
    recipes = recipes_of({variant.pk for variant in variants})
    stock = _read_stock(all_variants({variant.pk for variant in variants}, recipes))
    book = partial(
        book_lines, stock=stock, recipes=recipes, channel=channel, settings=settings, today=today
    )
    booking, refused = _book(wanted, book)
    dates = {one.key: day for one in wanted if (day := _release_of(one.variant, stock, recipes))}
    ahead = {key: day for key, day in dates.items() if day > today}
    shown = published_in(channel, [variant.pk for variant in variants])
    basket = Basket(
        booking,
        dates,
        {one.key: one.variant.product.seller_id for one in wanted},
        sum((one.units * _price(one.variant, shown) for one in wanted), Decimal(0)),
    )
    plans = plans_of(
        [replace(basket, ship_together=way) for way in ways],
        ships_from=ships_from(channel),
        settings=settings,
        today=today,
    )
    offers = availability_in(
        channel, variants, today=today, settings=settings, with_dates=False, published=shown
    )
    lines = [
        Line(
            variant=one.variant,
            title=_title(one.variant, shown),
            quantity=one.units,
            price=_price(one.variant, shown),
            offer=offers[one.variant.pk],
            owed=booking.waiting(one.key),
            ships_from=ahead.get(one.key),
            timeframe=words.timeframe_of(
                one.variant.delivery_timeframe,
                one.variant.product.delivery_timeframe,
                settings.delivery_timeframe,
            ),
            is_notified=one.key not in ahead and _asks_notice(one.key, booking, stock, settings),
            refusal=refused.get(one.variant.sku),
        )
        for one in wanted
    ]
    keys = [one.key for one in wanted]
    return [_dated(lines, keys, plan) for plan in plans]


def _dated(lines: Sequence[Line], keys: Sequence[int], plan: Plan) -> list[Line]:
    """Return lines with what of them ships at once, and the day of the rest."""
    now = _ready(plan.parcels)
    return [
        replace(line, now=now.get(key, 0), expected_at=plan.days.get(key))
        for key, line in zip(keys, lines, strict=True)
    ]


def _title(variant: Variant, shown: Mapping[int, Listing]) -> str:
    """Return what it is called: as the channel published it, else as it is."""
    listing = shown.get(variant.pk)
    return listing.shown_title if listing else variant.full_title


def _price(variant: Variant, shown: Mapping[int, Listing]) -> Decimal:
    """Return what a unit costs: as the channel published it, else as it is."""
    listing = shown.get(variant.pk)
    return listing.shown_price if listing else variant.price


def _read_stock(variant_ids: Collection[int]) -> Stock:
    """Return variants and stock as they are at this moment; nothing is locked."""
    rows = Variant.objects.for_policy().filter(pk__in=variant_ids)
    levels = StockLevel.objects.filter(variant__in=variant_ids)
    return Stock(
        variants={variant.pk: variant for variant in rows},
        levels={(level.variant_id, level.warehouse_id): level for level in levels},
        warehouses=list(Warehouse.objects.order_by("priority", "pk")),
    )


def _release_of(variant: Variant, stock: Stock, recipes: Recipes) -> date | None:
    """Return the last release date, the components' included."""
    parts = [variant.pk, *(part for part, _units in recipes.get(variant.pk, ()))]
    days = [stock.variants[part].release_date for part in parts if part in stock.variants]
    return max((day for day in days if day is not None), default=None)


def _book(
    wanted: Sequence[_Wanted], book: Callable[[Sequence[tuple[int, Variant, int]]], Booking]
) -> tuple[Booking, dict[str, Refusal]]:
    """Return what the lines take that can be sold, and why the others cannot."""
    lines = [(one.key, one.variant, one.units) for one in wanted]
    try:
        return book(lines), {}
    except OrderRefused as error:
        refused = {refusal.sku: refusal for refusal in error.refusals}
    return book([line for line in lines if line[1].sku not in refused]), refused


def _ready(parcels: Sequence[Parcel]) -> dict[int, int]:
    """Return how many units of each line ship at once."""
    by_line: dict[int, list[Piece]] = defaultdict(list)
    for piece in (piece for parcel in parcels if not parcel.holds for piece in parcel.pieces):
        by_line[piece.line].append(piece)
    return {key: whole_units(parts) for key, parts in by_line.items()}


def _asks_notice(key: int, booking: Booking, stock: Stock, settings: StoreSettings) -> bool:
    """Return whether a line owes units of which shoppers are to be told expressly."""
    owing = {take.variant for take in booking.takes if take.key == key and take.waiting}
    modes = (effective_mode(policy_inputs(stock.variants[pk], settings))[0] for pk in owing)
    return BackorderMode.NOTIFY in modes
