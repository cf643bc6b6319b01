"""The kinds of shops we can talk to; a new one is one line here. The storefront needs none."""

from channels.connectors.base import Connector, ConnectorError, Credentials
from channels.connectors.woocommerce.connector import WooCommerce

__all__ = ["CONNECTORS", "Connector", "ConnectorError", "connector_for"]

CONNECTORS: dict[str, type[Connector]] = {WooCommerce.code: WooCommerce}
"""Each connector by its code, in the order of the setup page."""


def connector_for(code: str, credentials: Credentials) -> Connector:
    """Return the way to one shop.

    :raises KeyError: no connector has this code.
    """
    return CONNECTORS[code](credentials)
