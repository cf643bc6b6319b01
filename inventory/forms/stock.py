"""The staff forms that move stock: lines typed or scanned, each with its own error."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db.models import Q
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from inventory.forms.numbers import WholeNumberField
from inventory.models import StockLevel, Variant, Warehouse
from inventory.models.catalog import sku_in
from inventory.models.columns import one_line
from inventory.policy import MAX_QUANTITY
from inventory.services.correct import Found
from inventory.services.movements import StockLine
from inventory.skus import matched
from inventory.theme import NativeDateInput, ThemedForm

MAX_LINES = 200
FIRST_LINES = 5


class CodeField(forms.CharField):
    """A SKU or an EAN, as typed or scanned."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            label=_("SKU or EAN"),
            max_length=64,
            required=False,
            widget=forms.TextInput(
                attrs={"autocomplete": "off", "spellcheck": "false", "data-code": ""}
            ),
            **kwargs,
        )


class LineForm(ThemedForm):
    """One line: what, and how many."""

    code = CodeField()
    quantity = WholeNumberField(
        label=_("Quantity"),
        min_value=1,
        max_value=MAX_QUANTITY,
        required=False,
        widget=forms.NumberInput(attrs={"inputmode": "numeric", "min": 1}),
    )
    variant: Variant | None = None

    def is_filled(self) -> bool:
        """Return whether somebody wrote into this line."""
        data = getattr(self, "cleaned_data", {})
        return bool(data.get("code")) or data.get("quantity") is not None

    def clean(self) -> dict[str, Any]:
        """Ask for the half that is missing."""
        data = super().clean() or self.cleaned_data
        if data.get("code") and data.get("quantity") is None and not self.errors:
            self.add_error("quantity", _("How many units?"))
        if data.get("quantity") is not None and not data.get("code"):
            self.add_error("code", _("Which variant? Type or scan a SKU or an EAN."))
        return data


class FoundForm(LineForm):
    """One line of a correction or a count: the units found, and what the books said then."""

    quantity = WholeNumberField(
        label=_("Found"),
        min_value=0,
        max_value=MAX_QUANTITY,
        required=False,
        widget=forms.NumberInput(attrs={"inputmode": "numeric", "min": 0}),
    )
    seen = WholeNumberField(widget=forms.HiddenInput, required=False)
    seen_for = forms.CharField(widget=forms.HiddenInput, required=False, max_length=200)


class BaseLineFormSet(forms.BaseFormSet):  # type: ignore[type-arg]
    """Lines of one form; `resolve` finds what each code means, among what the user may see."""

    def resolve(self, user: AbstractBaseUser | AnonymousUser) -> bool:
        """Set the variant of each filled line; return whether every line is good."""
        codes = [f.cleaned_data["code"] for f in self.filled() if "code" in f.cleaned_data]
        meanings = find_variants(codes, user)
        for form in self.filled():
            code = form.cleaned_data.get("code")
            if not code:
                continue
            meaning = meanings[code]
            if isinstance(meaning, Variant):
                form.variant = meaning
            else:
                form.add_error("code", meaning)
        return self.is_valid() and not any(form.errors for form in self.forms)

    def filled(self) -> list[LineForm]:
        """Return the lines somebody wrote into."""
        self.is_valid()
        return [form for form in self.forms if form.is_filled() or form.errors]

    def lines(self) -> list[StockLine]:
        """Return the lines as the use cases take them; they are resolved and good."""
        return [
            StockLine(variant=form.variant, quantity=form.cleaned_data["quantity"])
            for form in self.filled()
            if form.variant is not None
        ]

    def found(self) -> list[Found]:
        """Return the lines of a count as the use case takes them."""
        return [
            Found(
                variant=form.variant,
                on_hand=form.cleaned_data["quantity"],
                seen=form.cleaned_data["seen"],
            )
            for form in self.filled()
            if form.variant is not None
        ]

    def blame(self, errors: Mapping[str, str]) -> list[str]:
        """Put each error beside the line of its SKU; return those that belong to no line."""
        lines = {f.variant.sku: f for f in self.forms if f.variant is not None}
        homeless = []
        for sku, text in errors.items():
            if sku in lines:
                lines[sku].add_error(None, text)
            else:
                homeless.append(text)
        return homeless


def line_formset(
    form: type[LineForm] = LineForm, *, extra: int = FIRST_LINES
) -> type[BaseLineFormSet]:
    """Return a formset of at most `MAX_LINES` lines, however many a request announces."""
    return forms.formset_factory(  # type: ignore[return-value]
        form,
        formset=BaseLineFormSet,
        extra=extra,
        max_num=MAX_LINES,
        absolute_max=MAX_LINES,
        validate_max=True,
    )


def find_variants(
    codes: Iterable[str], user: AbstractBaseUser | AnonymousUser
) -> dict[str, Variant | str]:
    """Return, for each code, the variant whose SKU or else EAN it is, or a sentence why not."""
    wanted = list(dict.fromkeys(codes))
    rows = Variant.objects.visible_to(user).select_related("product")
    asked = sku_in(wanted) | Q(ean__in=[c for c in wanted if c])
    matching = list(rows.filter(asked).order_by("pk"))
    by_sku = matched(wanted, ((row.sku, row) for row in matching))
    by_ean: dict[str, list[Variant]] = {}
    for row in matching:
        by_ean.setdefault(row.ean, []).append(row)
    return {code: _meaning(code, by_sku, by_ean) for code in wanted}


def _meaning(
    code: str, by_sku: Mapping[str, Variant], by_ean: Mapping[str, Sequence[Variant]]
) -> Variant | str:
    if code in by_sku:
        return by_sku[code]
    rows = by_ean.get(code, ())
    if len(rows) == 1:
        return rows[0]
    if rows:
        skus = ", ".join(sorted(row.sku for row in rows))
        return _now("Several variants have this EAN: type one of %(skus)s.") % {"skus": skus}
    return _now("No variant has this SKU or EAN.")


class MoveForm(ThemedForm):
    """The head of a form that moves stock."""

    warehouse = forms.ModelChoiceField(
        label=_("Warehouse"), queryset=Warehouse.objects.none(), empty_label=None
    )
    target = forms.ModelChoiceField(
        label=_("To warehouse"), queryset=Warehouse.objects.none(), empty_label=None
    )
    supplier = forms.CharField(
        label=_("Supplier"), max_length=200, required=False, validators=[one_line]
    )
    expected_at = forms.DateField(label=_("Expected on"), widget=NativeDateInput())
    reference = forms.CharField(
        label=_("Reference"),
        max_length=120,
        required=False,
        validators=[one_line],
        help_text=_("For example the number of the delivery note."),
    )
    reason = forms.CharField(
        label=_("Reason"),
        max_length=250,
        validators=[one_line],
        help_text=_("For example “broken”, “found”, “stolen”."),
    )
    form_token = forms.CharField(widget=forms.HiddenInput, max_length=200)

    def __init__(self, *args: Any, keep: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in [n for n in self.fields if n not in {*keep, "form_token"}]:
            del self.fields[name]
        for name in ("warehouse", "target"):
            if name in self.fields:
                places = Warehouse.objects.order_by("-is_active", "priority", "pk")
                field = self.fields[name]
                field.queryset = places  # type: ignore[attr-defined]
                field.label_from_instance = place_label  # type: ignore[attr-defined]
        if "target" in self.fields:
            self.fields["warehouse"].label = _("From warehouse")


def place_label(warehouse: Warehouse) -> str:
    """Return how a warehouse is named in a list."""
    name = f"{warehouse.name} ({warehouse.code})"
    return name if warehouse.is_active else _now("%(name)s – not active") % {"name": name}


class LevelForm(ThemedForm):
    """One variant in one warehouse. Quantities are shown, never typed."""

    in_stock = forms.TypedChoiceField(
        label=_("Stock status"),
        choices=((1, _("In Stock")), (0, _("Out of Stock"))),
        coerce=lambda value: str(value) == "1",
    )
    backorder_threshold = WholeNumberField(
        label=_("Backorder threshold"),
        min_value=0,
        max_value=MAX_QUANTITY,
        required=False,
    )
    notify_below = WholeNumberField(
        label=_("Notify for quantity below"),
        min_value=0,
        max_value=MAX_QUANTITY,
        required=False,
    )
    version = WholeNumberField(widget=forms.HiddenInput, min_value=0)

    def __init__(
        self, *args: Any, warehouse: Warehouse, level: StockLevel | None, **kwargs: Any
    ) -> None:
        self.warehouse, self.level = warehouse, level
        shown = level or StockLevel(version=0)
        super().__init__(
            *args,
            prefix=f"level-{warehouse.pk}",
            initial={
                "in_stock": int(shown.in_stock),
                "backorder_threshold": shown.backorder_threshold,
                "notify_below": shown.notify_below,
                "version": shown.version,
            },
            **kwargs,
        )
        for field in self.fields.values():
            field.widget.attrs["aria-label"] = f"{field.label}, {warehouse.name}"
        self.fields["backorder_threshold"].widget.attrs["placeholder"] = _("no cap")

    @property
    def units(self) -> dict[str, int]:
        """Return the quantities in units; zero for a level that was never touched."""
        level = self.level
        return {
            "on_hand": level.on_hand if level else 0,
            "allocated": level.allocated if level else 0,
            "available": level.on_hand - level.allocated if level else 0,
            "on_backorder": level.on_backorder if level else 0,
        }

    def changes(self) -> dict[str, Any]:
        """Return the fields that differ from what the form was opened with."""
        return {
            name: self.cleaned_data[name]
            for name in ("in_stock", "backorder_threshold", "notify_below")
            if name in self.changed_data
        }


@dataclass(frozen=True, slots=True)
class Compared:
    """A counted line next to the books, in units."""

    sku: str
    title: str
    books: int
    found: int

    @property
    def difference(self) -> int:
        """Return the units that the booking will add; negative takes away."""
        return self.found - self.books
