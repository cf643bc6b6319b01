"""The theme's settings: name, colors, and the menu in the words of the domain."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

Item = dict[str, Any]


def _may(*permissions: str) -> Callable[[HttpRequest], bool]:
    """Return whether a user has one of these permissions."""

    def allowed(request: HttpRequest) -> bool:
        return any(request.user.has_perm(permission) for permission in permissions)

    return allowed


def _superuser(request: HttpRequest) -> bool:
    return bool(getattr(request.user, "is_superuser", False))


def _item(
    title: Any, icon: str, name: str, permission: Callable[[HttpRequest], bool]
) -> Item | None:
    """Return a menu item, or nothing while the page it leads to does not exist."""
    try:
        address = reverse(name)
    except NoReverseMatch:
        return None
    return {"title": title, "icon": icon, "link": address, "permission": permission}


def _mark_active(path: str, items: list[Item]) -> None:
    """Mark the item that leads closest to the page that is open."""
    home = reverse("admin:index")
    near = [
        item["link"]
        for item in items
        if path == item["link"] or (item["link"] != home and path.startswith(item["link"]))
    ]
    closest = max(near, key=len, default=None)
    for item in items:
        item["active"] = item["link"] == closest


def _view(model: str, app: str = "inventory") -> Callable[[HttpRequest], bool]:
    return _may(f"{app}.view_{model}", f"{app}.change_{model}")


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the menu; the theme hides what the user may not open."""
    moves = _may("inventory.add_movement")
    waits = _view("fulfillmentline", "orders")
    groups: list[tuple[Any, list[Item | None]]] = [
        (
            _("Stock"),
            [
                _item(_("Home"), "home", "admin:index", lambda _request: True),
                _item(
                    _("Inventory"),
                    "inventory_2",
                    "admin:inventory_variant_changelist",
                    _view("variant"),
                ),
                _item(
                    _("Products"),
                    "sell",
                    "admin:inventory_product_changelist",
                    _view("product"),
                ),
                _item(
                    _("Deliveries"),
                    "local_shipping",
                    "admin:inventory_incomingdelivery_changelist",
                    _view("incomingdelivery"),
                ),
                _item(
                    _("Low stock"),
                    "trending_down",
                    "admin:inventory_variant_low",
                    _view("variant"),
                ),
                _item(
                    _("Movements"),
                    "swap_vert",
                    "admin:inventory_movement_changelist",
                    _view("movement"),
                ),
            ],
        ),
        (
            _("Orders"),
            [
                _item(
                    _("Orders"),
                    "shopping_bag",
                    "admin:orders_order_changelist",
                    _view("order", "orders"),
                ),
                _item(
                    _("Channel orders"),
                    "move_to_inbox",
                    "admin:orders_capturedorder_changelist",
                    _view("capturedorder", "orders"),
                ),
                _item(
                    _("Fulfillment orders"),
                    "deployed_code",
                    "admin:orders_fulfillmentorder_changelist",
                    _view("fulfillmentorder", "orders"),
                ),
                _item(
                    _("Waiting room"),
                    "hourglass_top",
                    "admin:orders_fulfillmentline_changelist",
                    waits,
                ),
                _item(
                    _("What to buy"),
                    "shopping_cart",
                    "admin:orders_fulfillmentline_buying",
                    waits,
                ),
                _item(
                    _("Simulate a delivery"),
                    "science",
                    "admin:orders_fulfillmentline_simulate",
                    waits,
                ),
            ],
        ),
        (
            _("Channels"),
            [
                _item(
                    _("Channels"),
                    "hub",
                    "admin:channels_channel_changelist",
                    _view("channel", "channels"),
                ),
            ],
        ),
        (
            _("Work"),
            [
                _item(_("Receive"), "input", "admin:inventory_movement_receive", moves),
                _item(_("Correct"), "edit_note", "admin:inventory_movement_correct", moves),
                _item(_("Transfer"), "sync_alt", "admin:inventory_movement_transfer", moves),
                _item(_("Count"), "fact_check", "admin:inventory_movement_count", moves),
                _item(
                    _("Imports & exports"),
                    "table",
                    "admin:inventory_import_changelist",
                    _view("import"),
                ),
            ],
        ),
        (
            _("Settings"),
            [
                _item(
                    _("Workflow"),
                    "settings",
                    "admin:inventory_storesettings_changelist",
                    _view("storesettings"),
                ),
                _item(
                    _("Marketplace configuration"),
                    "storefront",
                    "admin:inventory_storesettings_marketplace",
                    _may("inventory.manage_marketplace"),
                ),
                _item(
                    _("Warehouses"),
                    "warehouse",
                    "admin:inventory_warehouse_changelist",
                    _view("warehouse"),
                ),
                _item(_("Sellers"), "groups", "admin:inventory_seller_changelist", _view("seller")),
                _item(
                    _("Delivery timeframes"),
                    "schedule",
                    "admin:inventory_deliverytimeframe_changelist",
                    _view("deliverytimeframe"),
                ),
                _item(
                    _("API tokens"),
                    "key",
                    "admin:backoffice_apitoken_changelist",
                    _view("apitoken", "backoffice"),
                ),
                _item(_("Users"), "person", "admin:auth_user_changelist", _superuser),
                _item(_("Groups"), "badge", "admin:auth_group_changelist", _superuser),
            ],
        ),
    ]
    _mark_active(request.path, [item for _title, items in groups for item in items if item])
    menu: list[dict[str, Any]] = []
    for title, items in groups:
        shown = [item for item in items if item and item["permission"](request)]
        if shown:
            menu.append({"title": title, "separator": bool(menu), "items": shown})
    return menu


def _store_name(request: HttpRequest) -> str:
    """Return the name above the menu."""
    from inventory.models import StoreSettings  # noqa: PLC0415  (models load after settings)

    if not request.user.is_authenticated:
        return "Backoffice"
    return str(StoreSettings.load().store_name)


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
    "STYLES": [lambda _request: static("inventory/admin.css")],
    "SCRIPTS": [lambda _request: static("inventory/admin.js")],
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
        "show_search": False,
        "show_all_applications": False,
        "navigation": navigation,
    },
}
