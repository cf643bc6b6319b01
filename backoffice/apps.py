"""App configuration."""

from django.apps import AppConfig


class BackofficeConfig(AppConfig):
    """What spans the apps: settings, addresses, health, tokens."""

    name = "backoffice"
    default_auto_field = "django.db.models.BigAutoField"
