"""What every test may use; the suite runs on the engine that `DATABASE_URL` names."""

import os
import shutil

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.test import TransactionTestCase
from django.test.signals import storages_changed
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from channels import bootstrap as channels_bootstrap
from inventory import bootstrap as inventory_bootstrap
from inventory import ledger

CHROMIUM = next(
    (
        path
        for name in ("chromium", "chromium-browser", "google-chrome")
        if (path := shutil.which(name))
    ),
    None,
)

# The sync API of the browser keeps an event loop in this thread.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

hypothesis_settings.register_profile(
    "suite",
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
hypothesis_settings.load_profile("suite")


def pytest_collection_modifyitems(items):
    """Skip browser tests where there is no browser; in CI that is a failure instead."""
    if CHROMIUM or os.environ.get("CI"):
        return
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.skip(reason="no Chromium is installed"))


@pytest.fixture(scope="session", autouse=True)
def _fast_and_apart(tmp_path_factory):
    """Write uploads and mails into a temporary folder, and hash passwords cheaply."""
    folder = tmp_path_factory.mktemp("var")
    django_settings.MEDIA_ROOT = folder / "media"
    django_settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    django_settings.STORAGES = {
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": folder / "media"},
        },
        "private": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": folder / "private", "base_url": None},
        },
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    storages_changed(setting="STORAGES")  # a model asked for one while it was imported
    django_settings.WHITENOISE_AUTOREFRESH = True
    django_settings.WHITENOISE_USE_FINDERS = True
    django_settings.SECURE_SSL_REDIRECT = False
    django_settings.SESSION_COOKIE_SECURE = False
    django_settings.CSRF_COOKIE_SECURE = False
    django_settings.ALLOWED_HOSTS = ["*"]


@pytest.fixture(scope="session", autouse=True)
def _flush_spares_the_ledger():
    """Let transactional tests empty the ledger, and put back what a fresh database holds."""
    flush = TransactionTestCase._fixture_teardown

    def teardown(self):
        ledger.lift_triggers(connection)
        flush(self)
        ledger.install_triggers(connection)
        inventory_bootstrap.ensure()
        channels_bootstrap.ensure()

    TransactionTestCase._fixture_teardown = teardown
    yield
    TransactionTestCase._fixture_teardown = flush


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    """Start the machine's own Chromium."""
    flags = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic"]
    flags += ["--no-first-run", "--disable-background-networking", "--disable-sync"]
    flags += ["--disable-component-update"]
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": flags}


@pytest.fixture(scope="session")
def base_url():
    """Return no address, in place of the plugin's fixture, which pytest 9.2 warns about."""
