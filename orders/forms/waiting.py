"""The staff forms of the waiting room, of a simulated delivery, and of buying."""

from typing import Any

from django import forms
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from inventory.forms.numbers import WholeNumberField
from inventory.forms.stock import place_label
from inventory.models import IncomingDelivery, Warehouse
from inventory.models.columns import one_line
from inventory.policy import MAX_QUANTITY
from inventory.theme import ThemedForm
from orders.models.orders import MAX_PRIORITY

MAX_DELIVERIES = 200
"""How many deliveries a list offers, the nearest first."""


class PriorityForm(ThemedForm):
    """Another place in every queue, and why."""

    priority = WholeNumberField(
        label=_("Priority"),
        min_value=-MAX_PRIORITY,
        max_value=MAX_PRIORITY,
        help_text=_("Higher is served first. 0 is the usual."),
    )
    reason = forms.CharField(
        label=_("Reason"),
        max_length=250,
        validators=[one_line],
        help_text=_("It is kept with the order, with your name."),
    )


class SimulateForm(ThemedForm):
    """Where a delivery would arrive; one that is announced arrives where it was announced."""

    warehouse = forms.ModelChoiceField(
        label=_("Warehouse"), queryset=Warehouse.objects.none(), empty_label=None
    )
    reference = forms.CharField(
        label=_("Reference"), max_length=120, required=False, validators=[one_line]
    )

    def __init__(self, *args: Any, delivery: IncomingDelivery | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        places = Warehouse.objects.order_by("-is_active", "priority", "pk")
        if delivery is not None:
            places = places.filter(pk=delivery.warehouse_id)
        field: Any = self.fields["warehouse"]
        field.queryset = places
        field.label_from_instance = place_label


class DeliveryForm(ThemedForm):
    """An incoming delivery whose units are filled in."""

    delivery = forms.ModelChoiceField(
        label=_("Fill in an incoming delivery"),
        queryset=IncomingDelivery.objects.none(),
        empty_label=_("Choose a delivery"),
    )

    def __init__(self, *args: Any, user: AbstractBaseUser | AnonymousUser, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        coming = IncomingDelivery.objects.visible_to(user).filter(
            canceled_at=None, received_at=None
        )
        ids = coming.order_by("expected_at", "pk").values_list("pk", flat=True)[:MAX_DELIVERIES]
        field: Any = self.fields["delivery"]
        field.queryset = IncomingDelivery.objects.filter(pk__in=list(ids)).order_by(
            "expected_at", "pk"
        )
        field.label_from_instance = _delivery_label


def _delivery_label(delivery: IncomingDelivery) -> str:
    """Return how a delivery is named in a list."""
    day = date_format(delivery.expected_at, "SHORT_DATE_FORMAT")
    return " · ".join(part for part in (delivery.reference, day, delivery.supplier) if part)


class QuantityForm(ThemedForm):
    """How many units of one variant are bought."""

    quantity = WholeNumberField(
        label=_("Quantity"),
        min_value=1,
        max_value=MAX_QUANTITY,
        widget=forms.NumberInput(attrs={"inputmode": "numeric", "min": 1}),
    )
