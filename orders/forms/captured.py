"""Choosing our SKUs for lines of a shop that name none of ours."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inventory.models.columns import one_line
from inventory.theme import ThemedForm, dress

MAX_SKU = 64


class MendForm(ThemedForm):
    """One SKU for each line that needs one; an empty one leaves the line as it is."""

    def __init__(self, *args: Any, faults: Mapping[int, str], **kwargs: Any) -> None:
        """Offer a field for each line, by its position from 0."""
        super().__init__(*args, **kwargs)
        for position in faults:
            field = forms.CharField(
                label=_("Our SKU for line %(number)d") % {"number": position + 1},
                required=False,
                max_length=MAX_SKU,
                validators=[one_line],
                widget=forms.TextInput(attrs={"list": "captured-skus", "autocomplete": "off"}),
            )
            dress(field)
            self.fields[f"sku-{position}"] = field

    def clean(self) -> dict[str, Any]:
        """Refuse a form in which nothing was chosen."""
        cleaned = super().clean() or self.cleaned_data
        if not self.errors and not any(cleaned.values()):
            raise forms.ValidationError(gettext_lazy("Choose a SKU for at least one line."))
        return cleaned

    def skus(self) -> dict[int, str]:
        """Return the SKUs that were chosen, by the position of the line."""
        return {
            int(name.removeprefix("sku-")): sku for name, sku in self.cleaned_data.items() if sku
        }
