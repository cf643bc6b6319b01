"""One file that holds a whole shop, as it was at one moment, and the way back from it.

A back-up is a compressed tar archive of the database (a SQLite file, or what `pg_dump` writes), the
pictures and spreadsheets, the key that the program made, and `manifest.json`: when, which engine,
which migrations, and a checksum of each file. It is made while everything runs: each engine gives
a view of one moment, and files come after it, so that none is missing that the database names.
"""

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from backoffice.secret_key import made_now

FORMAT = 1
"""Of the archive. A program reads its own and older ones."""

MANIFEST = "manifest.json"
DATABASE = {"sqlite": "database.sqlite3", "postgresql": "database.dump"}
KEY = "secret_key"
FOLDERS = ("media", "private")


class BackupError(Exception):
    """Raised when a back-up cannot be made or restored, with a sentence for whoever asked."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a back-up says of itself; `files` has the SHA-256 of each file by its name."""

    format: int
    made_at: str
    engine: str
    migrations: list[list[str]]
    files: dict[str, str]


# --- out --------------------------------------------------------------------------------------


def back_up(folder: Path, *, at: datetime) -> tuple[Path, Manifest]:
    """Write a back-up into a folder while everything runs; return its file and what it says.

    It is whole or not there: it has its name once it lies on the disk, readable by its owner alone.

    :raises BackupError: the folder or the database does not let it.
    """
    name = f"backoffice-{timezone.localtime(at):%Y%m%d-%H%M%S}.tar.gz"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".unfinished-", dir=folder) as work:
            dumped = Path(work) / DATABASE[connection.vendor]
            _dump(dumped)
            packed = Path(work) / name
            with _for_me_alone(packed) as archive:
                manifest = _pack(archive, dumped, at=at)
            target = folder / name
            packed.replace(target)
            _flush_to_disk(folder)
    except (OSError, sqlite3.Error, DatabaseError) as error:
        raise BackupError(f"No back-up was written to {folder}: {error}") from error
    return target, manifest


def _dump(target: Path) -> None:
    if connection.vendor == "sqlite":
        _copy_sqlite(Path(_database_name()), target)
    else:
        _run_tool("pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={target}")


def _copy_sqlite(source: Path, target: Path) -> None:
    """Copy a database in one step: SQLite gives the view of one moment, its log included."""
    with (
        closing(
            sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True, timeout=30)
        ) as live,
        closing(sqlite3.connect(target)) as copy,
    ):
        live.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")


def _pack(archive: tarfile.TarFile, dumped: Path, *, at: datetime) -> Manifest:
    files: dict[str, str] = {}
    for path, name in _content(dumped):
        try:
            digest = _sha256(path)
            archive.add(path, arcname=name)
        except FileNotFoundError:
            continue  # a file that was deleted meanwhile; the database of that moment may name it
        files[name] = digest
    applied = MigrationRecorder(connection).applied_migrations()
    manifest = Manifest(
        format=FORMAT,
        made_at=at.isoformat(),
        engine=connection.vendor,
        migrations=sorted([app, name] for app, name in applied),
        files=files,
    )
    path = dumped.with_name(MANIFEST)
    path.write_text(json.dumps(asdict(manifest), indent=1))
    archive.add(path, arcname=MANIFEST)
    return manifest


def _content(dumped: Path) -> Iterator[tuple[Path, str]]:
    """Yield each file of a back-up, and its name there: the database first."""
    yield dumped, dumped.name
    key = settings.VAR_DIR / KEY
    if key.is_file() and key.read_text() == settings.SECRET_KEY:
        yield key, KEY
    for folder in FOLDERS:
        for path in sorted((settings.VAR_DIR / folder).rglob("*")):
            if path.is_file() and not path.is_symlink():
                yield path, path.relative_to(settings.VAR_DIR).as_posix()


@contextmanager
def _for_me_alone(path: Path) -> Iterator[tarfile.TarFile]:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        with tarfile.open(fileobj=file, mode="w:gz", compresslevel=6) as archive:
            yield archive
        file.flush()
        os.fsync(file.fileno())


# --- back -------------------------------------------------------------------------------------


def restore(file: Path) -> Manifest:
    """Put a back-up into an empty database and into `VAR_DIR`, and return what it says of itself.

    Nothing is overwritten. All is unpacked and checked beside its place first.

    :raises BackupError: the file is no whole back-up, the database is not empty or is another
        engine's, or a file of that name is there with another content.
    """
    _expect_empty_database()
    try:
        with tempfile.TemporaryDirectory(prefix=".unfinished-", dir=settings.VAR_DIR) as work:
            folder = Path(work)
            manifest = _unpack(file, folder)
            _expect_ours(manifest)
            _expect_no_other_files(manifest, folder)
            for name in manifest.files:
                _put(folder / name, name)
            _load(folder / DATABASE[manifest.engine])  # last: it alone makes a second try refused
    except (OSError, sqlite3.Error, DatabaseError) as error:
        raise BackupError(f"The back-up was not restored: {error}") from error
    return manifest


def _expect_empty_database() -> None:
    tables = connection.introspection.table_names()
    connection.close()
    if not tables:
        return
    if connection.vendor == "sqlite":
        path = _database_name()
        advice = f"Stop the program, and move {path}, {path}-wal and {path}-shm elsewhere."
    else:
        advice = "Make an empty one (createdb), and name it in DATABASE_URL."
    raise BackupError(
        f"A back-up is restored into an empty database; this one has tables. {advice}"
    )


def _unpack(file: Path, folder: Path) -> Manifest:
    """Unpack an archive into an empty folder, and compare each file with its checksum."""
    if not file.is_file():
        raise BackupError(f"{file} is not there.")
    try:
        with tarfile.open(file, "r:gz") as archive:
            archive.extractall(folder, filter="data")
        written = json.loads((folder / MANIFEST).read_text())
        if written["format"] > FORMAT:
            raise BackupError("A newer version of the program made this back-up: install that one.")
        manifest = Manifest(**written)
    except (
        tarfile.TarError,
        EOFError,
        ValueError,
        KeyError,
        TypeError,
        FileNotFoundError,
    ) as error:
        raise BackupError(f"{file} is no whole back-up of a shop: {error}.") from error
    for name, digest in manifest.files.items():
        path = folder / name
        if not path.is_file() or _sha256(path) != digest:
            raise BackupError(f"{file} is damaged: {name} is not what was backed up.")
    return manifest


def _expect_ours(manifest: Manifest) -> None:
    known = MigrationLoader(None).disk_migrations
    if newer := [f"{app}.{name}" for app, name in manifest.migrations if (app, name) not in known]:
        raise BackupError(
            f"A newer version of the program made this back-up ({newer[0]}): install that one."
        )
    if manifest.engine != connection.vendor:
        raise BackupError(
            f"The back-up is one of {manifest.engine}; DATABASE_URL names {connection.vendor}."
        )


def _expect_no_other_files(manifest: Manifest, folder: Path) -> None:
    for name in manifest.files:
        path = settings.VAR_DIR / name
        if not _is_taken(path) or _same(path, folder / name):
            continue
        if name == KEY:
            advice = "delete it if nothing else needs it, or set VAR_DIR to another folder"
        else:
            advice = "set VAR_DIR to an empty folder"
        raise BackupError(f"{path} is there already with another content: {advice}.")


def _is_taken(path: Path) -> bool:
    """Return whether something is there; a key that was made just now seals nothing yet."""
    return path.exists() and path not in made_now


def _load(dumped: Path) -> None:
    if connection.vendor != "sqlite":
        _run_tool("pg_restore", "--exit-on-error", "--single-transaction", "--no-owner",
                  "--no-comments", f"--dbname={_database_name()}", str(dumped))  # fmt: skip
        return
    with closing(sqlite3.connect(dumped)) as copy:
        if copy.execute("PRAGMA integrity_check").fetchone() != ("ok",):
            raise BackupError("The database in the back-up is damaged.")
    path = Path(_database_name())
    for suffix in ("-wal", "-shm"):  # they belong to the empty file that is replaced
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    beside = path.with_name(f"{path.name}.restoring")
    shutil.copyfile(dumped, beside)
    _flush_to_disk(beside)
    beside.chmod(0o600)
    beside.replace(path)


def _put(unpacked: Path, name: str) -> None:
    target = settings.VAR_DIR / name
    if name in DATABASE.values() or _is_taken(target):
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(unpacked, target)


# --- both -------------------------------------------------------------------------------------


def _run_tool(program: str, *arguments: str) -> None:
    """Run a program of PostgreSQL on our database; the password is in no command line.

    :raises BackupError: it is not installed, or it failed.
    """
    database: dict[str, Any] = connection.settings_dict
    told = {"PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGPASSWORD": "PASSWORD"}
    own = {name: str(database[key]) for name, key in told.items() if database[key]}
    environment = {**os.environ, **own, "PGDATABASE": _database_name()}
    try:
        done = subprocess.run(  # noqa: S603
            [program, *arguments], env=environment, capture_output=True, text=True, check=False
        )
    except FileNotFoundError as error:
        raise BackupError(f"{program} is not installed; it comes with PostgreSQL.") from error
    if done.returncode:
        raise BackupError(f"{program} failed: {done.stderr.strip()}")


def _database_name() -> str:
    return str(connection.settings_dict["NAME"])


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _same(one: Path, other: Path) -> bool:
    return one.is_file() and _sha256(one) == _sha256(other)


def _flush_to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
