"""Every page of the back office, on wide and narrow, light and dark screens."""

import re
from decimal import Decimal

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.models import User
from django.core.management import call_command
from django.utils import timezone

from channels.models import BulkListing, Channel, ChannelLog, Listing, Outgoing, SavedFilter
from channels.models.bulk import BulkState, ItemState
from channels.services.bulk import choose, freeze
from channels.services.channels import create_channel
from channels.services.listings import edit_listing
from channels.services.publish import publish
from inventory.acts import Act
from inventory.models import Import, IncomingDelivery, Job, Product, Variant
from inventory.services.catalog import create_product, create_variant
from inventory.spreadsheets.check import check
from inventory.spreadsheets.engine import hand_in
from orders.models import FulfillmentLine, FulfillmentOrder
from orders.services.booking import Wanted
from orders.services.capture import record, settle
from orders.services.page_keys import page_key
from orders.services.place import Customer, place_order
from tests.inventory.spreadsheets.conftest import FILES as IMPORTS
from tests.orders.capture.conftest import line, remote
from tests.walks.conftest import log_in

pytestmark = [
    pytest.mark.browser,
    pytest.mark.once,
    pytest.mark.django_db(transaction=True),
]

BASE = "/admin/inventory"
ORDERS = "/admin/orders/order"
PARCELS = "/admin/orders/fulfillmentorder"
WAITING = "/admin/orders/fulfillmentline"
CHANNELS = "/admin/channels/channel"
CAPTURED = "/admin/orders/capturedorder"
REPORTS = tuple(f"reports/{name}" for name in ("backorders", "held", "fill", "log"))
API_PAGE = "/api/v1/docs"
"""Made by a library, which has accessibility of its own."""
PAGES = (
    *("/admin/", f"{BASE}/variant/", f"{BASE}/variant/?q=nothing-at-all", f"{BASE}/variant/low/"),
    *(f"{BASE}/variant/add/", f"{BASE}/product/", f"{BASE}/product/add/", f"{BASE}/movement/"),
    *(f"{BASE}/movement/{verb}/" for verb in ("receive", "correct", "transfer", "count")),
    *(f"{BASE}/incomingdelivery/", f"{BASE}/incomingdelivery/add/", f"{BASE}/import/"),
    *(f"{BASE}/import/add/", f"{BASE}/import/export/", f"{BASE}/storesettings/"),
    *(f"{BASE}/storesettings/marketplace/", f"{BASE}/warehouse/", f"{BASE}/seller/"),
    *(f"{BASE}/deliverytimeframe/", "/admin/auth/user/", "/admin/backoffice/apitoken/"),
    *(f"{ORDERS}/?state={state}" for state in ("", "waits", "ships", "attention")),
    *(f"{ORDERS}/?q=nothing-at-all", f"{ORDERS}/add/", f"{PARCELS}/", f"{PARCELS}/?status=ready"),
    *(f"{CAPTURED}/?state={state}" for state in ("", "attention", "pending", "captured")),
    f"{CAPTURED}/?q=nothing-at-all",
    *(f"{WAITING}/", f"{WAITING}/?q=nothing-at-all", f"{WAITING}/simulate/", f"{WAITING}/buying/"),
    *(f"{CHANNELS}/", f"{CHANNELS}/?q=nothing-at-all", f"{CHANNELS}/add/"),
    *(f"/admin/{page}/" for page in ("help", "reports", *REPORTS)),
    *(
        f"{BASE}/changeset/",
        f"{BASE}/changeset/?kind=everything",
        f"{BASE}/job/",
        f"{BASE}/bulkedit/",
    ),
    *("/admin/find/?q=mug", f"{BASE}/outgoingmail/", f"{BASE}/outgoingmail/?state=given_up"),
    f"{BASE}/putaside/",
    "/admin/orders/bookcheck/",
    *("/", "/cart/", "/checkout/", "/product/nowhere/", API_PAGE),
)
TABS = ("", "?tab=movements", "?tab=why", "?tab=shoppers")


@pytest.fixture
def shop(settings):
    settings.DEBUG = True
    call_command("load_demo")
    settings.DEBUG = False


def long_order():
    """Place the order that is hardest on a page: long words, twenty lines, one of them owed."""
    long = create_product(
        act=Act.now(), title="Unbreakable" * 20 + " and more words", backorders="notify"
    )
    owed = create_variant(
        act=Act.now(), product=long, sku="L" * 64, title="Colour: " + "ultramarine" * 15
    )
    others = Variant.objects.exclude(pk=owed.pk).filter(components=None, price__gt=0)
    many = [Wanted(variant, 3, variant.price) for variant in others.order_by("-pk")[:19]]
    return place_order(
        channel=Channel.objects.get(slug="direct"),
        customer=Customer("Wilhelmina" * 15, f"{'w' * 60}@example.com"),
        lines=[Wanted(owed, 1_000_000, Decimal("99999.99")), *many],
        act=Act.now(by="anna"),
        is_captured=True,
    )


def own_pages():
    """Return the pages of single rows: product, variant with its tabs, delivery, import, orders."""
    with (IMPORTS / "44_invalid_values.csv").open("rb") as file:
        source = hand_in(file, filename="prices of the autumn and of the winter.csv", user=None)
    check(source, progress=lambda done, total: None)
    delivery = IncomingDelivery.objects.filter(canceled_at=None, received_at=None).first()
    order = long_order()
    variant = Variant.objects.exclude(stock_levels=None).first()
    bundle = Variant.objects.exclude(components=None).first()
    return (
        *(f"{BASE}/variant/{variant.pk}/change/{tab}" for tab in TABS),
        *(f"{BASE}/variant/{bundle.pk}/change/{tab}" for tab in TABS),
        f"{BASE}/product/{Product.objects.first().pk}/change/",
        f"{BASE}/incomingdelivery/{IncomingDelivery.objects.first().pk}/change/",
        f"{BASE}/import/{Import.objects.get().pk}/change/",
        *(f"{ORDERS}/{one.pk}/change/" for one in (order, *one_order_of_each_step())),
        f"{ORDERS}/?q={order.number}",
        *(f"{CAPTURED}/{one.pk}/change/" for one in channel_orders()),
        *channel_pages(),
        *shop_elsewhere(),
        f"{WAITING}/?q={order.number}",
        f"{WAITING}/{FulfillmentLine.objects.filter(waiting__gt=0).first().pk}/change/",
        f"{WAITING}/simulate/?delivery={delivery.pk}",
        f"{PARCELS}/pick-list/?"
        + "&".join(f"parcel={pk}" for pk in ready_ones().values_list("pk", flat=True)),
        f"/order/{page_key(order)}/",
        f"/order/{page_key(order)}/cancel/",
    )


def channel_orders():
    """Return orders of a shop elsewhere: pending, sold, short, canceled, and one hard to show."""
    channel = create_channel(
        act=Act.now(), slug="elsewhere", name="A shop with a name that is long enough"
    )
    sku = Variant.objects.filter(components=None).order_by("pk")[0].sku
    good, unnamed = line(sku, 1), line("", 1_000_000, "99999999.99", title="Unbreakable" * 20)
    told = (
        remote("created", good, external_id="1"),
        remote("paid", good, external_id="2"),
        remote("paid", line(sku, 900_000_000), external_id="3"),
        remote("canceled", good, external_id="4"),
        remote(
            "paid",
            *(good, unnamed, line("L" * 64, 3)),
            external_id="5",
            number="N" * 120,
            customer_name="Wilhelmina" * 15,
            customer_email=f"{'w' * 60}@example.com",
            raw={"note": "Unbreakable" * 200, "lines": list(range(50))},
        ),
    )
    rows = [record(channel, one, at=timezone.now()) for one in told]
    return [settle(row, at=timezone.now()) for row in rows]


def channel_pages():
    """Return every tab of the channels that come with the program."""
    tabs = ("change/", "catalog/", "catalog/?q=nothing-at-all", "catalog/?price_from=x", "bulk/")
    storefront, direct = (Channel.objects.get(slug=slug) for slug in ("storefront", "direct"))
    return (
        f"{CHANNELS}/{direct.pk}/change/",
        *(f"{CHANNELS}/{storefront.pk}/{tab}" for tab in (*tabs, "log/")),
    )


def shop_elsewhere():
    """Make a shop that does not answer, with listings in every state; return its pages."""
    now = timezone.now()
    shop = create_channel(
        act=Act.now(), slug="woo", name="W" * 120, connector="woocommerce", key="ck_1"
    )
    wrong = "The shop answered: " + "unbelievable" * 20
    Channel.objects.filter(pk=shop.pk).update(failures=2, last_error=wrong, next_try_at=now)
    rows = list(Listing.objects.filter(channel=shop).order_by("-pk")[:9])
    publish(channel=shop, listing_ids=[row.pk for row in rows], act=Act(at=now))
    Listing.objects.filter(pk__in=[row.pk for row in rows[:6]]).update(
        status="listed", published_at=now, published_backorder="allowed", published_price=1
    )
    edit_listing(act=Act.now(), listing=rows[0], changes={"price": "19.50"})
    failed = [row.pk for row in rows[1:3]]
    Listing.objects.filter(pk__in=failed).update(status="failed", error=wrong)
    Outgoing.objects.filter(listing__in=failed).update(is_dead=True, attempts=8, last_error=wrong)
    for row in rows:
        said = {"sku": row.variant.sku, "words": "unbelievable" * 50}
        ChannelLog.objects.create(
            channel=shop, listing=row, kind="listing", label=row.variant.sku, sent=said, at=now
        )
    ChannelLog.objects.create(channel=shop, kind="test", is_ok=False, message=wrong, at=now)
    base = f"{CHANNELS}/{shop.pk}"
    sku = rows[0].variant.sku
    return (
        *(f"{base}/{tab}/" for tab in ("change", "catalog", "log", *bulk_listings(shop, wrong))),
        *(f"{base}/catalog/?{query}" for query in (f"item={sku}", "status=failed", "stock=none")),
        f"{base}/log/?kind=listing&show=failures",
        f"{base}/bulk/?q=e&stock=none",
    )


def bulk_listings(channel, wrong):
    """Return a bulk listing for each state in which one may be."""
    user = User.objects.get(username="anna")
    SavedFilter.objects.create(channel=channel, user=user, name="S" * 60, query={"q": "mug"})
    made = {}
    for state in BulkState.values:
        words = f"Search: {'unbelievable' * 9}"
        bulk = choose(channel=channel, allow_backorder="keep", user=user, filters={}, words=words)
        if state != BulkState.CHECKING:
            freeze(bulk)
        job = Job.objects.create(kind="run_bulk_listing", state="failed", message=wrong)
        BulkListing.objects.filter(pk=bulk.pk).update(state=state, job=job)
        made[state] = bulk
    items = made["done"].items.order_by("-pk")
    for item, state in zip(items, ItemState.values, strict=False):
        type(item).objects.filter(pk=item.pk).update(state=state, message=wrong)
    BulkListing.objects.filter(pk=made["done"].pk).update(listed=1_234_567, failed=1, skipped=1)
    return [f"bulk/{bulk.pk}" for bulk in made.values()]


def ready_ones():
    return FulfillmentOrder.objects.filter(status="ready")


def one_order_of_each_step():
    """Return an order for each state in which a fulfillment order is."""
    firsts = {}
    for one in FulfillmentOrder.objects.select_related("order").order_by("pk"):
        firsts.setdefault(one.status, one.order)
    return set(firsts.values())


def fill_cart(page, address):
    """Put more into the cart than there is."""
    page.goto(f"{address}/product/enamel-mug/?variant=MUG-BLU&quantity=3")
    page.get_by_role("button", name="Add to cart").click()
    page.wait_for_url("**/cart/")


# The theme's own: its lists of tools hold what is no item, and its search field in a filter has no
# label. They are its templates, and mended there.
OF_THE_THEME = {"list", "aria-input-field-name"}


OTHER_DAYS = re.compile(r"\b\d{1,2}/\d{1,2}/\d{4}\b|\b[A-Z][a-z]{2,8}\.? \d{1,2}, \d{4}\b")
"""Days in another form than "9 Dec 2026", in which all of them are written."""


@pytest.fixture
def browse(new_context, live_server, operator):
    """Return a way to open a page, logged in, on a screen of a width and a scheme."""

    def opened(scheme, width, **fields):
        viewport = {"width": width, "height": 900}
        context = new_context(color_scheme=scheme, viewport=viewport, **fields)
        log_in(context, operator, live_server.url)
        return context.new_page()

    return opened


def complaints(page, address, paths, width):
    """Open every page; return what fails, breaks, is refused, does not fit, or is in the way."""
    found = []
    page.on("pageerror", lambda error: found.append((page.url, str(error))))
    page.on(
        "console",
        lambda message: found.append((page.url, message.text)) if message.type == "error" else None,
    )
    for path in paths:
        answer = page.goto(address + path)
        if answer.status != (404 if "nowhere" in path else 200):
            found.append((path, answer.status))
        if (wide := page.evaluate("document.documentElement.scrollWidth")) > width:
            found.append((path, f"{wide} pixels wide"))
        if day := OTHER_DAYS.search(page.inner_text("body")):
            found.append((path, f"writes {day[0]}"))
        if path != API_PAGE:
            found += [(path, *obstacle) for obstacle in obstacles(page)]
    return [one for one in found if "nowhere" not in one[0]]


def obstacles(page):
    """Return what stands in the way of those who do not see or point."""
    for violation in Axe().run(page).response["violations"]:
        serious = violation["impact"] in {"serious", "critical"}
        if serious and violation["id"] not in OF_THE_THEME:
            yield violation["id"], [node["html"][:120] for node in violation["nodes"][:3]]


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_every_page_fits_complains_of_nothing_and_is_in_nobodys_way(
    browse, live_server, shop, width, scheme
):
    page = browse(scheme, width)
    fill_cart(page, live_server.url)

    assert complaints(page, live_server.url, (*PAGES, *own_pages()), width) == []


def test_every_page_of_an_empty_shop_does_so_too(browse, live_server):
    page = browse("dark", 1440)

    assert complaints(page, live_server.url, (*PAGES, *channel_pages()), 1440) == []
