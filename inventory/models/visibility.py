"""Which rows a user of a seller sees: said once, for every model of every app.

What is said nowhere is the store's alone, so a model that is forgotten here leaks nothing.
"""

from typing import Any, TypeVar

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db.models import Model, QuerySet

from inventory.models.catalog import own_sellers, seller_scope

Row = TypeVar("Row", bound=Model)

SELLER_PATHS: dict[str, str] = {
    "inventory.seller": "pk",
    "inventory.product": "seller",
    "inventory.variant": "product__seller",
    "inventory.stocklevel": "variant__product__seller",
    "inventory.movement": "stock_level__variant__product__seller",
    "inventory.incomingdeliveryline": "variant__product__seller",
    "channels.listing": "variant__product__seller",
    "channels.outgoing": "listing__variant__product__seller",
    "channels.channellog": "listing__variant__product__seller",
    "orders.orderline": "variant__product__seller",
    "orders.fulfillmentline": "variant__product__seller",
    "backoffice.backorderday": "seller",
}
"""Models whose rows belong to one seller, and where that seller is, seen from the row."""

OWNER_PATHS: dict[str, str] = {
    "inventory.import": "created_by",
    "inventory.importrow": "source__created_by",
    "inventory.job": "created_by",
    "inventory.changeset": "by",
    "inventory.changesetrow": "change_set__by",
    "inventory.bulkedit": "created_by",
    "inventory.bulkedititem": "edit__created_by",
    "channels.bulklisting": "created_by",
    "channels.bulklistingitem": "bulk__created_by",
    "channels.savedfilter": "user",
    "backoffice.apitoken": "user",
}
"""Work that somebody began: a seller's user sees own work alone."""

SHARED = frozenset(
    {
        "inventory.warehouse",
        "inventory.deliverytimeframe",
        "inventory.storesettings",
        "channels.channel",
    }
)
"""What every seller sees, as far as the rights go: it belongs to nobody, or to the store."""


def visible(queryset: QuerySet[Row], user: AbstractBaseUser | AnonymousUser) -> QuerySet[Row]:
    """Return the rows that a user of the back office may see; the store's staff see all.

    A queryset with a rule of its own, `visible_to`, is asked; orders and deliveries have one, as
    several sellers may have a part in them.
    """
    rule: Any = getattr(queryset, "visible_to", None)
    if rule is not None:
        rows: QuerySet[Row] = rule(user)
        return rows
    label = queryset.model._meta.label_lower  # noqa: SLF001
    if path := SELLER_PATHS.get(label):
        return queryset.filter(seller_scope(user, path))
    sellers = own_sellers(user)
    if sellers is None:
        return queryset
    if sellers and (owner := OWNER_PATHS.get(label)):
        return queryset.filter(**{owner: user.pk})
    return queryset if sellers and label in SHARED else queryset.none()
