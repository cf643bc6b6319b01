"""The admin of sales channels; importing the module registers its pages."""

from channels.admin import channels

__all__ = ["channels"]
