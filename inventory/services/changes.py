"""Saving fields of one row: validated, only the named ones, and never over a newer version."""

from collections.abc import Collection, Mapping
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import models

from inventory.acts import Act
from inventory.errors import InvalidChange, StaleChange
from inventory.services.history import record

Row = TypeVar("Row", bound=models.Model)


def refuse_stale(row: Any, act: Act) -> None:
    """Refuse a change that was made while looking at an older version; the row is locked.

    :raises StaleChange: somebody else saved in between.
    """
    if act.seen is not None and row.version != act.seen:
        raise StaleChange(str(row), row.version)


def save_changes(
    row: Row, changes: Mapping[str, Any], *, act: Act, allowed: Collection[str]
) -> Row:
    """Set and save these fields of a locked row.

    When something differs, its version counts up and the change is recorded.

    :raises InvalidChange: a field is not one of `allowed`, or cannot take its value.
    """
    if unknown := {
        name: "This field cannot be changed." for name in changes if name not in allowed
    }:
        raise InvalidChange(unknown)
    before = {name: getattr(row, name) for name in changes}
    for name, value in changes.items():
        setattr(row, name, value)
    validate(row, fields=changes.keys())
    differing = [name for name in changes if getattr(row, name) != before[name]]
    if differing:
        row.version += 1  # type: ignore[attr-defined]
        auto_now = [f.name for f in row._meta.fields if getattr(f, "auto_now", False)]  # noqa: SLF001
        derived = ["sku_key"] if "sku" in differing else []  # it follows when it is saved
        row.save(update_fields=[*differing, *derived, "version", *auto_now])
        record(
            row,
            act=act,
            before={name: before[name] for name in differing},
            after={name: getattr(row, name) for name in differing},
            version=row.version,  # type: ignore[attr-defined]
        )
    return row


def validate(row: models.Model, *, fields: Collection[str] | None = None) -> None:
    """Check a row as a form would: types, choices, bounds, uniqueness.

    :raises InvalidChange: with a sentence for each field at fault.
    """
    names = {f.name for f in row._meta.fields}  # noqa: SLF001
    exclude = names - set(fields) if fields is not None else set()
    try:
        row.clean_fields(exclude=exclude)
        row.validate_unique(exclude=exclude)
    except ValidationError as error:
        raise InvalidChange(
            {name: " ".join(texts) for name, texts in error.message_dict.items()}
        ) from error
