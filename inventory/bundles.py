"""What may be sold of a bundle: arithmetic only. Source: `docs/domain.md`, §2.7.

A bundle has no stock and no settings of its own but one: an explicit "no" forbids backordering it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from inventory.policy import (
    Availability,
    BackorderMode,
    BackorderPolicy,
    Check,
    Level,
    PolicyInputs,
    effective_mode,
    only_x_left,
    shopper_state,
)


@dataclass(frozen=True, slots=True)
class Part:
    """One component of a bundle: what may be sold of it, and how many units one bundle takes."""

    sku: str
    quantity: int
    offer: Availability
    is_ahead_of_release: bool = False


def forbids_backorders(inputs: PolicyInputs) -> bool:
    """Return whether the bundle itself says no: the gate, or it or its product, not the store."""
    mode, level = effective_mode(inputs)
    return mode is BackorderMode.NO and level is not Level.STORE


def bundle_availability(
    parts: Sequence[Part], policy: BackorderPolicy, *, forbidden: bool
) -> Availability:
    """Return what may be sold of a bundle: as often as its components, drawn from one pool, allow.

    `policy` is the bundle's own; it is read for its release date and its "Only X left" alone.
    """
    counted = [part for part in parts if part.offer.track_inventory]
    available = _times(counted, lambda offer: offer.available) or 0
    salable = available if forbidden else _times(counted, lambda offer: offer.salable)
    if not counted:
        return replace(parts[0].offer, on_hand=0, allocated=0, on_backorder=0)
    tightest = min(counted, key=_salable_times)
    ahead = policy.is_ahead_of_release or any(part.is_ahead_of_release for part in counted)
    return Availability(
        track_inventory=True,
        on_hand=0,
        allocated=0,
        available=available,
        on_backorder=0,
        mode=_mode(counted, forbidden=forbidden),
        backorder_limit=0 if forbidden else _times(counted, lambda offer: offer.backorder_limit),
        room=None if salable is None else salable - available,
        salable=salable,
        state=shopper_state(salable=salable, available=available, is_ahead_of_release=ahead),
        only_x_left=only_x_left(salable, policy.only_x_left_threshold),
        decided_by=policy.decided_by if forbidden else tightest.offer.decided_by,
        checks=_checks(counted, policy, forbidden=forbidden, available=available),
    )


def _times(parts: Sequence[Part], units: Callable[[Availability], int | None]) -> int | None:
    """Return how many bundles these units make; `None` when no component limits them."""
    numbers = [(units(part.offer), part.quantity) for part in parts]
    return min((n // quantity for n, quantity in numbers if n is not None), default=None)


def _salable_times(part: Part) -> float:
    salable = part.offer.salable
    return float("inf") if salable is None else salable // part.quantity


def _mode(parts: Sequence[Part], *, forbidden: bool) -> BackorderMode:
    """Return no when any component says no; else notify when any says so."""
    modes = {part.offer.mode for part in parts}
    if forbidden or BackorderMode.NO in modes:
        return BackorderMode.NO
    return BackorderMode.NOTIFY if BackorderMode.NOTIFY in modes else BackorderMode.ALLOW


def _checks(
    parts: Sequence[Part], policy: BackorderPolicy, *, forbidden: bool, available: int
) -> tuple[Check, ...]:
    """Return the bundle's own word first, then each component with what makes it run short."""
    own = Check(
        policy.decided_by if forbidden else Level.VARIANT,
        "bundle_backorders",
        "no" if forbidden else "as its components",
        passed=not forbidden or available > 0,
    )
    return (own, *(check for part in parts for check in _part_checks(part)))


def _part_checks(part: Part) -> tuple[Check, ...]:
    offer = part.offer
    amount = "unlimited" if offer.salable is None else str(offer.salable)
    enough = offer.salable is None or offer.salable >= part.quantity
    summary = Check(
        Level.VARIANT,
        f"component {part.sku}",
        f"{part.quantity} in each bundle, {amount} salable",
        passed=enough,
    )
    if enough:
        return (summary,)
    failed = (check for check in offer.checks if not check.passed)
    return (
        summary,
        *(replace(check, rule=f"{part.sku}: {check.rule}") for check in failed),
    )
