"""The four roles that come ready made, as groups with permissions."""

from django.contrib.auth.models import Group, Permission
from django.db.models import Q

from inventory.models.catalog import SELLER_ROLE

OPERATOR, SELLER, WAREHOUSE, VIEWER = "operator", SELLER_ROLE, "warehouse", "viewer"

_CATALOG = ("product", "variant", "bundlecomponent")
_STOCK = (
    "stocklevel",
    "movement",
    "incomingdelivery",
    "incomingdeliveryline",
    "warehouse",
)
_ORDERS = (
    "orders.order",
    "orders.orderline",
    "orders.orderevent",
    "orders.fulfillmentorder",
    "orders.fulfillmentline",
    "orders.hold",
)
_CAPTURED = "orders.capturedorder"
_CHANNELS = (
    "channels.channel",
    "channels.listing",
    "channels.bulklisting",
    "channels.bulklistingitem",
    "channels.channellog",
    "channels.outgoing",
)
_LISTINGS = (
    "channels.listing",
    "channels.bulklisting",
    "channels.bulklistingitem",
    "channels.channellog",
)
"""What a seller has in channels: not their setup, not what waits to be sent."""

_WORK = (
    "import",
    "importrow",
    "job",
    "changeset",
    "changesetrow",
    "bulkedit",
    "bulkedititem",
)

WHOLE = frozenset({"manage_marketplace", "fulfill"})
"""Rights that are not one of Django's four."""

ROLES: dict[str, dict[str, tuple[str, ...]]] = {
    OPERATOR: {
        "view": ("*", *_ORDERS, _CAPTURED, "orders.bookcheck", *_CHANNELS),
        "add": (
            *_CATALOG,
            "orders.order",
            *_CHANNELS,
            *_STOCK,
            *_WORK,
            "seller",
            "deliverytimeframe",
        ),
        "change": (
            "orders.order",
            _CAPTURED,
            "orders.fulfillmentorder",
            *_CHANNELS,
            *_CATALOG,
            *_STOCK,
            *_WORK,
            "seller",
            "deliverytimeframe",
            "outgoingmail",
            "putaside",
            "storesettings",
        ),
        "delete": (*_CATALOG, "deliverytimeframe"),
        "manage_marketplace": ("storesettings",),
        "fulfill": ("orders.fulfillmentorder",),
    },
    SELLER: {
        "view": (*_CATALOG, *_STOCK, *_WORK, *_ORDERS, *_LISTINGS),
        "add": ("import", "bulkedit", "channels.bulklisting"),
        "change": (
            "product",
            "variant",
            "stocklevel",
            "import",
            "bulkedit",
            "job",
            "changeset",
            "channels.listing",
        ),
    },
    WAREHOUSE: {
        "view": (*_CATALOG, *_STOCK, *_ORDERS, _CAPTURED),
        "add": ("movement", "incomingdelivery"),
        "change": ("incomingdelivery", "orders.fulfillmentorder"),
        "fulfill": ("orders.fulfillmentorder",),
    },
    VIEWER: {
        "view": (
            *_CATALOG,
            *_STOCK,
            *_WORK,
            *_ORDERS,
            _CAPTURED,
            *_CHANNELS,
            "seller",
            "deliverytimeframe",
            "storesettings",
        )
    },
}


def ensure_roles() -> dict[str, Group]:
    """Make the groups with their permissions; safe to call again. Returns them by name."""
    return {name: _ensure_role(name) for name in ROLES}


def _ensure_role(name: str) -> Group:
    group, _created = Group.objects.get_or_create(name=name)
    wanted = Q(pk__in=[])
    for verb, models in ROLES[name].items():
        for model in models:
            wanted |= _rights(verb, model)
    group.permissions.set(Permission.objects.filter(wanted))
    return group


def _rights(verb: str, model: str) -> Q:
    """Return the rights that a verb on a model means; models of other apps are named with them."""
    app, _dot, name = model.rpartition(".")
    here = Q(content_type__app_label=app or "inventory")
    if name == "*":
        return here & Q(codename__startswith=f"{verb}_")
    if verb in WHOLE:
        return here & Q(codename=verb, content_type__model=name)
    return here & Q(codename=f"{verb}_{name}")
