"""What a front end of one's own asks: now, later, days, words and prices; nothing is written."""

from datetime import timedelta

import pytest
from django.utils import timezone
from django.utils.translation import override

from inventory.acts import Act
from inventory.models import Seller
from inventory.offers import Split
from inventory.services.catalog import create_product, update_variant
from inventory.services.deliveries import create_delivery
from inventory.services.movements import StockLine
from orders.models import Order
from orders.storefront.words import split_words
from tests.inventory.api.conftest import Api

pytestmark = pytest.mark.django_db


@pytest.fixture
def api(operator):
    return Api(operator)


@pytest.fixture
def ask(api):
    def post(units, *, status=200, headers=None, **fields):
        lines = [{"sku": sku, "quantity": quantity} for sku, quantity in units.items()]
        body = {"channel": "storefront", "lines": lines, **fields}
        response = api.post("/quotes", body, headers=headers)
        assert response.status_code == status, response.content
        return response.json()

    return post


@pytest.fixture
def mug(sell, main):
    mug = sell(units=1, sku="mug", backorders="allow")
    day = timezone.localdate() + timedelta(days=5)
    create_delivery(
        act=Act.now(), warehouse=main, reference="D", expected_at=day, lines=[StockLine(mug, 50)]
    )
    return mug


def test_now_later_days_words_and_prices(ask, mug):
    day = timezone.localdate() + timedelta(days=5)

    quote = ask({"mug": 3})

    [line] = quote.pop("lines")
    assert quote == {
        "channel": "storefront",
        "currency": "EUR",
        "ship_together": False,
        "total": "38.85",
        "is_salable": True,
    }
    [later] = line.pop("later")
    assert (later["quantity"], later["expected_at"]) == (2, day.isoformat())
    assert later["words"].startswith("On backorder: expected ")
    assert line == {
        "sku": "mug",
        "title": "Enamel Mug",
        "quantity": 3,
        "now": 1,
        "words": "1 ships now, 2 on backorder",
        "notice": "",
        "unit_price": "12.95",
        "amount": "38.85",
        "salable": None,
        "rule": None,
    }
    assert not Order.objects.exists()


def test_the_day_is_the_one_that_an_order_is_promised(ask, api, mug):
    quoted = ask({"mug": 3})["lines"][0]["later"][0]["expected_at"]

    body = {
        "channel": "storefront",
        "customer": {"name": "Ann"},
        "lines": [{"sku": "mug", "quantity": 3}],
    }
    ordered = api.post("/orders", body).json()["lines"][0]

    assert (ordered["allocated"], ordered["promised_at"]) == (1, quoted)


def test_lines_are_answered_as_they_were_asked_however_a_sku_is_written(ask, mug, sell):
    skus = [sell(f"Cup {n}", units=1, sku=f"cup-{n}").sku for n in range(5)]

    quote = ask({"MUG": 1, **dict.fromkeys(reversed(skus), 1)})

    assert [line["sku"] for line in quote["lines"]] == ["mug", *reversed(skus)]


@pytest.mark.parametrize("together", [False, True])
def test_a_quote_says_what_an_order_that_ships_so_does(ask, api, mug, sell, together):
    sell("Cup", units=5, sku="cup")
    cart = {"mug": 3, "cup": 2}
    quote = ask(cart, ship_together=together)

    body = {
        "channel": "storefront",
        "customer": {"name": "Ann"},
        "ship_together": together,
        "lines": [{"sku": sku, "quantity": units} for sku, units in cart.items()],
    }
    order = api.post("/orders", body).json()

    days = [[part["expected_at"] for part in line["later"]] for line in quote["lines"]]
    promised = [line["promised_at"] for line in order["lines"]]
    assert (quote["ship_together"], [line["now"] for line in quote["lines"]]) == (
        *(together, [0, 0] if together else [1, 2]),
    )  # fmt: skip
    assert days == [[day] if day else [] for day in promised]
    words = "2 in stock: ship with the rest" if together else "2 ship now"
    assert quote["lines"][1]["words"] == words


def test_a_store_that_never_splits_says_that_all_ships_together(ask, mug, store):
    store.allow_order_split = False
    store.save()

    quote = ask({"mug": 3})

    assert (quote["ship_together"], quote["lines"][0]["now"]) == (True, 0)


@pytest.mark.parametrize("slug", ["storefront", "direct"])
def test_the_rule_is_the_one_of_the_refusal(ask, api, sell, slug):
    sell(units=2, sku="vase")

    quote = ask({"vase": 3}, channel=slug)

    [line] = quote["lines"]
    body = {
        "channel": slug,
        "customer": {"name": "Ann"},
        "lines": [{"sku": "vase", "quantity": 3}],
    }
    [refusal] = api.post("/orders", body).json()["errors"]
    assert (line["rule"], line["salable"]) == (refusal["rule"], 2)
    assert (line["now"], line["later"], quote["is_salable"]) == (0, [], False)
    assert line["words"] == "You can buy at most 2: no more are left."


def test_what_a_channel_does_not_list_is_refused_there_and_sold_directly(ask, make_variant, main):
    make_variant("cup", backorders="allow", price="4.00")

    there, here = ask({"cup": 1}), ask({"cup": 1}, channel="direct")

    assert there["lines"][0]["rule"] == "listing.status"
    assert here["lines"][0]["rule"] is None
    assert (here["lines"][0]["title"], here["total"]) == ("Enamel Mug", "4.00")


def test_the_words_are_in_the_shoppers_language(ask, mug):
    by_field = ask({"mug": 3}, language="de")["lines"][0]["words"]
    by_header = ask({"mug": 3}, headers={"accept-language": "fr, nl;q=0.5"})["lines"][0]["words"]

    with override("de"):
        split = Split(now=1, later=2)
        assert by_field == split_words(split)
    assert len({by_field, by_header, "1 ships now, 2 on backorder"}) == 3


def test_a_pre_order_ships_from_its_day(ask, sell, mug):
    day = timezone.localdate() + timedelta(days=30)
    update_variant(
        act=Act.now(), variant=mug, changes={"release_date": day, "allow_preorders": True}
    )

    [line] = ask({"mug": 1})["lines"]

    assert (line["now"], line["later"][0]["expected_at"]) == (0, day.isoformat())


def test_a_seller_asks_of_own_variants_alone(make_user, sell, mug):
    user = make_user("anna", "seller")
    anna = Seller.objects.create(code="anna", name="Anna")
    anna.users.add(user)
    sell(sku="vase", units=1, product=create_product(act=Act.now(), title="Vase", seller=anna))
    body = {"channel": "storefront", "lines": [{"sku": "vase", "quantity": 1}]}
    seller = Api(user)

    own = seller.post("/quotes", body)
    foreign = seller.post("/quotes", {**body, "lines": [{"sku": "mug", "quantity": 1}]})
    nobodys = seller.post("/quotes", {**body, "lines": [{"sku": "none", "quantity": 1}]})

    assert own.status_code == 200
    assert (foreign.status_code, foreign.content) == (nobodys.status_code, nobodys.content)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"lines": []},
        {"lines": [{"sku": "mug"}]},
        {"lines": [{"sku": "mug", "quantity": 0}]},
        {"lines": [{"sku": "mug", "quantity": 10**10}]},
        {"lines": [{"sku": "mug", "quantity": "1"}]},
        {"lines": [{"sku": "mug", "quantity": 1, "price": "1.00"}]},
        {"lines": [{"sku": "mug", "quantity": 1}, {"sku": "mug", "quantity": 1}]},
        {"lines": [{"sku": "a\x00", "quantity": 1}]},
        {"lines": [{"sku": ["mug"], "quantity": 1}]},
        {"lines": [{"sku": "mug", "quantity": 1}], "channel": "nowhere"},
        {"lines": [{"sku": "mug", "quantity": 1}], "channel": "a\x00"},
        {"lines": [{"sku": "mug", "quantity": 1}], "language": "fr"},
        {"lines": [{"sku": "mug", "quantity": 1}], "version": 1},
        [],
    ],
    ids=str,
)
def test_what_makes_no_sense_is_refused(api, mug, body):
    response = api.post("/quotes", body)

    assert response.status_code == 422
    assert response.headers["Content-Type"] == "application/problem+json"


def test_the_largest_quantity_is_answered(ask, mug):
    [line] = ask({"mug": 1_000_000_000})["lines"]

    assert line["now"] + sum(part["quantity"] for part in line["later"]) in {0, 1_000_000_000}


def test_a_long_cart_costs_no_more_queries(ask, sell, django_assert_max_num_queries):
    for number in range(30):
        sell(name=f"Product {number}", units=1, sku=f"p{number}")

    with django_assert_max_num_queries(40):
        ask({f"p{number}": 1 for number in range(30)})
