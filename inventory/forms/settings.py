"""The staff forms of the store's settings."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from inventory.forms.numbers import WholeNumberField
from inventory.forms.stock import place_label
from inventory.forms.wider import LABELS, NUMBER_FIELDS, NUMBERS
from inventory.models import StoreSettings
from inventory.theme import SwitchInput, ThemedModelForm


class SettingsForm(ThemedModelForm):
    """A part of the settings, with the version it was opened with."""

    version = WholeNumberField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["version"].initial = self.instance.version

    def changes(self) -> dict[str, Any]:
        """Return the fields that the use case shall change."""
        return {name: self.cleaned_data[name] for name in self._meta.fields or ()}


class WorkflowForm(SettingsForm):
    """Settings › Workflow."""

    class Meta:
        model = StoreSettings
        fields = (
            "new_products_track_inventory",
            "new_products_allow_backorders",
            "backorders",
            *NUMBERS,
            "storefront_max_per_order",
            "allow_order_split",
            "backordered_items_ship",
            "release_rule",
            "serve_oversold",
            "unpaid_order_hours",
            "delivery_timeframe",
            "default_warehouse",
            "low_stock_email",
            "store_name",
            "currency",
        )
        field_classes = {
            **NUMBER_FIELDS,
            "unpaid_order_hours": WholeNumberField,
            "storefront_max_per_order": WholeNumberField,
        }
        widgets = {
            "new_products_track_inventory": SwitchInput,
            "new_products_allow_backorders": SwitchInput,
            "allow_order_split": SwitchInput,
            "serve_oversold": SwitchInput,
        }
        help_texts = {
            "backorders": _(
                "Whether things may be bought when nothing is available. Products and variants "
                "may say otherwise."
            ),
            "delivery_timeframe": _("Of every product that has none of its own."),
            "store_name": _("Over the door of the storefront, and in mails."),
            "currency": _("Three letters. Prices are not converted when it changes."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, label in LABELS.items():
            self.fields[name].label = label
        self.fields["storefront_max_per_order"].label = _("Most units per order in the storefront")
        self.fields["low_stock_email"].label = _("Low stock e-mail")
        for name in ("delivery_timeframe", "default_warehouse"):
            self.fields[name].empty_label = _("None")  # type: ignore[attr-defined]
        self.fields["default_warehouse"].label_from_instance = place_label  # type: ignore[attr-defined]


class MarketplaceForm(SettingsForm):
    """Settings › Marketplace configuration."""

    class Meta:
        model = StoreSettings
        fields = ("sellers_can_accept_backorders",)
        widgets = {"sellers_can_accept_backorders": SwitchInput}
