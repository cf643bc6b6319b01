"""What the policy decided, in words for staff: a sentence, the steps of "Why?", and warnings."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.formats import number_format
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
    bundle_forbidden_by,
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
    "variant.quantity": gettext_lazy("Ship or cancel some of the units that are owed."),
}
"""What staff can do about a rule that limits the sale, by rule or by level and rule."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of "Why?", as the page shows it.

    `result` says how many units it leaves to sell, or what else it does; `label` is its color.
    """

    level: Any
    rule: Any
    value: Any
    result: Any
    label: str
    decides: bool


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
    """Return the trace: the rule that decides first, then those that forbid; the rest in order.

    What decides is the rule that refuses one unit more than may be sold.
    """
    decides = offer.refuses_more
    checks = list(enumerate(offer.checks))
    checks.sort(key=lambda pair: (pair[0] != decides, not pair[1].forbids))
    return [_step(check, decides=number == decides) for number, check in checks]


def _step(check: Check, *, decides: bool) -> Step:
    result, label = _result(check, decides=decides)
    return Step(
        level=LEVELS[check.level.value],
        rule=_rule_words(check),
        value=_value_words(check),
        result=result,
        label=label,
        decides=decides,
    )


def _result(check: Check, *, decides: bool) -> tuple[Any, str]:
    """Return what a check does to what may be sold, in words, and the color of them."""
    if not check.applies and check.level is Level.WAREHOUSE:
        return (_("does not serve"), "default") if check.leaves == 0 else (_("serves"), "")
    if not check.applies and check.rule == "backorders":
        return _("not used"), ""
    if check.leaves is None:
        return _("does not limit"), ""
    words = _("leaves %(units)s") % {"units": units(check.leaves)}
    if check.leaves == 0:
        return words, "danger" if check.applies else "warning"
    return words, "warning" if decides else "default"


def _rule_words(check: Check) -> Any:
    if not check.applies and check.level is Level.WAREHOUSE:
        return f"{check.sku}: {check.place}" if check.sku else check.place or check.rule
    rule = RULES.get(check.rule, check.rule)
    return f"{check.sku}: {rule}" if check.sku and check.rule in RULES else rule


def _value_words(check: Check) -> Any:
    """Return what a check says, with the names of channels in place of their codes."""
    if check.place and check.name == "listing.status":
        words = _("Published in %(channel)s") if check.passed else _("Not listed in %(channel)s")
        return words % {"channel": check.place}
    if check.place and check.name == "channel.is_active":
        return _("%(channel)s is off") % {"channel": check.place}
    return MODES.get(check.value, check.value) if check.rule == "backorders" else check.value


def reason(check: Check) -> str:
    """Return which rule refuses one unit more, of which level, and what it says, in words."""
    if check.rule in SAYS_IT_ALL:
        said = str(_value_words(check))
        return f"{said[:1].upper()}{said[1:]}."
    words = {
        "rule": _rule_words(check),
        "level": LEVELS[check.level.value],
        "value": _value_words(check),
    }
    return _("%(rule)s (%(level)s): %(value)s.") % words


def way_out(check: Check) -> str:
    """Return what staff can do so that more may be sold."""
    text = WAYS_OUT.get(check.name) or WAYS_OUT.get(check.rule, "")
    return str(text) % {"level": LEVELS[check.level.value]} if text else ""


def mode_words(mode: BackorderMode, level: Level) -> str:
    """Return an effective setting and the level it comes from: "Allow · from product"."""
    return _("%(mode)s · from %(level)s") % {
        "mode": SHORT_MODES[mode.value],
        "level": LEVELS[level.value],
    }


def effective_words(variant: Variant, offer: Availability, settings: StoreSettings) -> str:
    """Return a variant's effective setting in words, as its offer has it; its product is loaded."""
    inputs = policy_inputs(variant, settings)
    if not offer.track_inventory:
        return _("Not tracked")
    if offer.is_bundle:
        level = bundle_forbidden_by(inputs)
        if level is not None:
            return mode_words(BackorderMode.NO, level)
        return _("%(mode)s · from its components") % {"mode": SHORT_MODES[offer.mode.value]}
    mode, level = effective_mode(inputs)
    if mode is BackorderMode.NO and offer.mode is not BackorderMode.NO:
        return _("Pre-orders · from %(level)s") % {"level": LEVELS[Level.VARIANT.value]}
    return mode_words(mode, level)


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
        _owed_warning(offer),
        *(
            [_bundle_warning(variant)]
            if offer.is_bundle
            else [
                _threshold_sentence(policy.threshold, policy.mode, tracked=variant.track_inventory),
                _untracked_warning(variant, inputs),
            ]
        ),
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


def _bundle_warning(variant: Variant) -> str:
    if variant.backorders in {INHERIT, "no"}:
        return ""
    return _(
        "Allowing backorders has no effect on a bundle: its components decide. Only “No "
        "backorders” has an effect."
    )
