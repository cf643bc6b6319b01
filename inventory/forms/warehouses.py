"""The staff form of a warehouse."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from inventory.consequence_words import sentence, yes_label
from inventory.models import Warehouse
from inventory.services.consequences import found
from inventory.services.warehouses import change_of
from inventory.theme import ThemedModelForm, dress


class WarehouseForm(ThemedModelForm):
    """A warehouse; one that orders wait for is switched off once that was confirmed."""

    confirm = forms.BooleanField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = Warehouse
        fields = ("name", "code", "priority", "is_active")

    def clean(self) -> dict[str, Any]:
        """Ask before open orders are touched."""
        data = super().clean() or self.cleaned_data
        if self.instance.pk is None or data.get("confirm") or "is_active" not in data:
            return data
        was = Warehouse.objects.get(pk=self.instance.pk)
        if consequences := found(change_of(was, is_active=data["is_active"])):
            box = forms.BooleanField(label=_("Save anyway"), required=False)
            box.help_text = yes_label(consequences)
            self.fields["confirm"] = box
            dress(box)
            self.add_error("confirm", sentence(consequences))
        return data
