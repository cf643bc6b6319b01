"""Availability log of a variant: what happened to its numbers, when, why, and what was left."""

from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.reports.base import Asked, Column, Kind, Report, Row, Table
from backoffice.reports.ledger import MAX_MOMENTS, SET, Balance, Moment, balances, moments_of
from inventory.models import ChangeSetRow, Product, StockLevel, Variant, Warehouse
from inventory.models.catalog import sku_in
from inventory.models.visibility import visible
from inventory.skus import matched
from inventory.theme import ThemedForm

SETTINGS: dict[str, tuple[type[Any], frozenset[str]]] = {
    "variant": (
        Variant,
        frozenset(
            {
                "track_inventory",
                "backorders",
                "out_of_stock_threshold",
                "release_date",
                "allow_preorders",
            }
        ),
    ),
    "product": (Product, frozenset({"backorders", "out_of_stock_threshold"})),
    "stocklevel": (StockLevel, frozenset({"in_stock", "backorder_threshold"})),
}
"""Settings that decide what is available, by the model whose changes are recorded."""


class LogForm(ThemedForm):
    """Which variant."""

    sku = forms.CharField(label=gettext_lazy("SKU"), required=False, max_length=64)


def read(asked: Asked) -> Table:
    """Return what happened to a variant that a user may see, newest first."""
    sku = asked.values.get("sku", "")
    if not sku:
        return Table(rows=[], nothing=_("Type a SKU to read what happened to it."))
    known = visible(Variant.objects.select_related("product"), asked.user)
    named = known.filter(sku_in([sku])).order_by("pk")
    variant = matched([sku], ((row.sku, row) for row in named)).get(sku)
    if variant is None:
        return Table(rows=[], nothing=_("There is no variant with this SKU."))
    if variant.components.exists():
        return Table(
            rows=[],
            nothing=_("A bundle has no stock of its own: read the logs of its components."),
        )
    moments, is_all = moments_of(variant)
    moments += _settings(variant)
    moments.sort(key=lambda one: (one.at, one.rank, one.key), reverse=True)
    found = list(balances(variant, moments))
    return Table(
        rows=[_row(one) for one in found],
        note="" if is_all else _too_many(),
        nothing=_("Nothing has happened to it yet: it was never received, sold or changed."),
    )


def _too_many() -> str:
    return _("Only the newest %(number)s movements and orders are listed.") % {
        "number": f"{MAX_MOMENTS:,}"
    }


def _row(one: Balance) -> Row:
    moment = one.moment
    links = {}
    if moment.order is not None:
        links["order"] = reverse("admin:orders_order_change", args=[moment.order])
    return Row(
        {
            "at": moment.at,
            "what": moment.what,
            "why": moment.why,
            "order": "" if moment.order is None else str(moment.order),
            "by": moment.by,
            "on_hand_by": moment.on_hand,
            "on_hand": one.on_hand,
            "allocated_by": moment.allocated,
            "allocated": one.allocated,
            "waiting_by": moment.waiting,
            "waiting": one.waiting,
        },
        links,
    )


# --- settings ---------------------------------------------------------------------------------


def _settings(variant: Variant) -> Iterator[Moment]:
    """Yield the recorded changes of the settings that decide about a variant."""
    levels = list(variant.stock_levels.values_list("pk", flat=True))
    own = Q(model="variant", object_id=variant.pk)
    own |= Q(model="product", object_id=variant.product_id)
    own |= Q(model="stocklevel", object_id__in=levels)
    rows = ChangeSetRow.objects.filter(own).exclude(before=None).exclude(after=None)
    rows = rows.select_related("change_set__by").order_by("-pk")
    names = dict(Warehouse.objects.values_list("code", "name"))
    for row in rows[:MAX_MOMENTS]:
        words = _in_words(row, names)
        if words:
            by = row.change_set.by
            yield Moment(
                at=row.change_set.created_at,
                rank=SET,
                key=row.pk,
                what=_("Settings"),
                why=words,
                by=by.get_username() if by else row.change_set.get_source_display(),
            )


def _in_words(row: ChangeSetRow, names: Mapping[str, str]) -> str:
    model, fields = SETTINGS[row.model]
    before, after = row.before or {}, row.after or {}
    code = row.label.rpartition(" @ ")[2] if row.model == "stocklevel" else ""
    place = names.get(code, code)
    return "; ".join(
        _("%(place)s%(field)s: %(before)s → %(after)s")
        % {
            "place": f"{place}: " if place else "",
            "field": model._meta.get_field(name).verbose_name,  # noqa: SLF001
            "before": _word(before.get(name)),
            "after": _word(value),
        }
        for name, value in after.items()
        if name in fields and before.get(name) != value
    )


def _word(value: Any) -> str:
    if value is None or value == "":
        return str(_("empty"))
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    return str(value)


REPORT = Report(
    slug="log",
    title=gettext_lazy("Availability log of a variant"),
    text=gettext_lazy(
        "What changed the numbers of one SKU, newest first: movements, orders, releases, settings."
    ),
    permissions=("inventory.view_variant", "inventory.view_movement", "orders.view_order"),
    columns=(
        Column("at", gettext_lazy("When"), Kind.MOMENT),
        Column("what", gettext_lazy("What")),
        Column("why", gettext_lazy("Reason")),
        Column("order", gettext_lazy("Order")),
        Column("by", gettext_lazy("By")),
        Column("on_hand_by", gettext_lazy("On hand ±"), Kind.SIGNED),
        Column("on_hand", gettext_lazy("On hand"), Kind.NUMBER),
        Column("allocated_by", gettext_lazy("Allocated ±"), Kind.SIGNED),
        Column("allocated", gettext_lazy("Allocated"), Kind.NUMBER),
        Column("waiting_by", gettext_lazy("On backorder ±"), Kind.SIGNED),
        Column("waiting", gettext_lazy("On backorder"), Kind.NUMBER),
    ),
    form=LogForm,
    read=read,
)
