"""What an order takes from which warehouse, and what of it waits: choices only.

No Django, no clock, no database. Quantities are whole units; `None` stands for "unlimited".
Source: `docs/domain.md`, §4.1 and §4.2.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from inventory.offers import Article, left_of, refusing_rule
from inventory.pool import Need, Pool, draw, one_for_all
from orders.errors import Refusal
from orders.policy.parcels import Piece, waiting_units


@dataclass(frozen=True, slots=True)
class Demand:
    """One line that is to be booked: so many units of an article."""

    key: int
    sku: str
    quantity: int
    article: Article


@dataclass(frozen=True, slots=True)
class Take:
    """Units of a variant that a line takes from a warehouse; untracked ones come from nowhere.

    `is_part`: they are of a bundle.
    """

    key: int
    variant: int
    per_unit: int
    warehouse: int | None
    allocated: int = 0
    waiting: int = 0
    is_part: bool = False

    def piece(self, line: int, seller: int | None = None) -> Piece:
        """Return the same for a line of this key, which this seller sells."""
        return Piece(
            line=line,
            variant=self.variant,
            warehouse=self.warehouse,
            per_unit=self.per_unit,
            allocated=self.allocated,
            waiting=self.waiting,
            seller=seller,
            is_part=self.is_part,
        )


@dataclass(frozen=True, slots=True)
class Booking:
    """What every line takes, what of it is short, and the lines that are refused."""

    takes: tuple[Take, ...]
    short: Mapping[int, int]
    refusals: tuple[Refusal, ...]

    def waiting(self, key: int) -> int:
        """Return how many ordered units of a line are owed: a bundle as soon as a part is."""
        return waiting_units([take.piece(key) for take in self.takes if take.key == key])


def book(
    demands: Sequence[Demand], pools: Mapping[int, Pool], *, is_captured: bool = False
) -> Booking:
    """Return what each line takes; `pools` are drawn down.

    Lines of one SKU are added up before they are checked. A captured order is sold already: what
    cannot be taken is short instead of refused. One warehouse that has all that is available for
    the lines is preferred.
    """
    first = one_for_all([(line.article.needs, line.quantity) for line in demands], pools)
    takes: list[Take] = []
    short: dict[int, int] = {}
    refusals: list[Refusal] = []
    for (sku, _needs), lines in _by_sku(demands).items():
        wanted = sum(line.quantity for line in lines)
        if not is_captured and wanted > _possible(lines[0], pools):
            refusals.append(_refusal(sku, wanted, lines[0].article, pools))
            continue
        for line in lines:
            units = min(line.quantity, _possible(line, pools))
            if units < line.quantity:
                short[line.key] = line.quantity - units
            takes += _draw(line, units, pools, first)
    return Booking(tuple(takes), short, tuple(refusals))


def _by_sku(demands: Sequence[Demand]) -> dict[tuple[str, Sequence[Need]], list[Demand]]:
    """Return the lines of one SKU together; those that are made by another recipe are others."""
    groups: dict[tuple[str, Sequence[Need]], list[Demand]] = {}
    for demand in demands:
        groups.setdefault((demand.sku, demand.article.needs), []).append(demand)
    return groups


def _possible(demand: Demand, pools: Mapping[int, Pool]) -> int:
    """Return how many units of a line may be sold of what is left."""
    units = left_of(demand.article, pools)
    return units.available + units.room


def _refusal(sku: str, wanted: int, article: Article, pools: Mapping[int, Pool]) -> Refusal:
    """Return why a line is refused: what is there, what may be owed, and the rule."""
    units = left_of(article, pools)
    return Refusal(
        sku=sku,
        requested=wanted,
        available=units.available,
        backorderable=units.room,
        rule=refusing_rule(article, pools),
    )


def _draw(demand: Demand, units: int, pools: Mapping[int, Pool], first: int | None) -> list[Take]:
    """Take the units of one line: what is available, then what is owed, by priority."""
    if not units:
        return []
    article = demand.article
    near = first
    if near is None and article.is_bundle:
        near = one_for_all([(article.needs, units)], pools)
    return [
        Take(
            demand.key,
            part.need.variant,
            part.need.per_unit,
            part.warehouse,
            allocated=part.allocated,
            waiting=part.waiting,
            is_part=article.is_bundle,
        )
        for part in draw(article.needs, units, pools, first=near, may_owe=article.may_owe)
    ]
