"""What the history says of objects, in words: field names as the forms have them, from → to.

Who knows other rows that belong to an object, or where a change set came from, adds it here once,
when the admin is loaded.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from django.apps import apps
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.core.paginator import Paginator
from django.db import models
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inventory.acts import Act
from inventory.models import ChangeSet, ChangeSetRow, StockLevel, StoreSettings, Warehouse
from inventory.models.visibility import visible
from inventory.services.history import LEFT_ALONE, SECRETS, record, stated

ROWS_A_PAGE = 50
NOTHING = "–"
WIDER = gettext_lazy("the wider setting")
EMPTY_WORDS: dict[str, Any] = {
    "out_of_stock_threshold": WIDER,
    "only_x_left_threshold": WIDER,
    "max_per_order": WIDER,
    "notify_below": WIDER,
    "backorder_threshold": gettext_lazy("no cap"),
}
"""How an empty field is said where it is not simply nothing."""

FIELD_WORDS: dict[str, Any] = {
    "components": gettext_lazy("Components"),
    "key": gettext_lazy("Consumer key"),
    "secret": gettext_lazy("Consumer secret"),
    "webhook_secret": gettext_lazy("Secret of the webhook"),
    "password": gettext_lazy("Password"),
}
"""Fields that no column says."""

Related = Callable[[Any], tuple[str, Iterable[int]]]

RELATED: dict[str, list[Related]] = defaultdict(list)
"""By model: other rows whose changes belong to the history of an object."""


def _levels_of(variant: Any) -> tuple[str, Iterable[int]]:
    rows = StockLevel.objects.filter(variant=variant.pk)
    return "stocklevel", rows.values_list("pk", flat=True)


RELATED["variant"].append(_levels_of)


@dataclass(frozen=True, slots=True)
class Line:
    """One field of a change: its name, and from what to what, in words."""

    name: Any
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One change of one object, as a page shows it."""

    row: ChangeSetRow
    label: str
    about: str
    deed: Any
    lines: Sequence[Line]
    address: str


# --- the history of one object ----------------------------------------------------------------


def changes_of(row: models.Model) -> QuerySet[ChangeSetRow]:
    """Return what was changed of an object and of what belongs to it, newest first."""
    name = str(row._meta.model_name)  # noqa: SLF001
    wanted = Q(model=name, object_id=row.pk)
    for related in RELATED[name]:
        model, keys = related(row)
        wanted |= Q(model=model, object_id__in=list(keys))
    rows = ChangeSetRow.objects.filter(wanted).exclude(LEFT_ALONE, note="")
    return rows.select_related("change_set__by").order_by("-pk")


def history_context(request: HttpRequest, row: models.Model, *, page: int) -> dict[str, Any]:
    """Return what the page "History" of an object shows."""
    found = Paginator(changes_of(row), ROWS_A_PAGE).get_page(page)
    rows: list[ChangeSetRow] = list(found.object_list)
    sets = ChangeSet.objects.filter(pk__in={one.change_set_id for one in rows})
    may_open = request.user.has_perm("inventory.view_changeset")
    keys = visible(sets, request.user).values_list("pk", flat=True) if may_open else ()
    return {
        "entries": entries(rows, request.user, own=str(row._meta.model_name)),  # noqa: SLF001
        "page_obj": found,
        "openable": set(keys),
        "links": _links(request, row),
    }


def _links(request: HttpRequest, row: models.Model) -> list[tuple[str, Any]]:
    """Return where more is said of an object than its history."""
    if row._meta.model_name != "variant":  # noqa: SLF001
        return []
    if not request.user.has_perm("inventory.view_movement"):
        return []
    address = reverse("admin:inventory_variant_change", args=[row.pk])
    return [(f"{address}?tab=movements", _("Movements of its stock"))]


# --- in words ---------------------------------------------------------------------------------


def entries(
    rows: Sequence[ChangeSetRow], user: AbstractBaseUser | AnonymousUser, *, own: str = ""
) -> list[Entry]:
    """Return changes in words; `own`: the model that the page is about, which is not named."""
    names = _Names(rows, user)
    pages = _pages(rows, user)
    return [
        Entry(
            row=row,
            label=names.label_of(row),
            about="" if row.model == own else model_words(row.model),
            deed=_deed(row),
            lines=_lines(row, names),
            address=pages.get((row.model, row.object_id), ""),
        )
        for row in rows
    ]


def model_of(name: str) -> type[models.Model] | None:
    """Return the model that a change is about."""
    found = (model for model in apps.get_models() if model._meta.model_name == name)  # noqa: SLF001
    return next(found, None)


def model_words(name: str) -> str:
    """Return what a model is called."""
    model = model_of(name)
    return str(capfirst(str(model._meta.verbose_name))) if model else name  # noqa: SLF001


def _deed(row: ChangeSetRow) -> Any:
    if row.before is None and row.after is None:
        return _("Left as it is")
    if row.before is None:
        return _("Added")
    return _("Deleted") if row.after is None else ""


def _lines(row: ChangeSetRow, names: "_Names") -> list[Line]:
    before, after = row.before or {}, row.after or {}
    lines = []
    for name in dict.fromkeys([*after, *before]):
        field = _field(row.model, name)
        old, new = (names.words(field, name, side.get(name)) for side in (before, after))
        if name in SECRETS:
            old, new = "", _("changed")
        elif row.before is None:
            old = ""
        elif row.after is None:
            old, new = "", old
        if old != new and not (row.before is None and new == NOTHING):
            lines.append(Line(_field_words(field, name), old, new))
    return lines


def _field(model_name: str, name: str) -> models.Field[Any, Any] | None:
    """Return the field of this name; rows of others that lead here are none, nor what is gone."""
    model = model_of(model_name)
    try:
        field = model._meta.get_field(name) if model else None  # noqa: SLF001
    except FieldDoesNotExist:
        return None
    return field if isinstance(field, models.Field) else None


def _field_words(field: Any, name: str) -> Any:
    if name in FIELD_WORDS:
        return FIELD_WORDS[name]
    return capfirst(str(getattr(field, "verbose_name", name.replace("_", " "))))


class _Names:
    """Values in words; rows that values refer to are read at once for all changes of a page."""

    def __init__(
        self, rows: Sequence[ChangeSetRow], user: AbstractBaseUser | AnonymousUser
    ) -> None:
        self.currency = StoreSettings.load().currency
        self.places = dict(Warehouse.objects.values_list("code", "name"))
        wanted: dict[Any, set[Any]] = defaultdict(set)
        for row in rows:
            for side in (row.before or {}, row.after or {}):
                for name, value in side.items():
                    field = _field(row.model, name)
                    if isinstance(field, models.ForeignKey) and value is not None:
                        wanted[field.related_model].add(value)
        self.found = {
            model: {one.pk: str(one) for one in _seen(model, keys, user)}
            for model, keys in wanted.items()
        }

    def label_of(self, row: ChangeSetRow) -> str:
        """Return what a change is about; a stock level by the name of its warehouse."""
        sku, at, code = row.label.rpartition(" @ ")
        if row.model != "stocklevel" or code not in self.places:
            return str(row.label)
        return f"{sku}{at}{self.places[code]}"

    def words(self, field: Any, name: str, value: Any) -> str:
        """Return a value as staff read it."""
        if value is None or value == "":
            return str(EMPTY_WORDS.get(name, NOTHING))
        if isinstance(value, list):
            known = self.places if getattr(field, "related_model", None) is Warehouse else {}
            return ", ".join(str(known.get(one, one)) for one in value) or NOTHING
        if isinstance(value, bool):
            return _("on") if value else _("off")
        if choices := getattr(field, "flatchoices", None):
            return str(dict(choices).get(value, value))
        if isinstance(field, models.ForeignKey):
            return str(self.found.get(field.related_model, {}).get(value, f"#{value}"))
        return self._formatted(field, value)

    def _formatted(self, field: Any, value: Any) -> str:
        try:
            known = field.to_python(value) if field is not None else value
        except ValidationError:
            return str(value)
        if isinstance(field, models.DateTimeField):
            return date_format(timezone.localtime(known), "SHORT_DATETIME_FORMAT")
        if isinstance(field, models.DateField):
            return date_format(known)
        if isinstance(field, models.DecimalField):
            return f"{self.currency} {number_format(known, 2, force_grouping=True)}"
        if isinstance(field, models.IntegerField):
            return str(number_format(known, force_grouping=True))
        return str(known)


def _seen(model: Any, keys: Iterable[Any], user: AbstractBaseUser | AnonymousUser) -> Any:
    return visible(model._default_manager.filter(pk__in=keys), user)  # noqa: SLF001


def _pages(
    rows: Sequence[ChangeSetRow], user: AbstractBaseUser | AnonymousUser
) -> Mapping[tuple[str, int], str]:
    """Return the page of each object that is there and that the user may see."""
    by_model: dict[str, set[int]] = defaultdict(set)
    for row in rows:
        by_model[row.model].add(row.object_id)
    found = {}
    for name in by_model.keys() & {"variant", "product"}:
        model: Any = model_of(name)
        seen = visible(model.objects.filter(pk__in=by_model[name]), user)
        for pk in seen.values_list("pk", flat=True):
            found[name, pk] = reverse(f"admin:inventory_{name}_change", args=[pk])
    levels = visible(StockLevel.objects.filter(pk__in=by_model.get("stocklevel", ())), user)
    for pk, variant_id in levels.values_list("pk", "variant"):
        found["stocklevel", pk] = reverse("admin:inventory_variant_change", args=[variant_id])
    return found


# --- recording what plain forms save ----------------------------------------------------------

Saved = TypeVar("Saved", bound=models.Model)


def as_saved(row: Saved, names: Iterable[str]) -> dict[str, Any]:
    """Return these fields of a row as the database has them; of those with many rows, names."""
    saved = type(row)._default_manager.filter(pk=row.pk).first()  # noqa: SLF001
    if saved is None:
        return {}
    values = {}
    for name in names:
        try:
            field = row._meta.get_field(name)  # noqa: SLF001
        except FieldDoesNotExist:
            continue
        if field.many_to_many:
            values[name] = sorted(str(one) for one in getattr(saved, name).all())
        else:
            values[name] = field.value_from_object(saved)  # type: ignore[union-attr]
    return values


def record_saved(row: models.Model, before: Mapping[str, Any], *, is_new: bool, act: Act) -> None:
    """Record what a form changed of a row, or that it made it."""
    after = as_saved(row, before)
    if is_new:
        many = {name: value for name, value in after.items() if isinstance(value, list) and value}
        record(row, act=act, before=None, after={**stated(row), **many})
        return
    differing = [name for name in after if after[name] != before[name]]
    if differing:
        record(
            row,
            act=act,
            before={name: before[name] for name in differing},
            after={name: after[name] for name in differing},
        )
