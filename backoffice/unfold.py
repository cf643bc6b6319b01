"""The theme's settings: name, colors, styles and scripts."""

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static

from backoffice.menu import navigation
from backoffice.store import settings_of


def _store_name(request: HttpRequest) -> str:
    """Return the name above the menu."""
    if not request.user.is_authenticated:
        return "Backoffice"
    return str(settings_of(request).store_name)


UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Backoffice",
    "SITE_HEADER": _store_name,
    "SITE_SUBHEADER": "Backoffice",
    "SITE_SYMBOL": "package_2",
    "SITE_URL": "/",
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "BORDER_RADIUS": "6px",
    "SITE_FAVICONS": [
        {
            "rel": "icon",
            "type": "image/svg+xml",
            "href": lambda _request: static("inventory/favicon.svg"),
        }
    ],
    "STYLES": [
        lambda _request: static("inventory/admin.css"),
        lambda _request: static("backoffice/find.css"),
    ],
    "SCRIPTS": [
        lambda _request: static("inventory/admin.js"),
        lambda _request: static("backoffice/keys.js"),
    ],
    "LOGIN": {"form": "backoffice.login.CountedLoginForm"},
    "DASHBOARD_CALLBACK": "backoffice.admin.home.dashboard",
    "COLORS": {
        "primary": {
            "50": "oklch(97% .018 195)",
            "100": "oklch(93.5% .04 195)",
            "200": "oklch(88% .065 196)",
            "300": "oklch(80% .09 197)",
            "400": "oklch(70% .105 199)",
            "500": "oklch(58% .1 201)",
            "600": "oklch(48% .085 203)",
            "700": "oklch(42% .073 205)",
            "800": "oklch(36% .06 207)",
            "900": "oklch(31% .05 209)",
            "950": "oklch(22% .035 211)",
        },
    },
    "SIDEBAR": {
        "show_search": True,
        "show_all_applications": False,
        "navigation": navigation,
    },
}
