"""What a shopper fills in."""

from django import forms
from django.utils.translation import gettext_lazy as _

from inventory.mail_addresses import check_sendable
from inventory.models.columns import one_line


class CheckoutForm(forms.Form):
    """Who buys, and whether everything ships together. Prices are not asked for."""

    name = forms.CharField(
        label=_("Name"),
        max_length=200,
        validators=[one_line],
        widget=forms.TextInput(attrs={"autocomplete": "name", "dir": "auto"}),
    )
    email = forms.EmailField(
        label=_("E-mail"),
        max_length=254,
        validators=[check_sendable],
        help_text=_("We write to you when your order came, ships, or comes later than promised."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    ship_together = forms.BooleanField(
        label=_("Ship everything together"),
        required=False,
        help_text=_("Nothing ships before all of it can."),
    )
