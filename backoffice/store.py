"""The settings of the store, read once for a page."""

from typing import Any

from django.http import HttpRequest


def settings_of(request: HttpRequest) -> Any:
    """Return the settings of the store as this request found them, for what only shows them."""
    from inventory.models import StoreSettings  # noqa: PLC0415  (models load after settings)

    found = getattr(request, "store_settings", None) or StoreSettings.load()
    request.store_settings = found  # type: ignore[attr-defined]
    return found
