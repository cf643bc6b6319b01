"""Who changed what: every change is a row of a change set, whoever makes it and from wherever.

Whoever acts is told to the use case, which records what it changes (`inventory.acts`). Bulk work
opens one change set for all of its rows, an edit of one page gets one of its own.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models.fields.files import FieldFile

from inventory.acts import Act
from inventory.models import ChangeSet, ChangeSetRow

SECRETS = frozenset({"password", "key", "secret", "webhook_secret"})
"""Fields of which the history says that they changed, and nothing else."""

HIDDEN = "changed"
UNSAID = frozenset(
    {"id", "version", "created_at", "updated_at", "low_stock_since", "sku_key", "key_hash"}
)
"""Columns that say nothing of what somebody did."""

LEFT_ALONE = models.Q(before__isnull=True, after__isnull=True)
"""The rows of an undo that were left as they are."""

CHANGE_COLUMNS = ("change_set_id", "model", "object_id", "label", "before", "after", "version")
"""The columns of a change set's rows, for `inventory.sql.insert_rows`; sides are JSON as text."""


_open: ContextVar[ChangeSet | None] = ContextVar("open_change_set", default=None)


@contextmanager
def recording(change_set: ChangeSet) -> Iterator[ChangeSet]:
    """Record what is changed inside as rows of this change set."""
    token = _open.set(change_set)
    try:
        yield change_set
    finally:
        _open.reset(token)


@contextmanager
def one_change_set(label: str) -> Iterator[None]:
    """Record what is changed inside at one stroke; nothing is kept when nothing changes.

    The page of a variant saves the variant, its warehouses and its components: one change.
    """
    if _open.get() is not None:
        yield
        return
    with recording(ChangeSet(kind=ChangeSet.Kind.EDIT, label=label[:250])):
        yield


def open_change_set(
    kind: str, *, act: Act, label: str = "", undoes: ChangeSet | None = None
) -> ChangeSet:
    """Return a new change set of whoever acts."""
    return _begun(ChangeSet(kind=kind, label=label[:250], undoes=undoes), act)


def _begun(change_set: ChangeSet, act: Act) -> ChangeSet:
    """Save a new change set as that of whoever acts."""
    change_set.by_id, change_set.source = act.user_id, act.source
    change_set.save(force_insert=True)
    return change_set


def record(
    row: models.Model,
    *,
    act: Act,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
    version: int = 1,
) -> None:
    """Record what became of one object, in the transaction around it.

    Without `before` it was made, without `after` deleted.
    """
    change_set = _open.get()
    if change_set is None:
        change_set = open_change_set(ChangeSet.Kind.EDIT, act=act, label=str(row))
    elif change_set._state.adding:  # noqa: SLF001
        _begun(change_set, act)
    ChangeSetRow.objects.create(
        change_set=change_set,
        model=str(row._meta.model_name),  # noqa: SLF001
        object_id=row.pk,
        label=str(row)[:250],
        before=None if before is None else _side(before, hidden=None),
        after=None if after is None else _side(after, hidden=HIDDEN),
        version=version,
    )


def record_differences(
    row: models.Model, before: Mapping[str, Any], *, act: Act, version: int = 1
) -> None:
    """Record which of these fields of a saved row are not any more what they were."""
    after = {name: getattr(row, name) for name in before}
    differing = [name for name in before if before[name] != after[name]]
    if differing:
        record(
            row,
            act=act,
            before={name: before[name] for name in differing},
            after={name: after[name] for name in differing},
            version=version,
        )


def record_creation(row: models.Model, *, act: Act, **more: Any) -> None:
    """Record that a row was made, with what it starts as and what else is said of it."""
    record(row, act=act, before=None, after={**stated(row), **more})


def stated(row: models.Model) -> dict[str, Any]:
    """Return the fields of a row that say something."""
    values = {
        field.name: field.value_from_object(row)
        for field in row._meta.concrete_fields  # noqa: SLF001
        if field.name not in UNSAID and not field.name.startswith("sealed_")
    }
    return {name: value for name, value in values.items() if value is not None and value != ""}


def _side(values: Mapping[str, Any], *, hidden: str | None) -> dict[str, Any]:
    return {name: hidden if name in SECRETS else plain(value) for name, value in values.items()}


def plain(value: Any) -> Any:
    """Return a field's value as JSON keeps it; the field's own `to_python` reads it back."""
    if isinstance(value, models.Model):
        return value.pk
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    return value.name if isinstance(value, FieldFile) else value
