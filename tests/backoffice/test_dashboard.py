"""The first page: each figure is right, leads to what it counts, and is the user's own."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from backoffice import figures
from backoffice.history import DAYS, fill_past, last_days, record_today
from backoffice.models import BackorderDay
from channels.models import STOREFRONT, Channel, Listing
from inventory.models import StoreSettings, Variant
from orders.models import OrderLine
from tests.backoffice import shop
from tests.conftest import list_in_the_storefront

HOME = "/admin/"


def cards(browser):
    return {str(card.title): card for card in browser.get(HOME).context["cards"]}


def small_shop(seller=None):
    """Owe 3 lamps for 40 days, 2 for 10 days and 5 vases since today; 4 vases are coming."""
    lamp = shop.variant("lamp", "20.00")
    vase = shop.variant("vase", "5.00", seller=seller)
    shop.receive(lamp, 1, days=50)
    shop.sell((lamp, 4), days=40)
    shop.sell((lamp, 2), days=10)
    shop.announce((vase, 4), days=3)
    shop.announce((lamp, 1), days=-2, reference="PO-LATE")
    shop.sell((vase, 5))
    return lamp, vase


def test_the_figures_are_those_of_the_shop(desk):
    small_shop()

    found = {title: card.number for title, card in cards(desk).items()}

    assert found == {
        "Units on backorder": "10",
        "Value on backorder": "€125.00",
        "Lines in the waiting room": "3",
        "Promised within 7 days": "0",
        "Broken promises": "0",
        "Without a date": "3",
        "Orders that need attention": "0",
        "Channel orders that need attention": "0",
        "Late deliveries": "1",
        "Check of the books": "–",
        "Low stock": "2",
        "Deliveries on their way": "2",
    }
    ages = desk.get(HOME).context["ages"]
    assert [(age["lines"], age["units"]) for age in ages] == [
        ("1", "5"),
        ("1", "2"),
        ("1", "3"),
        ("0", "0"),
    ]


def test_a_promise_is_soon_then_broken(desk):
    lamp = shop.variant("lamp")
    shop.announce((lamp, 5), days=3)
    shop.sell((lamp, 2))
    assert cards(desk)["Promised within 7 days"].number == "1"
    assert [line.variant_id for line in desk.get(HOME).context["next_promises"]] == [lamp.pk]

    passed = timezone.localdate() - timedelta(days=1)
    OrderLine.objects.update(promised_at=passed, told_at=passed)

    found = cards(desk)
    assert (found["Promised within 7 days"].number, found["Broken promises"].number) == ("0", "1")
    assert found["Broken promises"].is_bad


def listed(browser, address):
    """Return how many rows the list at an address has."""
    context = browser.get(address).context
    if "cl" in context:
        return context["cl"].result_count
    return context["page_obj"].paginator.count


def test_each_figure_leads_to_the_list_of_what_it_counts(desk, operator):
    _lamp, vase = small_shop()
    short = shop.variant("short")
    short.product.backorders = "no"
    short.product.save()
    shop.sell((short, 2), is_captured=True)
    OrderLine.objects.filter(variant=vase).update(promised_at=timezone.localdate())
    OrderLine.objects.filter(order__placed_at__lt=shop.ago(30)).update(
        told_at=timezone.localdate() - timedelta(days=2)
    )

    found = cards(desk)

    for title, card in found.items():
        if title not in {"Units on backorder", "Value on backorder", "Check of the books"}:
            assert card.number == str(listed(desk, card.link)), title
    assert found["Orders that need attention"].number == "1"
    for age in desk.get(HOME).context["ages"]:
        assert age["lines"] == str(listed(desk, age["link"]))
    totals = [
        text for _column, text in desk.get(found["Units on backorder"].link).context["totals"]
    ]
    assert found["Units on backorder"].number in totals
    assert found["Value on backorder"].number in totals


def test_listings_that_are_not_published_are_counted_by_channel(desk):
    shop.variant("a")
    shop.variant("b")
    list_in_the_storefront()
    storefront = Channel.objects.get(slug=STOREFRONT)
    Listing.objects.filter(channel=storefront, variant__sku="a").update(status="changed")

    rows = desk.get(HOME).context["unpublished"]

    assert [(row["name"], row["changed"], row["failed"]) for row in rows] == [
        (storefront.name, "1", "0")
    ]
    page = desk.get(f"{rows[0]['link']}?status=changed")
    assert len(page.context["rows"]) == 1


def test_counts_are_capped(desk, monkeypatch):
    small_shop()
    monkeypatch.setattr(figures, "MAX_COUNTED", 1)

    assert cards(desk)["Low stock"].number == "1+"


def test_a_seller_reads_own_figures_alone(client, nina):
    small_shop(seller=shop.seller_of(nina))
    record_today(now=timezone.now())
    client.force_login(nina)

    found = {title: card.number for title, card in cards(client).items()}

    assert found["Units on backorder"] == "5"
    assert found["Value on backorder"] == "€25.00"
    assert found["Lines in the waiting room"] == "1"
    assert found["Late deliveries"] == "0"
    assert found["Low stock"] == "1"
    assert "Channel orders that need attention" not in found
    day = client.get(HOME).context["days"][0]
    assert (day["units"], day["value"]) == ("5", "€25.00")
    assert "lamp" not in client.get(HOME).content.decode()


@pytest.mark.parametrize(
    ("right", "titles"),
    [
        ("view_variant", {"Low stock"}),
        ("view_incomingdelivery", {"Late deliveries", "Deliveries on their way"}),
        ("view_order", {"Orders that need attention"}),
        ("view_warehouse", set()),
    ],
)
def test_figures_need_the_right_of_their_list(client, make_user, right, titles):
    small_shop()
    client.force_login(make_user("ida", rights=[right]))

    assert set(cards(client)) == titles
    assert "days" not in client.get(HOME).context


def test_the_page_costs_the_same_for_many(desk):
    lamp, _vase = small_shop()
    record_today(now=timezone.now())
    list_in_the_storefront()

    desk.cookies["first_steps"] = "hidden"

    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert desk.get(HOME).status_code == 200
        return len(captured)

    desk.get(HOME)
    before = queries()
    product = lamp.product_id
    Variant.objects.bulk_create(Variant(product_id=product, sku=f"v{n}") for n in range(200))
    for _order in range(10):
        shop.sell((lamp, 1))

    assert queries() == before <= 22


def test_charts_have_their_table(desk):
    small_shop()
    record_today(now=timezone.now())

    html = desk.get(HOME).content.decode()

    assert html.count('<canvas class="chart"') == html.count('role="img"') == 3
    assert html.count("<tr") > DAYS
    assert not re.search(r"<script[^>]+src=\"https?:", html)


# --- history ----------------------------------------------------------------------------------


def test_a_day_is_written_once(db):
    small_shop()
    now = timezone.now()

    assert (record_today(now=now), record_today(now=now)) == (True, False)
    row = BackorderDay.objects.get()
    assert (row.units, row.value, row.currency, row.is_reckoned) == (10, Decimal(125), "EUR", False)


def test_two_workers_write_a_day_once(db, monkeypatch):
    small_shop()
    now = timezone.now()
    record_today(now=now)
    nothing = BackorderDay.objects.none()
    with monkeypatch.context() as late:
        late.setattr(type(BackorderDay.objects), "filter", lambda *_a, **_k: nothing)
        assert record_today(now=now) is False

    assert BackorderDay.objects.count() == 1
    with pytest.raises(IntegrityError):
        BackorderDay.objects.create(day=timezone.localdate(), units=1, value=1, currency="EUR")


def test_days_that_nobody_wrote_are_gaps(desk, operator):
    small_shop()
    now = timezone.now()
    record_today(now=now - timedelta(days=2))

    days = last_days(operator, today=timezone.localdate(), currency="EUR")

    assert [one.units for one in days[-4:]] == [None, 10, None, None]
    assert "null, 10.0, null, null" in desk.get(HOME).content.decode()
    StoreSettings.objects.update(currency="USD")
    other = last_days(operator, today=timezone.localdate(), currency="USD")
    assert (other[-3].units, other[-3].value) == (10, None)


def test_a_seller_without_a_row_owed_nothing(nina):
    shop.seller_of(nina)
    small_shop()
    record_today(now=timezone.now())

    days = last_days(nina, today=timezone.localdate(), currency="EUR")

    assert [one.units for one in days[-2:]] == [None, 0]


def test_the_past_is_reckoned_from_what_orders_say(operator, nina):
    lamp = shop.variant("lamp", "20.00", seller=shop.seller_of(nina))
    shop.sell((lamp, 4), days=20)
    shop.receive(lamp, 3, days=10)
    now = timezone.now()

    assert fill_past(now=now) == DAYS - 1
    assert fill_past(now=now) == 0

    for user in (operator, nina):
        days = last_days(user, today=timezone.localdate(now), currency="EUR")
        by_day = {(timezone.localdate(now) - one.day).days: one for one in days}
        assert [by_day[ago].units for ago in (25, 20, 19, 10, 9, 1)] == [0, 0, 4, 4, 1, 1]
        assert by_day[15].value == Decimal(80)
        assert by_day[15].is_reckoned
