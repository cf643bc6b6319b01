"""What a change of a setting does to open orders: codes and numbers, no words.

No Django, no clock, no database. Stock and the catalogue say what changes (`SettingChange`); who
keeps the orders counts whom it touches (`inventory.waiting_room`). Source: `docs/domain.md`,
"Consequences".
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import Any, Self


class Effect(StrEnum):
    """What becomes of units in open orders; the values are those of the API."""

    SHIP_WITHOUT_STOCK = "ship_without_stock"
    BACK_IN_THE_BOOKS = "back_in_the_books"
    STAY_OWED = "stay_owed"
    STAY_OWED_HERE = "stay_owed_here"
    NOT_SERVED_HERE = "not_served_here"
    STILL_SHIP_FROM_HERE = "still_ship_from_here"
    STAY_OWED_IN_CHANNEL = "stay_owed_in_channel"
    STAY_OWED_UNTIL_UPDATE = "stay_owed_until_update"
    HELD_FOR_RELEASE_DATE = "held_for_release_date"
    LET_GO = "let_go"
    NEW_DATE = "new_date"
    NO_DATE = "no_date"
    DATES_ANEW = "dates_anew"
    KEEP_RECIPE = "keep_recipe"
    CANCELED_UNPAID = "canceled_unpaid"


@dataclass(frozen=True, slots=True)
class Consequence:
    """One thing that a change does: to so many orders and units, with so many e-mails.

    `picked` are parcels whose picking is undone, `places` the warehouses it is about, by name. The
    e-mails of `DATES_ANEW` are counted from above: at most so many are written.
    """

    effect: Effect
    orders: int
    units: int
    picked: int = 0
    emails: int = 0
    places: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Consequences:
    """All that a change does to open orders; it is false when there is nothing to ask."""

    each: tuple[Consequence, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.each)

    @classmethod
    def of(cls, found: Iterable[Consequence]) -> Self:
        """Return those that touch something."""
        return cls(tuple(one for one in found if one.orders or one.units or one.emails))

    @classmethod
    def added(cls, parts: Iterable["Consequences"]) -> Self:
        """Return those of several changes made together, each as it was counted."""
        return cls(tuple(dict.fromkeys(one for part in parts for one in part.each)))

    def with_mails(self, told: "Consequences") -> "Consequences":
        """Return these, and whom the change makes us write to: of one effect it is one of them.

        >>> held = Consequences((Consequence(Effect.LET_GO, orders=2, units=3),))
        >>> told = held.with_mails(Consequences((Consequence(Effect.LET_GO, 1, 1, emails=1),)))
        >>> [(one.orders, one.units, one.emails) for one in told.each]
        [(2, 3, 1)]
        """
        mails = {one.effect: one.emails for one in told.each}
        known = {one.effect for one in self.each}
        mine = [replace(one, emails=mails.pop(one.effect, one.emails)) for one in self.each]
        return Consequences((*mine, *(one for one in told.each if one.effect not in known)))


@dataclass(frozen=True, slots=True)
class Moved:
    """A release date as it was and as it is to be."""

    before: date | None
    after: date | None

    def is_later(self, today: date) -> bool:
        """Return whether something may not ship any more that could, or only on a later day."""
        return self.after is not None and self.after > max(self.before or today, today)

    def lets_go(self, today: date) -> bool:
        """Return whether what was held may ship now."""
        was_ahead = self.before is not None and self.before > today
        return was_ahead and (self.after is None or self.after <= today)


@dataclass(frozen=True, slots=True)
class SettingChange:
    """A change of settings, by the primary keys of what it is about.

    `no_room` are variants that owe as much as their new limit, or more, and `no_room_here` such
    stock levels; `closed_levels` and `closed_warehouses` serve nobody any more. `channel_places`
    are the warehouses that are left to a channel. `closed_channels` sell nothing on backorder any
    more, `drafted_channels` as soon as their listings are updated. `unpaid_hours` is how long
    unpaid orders are kept, before and after; 0 is for ever.
    """

    untracked: frozenset[int] = frozenset()
    tracked: frozenset[int] = frozenset()
    no_room: frozenset[int] = frozenset()
    no_room_here: frozenset[int] = frozenset()
    closed_levels: frozenset[int] = frozenset()
    closed_warehouses: frozenset[int] = frozenset()
    closed_channels: frozenset[int] = frozenset()
    drafted_channels: frozenset[int] = frozenset()
    channel_places: Mapping[int, frozenset[int]] = field(default_factory=dict)
    release_dates: Mapping[int, Moved] = field(default_factory=dict)
    recipes: frozenset[int] = frozenset()
    unpaid_hours: tuple[int, int] | None = None

    def __bool__(self) -> bool:
        return any(getattr(self, name) for name in self.__slots__)


# --- the rules --------------------------------------------------------------------------------


def leaves_no_room(*, owed: int, before: int | None, after: int | None) -> bool:
    """Return whether a limit is lowered to what is owed already, or below; `None` is no limit.

    >>> leaves_no_room(owed=30, before=None, after=20)
    True
    """
    if owed <= 0 or after is None:
        return False
    return (before is None or after < before) and owed >= after


def tracking_of(changes: Mapping[str, Any]) -> bool | None:
    """Return what fields with both sides say of tracking afterwards; `None`: it stays."""
    return _becomes(changes, "track_inventory")


def opening_of(changes: Mapping[str, Any]) -> bool | None:
    """Return whether fields of a stock level let it serve afterwards; `None`: as before."""
    return _becomes(changes, "in_stock")


def _becomes(changes: Mapping[str, Any], name: str) -> bool | None:
    if name not in changes:
        return None
    before, after = changes[name]
    return None if before == after else bool(after)


def cut(
    owed: Mapping[int, int], limits: Callable[[int], tuple[int | None, int | None]]
) -> frozenset[int]:
    """Return who owes as much as the limit that is lowered; `limits` gives it before and after."""
    return frozenset(
        key
        for key, units in owed.items()
        if leaves_no_room(owed=units, before=limits(key)[0], after=limits(key)[1])
    )
