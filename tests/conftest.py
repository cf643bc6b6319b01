"""What every test may use; the suite runs on the engine that `DATABASE_URL` names."""

import os
import shutil
from datetime import UTC, datetime

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import TransactionTestCase
from django.test.signals import storages_changed
from django.utils import timezone
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from channels import bootstrap as channels_bootstrap
from channels.models import STOREFRONT, Channel
from channels.services.channels import update_channel
from channels.services.publish import publish_where
from inventory import bootstrap as inventory_bootstrap
from inventory import ledger
from inventory.acts import Act
from inventory.models import StockLevel, StoreSettings, Warehouse
from inventory.roles import ensure_roles
from inventory.services.catalog import create_product, create_variant
from inventory.services.movements import StockLine
from inventory.services.receive import receive_stock

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)

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


def list_in_the_storefront():
    """List every product in the storefront, which may sell what is out of stock."""
    storefront = Channel.objects.get(slug=STOREFRONT)
    switch = {"allow_out_of_stock_purchases": True}
    publish_where(
        update_channel(act=Act.now(), channel=storefront, changes=switch),
        "1 = 1",
        [],
        at=timezone.now(),
    )


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
        try:
            flush(self)
        finally:
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


@pytest.fixture
def berlin(db):
    Warehouse.objects.filter(code="main").update(is_active=False)
    return Warehouse.objects.create(code="berlin", name="Berlin")


@pytest.fixture
def paris(berlin):
    return Warehouse.objects.create(code="paris", name="Paris", priority=2)


@pytest.fixture
def store(db):
    settings = StoreSettings.load()
    settings.low_stock_email = "stock@example.com"
    settings.save()
    return settings


@pytest.fixture
def product(db):
    return create_product(act=Act.now(), title="Enamel Mug")


@pytest.fixture
def make_variant(product):
    """Return a maker of variants of one product, so that a test states only what it is about."""

    def make(sku="mug", **fields):
        return create_variant(act=Act.now(), product=product, sku=sku, **fields)

    return make


@pytest.fixture
def mug(make_variant):
    return make_variant()


@pytest.fixture
def receive():
    """Return a way to put units on a shelf."""

    def put(variant, warehouse, units, *, at=NOON, reference="R-1"):
        lines = [StockLine(variant, units)]
        return receive_stock(
            warehouse=warehouse, lines=lines, reference=reference, act=Act(at=at, by="anna")
        )

    return put


@pytest.fixture
def on_hand():
    """Return a reader of the units on a shelf."""

    def read(variant, warehouse):
        level = StockLevel.objects.filter(variant=variant, warehouse=warehouse).first()
        return level.on_hand if level else 0

    return read


@pytest.fixture
def roles(db):
    return ensure_roles()


@pytest.fixture
def make_user(roles):
    """Return a maker of staff with a role, or with single rights, or none."""

    def make(name, role=None, *, rights=(), **fields):
        user = User.objects.create_user(name, is_staff=True, **fields)
        if role:
            user.groups.add(roles[role])
        for right in rights:
            user.user_permissions.add(Permission.objects.get(codename=right))
        return user

    return make


@pytest.fixture
def operator(make_user):
    return make_user("olga", "operator")
