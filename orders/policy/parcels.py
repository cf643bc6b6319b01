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

    `seller` is who sells the line, by key; `None`: the store itself.
    """

    line: int
    variant: int
    warehouse: int | None
    per_unit: int
    allocated: int
    waiting: int
    seller: int | None = None


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
    bundle is never split: its units ship when all of them are there. `release_dates` are those of
    lines.
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
    there = {
        line: 0 if line in ahead else whole_units(parts)
        for line, parts in _grouped(pieces, lambda piece: piece.line).items()
    }
    ready, left = _divided(pieces, there)
    if left and not is_split:
        return [Parcel(None, tuple(pieces), holds_of(pieces, ahead, is_split=False))]
    parcels = [Parcel(place, tuple(parts)) for place, parts in by_warehouse(ready).items()]
    waiting = _grouped(left, lambda piece: ahead.get(piece.line, date.min))
    return parcels + [
        Parcel(None, tuple(parts), holds_of(parts, ahead, is_split=True))
        for parts in waiting.values()
    ]


def complete_lines(pieces: Iterable[Piece], ahead: Collection[int]) -> set[int]:
    """Return the lines of which nothing is missing, nor has to wait for its day."""
    lines = _grouped(pieces, lambda piece: piece.line)
    return {
        line
        for line, parts in lines.items()
        if line not in ahead and not any(part.waiting for part in parts)
    }


def whole_units(pieces: Collection[Piece]) -> int:
    """Return how many ordered units are all there: of a bundle, those with every component."""
    units: dict[tuple[int, int], int] = {}
    for piece in pieces:
        place = (piece.variant, piece.per_unit)
        units[place] = units.get(place, 0) + piece.allocated
    return min((there // per for (_variant, per), there in units.items()), default=0)


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


def _divided(pieces: Sequence[Piece], there: Mapping[int, int]) -> tuple[list[Piece], list[Piece]]:
    """Return what can ship, whole units of each line alone, and what is left of the pieces."""
    open_units = {
        (piece.line, piece.variant): there[piece.line] * piece.per_unit for piece in pieces
    }
    ready: list[Piece] = []
    left: list[Piece] = []
    for piece in pieces:
        now = min(piece.allocated, open_units[piece.line, piece.variant])
        open_units[piece.line, piece.variant] -= now
        if now:
            ready.append(replace(piece, allocated=now, waiting=0))
        if piece.allocated > now or piece.waiting:
            left.append(replace(piece, allocated=piece.allocated - now))
    return ready, left


def by_seller(pieces: Iterable[Piece]) -> list[list[Piece]]:
    """Return the pieces of each seller, who never share a parcel."""
    return list(_grouped(pieces, lambda piece: piece.seller).values())


def by_warehouse(pieces: Sequence[Piece]) -> dict[int | None, list[Piece]]:
    """Return the pieces by warehouse; what comes from nowhere goes along with the first."""
    parcels = _grouped(pieces, lambda piece: piece.warehouse)
    if None in parcels and len(parcels) > 1:
        loose = parcels.pop(None)
        parcels[next(iter(parcels))] += loose
    return parcels


def _grouped(pieces: Iterable[Piece], key: Callable[[Piece], Key]) -> dict[Key, list[Piece]]:
    groups: dict[Key, list[Piece]] = {}
    for piece in pieces:
        groups.setdefault(key(piece), []).append(piece)
    return groups
