"""The lines of an order as staff type them: SKU, units, and a price of their own if need be."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from inventory.forms.numbers import MoneyField
from inventory.forms.stock import FIRST_LINES, MAX_LINES, BaseLineFormSet, LineForm
from inventory.models.catalog import MAX_PRICE
from orders.errors import Refusal
from orders.services.booking import Wanted

CHOICES_ID = "order-skus"
"""Of the list of SKUs that the browser offers while one types."""


class OrderLineForm(LineForm):
    """One line: what, how many, and for how much each; empty takes the price of the variant."""

    unit_price = MoneyField(
        label=_("Unit price"),
        min_value=0,
        max_value=MAX_PRICE,
        decimal_places=2,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    refusal: Refusal | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].widget.attrs["list"] = CHOICES_ID

    def is_filled(self) -> bool:
        """Return whether somebody wrote into this line."""
        data = getattr(self, "cleaned_data", {})
        return super().is_filled() or data.get("unit_price") is not None

    def clean(self) -> dict[str, Any]:
        """Ask for what is missing."""
        data = super().clean()
        if data.get("unit_price") is not None and not data.get("code") and not self.errors:
            self.add_error("code", _("Which variant? Type or scan a SKU or an EAN."))
        return data


class BaseOrderLineFormSet(BaseLineFormSet):
    """Lines of an order."""

    def wanted(self) -> list[Wanted]:
        """Return the lines as the use cases take them; they are resolved and good."""
        return [
            Wanted(
                variant=form.variant,
                quantity=form.cleaned_data["quantity"],
                unit_price=(
                    form.variant.price
                    if form.cleaned_data["unit_price"] is None
                    else form.cleaned_data["unit_price"]
                ),
            )
            for form in self.filled()
            if form.variant is not None
        ]

    def refuse(self, refusals: Sequence[Refusal]) -> list[Refusal]:
        """Put each refusal beside every line of its SKU; return those that have none here."""
        homeless = []
        for refusal in refusals:
            blamed = [f for f in self.forms if f.variant and f.variant.sku == refusal.sku]
            for form in blamed:
                form.refusal = refusal
                form.add_error(None, _now("This many cannot be sold."))
            if not blamed:
                homeless.append(refusal)
        return homeless


def order_formset(*, extra: int = FIRST_LINES) -> type[BaseOrderLineFormSet]:
    """Return a formset of at most `MAX_LINES` lines, however many a request announces."""
    return forms.formset_factory(  # type: ignore[return-value]
        OrderLineForm,
        formset=BaseOrderLineFormSet,
        extra=extra,
        max_num=MAX_LINES,
        absolute_max=MAX_LINES,
        validate_max=True,
    )
