"""The four roles that come ready made, as groups with permissions."""

from django.contrib.auth.models import Group, Permission
from django.db.models import Q

OPERATOR, SELLER, WAREHOUSE, VIEWER = "operator", "seller", "warehouse", "viewer"

_CATALOG = ("product", "variant", "bundlecomponent")
_STOCK = (
    "stocklevel",
    "movement",
    "incomingdelivery",
    "incomingdeliveryline",
    "warehouse",
)
_WORK = ("import", "importrow", "job", "changeset", "changesetrow")

ROLES: dict[str, dict[str, tuple[str, ...]]] = {
    OPERATOR: {
        "view": ("*",),
        "add": (*_CATALOG, *_STOCK, *_WORK, "seller", "deliverytimeframe"),
        "change": (
            *_CATALOG,
            *_STOCK,
            *_WORK,
            "seller",
            "deliverytimeframe",
            "storesettings",
        ),
        "delete": (*_CATALOG, "deliverytimeframe"),
        "manage_marketplace": ("storesettings",),
    },
    SELLER: {
        "view": (*_CATALOG, *_STOCK, *_WORK),
        "add": ("import",),
        "change": ("product", "variant", "stocklevel", "import"),
    },
    WAREHOUSE: {
        "view": (*_CATALOG, *_STOCK),
        "add": ("movement", "incomingdelivery"),
        "change": ("stocklevel", "incomingdelivery"),
    },
    VIEWER: {
        "view": (
            *_CATALOG,
            *_STOCK,
            *_WORK,
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
            wanted |= (
                Q(codename__startswith=f"{verb}_", content_type__app_label="inventory")
                if model == "*"
                else Q(codename=f"{verb}_{model}", content_type__app_label="inventory")
                if verb != "manage_marketplace"
                else Q(codename=verb, content_type__app_label="inventory")
            )
    group.permissions.set(Permission.objects.filter(wanted))
    return group
