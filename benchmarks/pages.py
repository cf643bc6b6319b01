"""What people open all day: each page in a shop of this size, against one a hundredth as large.

`ours` and `baseline` are the 95th percentile of twenty readings, in seconds, here and in the small
shop; `queries` is how many statements the page takes.
"""

import io
import json
import statistics
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import connection
from django.test import Client

from benchmarks.harness import Harness
from channels.models import STOREFRONT, Channel, Listing, ListingStatus

READINGS = 20
SMALLER = 100
FEWEST = 1_000

INVENTORY = "/admin/inventory/variant/"
CATALOG = "/admin/channels/channel/{channel}/catalog/"
BULK = "/admin/channels/channel/{channel}/bulk/"

LISTS = {
    "home": "/admin/",
    "inventory": INVENTORY,
    "low stock": f"{INVENTORY}low/",
    "products": "/admin/inventory/product/",
    "movements": "/admin/inventory/movement/",
    "orders": "/admin/orders/order/",
    "new order": "/admin/orders/order/add/",
    "waiting room": "/admin/orders/fulfillmentline/",
    "catalog": CATALOG,
    "bulk listing": BULK,
    "storefront": "/",
}
NARROWED = {
    "inventory": (
        *("q=harbor", "q=D000", "q=harbor+mug", "q=nothing-has-it", "q=m", "p=3"),
        *("stock=low", "stock=ran_low", "stock=none", "stock=owed", "q=harbor&stock=none"),
        *("backorders=no", "backorders=allow", "backorders=notify", "kind=tracked"),
        *("kind=untracked", "kind=bundle", "kind=preorder", "warehouse=main", "seller=store"),
    ),
    "products": ("q=harbor", "q=nothing-has-it", "seller=store"),
    "movements": ("q=D0000",),
    "orders": ("q=D0000", "state=open"),
    "waiting room": ("q=harbor",),
    "catalog": (
        *("q=harbor", "q=nothing-has-it", "status=changed", "status=listed", "status=unlisted"),
        *("stock=available", "stock=none", "allow_backorder=true", "allow_backorder=false"),
        *("published_backorder=true", "published_backorder=false", "product=harbor"),
        *("brand=nobody", "seller=nobody", "price_from=100", "price_from=99999", "price_to=3.05"),
    ),
    "bulk listing": ("q=harbor", "stock=available"),
    "storefront": ("q=harbor", "q=nothing-has-it", "available=1", "page=5"),
}
PAGES = LISTS | {
    f"{name}, {query}": f"{LISTS[name]}?{query}"
    for name, queries in NARROWED.items()
    for query in queries
}


def run(harness: Harness) -> None:
    """Print what each page takes."""
    settings.ALLOWED_HOSTS = ["*"]
    before = _read_all(max(harness.size // SMALLER, FEWEST))
    for name, (took, queries) in _read_all(harness.size).items():
        figure = {
            "what": f"page: {name}",
            "engine": harness.engine,
            "size": harness.size,
            "ours": round(took, 4),
            "baseline": round(before[name][0], 4),
            "limit": None,
            "ratio_baseline": round(before[name][0] / took, 2),
            "queries": queries,
        }
        print(json.dumps(figure), flush=True)


def _read_all(size: int) -> dict[str, tuple[float, int]]:
    """Return for each page the 95th percentile of its seconds, and its statements."""
    call_command("load_demo", variants=size, orders=100, stdout=io.StringIO())
    channel = Channel.objects.get(slug=STOREFRONT)
    some = Listing.objects.filter(channel=channel, status=ListingStatus.LISTED).order_by("-pk")[:50]
    Listing.objects.filter(pk__in=[row.pk for row in some]).update(status=ListingStatus.CHANGED)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    client = Client()
    user, _made = get_user_model().objects.get_or_create(
        username="bench", is_staff=True, is_superuser=True
    )
    client.force_login(user)
    return {name: _read(client, page.format(channel=channel.pk)) for name, page in PAGES.items()}


def _read(client: Client, address: str) -> tuple[float, int]:
    statements: list[str] = []
    with connection.execute_wrapper(partial(_note, statements)):
        answer = client.get(address)
    assert answer.status_code == 200, (address, answer.status_code)
    times = []
    for _reading in range(READINGS):
        started = time.perf_counter()
        client.get(address)
        times.append(time.perf_counter() - started)
    return statistics.quantiles(times, n=20)[-1], len(statements)


def _note(statements: list[str], execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
    statements.append(sql)
    return execute(sql, *rest)
