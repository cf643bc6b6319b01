"""The staff forms of the store's settings."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from inventory.forms.wider import LABELS, NUMBERS
from inventory.models import StoreSettings
from inventory.theme import SwitchInput, ThemedModelForm


class SettingsForm(ThemedModelForm):
    """A part of the settings, with the version it was opened with."""

    version = forms.IntegerField(widget=forms.HiddenInput)

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
            "allow_order_split",
            "release_rule",
            "delivery_timeframe",
            "default_warehouse",
            "low_stock_email",
            "store_name",
            "currency",
        )
        widgets = {
            "new_products_track_inventory": SwitchInput,
            "new_products_allow_backorders": SwitchInput,
            "allow_order_split": SwitchInput,
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, label in LABELS.items():
            self.fields[name].label = label
        self.fields["low_stock_email"].label = _("Low stock e-mail")


class MarketplaceForm(SettingsForm):
    """Settings › Marketplace configuration."""

    class Meta:
        model = StoreSettings
        fields = ("sellers_can_accept_backorders",)
        widgets = {"sellers_can_accept_backorders": SwitchInput}
