"""What a cart costs and when its lines come, by the very rules that place an order.

Everything is read anew, in a constant number of queries; nothing is locked and nothing reserved.
"""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import partial

from channels.availability import availability_in, published_in
from channels.models import Channel, Listing
from inventory.availability import arrivals_of, policy_inputs
from inventory.models import DeliveryTimeframe, StockLevel, StoreSettings, Variant, Warehouse
from inventory.models.catalog import sku_in
from inventory.policy import Availability, BackorderMode, effective_mode, expected_date
from inventory.skus import matched
from orders.errors import NotPossible, OrderRefused, Refusal
from orders.locks import Stock
from orders.policy.booking import Booking
from orders.policy.parcels import Piece, parcels_of, whole_units
from orders.services.booking import Recipes, all_variants, book_lines, recipes_of
from orders.storefront import words


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a cart: a variant, what it costs, and when its units come.

    `now` ship at once and `later` do not; of these `owed` are not there. With a `refusal` there
    are too many of it.
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
    """A cart as the shop would sell it now; `gone` are SKUs that it does not sell any more."""

    lines: Sequence[Line]
    gone: Sequence[str]
    currency: str
    may_split: bool = True

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
    quantities: Mapping[str, int], *, channel: Channel, settings: StoreSettings, today: date
) -> Quote:
    """Return what a cart costs and when it comes, in the order in which it was filled."""
    variants = matched(quantities, ((row.sku, row) for row in _sold(quantities, channel)))
    wanted = [
        _Wanted(key, variants[sku], units)
        for key, (sku, units) in enumerate(quantities.items())
        if sku in variants
    ]
    gone = [sku for sku in quantities if sku not in variants]
    if not wanted:
        return Quote([], gone, settings.currency)
    for _attempt in range(3):
        try:
            lines = _lines(wanted, channel=channel, settings=settings, today=today)
        except NotPossible:
            continue
        return Quote(lines, gone, settings.currency, may_split=settings.allow_order_split)
    raise NotPossible("The shop is being changed at this moment. Try again.")


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


def _lines(
    wanted: Sequence[_Wanted], *, channel: Channel, settings: StoreSettings, today: date
) -> list[Line]:
    """Return the lines of a cart; they draw on the stock one after the other.

    :raises NotPossible: a bundle was changed at this moment.
    """
    variants = [one.variant for one in wanted]
    recipes = recipes_of({variant.pk for variant in variants})
    stock = _read_stock(all_variants({variant.pk for variant in variants}, recipes))
    book = partial(
        book_lines, stock=stock, recipes=recipes, channel=channel, settings=settings, today=today
    )
    booking, refused = _book(wanted, book)
    ahead = {
        one.key: day for one in wanted if (day := _ships_from(one.variant, stock, recipes, today))
    }
    now = _ready(booking, ahead, settings=settings, today=today)
    days = _days(booking, stock, today=today)
    shown = published_in(channel, [variant.pk for variant in variants])
    offers = availability_in(
        channel, variants, today=today, settings=settings, with_dates=False, published=shown
    )
    return [
        Line(
            variant=one.variant,
            title=shown[one.variant.pk].shown_title,
            quantity=one.units,
            price=shown[one.variant.pk].shown_price,
            offer=offers[one.variant.pk],
            now=now.get(one.key, 0),
            owed=booking.waiting(one.key),
            expected_at=days.get(one.key),
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


def _read_stock(variant_ids: Collection[int]) -> Stock:
    """Return variants and stock as they are at this moment; nothing is locked."""
    rows = Variant.objects.for_policy().filter(pk__in=variant_ids)
    levels = StockLevel.objects.filter(variant__in=variant_ids)
    return Stock(
        variants={variant.pk: variant for variant in rows},
        levels={(level.variant_id, level.warehouse_id): level for level in levels},
        warehouses=list(Warehouse.objects.order_by("priority", "pk")),
    )


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


def _ships_from(variant: Variant, stock: Stock, recipes: Recipes, today: date) -> date | None:
    """Return the last release date ahead, the components' included."""
    parts = [variant.pk, *(part for part, _units in recipes.get(variant.pk, ()))]
    days = [stock.variants[part].release_date for part in parts if part in stock.variants]
    return max((day for day in days if day is not None and day > today), default=None)


def _ready(
    booking: Booking, ahead: Mapping[int, date], *, settings: StoreSettings, today: date
) -> dict[int, int]:
    """Return how many units of each line ship at once."""
    pieces = [
        Piece(take.key, take.variant, take.warehouse, take.per_unit, take.allocated, take.waiting)
        for take in booking.takes
    ]
    parcels = parcels_of(
        pieces, is_split=settings.allow_order_split, release_dates=ahead, today=today
    )
    by_line: dict[int, list[Piece]] = defaultdict(list)
    for piece in (piece for parcel in parcels if not parcel.holds for piece in parcel.pieces):
        by_line[piece.line].append(piece)
    return {key: whole_units(parts) for key, parts in by_line.items()}


def _days(booking: Booking, stock: Stock, *, today: date) -> dict[int, date | None]:
    """Return the day of the last unit that each line is owed, after all that is owed already."""
    owing = [take for take in booking.takes if take.waiting]
    arrivals = arrivals_of({take.variant for take in owing}, today=today) if owing else {}
    before: Counter[int] = Counter()
    for (variant_id, _warehouse), level in stock.levels.items():
        before[variant_id] += level.on_backorder
    for take in owing:
        before[take.variant] += take.waiting
    days: dict[int, date | None] = {}
    for take in reversed(owing):
        day = expected_date(before[take.variant] - 1, arrivals.get(take.variant, ()))
        before[take.variant] -= take.waiting
        known = days.get(take.key, day)
        days[take.key] = max(known, day) if known and day else None
    return days


def _asks_notice(key: int, booking: Booking, stock: Stock, settings: StoreSettings) -> bool:
    """Return whether a line owes units of which shoppers are to be told expressly."""
    owing = {take.variant for take in booking.takes if take.key == key and take.waiting}
    modes = (effective_mode(policy_inputs(stock.variants[pk], settings))[0] for pk in owing)
    return BackorderMode.NOTIFY in modes
