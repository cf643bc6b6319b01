"""Every address in the resolver, and the ways to fill in what stands between `<` and `>`."""

import re
from dataclasses import dataclass
from urllib.parse import quote

from django.contrib import admin
from django.contrib.contenttypes.models import ContentType
from django.urls import get_resolver

from backoffice.reports import REPORTS
from inventory.models import Product, Variant
from orders.models import Order
from tests.marketplace.world import MISSING

PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")
MODEL_OF = {
    "listing_id": "channels.listing",
    "bulk_id": "channels.bulklisting",
    "parcel_id": "orders.fulfillmentorder",
    "hold_id": "orders.hold",
    "job_id": "inventory.job",
    "delivery_id": "inventory.incomingdelivery",
    "id": "auth.user",
    "edit_id": "inventory.bulkedit",
    "change_set_id": "inventory.changeset",
    "product_id": "inventory.product",
}
"""Parameters that are keys; `object_id` is one of the model that the address names."""

WORDS = {
    "mark": "x" * 32,
    "app_label": "inventory",
    "code": "main",
    "warehouse": "main",
    "url": "nothing/here",
    "token": "x" * 43,
}
"""Parameters that are the same for everybody."""

ACTIONS = {"orders_order_do": "cancel", "orders_order_parcel": "pick"}


@dataclass(frozen=True)
class Route:
    """One line of the resolver; `name` is its name, or its method-less address in the API."""

    pattern: str
    name: str
    view: object = None

    @property
    def is_api(self):
        """Return whether programs speak to it."""
        return self.pattern.startswith("api/")

    @property
    def model(self):
        """Return the label of the model of an admin page."""
        parts = self.pattern.split("/")
        return f"{parts[1]}.{parts[2]}" if len(parts) > 3 else ""

    def address(self, world, owner):
        """Return the address with the rows of one owner, or with missing ones (`None`)."""
        return "/" + PARAMETER.sub(
            lambda found: quote(str(self._value(found[1], world, owner)), safe=""), self.pattern
        )

    def _value(self, parameter, world, owner):
        label = {"object_id": self.model, **MODEL_OF}.get(parameter)
        if self.pattern.startswith("admin/r/") and label:
            label = "orders.order"
        if label:
            return _key(world, owner, label)
        order = _key(world, owner, "orders.order")
        words = {
            **WORDS,
            "content_type_id": ContentType.objects.get_for_model(Order).pk,
            "sku": world.skus.get(owner, "no-such-sku"),
            "seller": self._seller(world, owner),
            "name": ACTIONS.get(self.name, "mend"),
            "slug": self._slug(world) if owner else "nowhere",
            "number": f"{order}-1" if "fulfillment-orders" in self.pattern else order,
        }
        place = "tests/marketplace/addresses.py"
        assert parameter in words, f"{self.pattern}: say in {place} what <{parameter}> is"
        return words[parameter]

    def _seller(self, world, owner):
        seller = world.sellers.get(owner)
        return seller.code if seller else "nobody"

    def _slug(self, world):
        return "backorders" if "reports" in self.pattern else world.storefront.slug


def _key(world, owner, label):
    key = world.pk(owner, label) if owner else None
    return MISSING if key is None else key


def routes():
    """Return every address of the back office and of the API; the storefront is for everybody."""
    found = list(_walk(get_resolver()))
    return [one for one in found if not one.name.startswith(("storefront:", "health-"))]


def _walk(resolver, prefix="", space=""):
    for one in resolver.url_patterns:
        pattern = prefix + _plain(str(one.pattern))
        if hasattr(one, "url_patterns"):
            inner = f"{space}{one.namespace}:" if one.namespace else space
            yield from _walk(one, pattern, inner)
        else:
            name = f"{space}{one.name}".removeprefix("admin:") if one.name else pattern
            yield Route(pattern, name, one.callback)


def _plain(pattern):
    """Return a regular expression of the admin as an ordinary address."""
    return re.sub(r"\(\?P<(\w+)>[^)]*\)", r"<\1>", pattern).strip("^").replace("$", "")


def list_queries(world):
    """Return what may stand behind the address of each list: searches, filters, look-ups."""
    queries = {}
    for model, page in admin.site._registry.items():
        label = model._meta.label_lower
        name = f"{model._meta.app_label}_{model._meta.model_name}_changelist"
        searches = ["q=canary", "o=1"]
        for one in page.list_filter:
            parameter = getattr(one, "parameter_name", None)
            if parameter:
                choices = VALUES.get(parameter, ()) or [
                    str(world.pk(owner, "inventory.seller")) for owner in ("a", "b")
                ]
                searches += [f"{parameter}={value}" for value in choices]
        if label == "inventory.variant":
            searches += ["product__seller__name__startswith=can", "e=1"]
        queries[name] = searches
    return queries


VALUES = {
    "stock": ("low", "none", "owed"),
    "backorders": ("allow", "no", "inherit"),
    "kind": ("tracked", "bundle", "preorder", "backorder"),
    "warehouse": ("main",),
    "visible": ("1", "0"),
    "state": ("open", "late", "waits", "ships", "attention", "pending", "ready", "done", "failed"),
    "status": ("waiting", "ready", "processing", "new"),
    "payment": ("paid", "pending"),
    "channel": ("storefront", "shop"),
    "age": ("7",),
    "promise": ("none", "late"),
}
"""Values of the filters beside the lists."""


def autocompletes():
    """Return the admin's look-up of every foreign key."""
    for model in admin.site._registry:
        for field in model._meta.get_fields():
            if field.is_relation and field.concrete:
                yield (
                    f"/admin/autocomplete/?term=canary&app_label={model._meta.app_label}"
                    f"&model_name={model._meta.model_name}&field_name={field.name}"
                )


def extra_addresses(world, owner):
    """Return addresses whose query names what is looked at: tabs, exports, look-ups, API lists."""
    sku = quote(world.skus[owner])
    variant = world.variants[owner][0]
    kept = world.rows[owner]
    yield from (
        f"/admin/inventory/variant/{variant.pk}/change/?tab={tab}"
        for tab in ("movements", "why", "shoppers", "history")
    )
    for model in (Product, Variant, Order):
        key = kept[model._meta.label_lower][0]
        yield f"/admin/r/{ContentType.objects.get_for_model(model).pk}/{key}/"
    yield from (
        f"/admin/inventory/import/export/?columns={columns}&format={kind}"
        for columns in ("edit", "full")
        for kind in ("csv", "xlsx")
    )
    yield from _channel_addresses(world, owner, sku)
    for source in kept["inventory.import"]:
        yield f"/admin/inventory/import/{source}/change/?show=error"
        yield f"/admin/inventory/import/{source}/errors/?format=xlsx"
    yield f"/admin/inventory/movement/scan/?code={sku}"
    yield f"/admin/inventory/variant/add/?product={variant.product_id}"
    simulate = "/admin/orders/fulfillmentline/simulate/"
    yield f"{simulate}?sku={sku}"
    yield f"{simulate}?delivery={kept['inventory.incomingdelivery'][0]}"
    yield from _order_addresses(world, owner)
    yield from (f"/admin/search/?s={term}" for term in ("canary", "q"))
    yield from (f"/admin/find/?q={term}" for term in ("canary", f"q{owner}", str(variant.pk), sku))
    yield from (f"/admin/reports/{slug}/?format={kind}" for slug in REPORTS for kind in ("csv", ""))
    yield f"/admin/reports/log/?sku={sku}"
    yield from (f"/api/v1/{path}" for path in (f"availability?sku={sku}", "variants?q=canary"))
    yield from (f"/api/v1/jobs/{job}" for job in kept["inventory.job"])


def _order_addresses(world, owner):
    parcels = "&".join(f"parcel={key}" for key in world.rows[owner]["orders.fulfillmentorder"])
    yield f"/admin/orders/fulfillmentorder/pick-list/?{parcels}"
    yield from (f"/api/v1/orders/{order}" for order in world.rows["mixed"]["orders.order"])
    for order in world.rows["mixed"]["orders.order"]:
        yield f"/admin/orders/order/{order}/change/"


def _channel_addresses(world, owner, sku):
    kept = world.rows[owner]
    for channel in (world.storefront, world.shop):
        base = f"/admin/channels/channel/{channel.pk}"
        yield from (f"{base}/catalog/?{query}" for query in (f"item={sku}", "q=canary"))
        yield from (f"{base}/catalog/?status={status}" for status in ("failed", "unlisted"))
        yield from (
            f"{base}/bulk/?q=canary",
            f"{base}/log/?show=failures",
            f"{base}/log/?kind=listing",
        )
        yield from (f"{base}/bulk/{bulk}/?show=failed" for bulk in kept["channels.bulklisting"])
        yield f"/api/v1/channels/{channel.slug}/listings?q=canary"
        yield f"/api/v1/channels/{channel.slug}/listings/{sku}"
