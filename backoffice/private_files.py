"""What the program writes is its user's alone: nobody else on the machine reads it."""

import os
from pathlib import Path

OURS = ("media", "private", "mail", "static", "secret_key", "db.sqlite3*")
"""What the program makes in its folder; whatever else lies there is not ours to change."""


def keep_private(folder: Path) -> None:
    """Write files and folders for our own user alone from now on, and close those in `folder`.

    A folder that is closed closes all in it. What belongs to another user stays as it is.
    """
    os.umask(0o077)
    folder.mkdir(parents=True, exist_ok=True)
    for pattern in OURS:
        for path in folder.glob(pattern):
            _close(path)


def _close(path: Path) -> None:
    status = path.stat()
    wanted = status.st_mode & 0o700
    if status.st_uid == os.getuid() and status.st_mode & 0o777 != wanted:
        path.chmod(wanted)
