"""What the pages of the worker say of orders; importing the module adds it."""

from django.urls import reverse
from django.utils.translation import gettext_lazy

from channels.admin.work import CHANNEL, channel_name
from inventory.admin.jobs import KINDS, Kind
from inventory.admin.put_aside import STEPS, VARIANT, Step, sku_of
from inventory.models import Job


def _checks(_job: Job) -> str:
    return reverse("admin:orders_bookcheck_changelist")


KINDS["refresh_promises"] = Kind(gettext_lazy("Lay promises anew"))
KINDS["check_books"] = Kind(gettext_lazy("Check of the books"), address=_checks)

_ORDER = "admin:orders_order_change"
_CAPTURED = "admin:orders_capturedorder_change"
STEPS["books"] = Step(gettext_lazy("Begin the check of the books"))
STEPS["clocks"] = Step(gettext_lazy("Look for orders of a clock that was ahead"))
STEPS["clock_was_ahead"] = Step(gettext_lazy("Set the time right of order"), page=_ORDER)
STEPS["release"] = Step(gettext_lazy("Hand out units of a variant"), sku_of, VARIANT)
STEPS["late_promises"] = Step(gettext_lazy("Lay late promises anew for"), sku_of, VARIANT)
STEPS["tell_promise"] = Step(gettext_lazy("Tell a customer of a new date: order"), page=_ORDER)
STEPS["expire"] = Step(gettext_lazy("Cancel an order that nobody paid:"), page=_ORDER)
STEPS["seal_keys"] = Step(gettext_lazy("Seal the keys of order pages"))
STEPS["settle"] = Step(gettext_lazy("Settle a channel order"), page=_CAPTURED)
STEPS["fetch_orders"] = Step(gettext_lazy("Fetch the orders of"), channel_name, CHANNEL)
