"""Where units go that are tracked again: back to where they were, as far as that is known.

No Django, no clock, no database. Quantities are whole units. Source: `docs/domain.md`,
"Consequences".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Booked = dict[int, tuple[int, int]]
"""By warehouse, the units that are reserved there and those that wait there."""


@dataclass(frozen=True, slots=True)
class Loose:
    """Units of an order line in one parcel that come from nowhere; `home` is the parcel's place."""

    line: int
    units: int
    home: int | None = None


def back(was: Mapping[int, tuple[int, int]], lines: Sequence[Loose]) -> dict[int, Booked]:
    """Return where the units of one order line were, dealt out to its parcels; empty: not so many.

    A parcel that ships from a warehouse gets what was reserved there; the others get what is left,
    warehouse by warehouse, so that a bundle stays whole at each.
    """
    if sum(there + waits for there, waits in was.values()) != sum(one.units for one in lines):
        return {}
    left = {place: [there, waits] for place, (there, waits) in was.items()}
    found: dict[int, Booked] = {one.line: {} for one in lines}
    for one in lines:
        if one.home in left:
            _take(found[one.line], left, one.home, one.units, waiting=False)
    for one in lines:
        for place in left:
            units = one.units - sum(map(sum, found[one.line].values()))
            _take(found[one.line], left, place, units, waiting=True)
    return found


def _take(
    mine: Booked, left: Mapping[int, list[int]], place: int, units: int, *, waiting: bool
) -> None:
    """Take up to so many units of a warehouse, those that were reserved first."""
    there = min(units, left[place][0])
    waits = min(units - there, left[place][1]) if waiting else 0
    if there or waits:
        had = mine.get(place, (0, 0))
        mine[place] = (had[0] + there, had[1] + waits)
        left[place][0] -= there
        left[place][1] -= waits
