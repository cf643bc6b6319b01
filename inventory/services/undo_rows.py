"""What an undo does to the rows of one kind: which may be put back, and putting them back.

Who keeps other rows installs a restorer of its own, once, when the program starts.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import connection, models
from django.utils.translation import gettext as _

from inventory.acts import Act
from inventory.models import ChangeSet, ChangeSetRow, Product, Variant
from inventory.models.visibility import visible
from inventory.sales_channels import sales_channels
from inventory.services.history import CHANGE_COLUMNS, LEFT_ALONE, plain
from inventory.skus import sku_key
from inventory.sql import insert_rows

User = AbstractBaseUser | AnonymousUser


@dataclass(frozen=True, slots=True)
class Change:
    """One row of the change set that is undone; `version` is that of an object nobody touched."""

    pk: int
    model: str
    object_id: int
    label: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    version: int

    @property
    def kind(self) -> str:
        """Return which restorer it needs, such as "variant changed"."""
        if self.before is None:
            return f"{self.model} made"
        if self.after is None:
            return f"{self.model} deleted"
        deed = "counted" if self.model == "stocklevel" and "on_hand" in self.after else "changed"
        return f"{self.model} {deed}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of one row: without a reason it is put back.

    `breaks_rule`: the reason is a rule, not somebody's change. A warning keeps nothing back.
    """

    change: Change
    reason: str = ""
    breaks_rule: bool = False
    warning: str = ""


@dataclass(slots=True)
class Look:
    """Who looks, and in a preview what would be deleted and what would be there again by then."""

    user: User | None
    going: set[int] = field(default_factory=set)
    coming: set[int] = field(default_factory=set)

    def foresee(self, kind: str, good: Iterable[int]) -> None:
        """Note objects that would be put back, for the rows that are judged after them."""
        if kind == "variant made":
            self.going.update(good)
        elif kind == "product deleted":
            self.coming.update(good)


@dataclass(frozen=True, slots=True)
class Undoing:
    """Where the rows that are put back are recorded, and who asked for it when."""

    change_set: ChangeSet
    user: User | None
    act: Act


class Restorer(Protocol):
    """Puts back rows of one kind."""

    def variant_ids(self, changes: Sequence[Change]) -> Iterable[int]:
        """Return the variants to lock before these rows are judged."""

    def judge(self, changes: Sequence[Change], look: Look) -> list[Verdict]:
        """Return what would become of each row; nothing is written."""

    def restore(self, changes: Sequence[Change], undoing: Undoing) -> None:
        """Put back rows that were judged good and record them; their variants are locked."""


Keeper = Callable[[Collection[int]], Mapping[int, str]]

KEEPERS: list[Keeper] = []
"""Who else knows why a variant cannot be deleted: each returns reasons by its key."""


def changed_since(changes: Iterable[Change]) -> dict[int, str]:
    """Return for rows of one model that somebody touched since who did, in words, by object."""
    found = {change.object_id: change for change in changes}
    if not found:
        return {}
    rows = ChangeSetRow.objects.filter(
        model=next(iter(found.values())).model,
        object_id__in=found,
        pk__gt=min(change.pk for change in found.values()),
    ).exclude(LEFT_ALONE)
    names = rows.order_by("pk").values_list("object_id", "pk", "change_set__by__username")
    who = {pk: name for pk, row, name in names if row > found[pk].pk}
    return {
        pk: _("%(name)s changed it since.") % {"name": who[pk]}
        if who.get(pk)
        else _("Somebody changed it since.")
        for pk in found
    }


def judge_by_version(
    changes: Sequence[Change],
    versions: Mapping[int, int],
    rule: Callable[[Change], Verdict],
) -> list[Verdict]:
    """Judge rows whose objects have these versions now; those nobody touched by a rule."""
    touched = [one for one in changes if versions.get(one.object_id, one.version) != one.version]
    words = changed_since(touched)
    verdicts = []
    for change in changes:
        if change.object_id not in versions:
            verdicts.append(Verdict(change, _("It is not there any more.")))
        elif change.object_id in words:
            verdicts.append(Verdict(change, words[change.object_id]))
        else:
            verdicts.append(rule(change))
    return verdicts


def seen_by(rows: Any, user: User | None) -> Any:
    """Return the rows that somebody may see; `None` is the program itself."""
    return rows if user is None else visible(rows, user)


# --- what was made, and what was deleted ------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Made:
    """Deletes what a change set made, when nothing refers to it."""

    model: type[Any]

    def variant_ids(self, changes: Sequence[Change]) -> Iterable[int]:
        """Return the variants that were made."""
        return [one.object_id for one in changes] if self.model is Variant else []

    def judge(self, changes: Sequence[Change], look: Look) -> list[Verdict]:
        """Keep what somebody changed since, and what something refers to."""
        keys = [one.object_id for one in changes]
        rows = seen_by(self.model.objects.filter(pk__in=keys), look.user)
        kept = self._kept(keys, look)
        return judge_by_version(
            changes,
            dict(rows.values_list("pk", "version")),
            lambda one: Verdict(one, kept.get(one.object_id, "")),
        )

    def _kept(self, keys: Collection[int], look: Look) -> dict[int, str]:
        kept: dict[int, str] = {}
        for relation in self.model._meta.related_objects:  # noqa: SLF001
            if relation.on_delete is not models.PROTECT:
                continue
            rows = relation.related_model._default_manager.filter(  # noqa: SLF001
                **{f"{relation.field.name}__in": keys}
            )
            if relation.related_model is Variant:
                rows = rows.exclude(pk__in=look.going)
            reason = _reason(relation.related_model)
            kept |= dict.fromkeys(rows.values_list(relation.field.attname, flat=True), reason)
        for keeper in KEEPERS if self.model is Variant else ():
            kept |= keeper(keys)
        return kept

    def restore(self, changes: Sequence[Change], undoing: Undoing) -> None:
        """Delete them; the whole row is recorded, so that it can be made again."""
        keys = [one.object_id for one in changes]
        whole = {row.pk: _snapshot(row) for row in self.model.objects.filter(pk__in=keys)}
        remember(undoing, [(one, whole[one.object_id], None, one.version) for one in changes])
        self.model.objects.filter(pk__in=keys).delete()


def _reason(model: type[models.Model]) -> str:
    if model._meta.model_name == "stocklevel":  # noqa: SLF001
        return _("It has stock, and stock never vanishes from the ledger.")
    if model is Variant:
        return _("It has other variants.")
    return _("Something refers to it: %(what)s.") % {"what": model._meta.verbose_name}  # noqa: SLF001


@dataclass(frozen=True, slots=True)
class Deleted:
    """Makes again what was deleted, as it was."""

    model: type[Any]

    def variant_ids(self, changes: Sequence[Change]) -> Iterable[int]:  # noqa: ARG002
        """Return none: there is nothing to lock yet."""
        return []

    def judge(self, changes: Sequence[Change], look: Look) -> list[Verdict]:
        """Keep out what is there again under the same name, or has lost its product."""
        here = set(
            self.model.objects.filter(pk__in=[one.object_id for one in changes]).values_list(
                "pk", flat=True
            )
        )
        taken = {name: self._taken(changes, name) for name in self._unique()}
        homes = self._homes(changes, look)
        return [self._verdict(one, here, taken, homes) for one in changes]

    def _verdict(
        self,
        change: Change,
        here: Collection[int],
        taken: Mapping[str, Collection[Any]],
        homes: Collection[int] | None,
    ) -> Verdict:
        was = change.before or {}
        if change.object_id in here:
            return Verdict(change, _("It is there."))
        for name, values in taken.items():
            if _was(change, name) in values:
                shown = was["sku"] if name == "sku_key" else was[name]
                return Verdict(change, _("%(name)s is taken now.") % {"name": shown})
        if homes is not None and was.get("product") not in homes:
            return Verdict(change, _("Its product is not there any more."))
        return Verdict(change)

    def _unique(self) -> list[str]:
        return [f.name for f in self.model._meta.concrete_fields if f.unique and not f.primary_key]  # noqa: SLF001

    def _taken(self, changes: Sequence[Change], name: str) -> set[Any]:
        values = {_was(one, name) for one in changes} - {None}
        rows = self.model.objects.filter(**{f"{name}__in": values})
        return set(rows.values_list(name, flat=True))

    def _homes(self, changes: Sequence[Change], look: Look) -> set[int] | None:
        """Return the products of variants that are there by then."""
        if self.model is not Variant:
            return None
        keys: set[Any] = {(one.before or {}).get("product") for one in changes}
        rows = seen_by(Product.objects.filter(pk__in=keys), look.user)
        return look.coming | set(rows.values_list("pk", flat=True))

    def restore(self, changes: Sequence[Change], undoing: Undoing) -> None:
        """Make them again, each under its own key and with the version after its last."""
        fields = self.model._meta.concrete_fields  # noqa: SLF001
        insert_rows(
            self.model,
            [field.column for field in fields],
            [[_value(field, one) for field in fields] for one in changes],
        )
        remember(undoing, [(one, None, one.before, one.version + 1) for one in changes])
        if self.model is Variant:
            sales_channels().variants_added([one.object_id for one in changes])


def _was(change: Change, name: str) -> Any:
    """Return what a unique field was; the normal form of a SKU is that of today's rules."""
    was = change.before or {}
    return sku_key(was["sku"]) if name == "sku_key" and "sku" in was else was.get(name)


def _snapshot(row: models.Model) -> dict[str, Any]:
    fields = row._meta.concrete_fields  # noqa: SLF001
    return {field.name: plain(field.value_from_object(row)) for field in fields}


def _value(field: Any, change: Change) -> Any:
    was = change.before or {}
    if field.name == "version":
        return field.get_db_prep_save(change.version + 1, connection)
    if field.name == "sku_key":
        return sku_key(was["sku"])
    if field.name not in was:  # the row was recorded before there was such a field
        return field.get_db_prep_save(field.get_default(), connection)
    return field.get_db_prep_save(field.to_python(was[field.name]), connection)


# --- the record -------------------------------------------------------------------------------

Side = Mapping[str, Any] | None


def remember(
    undoing: Undoing, rows: Iterable[tuple[Change, Side, Side, int]], *, note: str = ""
) -> None:
    """Record rows that were put back: each with what it was, what it is, and its version."""
    insert_rows(
        ChangeSetRow,
        (*CHANGE_COLUMNS, "note"),
        (
            (
                *(undoing.change_set.pk, change.model, change.object_id, change.label),
                *(_json(before), _json(after), version, note),
            )
            for change, before, after, version in rows
        ),
    )


def remember_left(undoing: Undoing, verdicts: Iterable[Verdict]) -> None:
    """Record rows that were left alone, each with the reason."""
    by_reason: dict[str, list[Change]] = defaultdict(list)
    for verdict in verdicts:
        by_reason[verdict.reason].append(verdict.change)
    for reason, changes in by_reason.items():
        remember(undoing, [(one, None, None, one.version) for one in changes], note=reason)


def _json(side: Side) -> str | None:
    return None if side is None else json.dumps(side)


def with_version(change: Change, version: int) -> Change:
    """Return a row as if it had left its object at this version."""
    return replace(change, version=version)
