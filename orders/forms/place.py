"""The head of an order that staff type."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from inventory.forms.numbers import WholeNumberField
from inventory.mail_addresses import check_sendable
from inventory.models.columns import one_line
from inventory.theme import SwitchInput, ThemedForm
from orders.models.orders import MAX_PRIORITY


class OrderForm(ThemedForm):
    """Who buys, and how it is to ship."""

    customer_name = forms.CharField(label=_("Customer"), max_length=200, validators=[one_line])
    customer_email = forms.EmailField(
        label=_("E-mail"),
        required=False,
        max_length=254,
        validators=[check_sendable],
        help_text=_("Empty: the customer is not written to."),
    )
    language = forms.ChoiceField(
        label=_("Language of mails"),
        choices=[("", _("The shop's")), *settings.LANGUAGES],
        required=False,
        help_text=_("In which this customer is written to."),
    )
    priority = WholeNumberField(
        label=_("Priority"),
        initial=0,
        required=False,
        min_value=-MAX_PRIORITY,
        max_value=MAX_PRIORITY,
        help_text=_("Higher is served first. 0 is the usual."),
    )
    is_paid = forms.BooleanField(
        label=_("Paid"),
        initial=True,
        required=False,
        widget=SwitchInput,
        help_text=_("Off: nothing ships until you mark the order as paid."),
    )
    ship_together = forms.BooleanField(
        label=_("Ship together"),
        required=False,
        widget=SwitchInput,
        help_text=_("Nothing ships before all of it can."),
    )
    form_token = forms.CharField(widget=forms.HiddenInput, max_length=200)

    def rows(self) -> list[Any]:
        """Return the fields that are typed."""
        return [self[name] for name in ("customer_name", "customer_email", "language", "priority")]

    def switches(self) -> list[Any]:
        """Return the fields that are switched."""
        return [self[name] for name in ("is_paid", "ship_together")]
