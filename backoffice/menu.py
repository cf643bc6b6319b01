"""The admin's menu: a merchant's day from top to bottom, in the words of the domain."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

Right = Callable[[HttpRequest], bool]
Item = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Entry:
    """A page of the menu: `page` is the name of its address, `right` says who sees it."""

    title: Any
    icon: str
    page: str
    right: Right


def _view(model: str, app: str = "inventory") -> Right:
    return _may(f"{app}.view_{model}", f"{app}.change_{model}")


def _may(*permissions: str) -> Right:
    """Return whether a user has one of these permissions."""

    def allowed(request: HttpRequest) -> bool:
        return any(request.user.has_perm(permission) for permission in permissions)

    return allowed


def _everyone(_request: HttpRequest) -> bool:
    return True


def _superuser(request: HttpRequest) -> bool:
    return bool(getattr(request.user, "is_superuser", False))


_ORDERS = _view("order", "orders")
_WAITS = _view("fulfillmentline", "orders")
_VARIANTS = _view("variant")
_MOVES = _may("inventory.add_movement")

MENU: tuple[tuple[Any, tuple[Entry, ...]], ...] = (
    (
        "",
        (
            Entry(_("Home"), "home", "admin:index", _everyone),
            Entry(_("Orders"), "shopping_bag", "admin:orders_order_changelist", _ORDERS),
            Entry(
                _("Waiting room"),
                "hourglass_top",
                "admin:orders_fulfillmentline_changelist",
                _WAITS,
            ),
            Entry(_("Inventory"), "inventory_2", "admin:inventory_variant_changelist", _VARIANTS),
            Entry(_("Products"), "sell", "admin:inventory_product_changelist", _view("product")),
            Entry(
                _("Channels"),
                "hub",
                "admin:channels_channel_changelist",
                _may("channels.view_channel", "channels.view_listing"),
            ),
            Entry(
                _("Imports & exports"),
                "table",
                "admin:inventory_import_changelist",
                _view("import"),
            ),
            Entry(_("Reports"), "bar_chart", "admin:backoffice_reports", _VARIANTS),
        ),
    ),
    (
        _("Warehouse"),
        (
            Entry(
                _("Fulfillment orders"),
                "deployed_code",
                "admin:orders_fulfillmentorder_changelist",
                _view("fulfillmentorder", "orders"),
            ),
            Entry(_("Receive"), "input", "admin:inventory_movement_receive", _MOVES),
            Entry(_("Count"), "fact_check", "admin:inventory_movement_count", _MOVES),
            Entry(_("Transfer"), "sync_alt", "admin:inventory_movement_transfer", _MOVES),
            Entry(_("Correct"), "edit_note", "admin:inventory_movement_correct", _MOVES),
        ),
    ),
    (
        _("Buying"),
        (
            Entry(
                _("What to buy"),
                "shopping_cart",
                "admin:orders_fulfillmentline_buying",
                _WAITS,
            ),
            Entry(
                _("Simulate a delivery"),
                "science",
                "admin:orders_fulfillmentline_simulate",
                _WAITS,
            ),
            Entry(_("Low stock"), "trending_down", "admin:inventory_variant_low", _VARIANTS),
            Entry(
                _("Deliveries"),
                "local_shipping",
                "admin:inventory_incomingdelivery_changelist",
                _view("incomingdelivery"),
            ),
        ),
    ),
    (
        _("Follow up"),
        (
            Entry(
                _("Channel orders"),
                "move_to_inbox",
                "admin:orders_capturedorder_changelist",
                _view("capturedorder", "orders"),
            ),
            Entry(_("Jobs"), "pending_actions", "admin:inventory_job_changelist", _view("job")),
            Entry(
                _("Changes"),
                "history",
                "admin:inventory_changeset_changelist",
                _view("changeset"),
            ),
            Entry(
                _("Mails"),
                "mail",
                "admin:inventory_outgoingmail_changelist",
                _view("outgoingmail"),
            ),
            Entry(
                _("Put aside"),
                "report",
                "admin:inventory_putaside_changelist",
                _view("putaside"),
            ),
            Entry(
                _("Check of the books"),
                "verified",
                "admin:orders_bookcheck_changelist",
                _view("bookcheck", "orders"),
            ),
            Entry(
                _("Movements"),
                "swap_vert",
                "admin:inventory_movement_changelist",
                _view("movement"),
            ),
        ),
    ),
    (
        _("Settings"),
        (
            Entry(
                _("Workflow"),
                "settings",
                "admin:inventory_storesettings_changelist",
                _view("storesettings"),
            ),
            Entry(
                _("Warehouses"),
                "warehouse",
                "admin:inventory_warehouse_changelist",
                _view("warehouse"),
            ),
            Entry(
                _("Delivery timeframes"),
                "schedule",
                "admin:inventory_deliverytimeframe_changelist",
                _view("deliverytimeframe"),
            ),
            Entry(
                _("Marketplace configuration"),
                "storefront",
                "admin:inventory_storesettings_marketplace",
                _may("inventory.manage_marketplace"),
            ),
            Entry(_("Sellers"), "groups", "admin:inventory_seller_changelist", _view("seller")),
            Entry(
                _("API tokens"),
                "key",
                "admin:backoffice_apitoken_changelist",
                _view("apitoken", "backoffice"),
            ),
            Entry(_("Users"), "person", "admin:auth_user_changelist", _superuser),
            Entry(_("Groups"), "badge", "admin:auth_group_changelist", _superuser),
        ),
    ),
    ("", (Entry(_("Help"), "help", "admin:backoffice_help", _everyone),)),
)


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the groups that have something for this user, with the open page marked."""
    groups = [
        (title, [item for entry in entries if (item := _item(entry, request))])
        for title, entries in MENU
    ]
    _mark_active(request.path, [item for _title, items in groups for item in items])
    return [
        {"title": title, "separator": number > 0, "items": items}
        for number, (title, items) in enumerate(groups)
        if items
    ]


def _item(entry: Entry, request: HttpRequest) -> Item | None:
    """Return a menu item; nothing where the user may not go, or where no page is yet."""
    if not entry.right(request):
        return None
    address = _address(entry.page)
    if not address:
        return None
    return {"title": entry.title, "icon": entry.icon, "link": address, "permission": entry.right}


def address_of(page: str, request: HttpRequest) -> str:
    """Return the address of a page of the menu, or nothing when this user has it not."""
    entries = (entry for _title, entries in MENU for entry in entries)
    rights = [entry.right for entry in entries if entry.page == page]
    return _address(page) if any(right(request) for right in rights) else ""


def _address(page: str) -> str:
    """Return the address of a page, or nothing while there is none."""
    try:
        return reverse(page)
    except NoReverseMatch:
        return ""


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
