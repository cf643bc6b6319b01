"""The staff forms of bulk edit: which parts, and the values that all chosen variants get."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from inventory.bulk_rules import ACCEPT, VariantNow, accepts
from inventory.forms.numbers import WholeNumberField
from inventory.forms.wider import LABELS, NUMBERS
from inventory.models import DeliveryTimeframe, Warehouse
from inventory.models.columns import Backorders
from inventory.policy import INHERIT, MAX_QUANTITY, backorder_setting_error
from inventory.theme import SwitchInput, ThemedForm, dress

PARTS: dict[str, Any] = {
    "inventory": _("Inventory"),
    "thresholds": _("Thresholds"),
    "warehouses": _("Warehouse thresholds"),
    "delivery": _("Delivery timeframe"),
}
"""What can be edited, as the check boxes call it."""

KEEP, WIDER, VALUE = "keep", "wider", "value"
STATUS = (
    (KEEP, _("Leave as each is")),
    ("in", _("In stock")),
    ("out", _("Out of stock")),
)


class PartsForm(ThemedForm):
    """Which parts are edited, and whether every variant gets the same."""

    inventory = forms.BooleanField(
        label=PARTS["inventory"],
        required=False,
        help_text=_("Track the inventory, allow backorders."),
    )
    thresholds = forms.BooleanField(
        label=PARTS["thresholds"],
        required=False,
        help_text=_(
            "Out-of-stock threshold, notify for quantity below, only X left, most units per order."
        ),
    )
    warehouses = forms.BooleanField(
        label=PARTS["warehouses"],
        required=False,
        help_text=_("Stock status and backorder threshold in each warehouse."),
    )
    delivery = forms.BooleanField(
        label=PARTS["delivery"], required=False, help_text=_("How long delivery takes, in words.")
    )
    same = forms.ChoiceField(
        label=_("Are all the values the same"), choices=(("yes", _("Yes")), ("no", _("No")))
    )

    def __init__(self, *args: Any, total: int, most_rows: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.total, self.most_rows = total, most_rows
        if total > most_rows:
            self.fields["same"].help_text = self.too_many

    @cached_property
    def too_many(self) -> str:
        """Return why there is no row for each variant."""
        words = _(
            "“No” needs a row for each variant, which is possible for at most %(most)d. You chose "
            "more: answer “Yes”, or search and filter for fewer."
        )
        return words % {"most": self.most_rows}

    def parts(self) -> list[forms.BoundField]:
        """Return the check boxes."""
        return [self[name] for name in PARTS]

    def clean(self) -> dict[str, Any]:
        """Ask for a part; refuse a row for each of too many variants."""
        data = super().clean() or self.cleaned_data
        if not any(data.get(name) for name in PARTS):
            self.add_error(None, _("Tick one or more things to edit."))
        if data.get("same") == "no" and self.total > self.most_rows:
            self.add_error("same", self.too_many)
        return data

    def chosen(self) -> list[str]:
        """Return the names of the ticked parts."""
        return [name for name in PARTS if self.cleaned_data[name]]


@dataclass(frozen=True, slots=True)
class HowRow:
    """A choice with a number beside it, as the template draws it."""

    how: forms.BoundField
    number: forms.BoundField


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """What is asked of one warehouse."""

    warehouse: Warehouse
    status: forms.BoundField
    cap: HowRow


class SameForm(ThemedForm):
    """The values that all get. What is left as it is is not part of the wish.

    `present` are the chosen variants when they are few enough to be looked at.
    """

    track_inventory = forms.BooleanField(
        label=_("Track the inventory"), required=False, widget=SwitchInput
    )
    keep_tracking = forms.BooleanField(label=_("Leave as each is"), required=False)
    allow_backorders = forms.BooleanField(
        label=_("Allow backorders"),
        required=False,
        widget=SwitchInput,
        help_text=_("Only what is tracked can be on backorder."),
    )
    backorders = forms.ChoiceField(
        label=_("In detail"),
        required=False,
        choices=(
            ("", _("As the switch says")),
            (KEEP, _("Leave as each is")),
            (INHERIT, _("Use the product's setting")),
            *Backorders.choices,
        ),
    )

    def __init__(
        self,
        *args: Any,
        parts: Collection[str],
        warehouses: Sequence[Warehouse],
        present: Collection[VariantNow] = (),
        **kwargs: Any,
    ) -> None:
        self.parts, self.warehouses = parts, warehouses
        # The page of one variant has the same names, and its script another rule for them.
        super().__init__(*args, auto_id="bulk_%s", **kwargs)
        for name, field in self._more_fields():
            dress(field)
            self.fields[name] = field
        if "inventory" not in parts:
            for name in ("track_inventory", "keep_tracking", "allow_backorders", "backorders"):
                del self.fields[name]
        else:
            self._start(present)

    def _more_fields(self) -> Iterator[tuple[str, forms.Field]]:
        if "thresholds" in self.parts:
            for name in NUMBERS:
                low = -MAX_QUANTITY if name == "out_of_stock_threshold" else 0
                yield from _how(name, LABELS[name], _("Use the wider setting"), low)
        if "warehouses" in self.parts:
            for place in self.warehouses:
                yield (
                    f"status_{place.pk}",
                    forms.ChoiceField(label=_("Stock status"), choices=STATUS, required=False),
                )
                yield from _how(f"cap_{place.pk}", _("Backorder threshold"), _("No cap"), 0)
        if "delivery" in self.parts:
            frames = DeliveryTimeframe.objects.order_by("name").values_list("pk", "name")
            choices = ((KEEP, _("Leave as each is")), (WIDER, _("Use the wider setting")), *frames)
            yield (
                "delivery_timeframe",
                forms.ChoiceField(label=_("Delivery timeframe"), choices=choices),
            )

    def _start(self, present: Collection[VariantNow]) -> None:
        """Begin with what all have alike; what they have not alike, or too many, is left."""
        tracked = {now.track_inventory for now in present}
        accepting = {accepts(now) for now in present}
        self.initial.setdefault("track_inventory", tracked == {True})
        self.initial.setdefault("keep_tracking", len(tracked) != 1)
        self.initial.setdefault("allow_backorders", accepting == {True})
        self.initial.setdefault("backorders", KEEP if len(accepting) != 1 else "")

    def numbers(self) -> list[HowRow]:
        """Return the thresholds."""
        if "thresholds" not in self.parts:
            return []
        return [HowRow(self[f"{name}_how"], self[name]) for name in NUMBERS]

    def places(self) -> list[PlaceRow]:
        """Return what is asked of each warehouse."""
        if "warehouses" not in self.parts:
            return []
        return [
            PlaceRow(
                place,
                self[f"status_{place.pk}"],
                HowRow(self[f"cap_{place.pk}_how"], self[f"cap_{place.pk}"]),
            )
            for place in self.warehouses
        ]

    def clean(self) -> dict[str, Any]:
        """Ask for the numbers that are missing, refuse what contradicts, and what asks nothing."""
        data = super().clean() or self.cleaned_data
        for name in [name for name in data if name.endswith("_how")]:
            number = name.removesuffix("_how")
            if data[name] == VALUE and data.get(number) is None and number not in self.errors:
                self.add_error(number, _("Give a number."))
        wish = self.wish()
        word = "allow" if wish.get("backorders") == ACCEPT else wish.get("backorders", INHERIT)
        tracked = wish.get("track_inventory", True)
        if error := backorder_setting_error(word, track_inventory=tracked):
            self.add_error("allow_backorders", error)
        if not wish and not self.errors:
            self.add_error(None, _("Everything is left as it is: change something."))
        return data

    def wish(self) -> dict[str, Any]:
        """Return what is asked of all, as the use case takes it."""
        data = self.cleaned_data
        wish = dict(self._switches(data)) if "inventory" in self.parts else {}
        for name in NUMBERS:
            if f"{name}_how" in data:
                wish |= _asked(data, name, name)
        if "warehouses" in self.parts:
            levels = {str(place.pk): self._place(data, place) for place in self.warehouses}
            if levels := {key: level for key, level in levels.items() if level}:
                wish["levels"] = levels
        frame = data.get("delivery_timeframe", KEEP)
        if frame != KEEP:
            wish["delivery_timeframe"] = None if frame == WIDER else int(frame)
        return wish

    def _switches(self, data: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        if data.get("track_inventory") or not data.get("keep_tracking"):
            yield "track_inventory", data.get("track_inventory", False)
        word, accept = data.get("backorders", ""), data.get("allow_backorders", False)
        if word not in {"", KEEP}:
            yield "backorders", word
        elif accept:
            yield "backorders", ACCEPT
        elif word == "":
            yield "backorders", "no"

    def _place(self, data: Mapping[str, Any], place: Warehouse) -> dict[str, Any]:
        status = data.get(f"status_{place.pk}", KEEP)
        asked = {} if status in {KEEP, ""} else {"in_stock": status == "in"}
        return asked | _asked(data, f"cap_{place.pk}", "backorder_threshold")


def _how(name: str, label: Any, wider: Any, low: int) -> Iterator[tuple[str, forms.Field]]:
    choices = ((KEEP, _("Leave as each is")), (WIDER, wider), (VALUE, _("This number")))
    yield (
        f"{name}_how",
        forms.ChoiceField(
            label=label,
            choices=choices,
            required=False,
            widget=forms.Select(attrs={"data-how-for": f"bulk_{name}"}),
        ),
    )
    yield (
        name,
        WholeNumberField(label=label, required=False, min_value=low, max_value=MAX_QUANTITY),
    )


def _asked(data: Mapping[str, Any], name: str, field: str) -> dict[str, Any]:
    """Return the wish of a choice with a number; a number that was typed is meant."""
    how, number = data.get(f"{name}_how"), data.get(name)
    if how == WIDER:
        return {field: None}
    return {field: number} if number is not None else {}
