"""A back-up is made while orders come, and what it holds is a whole shop."""

import io
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tarfile
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from backoffice.backup import BackupError, back_up, restore
from inventory.acts import Act
from inventory.models import Warehouse
from inventory.services.catalog import create_product, create_variant
from inventory.services.movements import StockLine
from inventory.services.receive import receive_stock
from orders.models import Order
from tests.postgres import NoPostgres, find_binaries

pytestmark = pytest.mark.race

ROOT = Path(__file__).parents[2]
PICTURE = b"a picture"
BUYER = "buyer"
"""The name of a buyer's connections to PostgreSQL."""


def _path():
    """Return where programs are looked for, those of our PostgreSQL first."""
    try:
        return f"{find_binaries()}:{os.environ['PATH']}"
    except NoPostgres:
        return os.environ["PATH"]


def environment(address, folder, **more):
    own = {"DATABASE_URL": address, "VAR_DIR": str(folder), "PATH": _path(), "SECRET_KEY": ""}
    return {**os.environ, **own, "DEBUG": "1", **more}


def manage(*arguments, env):
    command = [sys.executable, "manage.py", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)


@pytest.fixture
def folder(tmp_path, settings, monkeypatch):
    """Return the `VAR_DIR` of a shop with a picture and a file that somebody sent."""
    settings.VAR_DIR = tmp_path / "var"
    for name in ("media/products", "private/imports"):
        (settings.VAR_DIR / name).mkdir(parents=True)
    (settings.VAR_DIR / "media/products/tent.jpg").write_bytes(PICTURE)
    (settings.VAR_DIR / "private/imports/stock.csv").write_text("SKU;Stock\n")
    (settings.VAR_DIR / "secret_key").write_text("the key of the shop")
    settings.SECRET_KEY = "the key of the shop"
    monkeypatch.setenv("PATH", _path())
    return settings.VAR_DIR


@pytest.fixture
def variant(shared_database):
    act = Act.now(by="ann")
    made = create_variant(act=act, product=create_product(act=act, title="Tent"), sku="TENT")
    warehouse = Warehouse.objects.earliest("pk")
    lines = [StockLine(made, 1_000)]
    receive_stock(warehouse=warehouse, lines=lines, reference="D1", act=act)
    return made


@contextmanager
def buyer(address, folder, variant, *how_many):
    """Run a program that places orders, and yield what it prints, line by line."""
    command = [sys.executable, "-m", "tests.races.buyer", str(variant.pk), *map(str, how_many)]
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment(address, folder, PGAPPNAME=BUYER),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as program:
        try:
            yield program.stdout
        finally:
            program.kill()


@pytest.fixture
def empty(shared_database, tmp_path):
    """Return the address of an empty database beside the shared one."""
    if connection.vendor == "sqlite":
        yield f"sqlite:///{tmp_path}/restored.sqlite3"
        return
    name = f"{connection.settings_dict['NAME']}_restored"
    with connection.cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}"')
    yield shared_database.rpartition("/")[0] + f"/{name}"
    with connection.cursor() as cursor:
        cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def test_each_order_that_was_acknowledged_before_is_there(
    shared_database, folder, variant, empty, tmp_path
):
    with buyer(shared_database, folder, variant) as orders:
        known = [next(orders).strip() for _n in range(3)]
        file, _manifest = back_up(tmp_path / "kept", at=timezone.now())
        after = [next(orders).strip() for _n in range(2)]

    env = environment(empty, tmp_path / "elsewhere")
    restored = manage("restore", file, env=env)

    assert restored.returncode == 0, restored.stderr
    assert "Everything adds up." in restored.stdout
    found = manage("shell", "-c", PRINT_ORDERS, env=env).stdout.split()
    assert set(known) <= set(found)
    assert Order.objects.filter(pk__in=after).count() == 2  # it kept nobody from ordering
    assert (tmp_path / "elsewhere/media/products/tent.jpg").read_bytes() == PICTURE
    assert (tmp_path / "elsewhere/private/imports/stock.csv").is_file()
    assert (tmp_path / "elsewhere/secret_key").read_text() == "the key of the shop"


PRINT_ORDERS = "from orders.models import Order; print(*Order.objects.values_list('pk', flat=True))"


@pytest.mark.once
def test_without_it_a_copy_of_the_file_misses_what_was_acknowledged(
    shared_database, folder, variant, tmp_path
):
    with buyer(shared_database, folder, variant, 3) as orders:
        known = [next(orders).strip() for _n in range(3)]
        shutil.copyfile(connection.settings_dict["NAME"], tmp_path / "copy.sqlite3")

    with closing(sqlite3.connect(tmp_path / "copy.sqlite3")) as copy:
        found = {str(pk) for (pk,) in copy.execute("SELECT id FROM orders_order")}

    assert len(known) == 3
    assert not found & set(known)


# --- what is refused --------------------------------------------------------------------------


@pytest.fixture
def kept(shared_database, folder, tmp_path):
    """Return a back-up of a small shop."""
    return back_up(tmp_path / "kept", at=timezone.now())[0]


@pytest.fixture
def elsewhere(settings, tmp_path, monkeypatch):
    """Return an empty `VAR_DIR`; whatever reaches the database fails the test."""
    settings.VAR_DIR = tmp_path / "elsewhere"
    settings.VAR_DIR.mkdir()
    monkeypatch.setattr("backoffice.backup._expect_empty_database", lambda: None)
    monkeypatch.setattr("backoffice.backup._load", lambda dumped: pytest.fail("it was loaded"))
    return settings.VAR_DIR


def rewritten(file, change):
    """Return a copy of a back-up whose manifest was changed."""
    copy = file.with_name("changed.tar.gz")
    with tarfile.open(file) as old, tarfile.open(copy, "w:gz") as new:
        for member in old.getmembers():
            content = old.extractfile(member).read()
            if member.name == "manifest.json":
                content = json.dumps(change(json.loads(content))).encode()
                member.size = len(content)
            new.addfile(member, io.BytesIO(content))
    return copy


@pytest.mark.once
@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"engine": "oracle"}, "The back-up is one of oracle; DATABASE_URL names sqlite."),
        ({"migrations": [["orders", "9999_later"]]}, "A newer version of the program made this"),
        ({"format": 99}, "A newer version of the program made this back-up"),
        ({"files": {"media/gone.jpg": "0"}}, "is damaged: media/gone.jpg is not what was backed"),
        ({"files": {"../../evil": "0"}}, "is damaged: ../../evil"),
        ({"made_at": 7, "wrong": 1}, "is no whole back-up of a shop"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_back_up_of_something_else_is_refused(kept, elsewhere, change, problem):
    file = rewritten(kept, lambda manifest: manifest | change)

    with pytest.raises(BackupError, match=problem):
        restore(file)

    assert not any(elsewhere.iterdir())


@pytest.mark.once
@pytest.mark.parametrize("part", [0.0, 0.3, 0.99])
def test_a_back_up_that_was_cut_off_is_refused(kept, elsewhere, part):
    content = kept.read_bytes()
    kept.write_bytes(content[: int(len(content) * part)])

    with pytest.raises(BackupError, match="no whole back-up"):
        restore(kept)

    assert not any(elsewhere.iterdir())


@pytest.mark.once
@pytest.mark.parametrize("place", ["../outside.txt", "/outside.txt", "media/../../outside.txt"])
def test_a_file_that_leads_outside_is_refused(elsewhere, tmp_path, place):
    file = tmp_path / "evil.tar.gz"
    with tarfile.open(file, "w:gz") as archive:
        archive.addfile(tarfile.TarInfo(place), io.BytesIO())

    with pytest.raises(BackupError, match="no whole back-up"):
        restore(file)


@pytest.mark.once
@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("media/products/tent.jpg", "set VAR_DIR to an empty folder"),
        ("secret_key", "delete it if nothing else needs it"),
    ],
)
def test_no_file_is_overwritten(kept, elsewhere, name, advice):
    (elsewhere / name).parent.mkdir(parents=True, exist_ok=True)
    (elsewhere / name).write_text("of another shop")

    with pytest.raises(BackupError, match=advice):
        restore(kept)

    assert (elsewhere / name).read_text() == "of another shop"


@pytest.mark.once
def test_a_shop_is_not_restored_into_another(kept, shared_database):
    with pytest.raises(BackupError, match="into an empty database; this one has tables"):
        restore(kept)


@pytest.mark.once
def test_what_cannot_be_written_leaves_nothing_behind(shared_database, folder, tmp_path):
    (tmp_path / "kept").write_text("a file, no folder")

    with pytest.raises(BackupError, match="No back-up was written to"):
        back_up(tmp_path / "kept", at=timezone.now())


def test_one_that_fails_half_way_leaves_nothing_behind(
    shared_database, folder, tmp_path, monkeypatch
):
    monkeypatch.setattr("backoffice.backup._flush_to_disk", _disk_is_full)
    monkeypatch.setattr("os.fsync", _disk_is_full)

    with pytest.raises(BackupError, match="No space left on device"):
        back_up(tmp_path / "kept", at=timezone.now())

    assert not any((tmp_path / "kept").iterdir())


def _disk_is_full(*_args):
    raise OSError(28, "No space left on device")


def test_it_is_readable_by_its_owner_alone(kept):
    assert kept.stat().st_mode & 0o777 == 0o600


def test_the_key_of_the_environment_is_not_in_it(shared_database, folder, settings, tmp_path):
    settings.SECRET_KEY = "given by the environment"

    _file, manifest = back_up(tmp_path / "kept", at=timezone.now())

    assert "secret_key" not in manifest.files
