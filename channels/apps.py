"""App configuration."""

from django.apps import AppConfig


class ChannelsConfig(AppConfig):
    """Sales channels."""

    name = "channels"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Install the channels in stock and catalogue, once the models are there."""
        import channels.tasks  # noqa: F401, PLC0415  (registers what jobs do)
        from channels.sales import OurChannels  # noqa: PLC0415
        from channels.services.undo import install as install_undo  # noqa: PLC0415
        from inventory.sales_channels import install  # noqa: PLC0415

        install(OurChannels())
        install_undo()
