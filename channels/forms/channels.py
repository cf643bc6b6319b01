"""The staff forms of a channel: making one, and its setup."""

from collections.abc import Collection
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from channels.models import CaptureWhen, Channel, ProcessingMode
from channels.services.channels import MAX_SECRET, SECRETS, SENT, SETUP_FIELDS, prerequisite_error
from inventory.forms.numbers import WholeNumberField
from inventory.forms.stock import place_label
from inventory.theme import SwitchInput, ThemedModelForm, dress

ALWAYS = ("version", "name", "warehouses")
"""What every channel has, also the one that has no listings."""

SWITCHES = (
    "is_active",
    "allow_out_of_stock_purchases",
    "publish_automatically",
    "show_backorder_label",
)


class AddChannelForm(ThemedModelForm):
    """A new channel."""

    form_token = forms.CharField(widget=forms.HiddenInput, max_length=200)

    class Meta:
        model = Channel
        fields = ("slug", "name", "connector")


class SetupForm(ThemedModelForm):
    """The setup of a channel, with the version it was opened with."""

    version = WholeNumberField(widget=forms.HiddenInput)

    question: Any = None
    """What the page asks before it saves, if it does."""

    class Meta:
        model = Channel
        fields = (*SETUP_FIELDS, "warehouses")
        widgets = {
            **dict.fromkeys(SWITCHES, SwitchInput),
            "warehouses": forms.CheckboxSelectMultiple,
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        channel = self.instance
        self.fields["version"].initial = channel.version
        for name in _left_out(channel, self.fields):
            del self.fields[name]
        if channel.is_remote:
            self._add_secrets()
        places: Any = self.fields["warehouses"]
        places.label_from_instance = place_label
        places.widget.attrs["class"] = "bo-check"
        if modes := self.fields.get("processing_mode"):
            modes.choices = [  # type: ignore[attr-defined]
                (value, load_from(channel) if value == ProcessingMode.LOAD_FROM_CHANNEL else label)
                for value, label in ProcessingMode.choices
                if not (channel.is_ours and value == ProcessingMode.LOAD_FROM_CHANNEL)
            ]
        if (moments := self.fields.get("capture_when")) and channel.is_ours:
            moments.choices = [  # type: ignore[attr-defined]
                one for one in CaptureWhen.choices if one[0] != CaptureWhen.SHIPPED
            ]
            moments.help_text = _("Stock is taken at once; from this state on the order goes on.")

    def _add_secrets(self) -> None:
        labels = {"key": _("Key"), "secret": _("Secret"), "webhook_secret": _("Webhook secret")}
        for name, column in SECRETS.items():
            is_stored = bool(getattr(self.instance, column))
            stored = _("Stored; it is not shown again. Leave it empty to keep it.")
            if name in SENT:
                stored = _(
                    "Stored; it is not shown again. Leave it empty to keep it. If you change the "
                    "address, enter it again."
                )
            self.fields[name] = forms.CharField(
                label=labels[name],
                required=False,
                max_length=MAX_SECRET,
                help_text=stored if is_stored else _("Nothing is stored yet."),
                widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
            )
            dress(self.fields[name])
            if is_stored:
                box = forms.BooleanField(label=_("Forget what is stored"), required=False)
                self.fields[f"forget_{name}"] = box
                dress(box)

    def clean(self) -> dict[str, Any]:
        """Name the first prerequisite of backorders that is not met, on its field."""
        data = super().clean() or self.cleaned_data
        for name in SECRETS:
            if data.get(name) and data.get(f"forget_{name}"):
                self.add_error(name, _("Type a new one or forget the stored one, not both."))
        named = ("allow_out_of_stock_purchases", "capture_when", "processing_mode")
        if all(name in data for name in named):
            error = prerequisite_error(**{name: data[name] for name in named})
            if error:
                self.add_error(*error)
        return data

    def changes(self) -> dict[str, Any]:
        """Return the fields that the use case shall change: those that are not as they were."""
        data, changes = self.cleaned_data, {}
        for name in self.changed_data:
            if name in {*SETUP_FIELDS, *SECRETS, "warehouses"}:
                changes[name] = data[name]
        for name in SECRETS:
            if data.get(f"forget_{name}"):
                changes[name] = ""
        return changes

    def secrets(self) -> list[tuple[forms.BoundField, forms.BoundField | None]]:
        """Return the fields of secrets, each with the box that forgets it where one is stored."""
        return [
            (self[name], self[f"forget_{name}"] if f"forget_{name}" in self.fields else None)
            for name in SECRETS
            if name in self.fields
        ]


def load_from(channel: Channel) -> Any:
    """Return the processing mode in the words of the channel: "Load data from Storefront"."""
    return _("Load data from %(channel)s") % {"channel": channel.name}


def _left_out(channel: Channel, names: Collection[str]) -> list[str]:
    """Return the fields that mean nothing for a channel."""
    if not channel.has_listings:
        return [name for name in names if name not in ALWAYS]
    return [] if channel.is_remote else ["address"]
