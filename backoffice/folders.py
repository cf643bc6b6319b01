"""Where the program writes, and whether it may: asked at the start, and by health checks."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Warning  # noqa: A004 -- its name in Django
from django.core.files.storage import storages
from django.db import connection


def unwritable() -> list[str]:
    """Return what cannot be written, by its name in the documentation, never its whole path."""
    return [name for name, path in _places() if not _may_write(path)]


def check_folders(**_asked: Any) -> list[CheckMessage]:
    """Warn at the start of every command, and of the web server, of what cannot be written.

    No error: what only reads goes on, and the health check says the same until it is mended.
    """
    return [
        Warning(
            f"This cannot be written: {name} ({path}).",
            hint="Give the user of the program the right to write there, or mount it for writing.",
            id="backoffice.W001",
        )
        for name, path in _places()
        if not _may_write(path)
    ]


def _places() -> Iterator[tuple[str, Path]]:
    yield "VAR_DIR", Path(settings.VAR_DIR)
    yield "media", Path(settings.MEDIA_ROOT)
    private: Any = storages["private"]
    yield "private", Path(private.location)
    if mails := getattr(settings, "EMAIL_FILE_PATH", None):
        yield "mail", Path(mails)
    if connection.vendor == "sqlite" and "mode=memory" not in str(connection.settings_dict["NAME"]):
        file = Path(connection.settings_dict["NAME"])
        yield "the database's file", file
        yield "the database's folder", file.parent


def _may_write(path: Path) -> bool:
    """Return whether a file can be written, or a folder that is there or is to be made."""
    while not path.exists() and path != path.parent:
        path = path.parent
    return os.access(path, os.W_OK | os.X_OK if path.is_dir() else os.W_OK)
