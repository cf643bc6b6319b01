"""`backoffice.settings` as an installation has them."""

import os
import subprocess
import sys
from pathlib import Path

import django
import pytest

from backoffice.secret_key import generated_secret_key

pytestmark = pytest.mark.once

ROOT = Path(__file__).parent.parent.parent


def manage(tmp_path, *arguments, **environment):
    """Run a command with an environment of its own; return its exit status and what it said."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={**kept, "VAR_DIR": str(tmp_path), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_a_deployment_behind_https_has_no_warning(tmp_path):
    status, said = manage(tmp_path, "check", "--deploy", "--fail-level", "WARNING", HTTPS="1")

    assert status == 0, said


def test_the_key_is_made_once_and_its_owner_alone_reads_it(tmp_path):
    path = tmp_path / "var" / "secret_key"

    key = generated_secret_key(path)

    assert len(key) > 60
    assert generated_secret_key(path) == key
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(("debug", "on"), [("", "False"), ("0", "False"), ("1", "True")])
def test_debug_is_off_unless_it_is_1(tmp_path, debug, on):
    code = "from django.conf import settings; print(settings.DEBUG)"

    _status, said = manage(tmp_path, "shell", "--no-imports", "-c", code, DEBUG=debug)

    assert said.strip().splitlines()[-1] == on


def test_models_and_migrations_agree_in_an_installation(tmp_path):
    assert manage(tmp_path, "makemigrations", "--check", "--dry-run")[0] == 0


def test_django_is_the_newest_of_its_line():
    assert django.VERSION[:3] >= (5, 2, 19)
