"""The small forms of the order page: each asks for no more than its use case needs."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator
from django.utils.translation import gettext_lazy as _

from inventory.forms.numbers import WholeNumberField
from inventory.forms.stock import place_label
from inventory.models import Warehouse
from inventory.models.columns import one_line
from inventory.policy import MAX_QUANTITY
from inventory.theme import ThemedForm, dress
from orders.models.orders import MAX_PRIORITY


class ActionForm(ThemedForm):
    """A button; those below ask for more."""

    def units(self) -> dict[int, int]:
        """Return the units typed beside lines, by primary key; empty and 0 name none."""
        return {}


class NoteForm(ActionForm):
    """Why a parcel is held."""

    note = forms.CharField(
        label=_("Why?"),
        max_length=250,
        validators=[one_line],
        help_text=_("For example “customer asked to wait” or “check the address”."),
    )


class HoldForm(ActionForm):
    """Which hold is removed."""

    hold_id = WholeNumberField(widget=forms.HiddenInput, min_value=1)


class PriorityForm(ActionForm):
    """How early an order is served, and why."""

    priority = WholeNumberField(
        label=_("Priority"),
        min_value=-MAX_PRIORITY,
        max_value=MAX_PRIORITY,
        help_text=_("Higher is served first. 0 is the usual."),
    )
    reason = forms.CharField(label=_("Why?"), max_length=250, validators=[one_line])


class UnitsForm(ActionForm):
    """So many units of each line."""

    def __init__(
        self,
        *args: Any,
        limits: Mapping[int, int],
        filled: bool = False,
        **kwargs: Any,
    ) -> None:
        """Offer a field for each line, by primary key, up to its limit.

        `filled`: the fields start with the limit instead of empty.
        """
        super().__init__(*args, **kwargs)
        for pk, most in limits.items():
            field = WholeNumberField(
                label=_("Units"),
                required=False,
                min_value=0,
                initial=most if filled else None,
                widget=forms.NumberInput(attrs={"inputmode": "numeric", "min": 0, "max": most}),
            )
            field.validators.append(MaxValueValidator(most, _("At most %(limit_value)s units.")))
            dress(field)
            self.fields[f"units-{pk}"] = field

    def units(self) -> dict[int, int]:
        """Return the units typed beside lines, by primary key; empty and 0 name none."""
        return {
            int(name.removeprefix("units-")): value
            for name, value in self.cleaned_data.items()
            if name.startswith("units-") and value
        }


class ReturnForm(UnitsForm):
    """What comes back, why, and where it goes."""

    warehouse = forms.ModelChoiceField(
        label=_("Put it into"),
        queryset=Warehouse.objects.none(),
        required=False,
        empty_label=_("Not back to stock"),
    )
    reason = forms.CharField(label=_("Why?"), max_length=250, validators=[one_line])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        places = self.fields["warehouse"]
        places.queryset = Warehouse.objects.order_by("-is_active", "priority", "pk")  # type: ignore[attr-defined]
        places.label_from_instance = place_label  # type: ignore[attr-defined]


class ChangeForm(ActionForm):
    """How many units each line orders."""

    def __init__(self, *args: Any, ordered: Mapping[int, int], **kwargs: Any) -> None:
        """Offer a field for each line, by primary key, with the units that it orders now."""
        super().__init__(*args, **kwargs)
        self.ordered = ordered
        for pk, quantity in ordered.items():
            field = WholeNumberField(
                label=_("Ordered"),
                required=False,
                min_value=0,
                max_value=MAX_QUANTITY,
                initial=quantity,
                widget=forms.NumberInput(attrs={"inputmode": "numeric", "min": 0}),
            )
            dress(field)
            self.fields[f"quantity-{pk}"] = field

    def quantities(self) -> dict[int, int]:
        """Return the new quantities, by primary key, of the lines that are to change."""
        return {
            pk: quantity
            for pk, before in self.ordered.items()
            if (quantity := self.cleaned_data[f"quantity-{pk}"]) not in {None, before}
        }
