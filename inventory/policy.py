"""Who may be backordered, and how many units may be sold: arithmetic and choices only.

No Django, no clock, no database. Every screen, file, page and API answer comes from here.
Quantities are whole units; `None` stands for "unlimited". Source: `docs/domain.md`, §2 and §3.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

MAX_QUANTITY = 1_000_000_000
"""The largest quantity of anything, in units."""

INHERIT = "inherit"
"""What a level says when it uses the wider setting."""


class BackorderMode(StrEnum):
    """Whether units that are not there may be sold."""

    NO = "no"
    ALLOW = "allow"
    NOTIFY = "notify"


class Level(StrEnum):
    """The places where something is decided, from the widest to the narrowest."""

    MARKETPLACE = "marketplace"
    STORE = "store"
    PRODUCT = "product"
    VARIANT = "variant"
    WAREHOUSE = "warehouse"
    CHANNEL = "channel"
    LISTING = "listing"


class State(StrEnum):
    """What the shopper is told."""

    OUT_OF_STOCK = "out_of_stock"
    PRE_ORDER = "pre_order"
    ON_BACKORDER = "on_backorder"
    IN_STOCK = "in_stock"


@dataclass(frozen=True, slots=True)
class LevelSettings:
    """What the store, a product or a variant says; `None` and "inherit" use the wider setting."""

    backorders: str = INHERIT
    out_of_stock_threshold: int | None = None
    notify_below: int | None = None
    only_x_left_threshold: int | None = None
    max_per_order: int | None = None


STORE_DEFAULTS = LevelSettings(
    backorders=BackorderMode.NO,
    out_of_stock_threshold=0,
    notify_below=1,
    only_x_left_threshold=0,
    max_per_order=0,
)


@dataclass(frozen=True, slots=True)
class PolicyInputs:
    """Everything that decides whether one variant may be backordered, stock aside."""

    store: LevelSettings = STORE_DEFAULTS
    product: LevelSettings = LevelSettings()
    variant: LevelSettings = LevelSettings()
    track_inventory: bool = True
    has_seller: bool = False
    sellers_can_accept_backorders: bool = False
    release_date: date | None = None
    allow_preorders: bool = False


@dataclass(frozen=True, slots=True)
class BackorderPolicy:
    """The effective policy of one variant.

    `safety_stock` is kept from new orders; `backorder_limit` counts every unit the variant owes.
    `mode` is what holds now: a pre-order that may be owed reads *allow* where backorders are off.
    `sources` names, for each setting, the level its value comes from; `inputs` say what each said.
    """

    track_inventory: bool
    mode: BackorderMode
    safety_stock: int
    backorder_limit: int | None
    threshold: int
    notify_below: int
    only_x_left_threshold: int
    is_ahead_of_release: bool
    decided_by: Level
    inputs: PolicyInputs
    sources: Mapping[str, Level] = field(default_factory=dict)

    @property
    def may_owe(self) -> bool:
        """Return whether the settings let units be owed at all, limits and warehouses aside."""
        return self.mode is not BackorderMode.NO


@dataclass(frozen=True, slots=True)
class StockAt:
    """One variant in one warehouse, in units. A level never touched reads as these defaults."""

    warehouse: str
    on_hand: int = 0
    allocated: int = 0
    on_backorder: int = 0
    in_stock: bool = True
    is_active: bool = True
    backorder_threshold: int | None = None
    is_served: bool = True
    """Whether the channel that is asked for ships from here."""
    name: str = ""
    """What people call the warehouse; `warehouse` is its code."""

    @property
    def is_open(self) -> bool:
        """Return whether the warehouse itself serves, whatever is said of this variant there."""
        return self.is_active and self.is_served

    @property
    def counts(self) -> bool:
        """Return whether its units and its room may be sold."""
        return self.is_open and self.in_stock

    @property
    def available(self) -> int:
        """Return the units that may be sold from here; a shortage never eats another's units."""
        return max(self.on_hand - self.allocated, 0) if self.counts else 0

    @property
    def room(self) -> int | None:
        """Return how many units may still go on backorder here."""
        if not self.counts:
            return 0
        if self.backorder_threshold is None:
            return None
        return max(self.backorder_threshold - self.on_backorder, 0)


# --- who decides ------------------------------------------------------------------------------


def effective_policy(inputs: PolicyInputs, *, today: date) -> BackorderPolicy:
    """Return what holds for a variant, which level says so, and why.

    The marketplace gate keeps sellers from owing anything, pre-orders included.
    Source: Adobe Commerce's "use config setting"; the gate for sellers is Nautical's.
    """
    mode, mode_level = effective_mode(inputs)
    threshold, threshold_level = effective_number(inputs, "out_of_stock_threshold")
    notify_below, notify_level = effective_number(inputs, "notify_below")
    only_x_left, only_x_left_level = effective_number(inputs, "only_x_left_threshold")
    ahead = inputs.release_date is not None and inputs.release_date > today
    decided_by = mode_level
    if mode is BackorderMode.NO and ahead and inputs.allow_preorders and not is_gated(inputs):
        mode, decided_by = BackorderMode.ALLOW, Level.VARIANT
    safety_stock, limit = read_threshold(threshold, owing=mode is not BackorderMode.NO)
    return BackorderPolicy(
        track_inventory=inputs.track_inventory,
        mode=mode,
        safety_stock=safety_stock if inputs.track_inventory else 0,
        backorder_limit=limit if inputs.track_inventory else None,
        threshold=threshold,
        notify_below=notify_below,
        only_x_left_threshold=only_x_left,
        is_ahead_of_release=ahead,
        decided_by=decided_by if inputs.track_inventory else Level.VARIANT,
        inputs=inputs,
        sources={
            "backorders": mode_level,
            "out_of_stock_threshold": threshold_level,
            "notify_below": notify_level,
            "only_x_left_threshold": only_x_left_level,
        },
    )


def effective_mode(inputs: PolicyInputs) -> tuple[BackorderMode, Level]:
    """Return the mode of the narrowest level that has one; the marketplace gate turns it to no."""
    if is_gated(inputs):
        return BackorderMode.NO, Level.MARKETPLACE
    for level, settings in narrow_to_wide(inputs):
        if settings.backorders != INHERIT:
            return BackorderMode(settings.backorders), level
    return BackorderMode.NO, Level.STORE


def effective_number(inputs: PolicyInputs, name: str) -> tuple[int, Level]:
    """Return a threshold, in units, of the narrowest level that sets it, and that level."""
    for level, settings in narrow_to_wide(inputs):
        value: int | None = getattr(settings, name)
        if value is not None:
            return value, level
    return 0, Level.STORE


def read_threshold(threshold: int, *, owing: bool) -> tuple[int, int | None]:
    """Return the safety stock and the backorder limit that an out-of-stock threshold means.

    Not owing, it is kept back: 5 sells all but 5 units. Owing, a negative one is a limit: −50 lets
    50 units be owed, while 0 and above set none. Source: Adobe Commerce, "Configuring backorders".
    """
    if not owing:
        return max(threshold, 0), 0
    return 0, -threshold if threshold < 0 else None


def threshold_warning(threshold: int | None, mode: BackorderMode) -> str | None:
    """Return a sentence when the sign of a threshold does not fit the mode, for the form."""
    if threshold is None:
        return None
    if mode is BackorderMode.NO and threshold < 0:
        return "A negative threshold limits backorders, and backorders are off: it keeps nothing."
    if mode is not BackorderMode.NO and threshold > 0:
        return (
            "A positive threshold keeps units only while backorders are off: now it sets no limit."
        )
    return None


def backorder_setting_error(backorders: str, *, track_inventory: bool) -> str | None:
    """Return why a variant may not be set so, if it may not: backorders need tracking."""
    if not track_inventory and backorders in {
        BackorderMode.ALLOW,
        BackorderMode.NOTIFY,
    }:
        return "Backorders need tracking: turn Track the inventory on, or do not allow backorders."
    return None


def backorder_wish_error(
    word: str | None, *, own: str, was_tracked: bool, tracked: bool
) -> str | None:
    """Return why nobody may ask for a word on backorders, if nobody may; `None` asks for none.

    A variant whose tracking goes off keeps its own word, which waits until it is tracked again.
    Who asks for backorders of what will not be tracked is refused, unless it is so already.
    """
    if word is None or (word == own and not was_tracked):
        return None
    return backorder_setting_error(word, track_inventory=tracked)


def is_gated(inputs: PolicyInputs) -> bool:
    """Return whether the marketplace keeps this product's seller from accepting backorders."""
    return inputs.has_seller and not inputs.sellers_can_accept_backorders


def bundle_forbidden_by(inputs: PolicyInputs) -> Level | None:
    """Return the level that forbids backordering a bundle: the gate, it or its product.

    What the store says is said to its components.
    """
    mode, level = effective_mode(inputs)
    return level if mode is BackorderMode.NO and level is not Level.STORE else None


def narrow_to_wide(inputs: PolicyInputs) -> tuple[tuple[Level, LevelSettings], ...]:
    """Return what each level says that has settings of its own, the narrowest first."""
    return (
        (Level.VARIANT, inputs.variant),
        (Level.PRODUCT, inputs.product),
        (Level.STORE, inputs.store),
    )


# --- what the shopper is told -----------------------------------------------------------------


def shopper_state(*, salable: int | None, available: int, is_ahead_of_release: bool) -> State:
    """Return the first state that fits."""
    if salable == 0:
        return State.OUT_OF_STOCK
    if is_ahead_of_release:
        return State.PRE_ORDER
    return State.IN_STOCK if available > 0 else State.ON_BACKORDER


def only_x_left(salable: int | None, threshold: int) -> int | None:
    """Return N of "Only N left", or `None` when it is not said. Source: Adobe Commerce."""
    return salable if salable is not None and 0 < salable <= threshold else None


def is_low(*, available: int, owed: int, notify_below: int) -> bool:
    """Return whether staff should hear of it: at or below the number, zero and owed included.

    Source: Adobe Commerce, "a quantity of 10 or less".
    """
    return available - owed <= notify_below
