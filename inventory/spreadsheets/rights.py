"""Who imports, whose rows they see, and what they need to be allowed."""

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser

from inventory.errors import NotAllowedAnyMore, SpreadsheetRefused
from inventory.models import Import
from inventory.models.spreadsheets import ImportKind, ImportMode
from inventory.services.on_behalf import still_may


def rights_to_import(kind: str, mode: str) -> tuple[str, ...]:
    """Return what a file needs beside the right to import; all of them."""
    if kind == ImportKind.STOCK_COUNT:
        return ("inventory.add_movement",)
    if mode == ImportMode.UPDATE:
        return ("inventory.change_variant",)
    return ("inventory.change_variant", "inventory.add_variant")


def importing_user(source: Import) -> AbstractBaseUser | None:
    """Return who imports, whose rows alone are seen; `None` is the command line.

    :raises SpreadsheetRefused: the user who uploaded the file was deleted meanwhile.
    """
    if source.created_by_id is None:
        if source.job_id is not None:
            raise SpreadsheetRefused("no_user", "The user who uploaded this file was deleted.")
        return None
    return get_user_model().objects.get(pk=source.created_by_id)


def refuse_if_not_allowed(source: Import) -> None:
    """Refuse to write for somebody who may not do it any more.

    :raises SpreadsheetRefused: they were deleted, or lost their log-in, a right or their seller.
    """
    if importing_user(source) is None:
        return
    for right in rights_to_import(source.kind, source.mode):
        try:
            still_may(source.created_by_id, right)
        except NotAllowedAnyMore as error:
            raise SpreadsheetRefused("not_allowed", str(error)) from error
