"""App configuration."""

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate  # noqa: TID251 -- no use case migrates


class BackofficeConfig(AppConfig):
    """What spans the apps: settings, addresses, health, tokens."""

    name = "backoffice"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Keep the roles right whenever the database was brought up to date."""
        post_migrate.connect(_ensure_roles, sender=self)


def _ensure_roles(**_told: Any) -> None:
    """Make the roles; this app is the last, so that all rights are there."""
    from inventory.roles import ensure_roles  # noqa: PLC0415 -- models are loaded by now

    ensure_roles()
