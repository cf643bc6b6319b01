"""What a seller may ask that others' rows could answer: the questions, as data.

Each question is asked twice: with what belongs to another, and with something of the same form that
nobody has. Both answers have to be the same, letter for letter, but for the value itself.
Text filters of the API and searches of the admin are found by themselves; what stands here are the
values that are asked for, and the questions that are asked in another way.
"""

from tests.marketplace.world import B

NOBODYS = {
    "sku": "CANARY-QB777Q",
    "small": "canary-qb777q",
    "title": "canary qb777q",
    "code": "seller-qb777q",
    "slug": "canary-qb777q",
    "email": "qb777q@canary.example",
    "seller": 987_654,
    "key": 987_654,
    "order": "987654",
    "parcel": "987654-1",
}
"""Something of each form that nobody has."""


def theirs(world, owner=B):
    """Return what another has, by form; an order with the SKU is one that the seller sees, too."""
    variant = world.variants[owner][0]
    seller, order = world.sellers.get(owner), world.pk(owner, "orders.order")
    return {
        "sku": world.skus[owner],
        "small": world.skus[owner].lower(),
        "title": variant.product.title,
        "code": seller.code if seller else NOBODYS["code"],
        "slug": variant.product.slug,
        "email": world.emails[owner],
        "seller": seller.pk if seller else NOBODYS["seller"],
        "key": variant.pk,
        "order": str(order),
        "parcel": f"{order}-1",
    }


QUESTIONS = {
    # --- lists, by the value of a filter
    "orders with a SKU": ("GET", "/api/v1/orders?sku={sku}", None),
    "orders with a SKU in small letters": ("GET", "/api/v1/orders?sku={small}", None),
    "parcels with a SKU": ("GET", "/api/v1/fulfillment-orders?sku={sku}", None),
    "variants of a seller": ("GET", "/api/v1/variants?seller={code}", None),
    "products of a seller": ("GET", "/api/v1/products?seller={code}", None),
    "listings of a seller": ("GET", "/api/v1/channels/storefront/listings?seller={code}", None),
    # --- lists and searches of the admin
    "search of orders": ("GET", "/admin/orders/order/?q={sku}", None),
    "search of orders by e-mail": ("GET", "/admin/orders/order/?q={email}", None),
    "search of parcels": ("GET", "/admin/orders/fulfillmentorder/?q={sku}", None),
    "search of the waiting room": ("GET", "/admin/orders/fulfillmentline/?q={sku}", None),
    "variants of a seller, by key": ("GET", "/admin/inventory/variant/?seller={seller}", None),
    "simulation of a SKU": ("GET", "/admin/orders/fulfillmentline/simulate/?sku={sku}", None),
    "scan of a SKU": ("GET", "/admin/inventory/movement/scan/?code={sku}", None),
    "log of a SKU": ("GET", "/admin/reports/log/?sku={sku}", None),
    "search of everything": ("GET", "/admin/find/?q={sku}", None),
    "search of everything by a title": ("GET", "/admin/find/?q={title}", None),
    "search of everything by a number": ("GET", "/admin/find/?q={order}", None),
    "search in the menu": ("GET", "/admin/search/?s={title}", None),
    # --- one row: missing and somebody else's are alike
    "an order": ("GET", "/api/v1/orders/{order}", None),
    "a parcel": ("GET", "/api/v1/fulfillment-orders/{parcel}", None),
    "a variant": ("GET", "/api/v1/variants/{sku}", None),
    "stock of a variant": ("GET", "/api/v1/stock/{sku}/main", None),
    "availability": ("GET", "/api/v1/availability?sku={sku}", None),
    "why": ("GET", "/api/v1/availability/{sku}/why", None),
    "availability in each channel": ("GET", "/api/v1/variants/{sku}/availability", None),
    "a listing": ("GET", "/api/v1/channels/storefront/listings/{sku}", None),
    "a variant's page": ("GET", "/admin/inventory/variant/{key}/change/", None),
    # --- bodies that name something
    "change of a variant": ("PATCH", "/api/v1/variants/{sku}", {"title": "x"}),
    "change of an order": ("PATCH", "/api/v1/orders/{order}", {"priority": 1}),
    "change of a listing": (
        "PATCH",
        "/api/v1/channels/storefront/listings/{sku}",
        {"allow_backorder": True},
    ),
    "components": (
        "PATCH",
        "/api/v1/variants/{own}",
        {"components": [{"sku": "{sku}", "quantity": 1}]},
    ),
    "a quote": (
        "POST",
        "/api/v1/quotes",
        {"channel": "storefront", "lines": [{"sku": "{sku}", "quantity": 1}]},
    ),
    "a simulation": (
        "POST",
        "/api/v1/stock/simulations",
        {"warehouse": "main", "lines": [{"sku": "{sku}", "quantity": 1}]},
    ),
    "a bulk edit": (
        "POST",
        "/api/v1/bulk-edits",
        {"skus": ["{sku}"], "changes": {"backorders": "no"}},
    ),
    "a bulk edit by a filter": (
        "POST",
        "/api/v1/bulk-edits",
        {"filter": {"sku": "{sku}"}, "changes": {"backorders": "no"}},
    ),
    "publishing": ("POST", "/api/v1/channels/storefront/publish", {"skus": ["{sku}"]}),
    "unlisting": ("POST", "/api/v1/channels/storefront/unlist", {"skus": ["{sku}"]}),
}
"""Each question: method, address, body. `{own}` is the seller's own SKU."""
