"""Where bundles wait, and where all of one is there: choices only.

Quantities are whole units. Source: `docs/domain.md`, §2.7 and §4.4.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Part:
    """Units of one component that a line keeps or is owed, `per_unit` in each bundle."""

    variant: int
    per_unit: int
    allocated: int
    waiting: int


@dataclass(frozen=True, slots=True)
class Home:
    """Bundles of one line that one warehouse keeps or owes, in a parcel that waits.

    `warehouses` are those that its channel ships from (`None`: all).
    """

    parcel: int
    line: int
    warehouse: int
    parts: tuple[Part, ...]
    warehouses: frozenset[int] | None = None

    @property
    def lacking(self) -> int:
        """Return how many bundles lack something."""
        there = min(part.allocated // part.per_unit for part in self.parts)
        return min((p.allocated + p.waiting) // p.per_unit for p in self.parts) - there

    def may_ship_from(self, place: int) -> bool:
        """Return whether its channel ships from a warehouse."""
        return self.warehouses is None or place in self.warehouses


@dataclass(frozen=True, slots=True)
class Move:
    """So many bundles that are whole in another warehouse than the one they wait at."""

    home: Home
    target: int
    bundles: int


@dataclass(frozen=True, slots=True)
class Transfer:
    """Units of a variant that complete bundles when they are moved to where these wait."""

    home: Home
    variant: int
    source: int
    units: int
    bundles: int


Supply = Mapping[int, Mapping[int, int]]
"""Available units, by variant and warehouse."""


def moves(homes: Sequence[Home], supply: Supply, places: Sequence[int]) -> list[Move]:
    """Return which bundles another warehouse can make of what is available, going once by rank.

    `places` are the warehouses in their priority. What a move frees is not handed out here.
    """
    left = _copy(supply)
    found: list[Move] = []
    for home in homes:
        lacking = home.lacking
        for place in places:
            if place == home.warehouse or not home.may_ship_from(place):
                continue
            there = min(
                left.get(part.variant, {}).get(place, 0) // part.per_unit for part in home.parts
            )
            if bundles := min(lacking, there):
                found.append(Move(home, place, bundles))
                lacking -= bundles
                for part in home.parts:
                    left[part.variant][place] -= bundles * part.per_unit
    return found


def transfers(homes: Sequence[Home], supply: Supply, places: Sequence[int]) -> list[Transfer]:
    """Return the units of other warehouses that complete bundles where they wait, going by rank.

    As many bundles as all their components suffice for: units that complete none stay.
    """
    left = _copy(supply)
    found: list[Transfer] = []
    for home in homes:
        if not home.may_ship_from(home.warehouse):
            continue
        bundles = next((n for n in range(home.lacking, 0, -1) if _complete(home, n, left)), 0)
        for part in home.parts:
            missing = _missing(home, part, bundles)
            for place in places:
                units = min(missing, left.get(part.variant, {}).get(place, 0))
                if units > 0 and place != home.warehouse:
                    missing -= units
                    left[part.variant][place] -= units
                    found.append(Transfer(home, part.variant, place, units, bundles))
    return found


def _complete(home: Home, bundles: int, supply: Supply) -> bool:
    """Return whether other warehouses have what so many bundles lack."""
    return all(
        _missing(home, part, bundles)
        <= sum(
            units
            for place, units in supply.get(part.variant, {}).items()
            if place != home.warehouse
        )
        for part in home.parts
    )


def _missing(home: Home, part: Part, bundles: int) -> int:
    """Return how many units of a part so many more bundles lack; those that are kept come first."""
    if not bundles:
        return 0
    whole = min(one.allocated // one.per_unit for one in home.parts)
    return max((whole + bundles) * part.per_unit - part.allocated, 0)


def _copy(supply: Supply) -> dict[int, dict[int, int]]:
    return {variant: dict(units) for variant, units in supply.items()}
