"""What becomes of one variant that is edited together with others: pure, one at a time.

No Django, no clock, no database. A wish names the fields it is about; `None` is the wider setting,
what it does not name stays. Imports say their changes in the same words. Source: `docs/domain.md`,
§2 and §6.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from inventory.policy import INHERIT, BackorderMode, LevelSettings, backorder_wish_error

NUMBERS = ("out_of_stock_threshold", "notify_below", "only_x_left_threshold", "max_per_order")
LEVEL_FIELDS = ("in_stock", "backorder_threshold")
"""What many can be asked of a variant in one warehouse."""

ACCEPT = "accept"
"""A wish of the switch *Allow backorders*: who accepts them already keeps the word for it."""

MODE_WORDS = {
    BackorderMode.NO: "will stop accepting backorders",
    BackorderMode.ALLOW: "will accept backorders",
    BackorderMode.NOTIFY: "will accept backorders and notify the customer",
}
_NUMBER_WORDS = {
    "out_of_stock_threshold": "out-of-stock threshold",
    "notify_below": "notify for quantity below",
    "only_x_left_threshold": "only X left threshold",
    "max_per_order": "most units per order",
}
BUNDLE_HAS_NO_STOCK = (
    "A bundle has no stock of its own: set the warehouse thresholds of its components."
)

Changes = dict[str, list[Any]]
"""Each field that changes, with what it was and what it becomes."""


class LevelNow(NamedTuple):
    """A variant in one warehouse; version 0 was never touched."""

    warehouse_id: int
    version: int = 0
    in_stock: bool = True
    backorder_threshold: int | None = None


class VariantNow(NamedTuple):
    """A variant as it is: its own settings, and what it would use without any.

    `wider` is the product's word, else the store's, the sellers' gate aside. Timeframes are keys.
    """

    track_inventory: bool
    own: LevelSettings
    wider: LevelSettings
    delivery_timeframe: int | None = None
    wider_timeframe: int | None = None
    is_bundle: bool = False
    levels: tuple[LevelNow, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of one variant: its changes, those in each warehouse, or why it is refused.

    A change in a warehouse comes with the version of the stock level that it was decided on.
    `at_fault` names the field that `reason` is about.
    """

    changes: Changes = field(default_factory=dict)
    levels: dict[int, tuple[int, Changes]] = field(default_factory=dict)
    reason: str = ""
    at_fault: str = ""


def decide(wish: Mapping[str, Any], now: VariantNow) -> Decision:
    """Return what a wish changes of a variant. What equals the effective value changes nothing.

    `wish["levels"]` holds the wishes for each warehouse, by its key.
    """
    track = wish.get("track_inventory", now.track_inventory)
    word = wish.get("backorders")
    asked_mode = BackorderMode.ALLOW if word == ACCEPT else word
    error = backorder_wish_error(
        asked_mode, own=now.own.backorders, was_tracked=now.track_inventory, tracked=track
    )
    if error:
        return Decision(reason=error, at_fault="backorders")
    if wish.get("levels") and now.is_bundle:
        return Decision(reason=BUNDLE_HAS_NO_STOCK, at_fault="levels")
    return Decision(
        changes=dict(_changes(wish, now, track=track)),
        levels=_level_changes(wish.get("levels", {}), now),
    )


def widened(product: LevelSettings, store: LevelSettings) -> LevelSettings:
    """Return what a variant of a product uses when it has no settings of its own."""
    values = {
        name: getattr(store if getattr(product, name) is None else product, name)
        for name in NUMBERS
    }
    backorders = store.backorders if product.backorders == INHERIT else product.backorders
    return LevelSettings(backorders=backorders, **values)


def accepts(now: VariantNow) -> bool:
    """Return whether a variant's settings take backorders, tracking and the sellers' gate aside."""
    return _mode(now) != BackorderMode.NO


def _mode(now: VariantNow) -> str:
    return now.wider.backorders if now.own.backorders == INHERIT else now.own.backorders


def _changes(
    wish: Mapping[str, Any], now: VariantNow, *, track: bool
) -> Iterator[tuple[str, list[Any]]]:
    if track != now.track_inventory:
        yield "track_inventory", [now.track_inventory, track]
    word = _backorders(wish.get("backorders"), now, track=track)
    if word != now.own.backorders:
        yield "backorders", [now.own.backorders, word]
    for name in NUMBERS:
        own = getattr(now.own, name)
        if name in wish and wish[name] not in {own, _effective(own, getattr(now.wider, name))}:
            yield name, [own, wish[name]]
    own = now.delivery_timeframe
    frame = wish.get("delivery_timeframe", own)
    if frame not in {own, _effective(own, now.wider_timeframe)}:
        yield "delivery_timeframe", [own, frame]


def _effective(own: int | None, wider: int | None) -> int | None:
    return wider if own is None else own


def _backorders(word: str | None, now: VariantNow, *, track: bool) -> str:
    """Return what a variant says of backorders afterwards."""
    own = now.own.backorders
    if word in {None, INHERIT}:
        return own if word is None else INHERIT
    if not track:  # it asks for no backorders, and there is nothing to forbid
        return own
    if word == ACCEPT:
        return own if accepts(now) else BackorderMode.ALLOW.value
    return own if word == _mode(now) else str(word)


def _level_changes(
    wishes: Mapping[int, Mapping[str, Any]], now: VariantNow
) -> dict[int, tuple[int, Changes]]:
    levels = {level.warehouse_id: level for level in now.levels}
    found = {}
    for warehouse_id, wish in wishes.items():
        level = levels.get(warehouse_id, LevelNow(warehouse_id))
        changes = {
            name: [getattr(level, name), value]
            for name, value in wish.items()
            if value != getattr(level, name)
        }
        if changes:
            found[warehouse_id] = (level.version, changes)
    return found


# --- in words ---------------------------------------------------------------------------------


def in_words(
    changes: Mapping[str, Any], *, timeframes: Mapping[int, str] | None = None
) -> list[str]:
    """Return a change as the preview says it; `timeframes` are their names, by key."""
    words = []
    if "track_inventory" in changes:
        on = changes["track_inventory"][1]
        words.append("will be tracked" if on else "will not be tracked any more: always salable")
    if "backorders" in changes:
        words.append(_mode_words(changes["backorders"][1]))
    for name, label in _NUMBER_WORDS.items():
        if name in changes:
            before, after = (_or_wider(value) for value in changes[name])
            words.append(f"{label} {before} → {after}")
    if "delivery_timeframe" in changes:
        names = timeframes or {}
        before, after = (_or_wider(names.get(key, key)) for key in changes["delivery_timeframe"])
        words.append(f"delivery timeframe {before} → {after}")
    return words


def level_in_words(place: str, changes: Mapping[str, Any]) -> list[str]:
    """Return what changes of a variant in one warehouse, as the preview says it."""
    words = []
    if "in_stock" in changes:
        after = "sells it again" if changes["in_stock"][1] else "is set to out of stock"
        words.append(f"{place} {after}")
    if "backorder_threshold" in changes:
        before, after = (
            "no cap" if value is None else value for value in changes["backorder_threshold"]
        )
        words.append(f"{place}: backorder threshold {before} → {after}")
    return words


def _mode_words(word: str) -> str:
    if word == INHERIT:
        return "will use the wider setting for backorders"
    return MODE_WORDS[BackorderMode(word)]


def _or_wider(value: Any) -> Any:
    return "of the wider setting" if value is None else value
