"""One search for everything: what is found, by whom, and that anything may be typed."""

import pytest
from django.urls import reverse
from django.utils import timezone

from channels.models import DIRECT, Channel
from inventory.acts import Act
from inventory.models import Seller
from inventory.services.catalog import create_product, create_variant
from inventory.services.deliveries import create_delivery
from inventory.services.movements import StockLine
from orders.models import FulfillmentOrder, Order
from orders.services.booking import Wanted
from orders.services.place import Customer, place_order

PAGE = "/admin/find/"


@pytest.fixture
def shop(berlin, receive):
    """A mug of seller Ada and a bowl of seller Ben, both ordered, both on their way."""
    sellers = [Seller.objects.create(code=name, name=name.title()) for name in ("ada", "ben")]
    things = {}
    for seller, (sku, title, ean) in zip(
        sellers, [("MUG-1", "Enamel Mug", "8711111111111"), ("MUG-2", "Öko Bowl", "")], strict=True
    ):
        product = create_product(act=Act.now(), title=title, brand="Tin", seller=seller)
        variant = create_variant(act=Act.now(), product=product, sku=sku, ean=ean, price="1")
        receive(variant, berlin, 9)
        create_delivery(
            act=Act.now(),
            warehouse=berlin,
            reference=f"PO {seller.code}",
            supplier="Pottery",
            expected_at=timezone.localdate(),
            lines=[StockLine(variant, 1)],
        )
        things[sku] = place_order(
            channel=Channel.objects.get(slug=DIRECT),
            customer=Customer(f"Anna {seller.name}son", f"{seller.code}@example.com"),
            lines=[Wanted(variant, 1, variant.price)],
            external_id=f"EXT-{sku}",
            act=Act.now(by="anna"),
        )
    return things


def found(client, text):
    answer = client.get(PAGE, {"q": text})
    assert answer.status_code == 200
    return {
        group.title: [hit.title for hit in group.hits]
        for group in answer.context["groups"]
        if group.title != "Pages"
    }


@pytest.fixture
def numbers(shop):
    return {
        "order": shop["MUG-1"].number,
        "parcel": FulfillmentOrder.objects.get(order=shop["MUG-1"]).number,
    }


MUG = {"Inventory": ["MUG-1"], "Products": ["Enamel Mug"]}
BOTH = {"Inventory": ["MUG-1", "MUG-2"], "Products": ["Enamel Mug", "Öko Bowl"]}
TABLE = (
    ("MUG-1", MUG),
    ("mug-1", MUG),
    ("MUG-", BOTH),
    ("8711111111111", MUG),
    ("11111", MUG),
    ("mug enamel", MUG),
    ("tin", BOTH),
    ("ÖKO", {"Inventory": ["MUG-2"], "Products": ["Öko Bowl"]}),
    ("{order}", {"Orders": ["{order}"], "Fulfillment orders": ["{parcel}"]}),
    ("#{order}", {"Orders": ["{order}"], "Fulfillment orders": ["{parcel}"]}),
    ("{parcel}", {"Fulfillment orders": ["{parcel}"]}),
    ("EXT-MUG-1", {"Orders": ["{order}"]}),
    ("anna adason", {"Orders": ["{order}"]}),
    ("ada@example.com", {"Orders": ["{order}"]}),
    ("po ada", {"Incoming deliveries": ["PO ada"]}),
    ("pottery", {"Incoming deliveries": ["PO ben", "PO ada"]}),
    ("direct", {"Channels": ["Direct"]}),
    ("100%", {}),
    ("MUG_1", {}),
    ("", {}),
    ("   ", {}),
    ("zebra", {}),
    ("9" * 30, {}),
    ("1001-999999999999999999999", {}),
    ("word " * 1_500, {}),
    ("\ud7ff\u202e\u0000"[:2], {}),
    ("' OR 1=1 --", {}),
)


def test_what_is_found(client, operator, numbers):
    client.force_login(operator)

    for typed, kinds in TABLE:
        expected = {kind: [one.format(**numbers) for one in hits] for kind, hits in kinds.items()}
        assert found(client, typed.format(**numbers)) == expected, typed


def test_what_leads_nowhere_and_what_cannot_be_looked_up(client, operator, shop):
    client.force_login(operator)

    for text in ("MUG", "anna", "enamel", "pottery", "direct", "e", shop["MUG-1"].number):
        for group in client.get(PAGE, {"q": text}).context["groups"]:
            pages = [client.get(hit.link, follow=True) for hit in group.hits]
            assert {page.status_code for page in pages} == {200}, text
    answer = client.get(PAGE, {"q": "zebra"})
    assert "Nothing found" in answer.content.decode()
    assert {client.get(link).status_code for _title, link in answer.context["lists"]} == {200}
    assert client.get(f"{PAGE}?q=%00").status_code == 400
    assert client.get("/admin/").content.decode().count("data-find") == 1


def test_a_seller_finds_only_what_is_theirs(client, make_user, shop):
    user = make_user("ada", "seller")
    Seller.objects.get(code="ada").users.add(user)
    client.force_login(user)

    assert found(client, "MUG-") == MUG
    assert found(client, "tin") == MUG
    assert found(client, "pottery") == {"Incoming deliveries": ["PO ada"]}
    assert found(client, "anna") == {"Orders": [shop["MUG-1"].number]}
    assert found(client, "EXT-MUG-2") == {}
    assert found(client, shop["MUG-2"].number) == {}
    assert found(client, "example.com") == {}  # a customer's address is the store's alone
    assert "ada@example.com" not in client.get(PAGE, {"q": "anna"}).content.decode()


def test_one_finds_only_what_one_may_open(client, make_user, shop):
    client.force_login(make_user("vera", rights=["view_product"]))

    assert found(client, "enamel") == {"Products": ["Enamel Mug"]}
    assert [title for title, _link in client.get(PAGE, {"q": "x"}).context["lists"]] == ["Products"]
    client.logout()
    assert client.get(PAGE, {"q": "enamel"}).status_code == 302


def test_a_kind_shows_its_first_and_leads_to_the_rest(client, operator, product):
    for number in range(12):
        create_variant(act=Act.now(), product=product, sku=f"CUP-{number:02}")
    client.force_login(operator)

    answer = client.get(PAGE, {"q": "CUP"})

    group, products = answer.context["groups"]
    assert products.title == "Products"
    assert [hit.title for hit in group.hits] == [f"CUP-{number:02}" for number in range(8)]
    assert group.has_more
    assert client.get(group.more).context["cl"].result_count == 12


def test_a_search_never_counts_and_costs_the_same_however_much_there_is(
    client, operator, product, django_assert_max_num_queries, monkeypatch
):
    create_variant(act=Act.now(), product=product, sku="CUP-X")
    client.force_login(operator)
    client.get(PAGE, {"q": "CUP"})

    with django_assert_max_num_queries(40) as few:
        client.get(PAGE, {"q": "CUP"})
    for number in range(30):
        create_variant(act=Act.now(), product=product, sku=f"CUP-{number:02}")
    with django_assert_max_num_queries(len(few)) as many:
        client.get(PAGE, {"q": "CUP"})

    assert not [one["sql"] for one in many.captured_queries if "COUNT(" in one["sql"].upper()]


def test_only_the_newest_orders_are_read_for_a_name(client, operator, shop, monkeypatch):
    monkeypatch.setattr("backoffice.search.NEWEST_ORDERS", 1)
    client.force_login(operator)

    assert found(client, "anna") == {"Orders": [shop["MUG-2"].number]}
    assert found(client, shop["MUG-1"].number)["Orders"] == [shop["MUG-1"].number]
    assert Order.objects.count() == 2


def test_pages_are_found_by_their_name(client, operator):
    client.force_login(operator)

    (group,) = client.get(PAGE, {"q": "waiting"}).context["groups"]

    assert [(hit.title, hit.link) for hit in group.hits] == [
        ("Waiting room", reverse("admin:orders_fulfillmentline_changelist"))
    ]
