"""App configuration."""

from django.apps import AppConfig


class ChannelsConfig(AppConfig):
    """Sales channels."""

    name = "channels"
    default_auto_field = "django.db.models.BigAutoField"
