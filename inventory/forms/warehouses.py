"""The staff form of a warehouse."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from inventory.forms.numbers import WholeNumberField
from inventory.models import Warehouse
from inventory.theme import SwitchInput, ThemedModelForm


class WarehouseForm(ThemedModelForm):
    """A warehouse, with the version it was opened with; its code is given once."""

    version = WholeNumberField(widget=forms.HiddenInput, required=False)
    question: Any = None
    """What the page asks before it saves, if it does."""

    class Meta:
        model = Warehouse
        fields = ("name", "code", "priority", "is_active")
        field_classes = {"priority": WholeNumberField}
        widgets = {"is_active": SwitchInput}
        help_texts = {
            "code": _("Code used by files and the API. Once saved, it cannot be changed.")
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["version"].initial = self.instance.version
        if self.instance.pk:
            self.fields["code"].disabled = True

    def changes(self) -> dict[str, Any]:
        """Return the fields that somebody changed, as the use case takes them."""
        return {name: self.cleaned_data[name] for name in self.changed_data if name != "version"}
