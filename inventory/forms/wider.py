"""Fields with a box "Use … setting", next to the value that the wider level has now."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from inventory.forms.numbers import WholeNumberField
from inventory.theme import ThemedModelForm, dress

NUMBERS = ("out_of_stock_threshold", "notify_below", "only_x_left_threshold", "max_per_order")
LABELS = {
    "backorders": _("Backorders"),
    "out_of_stock_threshold": _("Out-of-Stock Threshold"),
    "notify_below": _("Notify for Quantity Below"),
    "only_x_left_threshold": _("Only X left Threshold"),
    "max_per_order": _("Most units per order"),
}
"""As merchants know them from Adobe Commerce."""

NUMBER_FIELDS = dict.fromkeys(NUMBERS, WholeNumberField)


@dataclass(frozen=True, slots=True)
class Wider:
    """What a field would be without a setting of its own, and the level that says so."""

    value: Any
    words: str


@dataclass(frozen=True, slots=True)
class WiderRow:
    """One field as the template draws it."""

    field: forms.BoundField
    box: forms.BoundField
    wider: Wider


class WiderForm(ThemedModelForm):
    """Settings that may be left to a wider level: the box ticked stores nothing of its own."""

    box_label: Any = _("Use store setting")
    wider_fields: tuple[str, ...] = NUMBERS
    version = WholeNumberField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, wider: Mapping[str, Wider] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.wider = dict(wider or {})
        self.fields["version"].initial = self.instance.version
        for name in self.wider_fields:
            self.fields[name].label = LABELS[name]
            self.fields[name].required = False
            box = forms.BooleanField(required=False, label=self.box_label)
            box.initial = self.uses_wider(name)
            box.widget.attrs["data-wider-for"] = f"id_{name}"
            self.fields[f"wider_{name}"] = box
            dress(box)

    def uses_wider(self, name: str) -> bool:
        """Return whether the row leaves this setting to the wider level."""
        return getattr(self.instance, name) in {None, "inherit"}

    def rows(self) -> list[WiderRow]:
        """Return the fields with their boxes, for the template."""
        return [
            WiderRow(self[name], self[f"wider_{name}"], self.wider[name])
            for name in self.wider_fields
        ]

    def has_own(self) -> bool:
        """Return whether one of these fields has a value of its own, or an error."""
        return any(
            self[name].errors or not self[f"wider_{name}"].value() for name in self.wider_fields
        )

    def clean(self) -> dict[str, Any]:
        """Empty what is left to the wider level; ask for a value where it is not."""
        data = super().clean() or self.cleaned_data
        for name in self.wider_fields:
            if data.get(f"wider_{name}"):
                self.errors.pop(name, None)
                data[name] = "inherit" if name == "backorders" else None
            elif name not in self.errors and data.get(name) in {None, "", "inherit"}:
                self.add_error(
                    name,
                    _("Give a value, or tick “%(box)s”.") % {"box": self.box_label},
                )
        return data
