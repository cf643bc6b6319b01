"""Settings: what differs between installations is read from the environment, here alone.

The README documents each variable.
"""

import os
import re
import sys
from pathlib import Path
from typing import Any

import django_stubs_ext
import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from backoffice.private_files import keep_private
from backoffice.secret_key import generated_secret_key
from backoffice.unfold import UNFOLD

django_stubs_ext.monkeypatch()

ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?")
"""A site as a browser names it: no path, no slash at the end."""

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

# Everything the running program writes: database, uploads, mails, the generated key.
VAR_DIR = Path(env.str("VAR_DIR", default=str(BASE_DIR / "var")))
keep_private(VAR_DIR)

DEBUG = env.str("DEBUG", default="") == "1"
SECRET_KEY = env.str("SECRET_KEY", default="") or generated_secret_key(VAR_DIR / "secret_key")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "csp",
    "django_filters",
    "import_export",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_tasks",
    "django_tasks_db",
    "inventory",
    "channels",
    "orders",
    "backoffice",
]

MIDDLEWARE = [
    "backoffice.reference.ReferenceMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "backoffice.middleware.SecurityHeadersMiddleware",
    "backoffice.middleware.PageMethodsMiddleware",
    "backoffice.cors.CorsMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "backoffice.errors.ApiProblemsMiddleware",
    "backoffice.outages.OutageMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "orders.storefront.language.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "backoffice.bodies.BodyLimitMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "backoffice.sessions.SessionLimitMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "backoffice.middleware.BadRequestMiddleware",
    "backoffice.outages.OutageInViewMiddleware",
    "backoffice.middleware.TookTooLongMiddleware",
]

ROOT_URLCONF = "backoffice.urls"
WSGI_APPLICATION = "backoffice.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]


def statement_seconds() -> int:
    """Return how long one statement of this process may take; 0 is as long as it likes.

    Somebody waits for a request, and gives up after a while; the statement would go on. Jobs have
    more time, and commands all of it: who migrates a large table waits for that.
    """
    if "ANSWERS_REQUESTS" in os.environ or sys.argv[1:2] == ["serve"]:  # by `backoffice.wsgi`
        return int(env.int("STATEMENT_SECONDS", default=10))
    if sys.argv[1:2] == ["work"]:
        return int(env.int("JOB_STATEMENT_SECONDS", default=900))
    return 0


def database() -> dict[str, Any]:
    """Return the database that `DATABASE_URL` names, else a SQLite file in `var/`."""
    VAR_DIR.mkdir(parents=True, exist_ok=True)
    config: dict[str, Any] = env.db("DATABASE_URL", default=f"sqlite:///{VAR_DIR}/db.sqlite3")
    if config["ENGINE"] == "django.db.backends.sqlite3":
        # IMMEDIATE: a transaction that reads and then writes never dies with "database is locked".
        # FULL: what was acknowledged survives a power cut.
        config["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 30,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
        }
    else:
        # Django's own, but that a database which was restarted fails no request.
        config["ENGINE"] = "backoffice.postgresql"
        config["OPTIONS"] = {
            # A database that is gone is said after 5 seconds, not after the 30 of the default. One
            # that is back is found by the next request, not after minutes of longer pauses.
            "pool": {"min_size": 1, "max_size": 8, "timeout": 5, "reconnect_timeout": 5},
            "server_side_binding": True,
            # A statement that came five times is planned once: an order takes a quarter less.
            "prepare_threshold": 5,
        }
        if seconds := statement_seconds():
            config["OPTIONS"]["options"] = f"-c statement_timeout={seconds * 1_000}"
    return config


DATABASES = {"default": database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("nl", _("Dutch")), ("de", _("German"))]
SHOP_LANGUAGE = env.str("SHOP_LANGUAGE", default="en")
"""Of visitors whose browser asks for none of ours, and of mails about orders that name none."""
if SHOP_LANGUAGE not in dict(LANGUAGES):
    raise ImproperlyConfigured(f"SHOP_LANGUAGE is one of {', '.join(dict(LANGUAGES))}.")

FORMAT_MODULE_PATH = ["backoffice.formats"]
TIME_ZONE = env.str("TIME_ZONE", default="Europe/Amsterdam")
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
# Once `collectstatic` ran, files are served compressed and for ever; before, as they lie.
COLLECTED = not DEBUG and (STATIC_ROOT / "staticfiles.json").exists()
WHITENOISE_USE_FINDERS = not COLLECTED
WHITENOISE_AUTOREFRESH = not COLLECTED
MEDIA_URL = "media/"
MEDIA_ROOT = VAR_DIR / "media"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    # Spreadsheets of merchants: never served by an address of their own.
    "private": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": VAR_DIR / "private", "base_url": None},
    },
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if COLLECTED or "collectstatic" in sys.argv
        else "django.contrib.staticfiles.storage.StaticFilesStorage",
    },
}

EMAIL_CONFIG = env.email("EMAIL_URL", default=f"filemail:///{VAR_DIR}/mail")
vars().update(EMAIL_CONFIG)
EMAIL_TIMEOUT = env.int("EMAIL_TIMEOUT", default=20)
"""Seconds that a mail server may take to answer, so that the worker does not wait for ever."""
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="shop@localhost")
# Shops in the merchant's own network that channels may reach: "shop.lan" or "shop.lan:8080".
CHANNEL_PRIVATE_HOSTS = env.list("CHANNEL_PRIVATE_HOSTS", default=[])
SITE_ADDRESS = env.str("SITE_ADDRESS", default="http://localhost:8000")
"""Where shoppers reach the shop: the links in mails start so."""

TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": ["default"]}}

DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000
FILE_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700
UPLOAD_MAX_BYTES = 100_000_000

SESSION_IDLE_MINUTES = env.int("SESSION_IDLE_MINUTES", default=120)
"""After so long without a click staff are logged out."""

SESSION_COOKIE_HTTPONLY = True
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# Load balancers ask over plain HTTP, and take a redirect for "healthy".
SECURE_REDIRECT_EXEMPT = [r"^health/(live|ready)$"]
if env.bool("HTTPS", default=False):
    SECURE_SSL_REDIRECT = env.bool("SSL_REDIRECT", default=True)
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
    if env.bool("BEHIND_PROXY", default=False):
        SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# The strict policy. The admin's theme needs more: see `backoffice.middleware`.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "backoffice.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["inventory.api.parsers.StrictJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_PAGINATION_CLASS": "inventory.api.pagination.KeysetPagination",
    "EXCEPTION_HANDLER": "inventory.api.problems.problem_response",
    "DEFAULT_THROTTLE_CLASSES": ["rest_framework.throttling.UserRateThrottle"],
    "DEFAULT_THROTTLE_RATES": {
        "user": env.str("API_RATE", default="6000/min"),
        "webhooks": env.str("WEBHOOK_RATE", default="3000/min"),
    },
    # Who asks is told by the proxy alone, never by whoever asks.
    "NUM_PROXIES": int(env.bool("BEHIND_PROXY", default=False)),
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
API_CORS_ORIGINS = env.list("API_CORS_ORIGINS", default=[])
"""Sites whose pages may speak to the API from a browser, such as https://shop.example.com."""
if wrong := [one for one in API_CORS_ORIGINS if not ORIGIN.fullmatch(one)]:
    raise ImproperlyConfigured(f"API_CORS_ORIGINS: {wrong[0]} is not like https://shop.example.com")

ORDERS_PER_HOUR = env.int("ORDERS_PER_HOUR", default=30)
"""Of each address, in the storefront."""

SPECTACULAR_SETTINGS = {
    "TITLE": "Backoffice API",
    "DESCRIPTION": "Who may be backordered, what may be sold, what is there, what is on its way.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "backoffice.api_examples.add_examples",
    ],
    "ENUM_NAME_OVERRIDES": {
        "Backorders": "inventory.models.columns.Backorders.choices",
        "InheritableBackorders": "inventory.models.columns.InheritableBackorders.choices",
        "Level": "channels.api.views_availability.LEVELS",
        "AvailabilityState": "channels.api.views_availability.STATES",
        "CaptureWhen": "channels.models.CaptureWhen.choices",
        "ConnectorCode": "channels.models.ConnectorCode.choices",
        "ProcessingMode": "channels.models.ProcessingMode.choices",
        "ListingStatus": "channels.models.ListingStatus.choices",
        "JobState": "inventory.models.work.JobState.choices",
        "ReleaseRule": "inventory.models.settings.ReleaseRule.choices",
    },
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {
        "reference": {"()": "backoffice.reference.ReferenceFilter"},
        "without_keys": {"()": "backoffice.logs.WithoutKeys"},
    },
    "formatters": {
        "line": {"format": "{asctime} {levelname} {name} {reference} {message}", "style": "{"}
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "filters": ["reference", "without_keys"],
        }
    },
    # It warns of each request that waits for a thread.
    "loggers": {"waitress.queue": {"level": "ERROR"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
}
