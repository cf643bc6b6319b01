"""Domain errors of sales channels.

InventoryError
├── NotInChannel: a channel without listings, or a variant that it cannot list
├── BulkNotReady: a bulk listing that cannot be started, or was before
└── NotConnected: the channel has no shop on the other side, or lacks its address
"""

from inventory.errors import InventoryError


class NotInChannel(InventoryError):
    """Raised for a channel that has no listings."""


class BulkNotReady(InventoryError):
    """Raised instead of doing a bulk listing twice, or one that was thrown away."""


class NotConnected(InventoryError):
    """Raised before talking to a shop that there is none of, or of which nothing is known."""
