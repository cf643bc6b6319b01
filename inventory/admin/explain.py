"""What the policy decided, in words for staff: a sentence, the steps of "Why?", and warnings."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from inventory.availability import policy_inputs
from inventory.forms.wider import NUMBERS, Wider
from inventory.models import Product, StoreSettings, Variant
from inventory.offers import Availability, Check
from inventory.policy import (
    INHERIT,
    BackorderMode,
    Level,
    LevelSettings,
    PolicyInputs,
    State,
    effective_mode,
    effective_policy,
    threshold_warning,
)

MODES: dict[str, Any] = {
    "no": gettext_lazy("No backorders"),
    "allow": gettext_lazy("Allow backorders"),
    "notify": gettext_lazy("Allow backorders and notify customer"),
    "inherit": gettext_lazy("Use the wider setting"),
}
SHORT_MODES: dict[str, Any] = {
    "no": gettext_lazy("No"),
    "allow": gettext_lazy("Allow"),
    "notify": gettext_lazy("Allow and notify"),
}
LEVELS: dict[str, Any] = {
    "marketplace": gettext_lazy("marketplace"),
    "store": gettext_lazy("store"),
    "product": gettext_lazy("product"),
    "variant": gettext_lazy("variant"),
    "warehouse": gettext_lazy("warehouse"),
    "channel": gettext_lazy("channel"),
    "listing": gettext_lazy("listing"),
}
STATES: dict[str, Any] = {
    State.OUT_OF_STOCK.value: gettext_lazy("Out of stock"),
    State.PRE_ORDER.value: gettext_lazy("Pre-order"),
    State.ON_BACKORDER.value: gettext_lazy("On backorder"),
    State.IN_STOCK.value: gettext_lazy("In stock"),
}
STATE_LABELS = {
    State.OUT_OF_STOCK.value: "danger",
    State.PRE_ORDER.value: "info",
    State.ON_BACKORDER.value: "warning",
    State.IN_STOCK.value: "success",
}
RULES: dict[str, Any] = {
    "track_inventory": gettext_lazy("Track the inventory"),
    "sellers_can_accept_backorders": gettext_lazy("Sellers can accept backorders"),
    "backorders": gettext_lazy("Backorders"),
    "out_of_stock_threshold": gettext_lazy("Out-of-Stock Threshold"),
    "release_date": gettext_lazy("Release date"),
    "stock_status": gettext_lazy("Stock status"),
    "backorder_threshold": gettext_lazy("Backorder threshold"),
    "warehouses": gettext_lazy("Warehouses"),
    "is_active": gettext_lazy("Active"),
    "bundle_backorders": gettext_lazy("The bundle itself"),
    "whole_bundle": gettext_lazy("All components in one warehouse"),
    "status": gettext_lazy("Listing"),
    "allow_out_of_stock_purchases": gettext_lazy("Allow users to purchase out of stock items"),
    "allow_backorder": gettext_lazy("Allow backorder"),
    "max_per_order": gettext_lazy("Most units per order"),
    "storefront_max_per_order": gettext_lazy("Most units per order in the storefront"),
    "quantity": gettext_lazy("The largest quantity there can be"),
}
"""Settings as staff know them, by the rule that names them; a warehouse is its own name."""

SAYS_IT_ALL = frozenset({"status", "is_active", "warehouses", "whole_bundle"})
"""Rules whose value is a sentence by itself."""

WAYS_OUT: dict[str, Any] = {
    "sellers_can_accept_backorders": gettext_lazy(
        "Receive stock, or turn on “Sellers can accept backorders” in the marketplace settings."
    ),
    "backorders": gettext_lazy("Receive stock, or allow backorders on the %(level)s."),
    "out_of_stock_threshold": gettext_lazy(
        "Receive stock, or change the out-of-stock threshold of the %(level)s."
    ),
    "warehouse.stock_status": gettext_lazy("Set its stock status to in stock in a warehouse."),
    "warehouse.is_active": gettext_lazy("Turn on a warehouse."),
    "warehouse.backorder_threshold": gettext_lazy(
        "Receive stock, or raise the backorder threshold of a warehouse."
    ),
    "warehouse.whole_bundle": gettext_lazy(
        "Transfer components so that one warehouse has a whole bundle."
    ),
    "channel.warehouses": gettext_lazy("Let the channel ship from an active warehouse."),
    "channel.is_active": gettext_lazy("Turn on the channel."),
    "channel.allow_out_of_stock_purchases": gettext_lazy(
        "Receive stock, or turn on “Allow users to purchase out of stock items” in the channel and "
        "update its listings."
    ),
    "listing.status": gettext_lazy("List it in the channel."),
    "listing.allow_backorder": gettext_lazy(
        "Receive stock, or turn on “Allow backorder” for this item and update the listing."
    ),
    "bundle_backorders": gettext_lazy(
        "Receive its components, or stop forbidding backorders on the %(level)s."
    ),
}
"""What staff can do about a rule that forbids the sale, by rule or by level and rule."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of "Why?", as the page shows it."""

    level: Any
    rule: Any
    value: Any
    passed: bool
    decides: bool
    applies: bool


def units(number: int | None) -> str:
    """Return a number of units as staff read it; `None` is unlimited."""
    return _("unlimited") if number is None else number_format(number, force_grouping=True)


def sentence(offer: Availability) -> str:
    """Return in one sentence what may be sold, and why."""
    if not offer.track_inventory:
        return _("Any quantity can be sold: its inventory is not tracked.")
    there, room = units(offer.available), units(offer.room)
    if offer.salable is None:
        return _("Any quantity can be sold: %(there)s available, the rest on backorder.") % {
            "there": there
        }
    if offer.salable == 0:
        check = offer.refused_by
        said = reason(check) if check else ""
        return _("Not available to sell. %(reason)s") % {"reason": said}
    words = {"salable": units(offer.salable), "there": there, "room": room}
    if not offer.room:
        return _("%(salable)s can be sold: %(there)s available, none on backorder.") % words
    return _("%(salable)s can be sold: %(there)s available and %(room)s on backorder.") % words


def steps(offer: Availability) -> list[Step]:
    """Return the trace, first failing rule first; the rest keeps the order from wide to narrow."""
    first = offer.first_failing
    checks = list(enumerate(offer.checks))
    checks.sort(key=lambda pair: (pair[0] != first, not pair[1].forbids))
    return [_step(check, decides=number == first) for number, check in checks]


def _step(check: Check, *, decides: bool) -> Step:
    rule = RULES.get(check.rule, check.rule)
    return Step(
        level=LEVELS[check.level.value],
        rule=f"{check.sku}: {rule}" if check.sku and check.rule in RULES else rule,
        value=MODES.get(check.value, check.value) if check.rule == "backorders" else check.value,
        passed=check.passed,
        decides=decides,
        applies=check.applies,
    )


def reason(check: Check) -> str:
    """Return which rule forbids the sale, of which level, and what it says, in words."""
    if check.rule in SAYS_IT_ALL:
        return f"{check.value[:1].upper()}{check.value[1:]}."
    step = _step(check, decides=True)
    words = {"rule": step.rule, "level": step.level, "value": step.value}
    return _("%(rule)s (%(level)s): %(value)s.") % words


def way_out(check: Check) -> str:
    """Return what staff can do so that it may be sold."""
    text = WAYS_OUT.get(check.name) or WAYS_OUT.get(check.rule, "")
    return str(text) % {"level": LEVELS[check.level.value]} if text else ""


def mode_words(mode: BackorderMode, level: Level) -> str:
    """Return an effective setting and the level it comes from: "Allow · from product"."""
    return _("%(mode)s · from %(level)s") % {
        "mode": SHORT_MODES[mode.value],
        "level": LEVELS[level.value],
    }


def effective_words(variant: Variant, settings: StoreSettings) -> str:
    """Return a variant's effective setting in words; its product is loaded."""
    if not variant.track_inventory:
        return _("Not tracked")
    return mode_words(*effective_mode(policy_inputs(variant, settings)))


def product_words(product: Product, settings: StoreSettings) -> str:
    """Return what a product's variants use unless they say otherwise."""
    return mode_words(*effective_mode(product_inputs(product, settings)))


def product_inputs(product: Product, settings: StoreSettings) -> PolicyInputs:
    """Return what decides for a variant of this product that has no settings of its own."""
    return PolicyInputs(
        store=settings.settings,
        product=product.settings,
        has_seller=product.seller_id is not None,
        sellers_can_accept_backorders=settings.sellers_can_accept_backorders,
    )


def wider_than_product(settings: StoreSettings) -> dict[str, Wider]:
    """Return what a product uses when it has no settings of its own."""
    said = settings.settings
    return {
        "backorders": Wider(
            said.backorders,
            _("Store setting: %(value)s") % {"value": MODES[said.backorders]},
        ),
        **{
            name: Wider(
                getattr(said, name),
                _("Store setting: %(value)s") % {"value": getattr(said, name)},
            )
            for name in NUMBERS
        },
    }


def wider_than_variant(product: Product, settings: StoreSettings) -> dict[str, Wider]:
    """Return what a variant uses when it has no settings of its own, and whose word that is."""
    inputs = PolicyInputs(store=settings.settings, product=product.settings)
    mode, level = effective_mode(inputs)
    rows = {"backorders": _wider(mode.value, MODES[mode.value], level)}
    for name in NUMBERS:
        own = getattr(product, name)
        level = Level.STORE if own is None else Level.PRODUCT
        value = getattr(settings, name) if own is None else own
        rows[name] = _wider(value, value, level)
    return rows


def _wider(value: Any, words: Any, level: Level) -> Wider:
    return Wider(
        value,
        _("Product setting: %(value)s (from %(level)s)")
        % {"value": words, "level": LEVELS[level.value]},
    )


def level_warnings(own: LevelSettings, inputs: PolicyInputs) -> list[str]:
    """Return warnings about a product's or the store's own threshold."""
    mode, _level = effective_mode(inputs)
    warning = threshold_warning(own.out_of_stock_threshold, mode)
    return [_(warning)] if warning else []


def variant_warnings(
    variant: Variant, offer: Availability, *, settings: StoreSettings, today: date
) -> list[str]:
    """Return what staff should know of a variant's settings; none of it forbids them."""
    inputs = policy_inputs(variant, settings)
    policy = effective_policy(inputs, today=today)
    said = [
        _gate_warning(variant, inputs),
        _threshold_sentence(policy.threshold, policy.mode, tracked=variant.track_inventory),
        _owed_warning(offer),
        _untracked_warning(variant, inputs),
    ]
    return [warning for warning in said if warning]


def _gate_warning(variant: Variant, inputs: PolicyInputs) -> str:
    wished = {variant.backorders, variant.product.backorders} - {INHERIT, "no"}
    if inputs.has_seller and not inputs.sellers_can_accept_backorders and wished:
        return _(
            "It belongs to a seller, and sellers cannot accept backorders now "
            "(Settings › Marketplace configuration): it takes no backorders."
        )
    return ""


def _threshold_sentence(threshold: int, mode: BackorderMode, *, tracked: bool) -> str:
    warning = threshold_warning(threshold, mode) if tracked else None
    return _(warning) if warning else ""


def _owed_warning(offer: Availability) -> str:
    owed = offer.on_backorder
    limit = offer.backorder_limit
    if not owed or not offer.track_inventory or limit is None or owed < limit:
        return ""
    return ngettext(
        "%(owed)s unit is already owed: it stays owed and shown, and no more is sold on backorder.",
        "%(owed)s already owed: they stay owed and shown, and no more are sold on backorder.",
        owed,
    ) % {"owed": units(owed)}


def _untracked_warning(variant: Variant, inputs: PolicyInputs) -> str:
    mode, level = effective_mode(inputs)
    if variant.track_inventory or mode is BackorderMode.NO:
        return ""
    return _(
        "Backorders are allowed (from %(level)s), which has no effect while the inventory is not "
        "tracked."
    ) % {"level": LEVELS[level.value]}


def shopper_lines(variant: Variant, offer: Availability, settings: StoreSettings) -> Sequence[str]:
    """Return what a shopper reads about a variant now, line by line."""
    lines = [str(STATES[offer.state.value])]
    if offer.only_x_left is not None:
        lines.append(_("Only %(count)s left") % {"count": offer.only_x_left})
    if when := _delivery_line(variant, offer, settings):
        lines.append(when)
    return lines


def _delivery_line(variant: Variant, offer: Availability, settings: StoreSettings) -> str:
    """Return when a shopper gets one unit, as the storefront says it; empty: nothing is said."""
    if offer.state is State.PRE_ORDER:
        day = offer.expected_at or variant.release_date
        return _("Ships from %(day)s") % {"day": date_format(day)} if day else ""
    if offer.state is not State.IN_STOCK and offer.expected_at:
        return _("Expected %(day)s") % {"day": date_format(offer.expected_at)}
    frame = (
        variant.delivery_timeframe
        or variant.product.delivery_timeframe
        or settings.delivery_timeframe
    )
    if frame is None or offer.state is State.OUT_OF_STOCK:
        return ""
    text = frame.in_stock_text if offer.state is State.IN_STOCK else frame.out_of_stock_text
    return _("Delivery: %(text)s") % {"text": text} if text else ""
