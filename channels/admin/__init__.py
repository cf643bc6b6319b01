"""The admin of sales channels; importing the modules registers its pages."""

from channels.admin import channels, work

__all__ = ["channels", "work"]
