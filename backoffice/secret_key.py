"""The key that signs sessions, when the environment gives none."""

import os
import secrets
from pathlib import Path

made_now: set[Path] = set()
"""Keys that this run of the program made: nothing is sealed with them yet."""


def generated_secret_key(path: Path) -> str:
    """Return the key in `path`; make it at the first start, readable by its owner alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text()
    key = secrets.token_urlsafe(64)
    with os.fdopen(descriptor, "w") as file:
        file.write(key)
    made_now.add(path)
    return key
