"""A WooCommerce to test against: it keeps state, answers as recorded, and breaks on request.

``with standin() as shop`` gives its address, key and secret, what it keeps (`products`, `orders`,
`deliveries`), what shoppers do (`buy`), and `faults`. ``python -m tests.channels.standin`` starts
it alone. It lives at 127.0.0.1, so `CHANNEL_PRIVATE_HOSTS` has to list that.
"""

import contextlib

from tests.channels.standin.faults import Faults
from tests.channels.standin.server import Standin
from tests.channels.standin.store import Delivery, SoldOut

__all__ = ["Delivery", "Faults", "SoldOut", "Standin", "standin"]


@contextlib.contextmanager
def standin(*, port=0, tls=None, seed=0):
    """Run a shop while the block lasts."""
    shop = Standin(port=port, tls=tls, seed=seed)
    shop.start()
    try:
        yield shop
    finally:
        shop.stop()
