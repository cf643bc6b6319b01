"""The staff forms of listings: one of them, and many at once."""

from typing import Any

from django import forms
from django.core.validators import MaxValueValidator
from django.utils.translation import gettext_lazy as _

from channels.filters import ListingFilter
from channels.models import Listing
from channels.models.bulk import AllowBackorder, BulkAction
from channels.services.listings import not_while_off
from inventory.forms.numbers import MoneyField, WholeNumberField
from inventory.models.catalog import MAX_PRICE
from inventory.models.columns import one_line
from inventory.theme import SwitchInput, ThemedForm, dress

MAX_BUT = 2_000
"""Items that may be left out of "all that match"; more are named by a filter."""


class ListingForm(ThemedForm):
    """One listing, as it is to be, with the version it was opened with."""

    version = WholeNumberField(widget=forms.HiddenInput, min_value=0)
    allow_backorder = forms.BooleanField(
        label=_("Allow backorder"), required=False, widget=SwitchInput
    )
    price = MoneyField(
        label=_("Price here"),
        required=False,
        max_digits=12,
        decimal_places=2,
        min_value=0,
        help_text=_("Empty: the price of the variant."),
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
    )

    def __init__(self, *args: Any, listing: Listing, **kwargs: Any) -> None:
        super().__init__(
            *args,
            initial={
                "version": listing.version,
                "allow_backorder": listing.allow_backorder,
                "price": listing.price,
            },
            **kwargs,
        )
        self.fields["price"].validators.append(MaxValueValidator(MAX_PRICE))
        if not listing.channel.allow_out_of_stock_purchases:
            field = self.fields["allow_backorder"]
            field.disabled = True
            field.help_text = not_while_off(listing.channel)

    def changes(self) -> dict[str, Any]:
        """Return the fields that the use case shall change."""
        return {name: self.cleaned_data[name] for name in ("allow_backorder", "price")}


class Choice(forms.Form):
    """Which listings of those that match, without what a browser sends of each row."""

    MODES = (("all", ""), ("but", ""), ("page", ""))

    mode = forms.ChoiceField(choices=MODES)
    action = forms.ChoiceField(choices=BulkAction.choices, required=False)
    allow_backorder = forms.ChoiceField(
        label=_("Allow backorder"),
        choices=AllowBackorder.choices,
        required=False,
        help_text=_("What becomes of this setting of the chosen items."),
    )
    but = forms.CharField(required=False, max_length=MAX_BUT * 20)
    form_token = forms.CharField(required=False, max_length=200)

    def clean_but(self) -> set[int]:
        """Return the keys of those that were unticked on other pages.

        :raises ValidationError: they are not keys, or too many.
        """
        keys = self.cleaned_data["but"].split()
        if len(keys) > MAX_BUT or not all(_is_key(key) for key in keys):
            raise forms.ValidationError(_("Too many are left out: use the filters instead."))
        return {int(key) for key in keys}

    def clean_action(self) -> str:
        """Return what is to be done; nothing said is to list."""
        action: str = self.cleaned_data["action"] or BulkAction.LIST
        return action

    def clean_allow_backorder(self) -> str:
        """Return the word; nothing chosen keeps each as it is."""
        word: str = self.cleaned_data["allow_backorder"] or AllowBackorder.KEEP
        return word


def _is_key(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19


class SavedFilterForm(ThemedForm):
    """The name under which a filter is kept."""

    name = forms.CharField(label=_("Name"), max_length=60, validators=[one_line])


def filter_form(found: ListingFilter) -> Any:
    """Return the form of a filter, in the looks of the rest of the admin."""
    form = found.form
    form.auto_id = "filter_%s"
    for field in form.fields.values():
        if hasattr(field, "empty_label"):
            field.empty_label = _("Any")
        dress(field)
    return form
