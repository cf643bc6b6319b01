"""App configuration."""

from typing import Any

from django.apps import AppConfig
from django.core.checks import register
from django.db.models.signals import post_migrate  # noqa: TID251 -- no use case migrates


class BackofficeConfig(AppConfig):
    """What spans the apps: settings, addresses, health, tokens."""

    name = "backoffice"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Keep the roles right after each migration; look at the folders at each start."""
        from backoffice.folders import check_folders  # noqa: PLC0415 -- storages are set by now

        post_migrate.connect(_ensure_roles, sender=self)
        register(check_folders)


def _ensure_roles(**_told: Any) -> None:
    """Make the roles; this app is the last, so that all rights are there."""
    from inventory.roles import ensure_roles  # noqa: PLC0415 -- models are loaded by now

    ensure_roles()
