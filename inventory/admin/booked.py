"""What a form booked, and who got the units: kept for the page after it, or said in a line."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from django.contrib import messages
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.http import HttpRequest
from django.utils.translation import gettext as _

from inventory.admin.explain import units
from inventory.services.movements import Moved
from inventory.waiting_room import Served

MAX_NAMED = 10
"""Shares that one line names."""

MAX_SERVED = 200
"""Shares that the page after booking names; the rest are counted."""


def booked_result(
    user: AbstractBaseUser | AnonymousUser, page: str, moved: Moved
) -> dict[str, Any]:
    """Return what the page "Booked" shows of a form: its movements, and who got units."""
    served = moved.served
    return {
        "user": user.pk,
        "page": page,
        "movements": [movement.pk for movement in moved.movements],
        "served": [asdict(one) for one in served[:MAX_SERVED]],
        "served_more": max(len(served) - MAX_SERVED, 0),
    }


def served_words(served: Sequence[Served]) -> str:
    """Return who got units, in one line."""
    named = ", ".join(
        f"{units(one.quantity)} × {one.sku} → {one.fulfillment_order}" for one in served[:MAX_NAMED]
    )
    return f"{named} …" if len(served) > MAX_NAMED else named


def say_served(request: HttpRequest, served: Sequence[Served]) -> None:
    """Say above the next page who got units, if anybody did."""
    if served:
        words = _("Orders that waited got: %(units)s")
        messages.info(request, words % {"units": served_words(served)})
