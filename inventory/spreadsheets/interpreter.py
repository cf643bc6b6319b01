"""From what a row asks to what becomes of it: pure, one row at a time.

Source: `docs/domain.md`, §6. Doubles are settled afterwards, when all rows are known.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from inventory.bulk_rules import MODE_WORDS, in_words
from inventory.models.spreadsheets import Outcome
from inventory.policy import INHERIT, BackorderMode, backorder_setting_error
from inventory.spreadsheets.asks import Ask, Problem


@dataclass(frozen=True, slots=True)
class VariantState:
    """A variant as the shop has it, settings and their effective values.

    `mode`, `effective_threshold` and `effective_notify_below` are after inheritance and the gate;
    `owed` is in units.
    """

    pk: int
    variant_id: str
    product_id: str
    sku: str
    product_title: str
    track: bool
    backorders: str
    threshold: int | None
    notify_below: int | None
    mode: BackorderMode
    effective_threshold: int
    effective_notify_below: int
    owed: int = 0
    version: int = 1


@dataclass(slots=True)
class Verdict:
    """What becomes of one row."""

    number: int
    outcome: Outcome
    key: str = ""
    words: str = ""
    changes: dict[str, Any] = field(default_factory=dict)
    asked: str = ""
    problems: list[Problem] = field(default_factory=list)
    notices: list[tuple[str, str]] = field(default_factory=list)
    variant_id: int | None = None
    version: int = 0
    title_differs: bool | None = None


def refuse(ask: Ask, *problems: Problem) -> Verdict:
    """Return the verdict on a row that is not taken."""
    return Verdict(
        number=ask.number,
        outcome=Outcome.ERROR,
        key=ask.sku or ask.variant_id or ask.product_id,
        words=" ".join(problem.message for problem in problems),
        problems=list(problems),
        notices=ask.notices,
    )


def tracked(ask: Ask) -> Ask:
    """Return a row that turns tracking on where it asks for backorders, as the merchant chose."""
    if _asks_for_backorders(ask) and not ask.merely_carries:
        ask.track = True
    return ask


def skip(ask: Ask) -> Verdict:
    """Return the verdict on a row that is no variant at all."""
    code, _, sentence = ask.skip.partition("|")
    return Verdict(
        number=ask.number, outcome=Outcome.SKIP, words=sentence, notices=[(code, sentence)]
    )


def update(ask: Ask, state: VariantState, *, owner: VariantState | None = None) -> Verdict:
    """Return what a row changes of a variant: its stock policy alone.

    `owner` is the variant that has the SKU of the row, if any has.
    """
    track = state.track if ask.track is None else ask.track
    if problems := _contradictions(ask, state, owner, track=track):
        return refuse(ask, *problems)
    changes = _changes(ask, state, track=track)
    differs = _title_differs(ask, state)
    return Verdict(
        number=ask.number,
        outcome=Outcome.CHANGE if changes else Outcome.UNCHANGED,
        key=state.sku,
        words=", ".join(in_words(changes)) or "unchanged",
        changes=changes,
        asked=f"{ask.track}|{ask.backorders}|{ask.threshold}|{ask.notify_below}",
        notices=[*ask.notices, *_remarks(ask, state, changes, track=track, differs=differs)],
        variant_id=state.pk,
        version=state.version,
        title_differs=differs,
    )


def _contradictions(
    ask: Ask, state: VariantState, owner: VariantState | None, *, track: bool
) -> list[Problem]:
    """Return why a row cannot be taken for this variant."""
    if ask.problems:
        return ask.problems
    if ask.product_id and ask.product_id != state.product_id:
        return [_mismatch(ask, state)]
    if owner is not None and owner.pk != state.pk:
        return [_two_variants(ask, state)]
    if not track and _asks_for_backorders(ask) and not ask.merely_carries:
        return [_needs_tracking(ask)]
    return []


def _asks_for_backorders(ask: Ask) -> bool:
    return ask.backorders in {BackorderMode.ALLOW, BackorderMode.NOTIFY}


def _remarks(
    ask: Ask,
    state: VariantState,
    changes: Mapping[str, Any],
    *,
    track: bool,
    differs: bool | None,
) -> Iterator[tuple[str, str]]:
    """Yield what the merchant should know of a row that is taken."""
    if not track and _asks_for_backorders(ask):
        yield (
            f"policy_without_tracking:{state.sku}",
            "It is not tracked, so that the backorder setting has no effect and is left.",
        )
    if changes.get("track_inventory") == [True, False]:
        yield from _tracking_goes_off(ask, state)
    if differs:
        yield "title_differs", f"The title differs from the shop's, {state.product_title!r}."


def _tracking_goes_off(ask: Ask, state: VariantState) -> Iterator[tuple[str, str]]:
    """Yield what that means where backorders are accepted or owed, and what the row says in vain.

    How many units of open orders it is about is told beside it: by the rule that does it.
    """
    if ask.backorders is BackorderMode.NO and state.mode is not BackorderMode.NO:
        yield (
            "no_backorders_without_tracking",
            (
                "“No backorders” in this row is left out: it has no effect on a variant that is "
                f"not tracked. The setting of the shop stays: {_setting_words(state)}."
            ),
        )
    if state.mode is not BackorderMode.NO or state.owed > 0:
        owed = "Units that are owed ship without stock, and any" if state.owed > 0 else "Any"
        yield "open_backorders", f"{owed} quantity can be sold while it is not tracked."


def _setting_words(state: VariantState) -> str:
    if state.backorders == INHERIT:
        return "the wider setting, which accepts backorders"
    return "allow and notify customer" if state.mode is BackorderMode.NOTIFY else "allow"


def _mismatch(ask: Ask, state: VariantState) -> Problem:
    return Problem(
        "product_variant_mismatch",
        f"Variant {state.variant_id} belongs to product {state.product_id}, not {ask.product_id}. "
        "Perhaps a column was sorted or shifted by itself.",
        "Internal_ID",
        ask.product_id,
    )


def _two_variants(ask: Ask, state: VariantState) -> Problem:
    return Problem(
        "id_sku_mismatch",
        f"Variant {state.variant_id} has the SKU {state.sku}; {ask.sku} is another variant's. "
        "Perhaps a column was sorted or shifted by itself.",
        "SKU",
        ask.sku,
    )


def _needs_tracking(ask: Ask) -> Problem:
    message = backorder_setting_error(str(ask.backorders), track_inventory=False) or ""
    column = "Stock_Track" if ask.track is False else "Stock_Disable_Sold_Out"
    return Problem("backorders_need_tracking", message, column, "N")


def _changes(ask: Ask, state: VariantState, *, track: bool) -> dict[str, Any]:
    """Return the fields that change, each with what it was and what it becomes.

    What equals the effective value, or what the variant says already, changes nothing: an export
    that is imported untouched is a no-op.
    """
    changes: dict[str, Any] = {}
    if ask.track is not None and ask.track != state.track:
        changes["track_inventory"] = [state.track, ask.track]
    mode = ask.backorders
    if track and mode is not None and not _says_already(mode, state):
        changes["backorders"] = [state.backorders, str(mode)]
    if ask.threshold is not None and ask.threshold not in {
        state.threshold,
        state.effective_threshold,
    }:
        changes["out_of_stock_threshold"] = [state.threshold, ask.threshold]
    if ask.notify_below is not None and ask.notify_below not in {
        state.notify_below,
        state.effective_notify_below,
    }:
        changes["notify_below"] = [state.notify_below, ask.notify_below]
    return changes


def _says_already(mode: BackorderMode, state: VariantState) -> bool:
    """Return whether a mode is what holds, or what the variant says; "allow" covers "notify"."""
    if mode in (state.mode, state.backorders):
        return True
    kept = BackorderMode.NOTIFY
    return mode is BackorderMode.ALLOW and kept in (state.mode, state.backorders)


def _title_differs(ask: Ask, state: VariantState) -> bool | None:
    if ask.title is None:
        return None
    return " ".join(ask.title.split()) != " ".join(state.product_title.split())


# --- rows that name nothing we have -----------------------------------------------------------


def unknown(ask: Ask, *, hint: str = "", several: int = 0) -> Verdict:
    """Return why a row matches no variant; `several` counts those of a product without an ID."""
    if ask.problems:
        return refuse(ask, *ask.problems)
    if ask.variant_id and not (ask.foreign_ids and ask.sku):
        problem = Problem(
            "unknown_variant",
            f"Variant {ask.variant_id} is not in this shop.",
            "Internal_Variant_ID",
            ask.variant_id,
        )
    elif ask.sku:
        problem = Problem(
            "unknown_sku", f"SKU {ask.sku} is not in this shop.{hint}", "SKU", ask.sku
        )
    elif several:
        problem = Problem(
            "variant_needed",
            f"Product {ask.product_id} has {several} variants: say which by Internal_Variant_ID.",
            "Internal_Variant_ID",
        )
    elif ask.product_id:
        problem = Problem(
            "unknown_variant",
            f"Product {ask.product_id} is not in this shop.",
            "Internal_ID",
            ask.product_id,
        )
    else:
        problem = Problem("no_key", "No ID and no SKU: nothing says which variant is meant.")
    return refuse(ask, problem)


def create(ask: Ask, *, defaults: Mapping[str, Any], sku: str, joins: int | None = None) -> Verdict:
    """Return the new variant that a row asks for; `sku` is made up where the row has none.

    `joins` is the primary key of the product that is here already, if the row names one.
    """
    problems = [*ask.problems, *ask.new_problems]
    if not ask.product.get("title") and not ask.product_id and not ask.group:
        problems.append(Problem("no_title", "A new product needs a title."))
    track = defaults["track_inventory"] if ask.track is None else ask.track
    if not track and _asks_for_backorders(ask) and not ask.merely_carries:
        error = backorder_setting_error(str(ask.backorders), track_inventory=False) or ""
        problems.append(Problem("backorders_need_tracking", error, "Stock_Track", "N"))
    if problems:
        return refuse(ask, *problems)
    notices = list(ask.notices)
    if not ask.sku:
        notices.append(("sku_made", f"It has no SKU: it gets {sku}."))
    stock = ask.stock or 0
    if stock < 0:
        notices.append(
            (
                "owed_units",
                f"The old shop owes {-stock} units: on hand starts at 0. Enter those orders here.",
            )
        )
    variant = {**ask.variant, "sku": sku, **_new_policy(ask, defaults, track=track)}
    return Verdict(
        number=ask.number,
        outcome=Outcome.CREATE,
        key=sku,
        words=_new_in_words(variant, stock=max(stock, 0) if track else 0),
        changes={
            "group": ask.group,
            "product": ask.product,
            "variant": variant,
            "stock": max(stock, 0) if track else 0,
            "joins": joins,
        },
        asked=f"id {ask.variant_id}" if ask.variant_id else "",
        notices=notices,
    )


def _new_policy(ask: Ask, defaults: Mapping[str, Any], *, track: bool) -> dict[str, Any]:
    policy: dict[str, Any] = {"track_inventory": track, "backorders": defaults["backorders"]}
    if not track:
        policy["backorders"] = "inherit"
    elif ask.backorders is not None:
        policy["backorders"] = str(ask.backorders)
    if ask.threshold:
        policy["out_of_stock_threshold"] = ask.threshold
    if ask.notify_below is not None:
        policy["notify_below"] = ask.notify_below
    return policy


def _new_in_words(variant: Mapping[str, Any], *, stock: int) -> str:
    words = ["new"]
    if not variant["track_inventory"]:
        words.append("not tracked")
    elif variant["backorders"] in MODE_WORDS:
        said = BackorderMode(variant["backorders"])
        words.append("no backorders" if said is BackorderMode.NO else MODE_WORDS[said])
    if stock:
        words.append(f"{stock} on hand")
    return ", ".join(words)
