"""Which units of an order ship together, and which wait: choices only.

Source: `docs/domain.md`, §4.3 and §4.4.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeVar

AWAITING_STOCK = "awaiting_stock"
AWAITING_REST_OF_ORDER = "awaiting_rest_of_order"
AWAITING_RELEASE_DATE = "awaiting_release_date"

Key = TypeVar("Key")


@dataclass(frozen=True, slots=True)
class Piece:
    """Units of a variant that a line takes from a warehouse, in a parcel or about to be.

    `seller` is who sells the line, by key; `None`: the store itself. `is_part`: it is a component
    of a bundle.
    """

    line: int
    variant: int
    warehouse: int | None
    per_unit: int
    allocated: int
    waiting: int
    seller: int | None = None
    is_part: bool = False


@dataclass(frozen=True, slots=True)
class Parcel:
    """A fulfillment order to be: with no holds it is ready, from one warehouse."""

    warehouse: int | None
    pieces: tuple[Piece, ...]
    holds: tuple[str, ...] = ()

    @property
    def seller(self) -> int | None:
        """Return whose parcel it is; `None`: the store's own."""
        return self.pieces[0].seller


def parcels_of(
    pieces: Sequence[Piece], *, is_split: bool, release_dates: Mapping[int, date], today: date
) -> list[Parcel]:
    """Return the parcels of these units, the ready ones first, one for each warehouse and seller.

    What is missing waits: split, it waits as a parcel of its own and so does each release date to
    come; not split, everything of a seller waits together and what is there stays reserved. A
    bundle is never split: its units ship when all of them are there, in one warehouse.
    `release_dates` are those of lines.
    """
    ahead = {line: day for line, day in release_dates.items() if day > today}
    parcels = [
        parcel
        for own in by_seller(pieces)
        for parcel in _of_one_seller(own, is_split=is_split, ahead=ahead)
    ]
    return sorted(parcels, key=lambda parcel: bool(parcel.holds))


def _of_one_seller(
    pieces: Sequence[Piece], *, is_split: bool, ahead: Mapping[int, date]
) -> list[Parcel]:
    ready, left = _divided(pieces, ahead)
    if left and not is_split:
        return [Parcel(None, tuple(pieces), holds_of(pieces, ahead, is_split=False))]
    parcels = [Parcel(place, tuple(parts)) for place, parts in _joined(ready).items()]
    waiting = _grouped(left, lambda piece: ahead.get(piece.line))
    return parcels + [
        Parcel(None, tuple(parts), holds_of(parts, ahead, is_split=True))
        for parts in waiting.values()
    ]


def by_warehouse(pieces: Sequence[Piece]) -> dict[int | None, list[Piece]]:
    """Return pieces that are all there as they ship: by warehouse, each bundle from one.

    What comes from nowhere goes along with its bundle, or with the first parcel.
    """
    ready, _left = _divided(pieces, ())
    return _joined(ready)


def complete_lines(pieces: Iterable[Piece], ahead: Collection[int]) -> set[int]:
    """Return the lines of which nothing is missing, nor has to wait for its day."""
    lines = _grouped(pieces, lambda piece: piece.line)
    return {
        line
        for line, parts in lines.items()
        if line not in ahead and not any(part.waiting for part in parts)
    }


def whole_units(pieces: Collection[Piece]) -> int:
    """Return how many ordered units of one line are all there: of a bundle, each in one warehouse.

    Parts of a bundle that lie in two warehouses make none while something of the line is missing.
    """
    whole, left = _whole(pieces)
    if not any(piece.waiting for piece in left):
        whole[None] = [*whole.get(None, ()), *left]
    units: dict[tuple[int, int], int] = {(piece.variant, piece.per_unit): 0 for piece in pieces}
    for piece in (piece for parts in whole.values() for piece in parts):
        units[piece.variant, piece.per_unit] += piece.allocated
    return min((there // per for (_variant, per), there in units.items()), default=0)


def waiting_units(pieces: Collection[Piece]) -> int:
    """Return how many ordered units of one line are owed: those that `whole_units` leaves.

    A unit of a bundle is owed as soon as one of its parts is, wherever the others lie.
    """
    if not any(piece.waiting for piece in pieces):
        return 0
    units: dict[tuple[int, int], int] = {}
    for piece in pieces:
        key = (piece.variant, piece.per_unit)
        units[key] = units.get(key, 0) + piece.allocated + piece.waiting
    ordered = min(count // per for (_variant, per), count in units.items())
    return max(ordered - whole_units(pieces), 0)


def is_whole(pieces: Collection[Piece]) -> bool:
    """Return whether the units of one line are whole in each warehouse, none of them a part."""
    _bundles, left = _whole(pieces)
    return not left


def holds_of(pieces: Iterable[Piece], ahead: Collection[int], *, is_split: bool) -> tuple[str, ...]:
    """Return why these units cannot ship: missing, reserved for the rest, or before their day."""
    pieces = list(pieces)
    holds = []
    is_missing = any(piece.waiting for piece in pieces)
    if is_missing:
        holds.append(AWAITING_STOCK)
    if any(piece.line in ahead for piece in pieces):
        holds.append(AWAITING_RELEASE_DATE)
    if holds and not is_split and _has_whole_units(pieces, ahead):
        holds.append(AWAITING_REST_OF_ORDER)
    return tuple(holds)


def _has_whole_units(pieces: Sequence[Piece], ahead: Collection[int]) -> bool:
    lines = _grouped(pieces, lambda piece: piece.line)
    return any(line not in ahead and whole_units(parts) for line, parts in lines.items())


def _divided(
    pieces: Sequence[Piece], ahead: Collection[int]
) -> tuple[dict[int | None, list[Piece]], list[Piece]]:
    """Return what can ship, by warehouse, whole units of each line alone, and what is left.

    Lines of `ahead` wait for their day. A line that lacks nothing ships as it lies.
    """
    ready: dict[int | None, list[Piece]] = {}
    left: list[Piece] = []
    for line, parts in _grouped(pieces, lambda piece: piece.line).items():
        whole, rest = ({}, parts) if line in ahead else _whole(parts)
        lies = [] if line in ahead or any(piece.waiting for piece in rest) else rest
        for place, some in (*whole.items(), *_grouped(lies, lambda piece: piece.warehouse).items()):
            ready.setdefault(place, []).extend(some)
        left += [] if lies else rest
    return ready, left


def _whole(parts: Collection[Piece]) -> tuple[dict[int | None, list[Piece]], list[Piece]]:
    """Return the whole units of one line, by the warehouse they ship from, and what is left of it.

    What comes from nowhere helps in every warehouse.
    """
    whole: dict[int | None, list[Piece]] = {}
    left = [*parts]
    places = {piece.warehouse: None for piece in parts if piece.warehouse is not None}
    for place in places or (None,):
        wanted = _wanted(left, place)
        for where in dict.fromkeys((place, None)):
            for number, piece in enumerate(left):
                now = min(piece.allocated, wanted[piece.variant]) if piece.warehouse == where else 0
                if now:
                    wanted[piece.variant] -= now
                    whole.setdefault(place, []).append(replace(piece, allocated=now, waiting=0))
                    left[number] = replace(piece, allocated=piece.allocated - now)
    return whole, [piece for piece in left if piece.allocated or piece.waiting]


def _wanted(parts: Collection[Piece], place: int | None) -> dict[int, int]:
    """Return the units of each variant in the whole units of a line that one warehouse has."""
    per_unit = {piece.variant: piece.per_unit for piece in parts}
    there = dict.fromkeys(per_unit, 0)
    for piece in parts:
        if piece.warehouse in {place, None}:
            there[piece.variant] += piece.allocated
    units = min((there[variant] // per for variant, per in per_unit.items()), default=0)
    return {variant: units * per for variant, per in per_unit.items()}


def _joined(parcels: Mapping[int | None, list[Piece]]) -> dict[int | None, list[Piece]]:
    """Return pieces by warehouse; what comes from nowhere goes along with the first."""
    joined = dict(parcels)
    if None in joined and len(joined) > 1:
        loose = joined.pop(None)
        first = next(iter(joined))
        joined[first] = joined[first] + loose
    return joined


def by_seller(pieces: Iterable[Piece]) -> list[list[Piece]]:
    """Return the pieces of each seller, who never share a parcel."""
    return list(_grouped(pieces, lambda piece: piece.seller).values())


def _grouped(pieces: Iterable[Piece], key: Callable[[Piece], Key]) -> dict[Key, list[Piece]]:
    groups: dict[Key, list[Piece]] = {}
    for piece in pieces:
        groups.setdefault(key(piece), []).append(piece)
    return groups
