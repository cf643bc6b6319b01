"""Reports: right against a small shop, the user's own, sorted, paged, and inert as files."""

import io
from datetime import timedelta

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from backoffice.happenings import happenings
from backoffice.reports import REPORTS
from backoffice.reports.fill import percentile
from backoffice.reports.ledger import COUNTED, balances, moments_of
from inventory.acts import Act
from inventory.models import StockLevel
from inventory.services.catalog import set_components
from inventory.services.edit import edit_variant
from inventory.services.movements import StockLine
from orders.event_kinds import EventKind
from orders.services.change import cancel_order, change_order
from orders.services.fulfill import ship, unship
from tests.backoffice import shop

BASE = "/admin/reports/"


def texts(answer):
    """Return the rows of a report, each cell by its column."""
    return [{column.key: text for column, text, _link in row} for row in answer.context["rows"]]


def totals(answer):
    return {column.key: text for column, text in answer.context["totals"] if text}


def lines_of(answer):
    """Return the lines of a CSV file."""
    return b"".join(answer.streaming_content).decode("utf-8-sig").split("\r\n")


# --- backorders by variant --------------------------------------------------------------------


def owing_shop(seller=None):
    lamp = shop.variant("lamp", "20.00")
    vase = shop.variant("vase", "5.00", seller=seller)
    shop.announce((lamp, 900), days=4)
    shop.announce((lamp, 100), days=-4, reference="PO-LATE")
    shop.sell((lamp, 1_200), days=9)
    shop.sell((lamp, 34), days=3)
    shop.sell((vase, 5), days=2)
    return lamp, vase


def test_backorders_by_variant(desk):
    owing_shop()

    answer = desk.get(f"{BASE}backorders/")

    since = timezone.localdate() - timedelta(days=9)
    assert [
        (row["sku"], row["owed"], row["incoming"], row["short"], row["value"], row["days"])
        for row in texts(answer)
    ] == [
        ("lamp", "1,234", "1,000", "234", "€24,680.00", "9"),
        ("vase", "5", "0", "5", "€25.00", "2"),
    ]
    assert totals(answer) == {
        "owed": "1,239",
        "incoming": "1,000",
        "short": "239",
        "value": "€24,705.00",
    }
    lines = lines_of(desk.get(f"{BASE}backorders/?format=csv"))
    assert lines[1].startswith(f"lamp;Product lamp;1234;1000;234;24680.00;{since};9;")


@pytest.mark.parametrize(
    ("query", "skus"),
    [
        ("sort=owed", ["vase", "lamp"]),
        ("sort=-owed", ["lamp", "vase"]),
        ("sort=-oldest", ["vase", "lamp"]),
        ("sort=nonsense", ["lamp", "vase"]),
        ("q=vas", ["vase"]),
        ("warehouse=main", ["lamp", "vase"]),
        ("q=nothing", []),
    ],
)
def test_backorders_are_sorted_and_narrowed(desk, query, skus):
    owing_shop()

    answer = desk.get(f"{BASE}backorders/?{query}")

    assert [row["sku"] for row in texts(answer)] == skus
    if not skus:
        assert "Nothing found" in answer.content.decode()


def test_only_what_is_short(desk):
    lamp, _vase = owing_shop()
    shop.announce((lamp, 500), days=9, reference="PO-MORE")

    short = desk.get(f"{BASE}backorders/?show=short")

    assert [row["sku"] for row in texts(short)] == ["vase"]


# --- allocations held too long ----------------------------------------------------------------


def test_parcels_that_hold_units_too_long(desk):
    lamp = shop.variant("lamp")
    shop.receive(lamp, 20, days=60)
    old = shop.sell((lamp, 3), days=20)
    waiting = shop.sell((lamp, 40), days=15, ship_together=True)
    shop.sell((lamp, 2), days=1)
    gone = shop.sell((shop.variant("cup"), 1), days=30)
    cancel_order(order=gone, act=Act.now(by="olga"))

    answer = desk.get(f"{BASE}held/")

    assert [(row["order"], row["units"], row["days"]) for row in texts(answer)] == [
        (old.number, "3", "20"),
        (waiting.number, "17", "15"),
    ]
    assert totals(answer) == {"units": "20"}
    assert "Awaiting" in texts(answer)[1]["why"]
    assert [row["order"] for row in texts(desk.get(f"{BASE}held/?days=18"))] == [old.number]
    assert texts(desk.get(f"{BASE}held/?days=25")) == []
    assert texts(desk.get(f"{BASE}held/?days=-1")) == []


# --- fill rate --------------------------------------------------------------------------------


def test_fill_rate_and_days_to_fill(desk):
    lamp = shop.variant("lamp")
    shop.receive(lamp, 6, days=40)
    shop.sell((lamp, 10), days=8)  # 6 at once, 4 owed
    shop.receive(lamp, 3, days=6)  # 3 of them after 2 days
    shop.receive(lamp, 1, days=0)  # the last after 8
    shop.sell((lamp, 2))
    today = timezone.localdate()

    start = today - timedelta(days=8)
    answer = desk.get(f"{BASE}fill/?start={start}&end={today}&by=month")

    found = totals(answer)
    assert {key: found[key] for key in ("orders", "units", "at_once", "rate")} == {
        "orders": "2",
        "units": "12",
        "at_once": "6",
        "rate": "50.0\xa0%",
    }
    assert [found[key] for key in ("backordered", "filled", "median", "slow")] == [
        "6",
        "4",
        "2",
        "8",
    ]
    assert "<canvas" in answer.content.decode()
    weeks = texts(desk.get(f"{BASE}fill/?start={start}&end={today}"))
    assert sum(int(row["units"]) for row in weeks) == 12


def test_a_bundle_is_filled_when_its_last_component_came(desk):
    cup, lid = shop.variant("cup"), shop.variant("lid")
    mug = shop.variant("mug")
    set_components(act=Act.now(), bundle=mug, lines=[StockLine(cup, 1), StockLine(lid, 2)])
    shop.sell((mug, 3), days=9)
    shop.receive(cup, 3, days=7)
    half = totals(desk.get(f"{BASE}fill/"))
    shop.receive(lid, 6, days=4)
    whole = totals(desk.get(f"{BASE}fill/"))

    assert (half["backordered"], half["filled"]) == ("3", "0")
    assert (whole["filled"], whole["median"]) == ("3", "5")


@pytest.mark.parametrize(
    ("filled", "percent", "days"),
    [
        ([], 50, None),
        ([(4, 1)], 50, 4),
        ([(1, 1), (2, 1)], 50, 1),
        ([(1, 9), (30, 1)], 90, 1),
        ([(1, 8), (30, 2)], 90, 30),
    ],
)
def test_percentiles_count_units(filled, percent, days):
    assert percentile(filled, percent) == days


@pytest.mark.parametrize("query", ["start=2026-02-01&end=2026-01-01", "start=2001-01-01"])
def test_a_period_that_makes_no_sense_is_refused(desk, query):
    answer = desk.get(f"{BASE}fill/?{query}")

    assert answer.context["form"].errors["start"]
    assert answer.context["rows"] == []


# --- availability log -------------------------------------------------------------------------


def logged(variant):
    moments, is_all = moments_of(variant)
    assert is_all
    return list(balances(variant, moments))


def changes(found):
    return [(m.on_hand, m.allocated, m.waiting) for m in (one.moment for one in found)]


def test_the_log_tells_what_happened_with_the_balance_after_it(desk):
    lamp = shop.variant("lamp")
    shop.receive(lamp, 5, days=30)
    order = shop.sell((lamp, 8), days=20)
    shop.receive(lamp, 2, days=10)
    ship(
        fulfillment_order=order.fulfillment_orders.filter(status="ready").first(),
        act=Act(at=shop.ago(9), by="wim"),
    )
    shop.correct(lamp, 1, days=5)

    rows = texts(desk.get(f"{BASE}log/?sku=LAMP"))

    names = ("on_hand", "allocated", "waiting")
    assert [(row["what"], *(row[name] for name in names)) for row in rows][:2] == [
        ("Correction in Main warehouse", "1", "1", "2"),
        ("Waits again after a correction", "2", "1", "2"),
    ]
    assert [tuple(row[name] for name in names) for row in rows][2:] == [
        ("2", "2", "1"),
        ("7", "7", "1"),
        ("7", "5", "3"),
        ("5", "5", "3"),
        ("5", "0", "0"),
    ]
    assert rows[-2]["what"] == "Order placed"
    assert rows[-1]["on_hand_by"] == "+5"


def test_the_balances_begin_at_nothing_whatever_happened(desk):
    lamp = shop.variant("lamp")
    shop.receive(lamp, 10, days=30)
    first = shop.sell((lamp, 8), days=20)
    second = shop.sell((lamp, 7), days=19)
    line = second.lines.get()
    change_order(order=second, quantities={line.pk: 9}, act=Act(at=shop.ago(18), by="olga"))
    cancel_order(order=second, units={line.pk: 4}, act=Act(at=shop.ago(17), by="olga"))
    parcel = first.fulfillment_orders.get()
    parcel = ship(fulfillment_order=parcel, act=Act(at=shop.ago(16), by="wim"))
    unship(fulfillment_order=parcel, act=Act(at=shop.ago(15), by="wim"))
    shop.correct(lamp, 4, days=14)
    shop.receive(lamp, 3, days=13)
    cancel_order(order=first, act=Act(at=shop.ago(12), by="olga"))

    found = logged(lamp)

    level = StockLevel.objects.get(variant=lamp)
    assert (found[0].on_hand, found[0].allocated, found[0].waiting) == (
        level.on_hand,
        level.allocated,
        level.on_backorder,
    )
    assert [sum(amounts) for amounts in zip(*changes(found), strict=True)] == [
        level.on_hand,
        level.allocated,
        level.on_backorder,
    ]
    for one in found:
        assert 0 <= one.allocated <= one.on_hand
        assert one.waiting >= 0


def test_the_log_of_a_component_counts_bundles(desk):
    cup, lid = shop.variant("cup"), shop.variant("lid")
    mug = shop.variant("mug")
    set_components(act=Act.now(), bundle=mug, lines=[StockLine(cup, 1), StockLine(lid, 2)])
    shop.receive(cup, 3, days=20)
    shop.sell((mug, 3), days=9)
    shop.receive(lid, 4, days=4)

    assert changes(logged(lid)) == [(0, 4, -4), (4, 0, 0), (0, 0, 6)]
    assert changes(logged(cup)) == [(0, 3, 0), (3, 0, 0)]
    assert "components" in desk.get(f"{BASE}log/?sku=mug").content.decode()


def test_settings_are_in_the_log(desk):
    lamp = shop.variant("lamp")
    edit_variant(variant=lamp, changes={"backorders": "no"}, act=Act.now().looking_at(lamp.version))

    first = texts(desk.get(f"{BASE}log/?sku=lamp"))[0]

    assert (first["what"], first["why"]) == ("Settings", "backorders: inherit → no")


def test_events_count_the_units_of_a_variant_whatever_its_sku_is_by_now(db):
    lamp = shop.variant("lamp: 2 × big")
    order = shop.sell((lamp, 8), days=20)
    line = order.lines.get()
    change_order(order=order, quantities={line.pk: 9}, act=Act(at=shop.ago(18), by="olga"))
    shop.receive(lamp, 5, days=16)
    shop.correct(lamp, 3, days=15)
    cancel_order(order=order, units={line.pk: 1}, act=Act(at=shop.ago(14), by="olga"))

    before = [(one.variant, one.units) for one in happenings(COUNTED)]
    told = changes(logged(lamp))
    edit_variant(variant=lamp, changes={"sku": "lamp-big"}, act=Act.now().looking_at(lamp.version))

    assert before == [(lamp.pk, 1), (lamp.pk, 5), (lamp.pk, 2), (lamp.pk, 1)]
    assert [one.kind for one in happenings(COUNTED)] == [
        EventKind.QUANTITY_CHANGED,
        EventKind.UNITS_RESERVED,
        EventKind.UNITS_TAKEN_BACK,
        EventKind.UNITS_CANCELED,
    ]
    assert changes(logged(lamp)) == told
    assert len(told) == 7


# --- all of them ------------------------------------------------------------------------------


def test_pages_open_for_who_may_read_them(client, make_user, operator):
    clerk = make_user("ida", rights=["view_order"])
    for user, status in ((operator, 200), (make_user("nobody"), 403)):
        client.force_login(user)
        assert {client.get(f"{BASE}{slug}/").status_code for slug in REPORTS} == {status}
        assert client.get(BASE).status_code == status
    client.force_login(clerk)
    assert client.get(f"{BASE}fill/").status_code == 200
    assert client.get(f"{BASE}backorders/?format=csv").status_code == 403
    assert [one.slug for one in client.get(BASE).context["reports"]] == ["fill"]
    assert client.get(f"{BASE}nonsense/").status_code == 404
    assert client.post(f"{BASE}fill/").status_code == 405
    client.logout()
    assert client.get(f"{BASE}fill/?format=csv").status_code == 302


def test_an_empty_shop_says_why_there_is_nothing(desk):
    for slug in REPORTS:
        answer = desk.get(f"{BASE}{slug}/")
        assert "Nothing to report" in answer.content.decode(), slug
        assert str(answer.context["table"].nothing) in answer.content.decode().replace(
            "&#x27;", "'"
        )


def test_a_seller_reads_own_rows_alone(client, nina):
    lamp, vase = owing_shop(seller=shop.seller_of(nina))
    shop.receive(lamp, 10, days=12)
    shop.receive(vase, 1)
    shop.sell((lamp, 2), (vase, 1), days=10, name="Both")
    client.force_login(nina)

    rows = texts(client.get(f"{BASE}backorders/"))
    assert [row["sku"] for row in rows] == ["vase"]
    assert "lamp" not in "".join(lines_of(client.get(f"{BASE}backorders/?format=csv")))
    assert totals(client.get(f"{BASE}fill/"))["units"] == "6"
    assert totals(client.get(f"{BASE}held/?days=0")).get("units", "0") == "1"
    assert texts(client.get(f"{BASE}log/?sku=vase"))
    hidden = client.get(f"{BASE}log/?sku=lamp")
    assert texts(hidden) == []
    assert "There is no variant with this SKU" in hidden.content.decode()


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_files_run_nothing(desk, kind):
    evil = shop.variant("=1+1")
    shop.sell((evil, 1), name="@evil")
    shop.receive(evil, 1, days=0)

    held = desk.get(f"{BASE}held/?days=0&format={kind}")
    shop.sell((evil, 2))
    owed = desk.get(f"{BASE}backorders/?format={kind}")

    if kind == "csv":
        assert lines_of(owed)[1].startswith("'=1+1;Product =1+1;2;0;2;")
        assert ";'@evil;" in lines_of(held)[1]
        return
    for answer, text in ((owed, "=1+1"), (held, "@evil")):
        sheet = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active
        cells = [cell for row in sheet.iter_rows() for cell in row if cell.value]
        assert text in [cell.value for cell in cells]
        assert {cell.data_type for cell in cells} == {"s"}


def test_rows_are_paged_and_cost_the_same_for_many(desk):
    def cost(slug):
        with CaptureQueriesContext(connection) as captured:
            assert desk.get(f"{BASE}{slug}").status_code == 200
        return len(captured)

    slugs = ("backorders/", "held/?days=0", "fill/", "log/?sku=v0")
    variants = [shop.variant(f"v{number}") for number in range(60)]
    stocked = shop.variant("stocked")
    shop.receive(stocked, 1_000, days=30)
    shop.sell((variants[0], 1), (stocked, 1), days=9)
    desk.get(BASE)
    before = [cost(slug) for slug in slugs]
    for one in variants:
        shop.sell((one, 1), (stocked, 1), days=9)

    assert [cost(slug) for slug in slugs] == before
    first, second = desk.get(f"{BASE}backorders/"), desk.get(f"{BASE}backorders/?page=2")
    assert (len(first.context["rows"]), len(second.context["rows"])) == (50, 10)
    assert "51–60 of 60" in second.content.decode()
    assert len(lines_of(desk.get(f"{BASE}backorders/?page=2&format=csv"))) == 62
