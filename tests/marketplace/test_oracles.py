"""Seller A asks about what B has, and about what nobody has: the answers are the same."""

import html
import json
import re
from datetime import timedelta
from urllib.parse import quote, quote_plus

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone
from django_filters import CharFilter

from channels.models import DIRECT, Channel
from inventory import updated
from inventory.acts import Act
from inventory.errors import InvalidChange
from inventory.models import Import, StockLevel, Warehouse
from inventory.services.catalog import create_variant, set_components, update_variant
from inventory.services.movements import StockLine
from inventory.services.receive import receive_stock
from orders import filters
from orders.models import FulfillmentLine, FulfillmentOrder, Order, OrderLine
from orders.services.booking import Wanted
from orders.services.place import Customer, place_order
from tests.marketplace.addresses import list_queries, routes
from tests.marketplace.oracles import NOBODYS, QUESTIONS, theirs
from tests.marketplace.world import CANARY, STORE, A, B

pytestmark = [pytest.mark.django_db, pytest.mark.once]

MOVING = re.compile(r'(value|content|data-token)="[^"]{30,}"|nonce="[^"]*"')
"""What differs from page to page: tokens of forms."""


@pytest.fixture(autouse=True)
def _jobs_run_at_once(settings):
    settings.TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}


@pytest.fixture
def ask(people, visit, key_of):
    """Return a way in which seller A asks something, which leaves nothing behind."""
    client, key = visit(people["seller"]), key_of(people["seller"])

    def answer(verb, address, body, values):
        asked = f"{address} {json.dumps(body)}"
        values = {name: str(one) for name, one in values.items() if f"{{{name}}}" in asked}
        sent = {name: quote(value, safe="") for name, value in values.items()}
        headers = key if address.startswith("/api/") else {}
        data = {"data": _filled(body, values), "content_type": "application/json"} if body else {}
        with transaction.atomic():
            response = getattr(client, verb.lower())(
                address.format(**sent), headers=headers, **data
            )
            text = f"{response.status_code} {response.headers.get('Location')} {_text(response)}"
            transaction.set_rollback(True)
        for value in values.values():
            plus = quote_plus(value)
            for form in {value, quote(value, safe=""), plus, quote_plus(plus), html.escape(value)}:
                text = re.sub(rf"(?<![0-9]){re.escape(form)}(?!\w)", "…", text, flags=re.IGNORECASE)
        return MOVING.sub("", text)

    return answer


def _filled(body, values):
    text = json.dumps(body)
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", json.dumps(str(value))[1:-1])
    return text


def _text(response):
    body = b"".join(response) if response.streaming else response.content
    for close in response._resource_closers:  # its own close() would end our transaction, too
        close()
    return body.decode(errors="replace")


@pytest.mark.parametrize("owner", [B, STORE])
def test_what_another_has_and_what_nobody_has_are_answered_alike(world, ask, owner):
    own = {"own": world.skus[A]}
    wrong = []
    for name, (verb, address, body) in QUESTIONS.items():
        about = ask(verb, address, body, {**theirs(world, owner), **own})
        nothing = ask(verb, address, body, {**NOBODYS, **own})
        if about != nothing:
            wrong.append(name)

    assert wrong == []


def test_the_questions_find_own_things(world, ask):
    """The control: with what is A's own, most of the questions are answered in another way."""
    own = {"own": world.skus[A]}
    mine = theirs(world, A)

    differs = [
        name
        for name, (verb, address, body) in QUESTIONS.items()
        if ask(verb, address, body, {**mine, **own}) != ask(verb, address, body, {**NOBODYS, **own})
    ]

    refused = {"search of orders by e-mail", "change of an order", "scan of a SKU"}
    same = {
        "search in the menu",
        "simulation of a SKU",
    }  # it finds pages; the form has no answer yet
    assert set(QUESTIONS) - set(differs) == refused | same


def text_filters():
    """Return every text filter of every list of the API: its address and its name."""
    for route in routes():
        filterset = getattr(getattr(route.view, "cls", None), "filterset_class", None)
        for name, one in filterset.base_filters.items() if filterset else ():
            if isinstance(one, CharFilter):
                yield f"/{route.pattern}".replace("<slug:slug>", "storefront"), name


def test_no_text_filter_and_no_search_finds_what_another_has(world, ask):
    asked = [f"{address}?{name}={{value}}" for address, name in text_filters()]
    assert len(asked) > 15
    lists = [route for route in routes() if route.name in list_queries(world)]
    asked += [f"/{route.pattern}?q={{value}}" for route in lists]
    about, wrong = theirs(world), []
    for address in asked:
        for form in ("sku", "title", "email", "code", "order")[: 5 if "/api/" in address else 3]:
            found = ask("GET", address, None, {"value": about[form]})
            if found != ask("GET", address, None, {"value": NOBODYS[form]}):
                wrong.append(f"{address} {form}")

    assert wrong == []


# --- an order in which several have a part ----------------------------------------------------


@pytest.fixture
def shared(world):
    """An order of a bundle of B: a unit of A in it, and one of B, booked in another warehouse."""
    attic = Warehouse.objects.create(code="attic", name="Attic")
    parts = {owner: world.variants[owner][1] for owner in (A, B)}
    receive_stock(
        warehouse=attic, lines=[StockLine(parts[B], 9)], reference="R", act=Act.now(by="olga")
    )
    bundle = create_variant(
        act=Act.now(), product=parts[B].product, sku="CANARY-QB950Q", price="3.00"
    )
    lines = [StockLine(one, 1) for one in parts.values()]
    set_components(act=Act.now(), bundle=bundle, lines=lines)
    mine = world.variants[A][0]
    order = place_order(
        channel=Channel.objects.get(slug=DIRECT),
        customer=Customer("Shared Customer"),
        lines=[Wanted(bundle, 1, bundle.price), Wanted(mine, 1, mine.price)],
        ship_together=True,
        act=Act.now(by="olga"),
    )
    rest = FulfillmentLine.objects.filter(fulfillment_order__order=order, variant=parts[B])
    rest.update(stock_level=StockLevel.objects.get(variant=parts[B], warehouse=attic))
    return order


@pytest.fixture
def numbers(people, visit, key_of):
    """Return a way to read the numbers in a list of the API, as seller A or as the operator."""

    def read(address, person="seller"):
        answer = visit().get(f"/api/v1/{address}", headers=key_of(people[person])).json()
        return {row["number"] for row in answer["results"]}

    return read


def test_a_warehouse_of_another_s_units_is_not_told(shared, numbers):
    rows = FulfillmentLine.objects.filter(fulfillment_order__order=shared)
    parcel = rows.get(stock_level__warehouse__code="attic").fulfillment_order.number

    assert parcel in numbers("fulfillment-orders")
    assert parcel in numbers("fulfillment-orders?warehouse=attic", "operator")
    assert numbers("fulfillment-orders?warehouse=attic") == set()


@pytest.mark.parametrize("view", filters.VIEWS)
def test_a_view_of_orders_looks_at_the_own_part_alone(world, numbers, view):
    mixed = Order.objects.get(customer_name="Mixed Customer")
    mine = OrderLine.objects.filter(order=mixed, variant=world.variants[A][0])
    rows = FulfillmentLine.objects.filter(fulfillment_order__order=mixed)
    state, others = {"waits": "waiting"}.get(view, "ready"), {"waits": "ready"}
    own = FulfillmentOrder.objects.filter(lines__in=rows.filter(order_line__in=mine))
    rest = FulfillmentOrder.objects.filter(order=mixed).exclude(pk__in=own.values("pk"))
    own.update(status=others.get(view, "waiting"))
    rest.update(status=state)
    OrderLine.objects.filter(order=mixed).exclude(pk__in=mine).update(short=1)

    assert rest.exists()
    assert mixed.number in numbers("orders")
    assert mixed.number in numbers(f"orders?view={view}", "operator")
    assert mixed.number not in numbers(f"orders?view={view}")


def test_what_was_changed_of_another_s_part_is_not_told(world, numbers):
    mixed = Order.objects.get(customer_name="Mixed Customer")
    soon = quote((timezone.now() + timedelta(seconds=1)).isoformat())
    later = timezone.now() + timedelta(days=1)
    rest = OrderLine.objects.filter(order=mixed).exclude(variant__product__seller=world.sellers[A])
    lines = FulfillmentLine.objects.filter(order_line__in=rest)
    as_written(lines, later)
    as_written(rest, later)

    assert mixed.number in numbers(f"orders?updated_since={soon}", "operator")
    assert mixed.number not in numbers(f"orders?updated_since={soon}")
    assert not numbers(f"fulfillment-orders?updated_since={soon}")


def as_written(rows, at):
    """Have rows look as if they were written then: the database notes the time by itself."""
    table = rows.model._meta.db_table
    updated.lift(connection, [table])
    rows.update(updated_at=at)
    updated.install(connection, [table])


# --- answers to what is a seller's own --------------------------------------------------------


def test_an_answer_to_a_change_of_one_s_own_names_nothing_of_others(world, people, visit, key_of):
    client, key, sku = visit(), key_of(people["seller"]), world.skus[A]
    part = world.variants[A][1].sku
    asked = [
        ("patch", f"/api/v1/variants/{one}", body)
        for one in (sku, part)
        for body in ({"backorders": "no"}, {"track_inventory": False}, {"sku": world.skus[B]})
    ]
    asked += [
        ("patch", f"/api/v1/stock/{part}/main", {"backorder_threshold": 0}),
        ("post", "/api/v1/bulk-edits", {"skus": [sku, part], "changes": {"backorders": "no"}}),
        (
            "post",
            "/api/v1/stock/simulations",
            {"warehouse": "main", "lines": [{"sku": part, "quantity": 50}]},
        ),
    ]
    for verb, address, body in asked:
        with transaction.atomic():
            answer = getattr(client, verb)(
                address, body, content_type="application/json", headers=key
            )
            transaction.set_rollback(True)
        said = answer.content.decode().replace(world.skus[B], "")
        assert answer.status_code < 500, address
        assert {one[0] for one in CANARY.finditer(said) if one[1].lower() != A} == set(), address


def test_who_takes_a_sku_that_looks_like_another_s_does_not_read_it(world):
    mine, act = world.variants[A][0], Act.now(by="anna")
    for sku in (world.skus[B].lower(), world.skus[B].title()):
        with pytest.raises(InvalidChange) as refused:
            update_variant(act=act, variant=mine, changes={"sku": sku})
        words = f"The SKU {sku} is taken, or looks like one that is: choose another one."
        assert refused.value.errors == {"sku": words}


def test_a_file_that_makes_products_names_nothing_of_others(
    world, able, visit, django_capture_on_commit_callbacks
):
    head, tail = "SKU;US_Title_Short;Stock_Track;Stock_Disable_Sold_Out\r\n", ";Y;N\r\n"
    title = theirs(world)["title"]
    rows = f"{head}{world.skus[B].lower()};x{tail}NEW-1;{title}{tail}"
    file = SimpleUploadedFile("mine.csv", rows.encode())

    form = {"file": file, "kind": "variants", "mode": "create"}
    with django_capture_on_commit_callbacks(execute=True):
        visit(able).post(reverse("admin:inventory_import_add"), form)
    source = Import.objects.latest("pk")
    assert source.refused == ""
    said = {row.number: (row.outcome, row.words) for row in source.import_rows.all()}
    assert {number: outcome for number, (outcome, _words) in said.items()} == {
        2: "error",
        3: "create",
    }
    assert world.skus[B] not in said[2][1]
