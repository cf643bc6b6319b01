"""What programs do at the same moment, and what takes the locks away from them.

An action answers in one word; whatever nobody expects of it is raised.
"""

from django.db import connection, connections
from django.db.models import QuerySet
from django.test import Client

from channels.models import DIRECT, Channel
from inventory import locks as variant_locks
from inventory.acts import Act
from inventory.models import IdempotencyKey, Variant
from inventory.services.once import Answer
from orders import locks
from orders.errors import NotPossible, OrderRefused
from orders.services.booking import Wanted
from orders.services.place import Customer, place_order

SOLD, REFUSED, DONE = "sold", "refused", "done"

BOOKING = "orders.services.place.book_lines"
"""Where a new order read what there is, and wrote nothing yet."""

WRITING = "orders.services.sheet.Sheet.save"
"""Where everything that was read is changed in memory, and nothing is written yet."""

BETWEEN = "tests.races.actions.between"
"""Where an action of this module stands between two steps that belong together."""


def between():
    """Stand between two steps."""


# --- what they do -----------------------------------------------------------------------------


def buy(*lines, **fields):
    """Place an order; return its number."""
    return place_order(
        channel=Channel.objects.get(slug=DIRECT),
        customer=Customer("Ann"),
        lines=[Wanted(variant, units, variant.price) for variant, units in lines],
        act=Act.now(by="test"),
        **fields,
    ).number


def buy_by_service(*lines, **fields):
    try:
        buy(*lines, **fields)
    except OrderRefused:
        return REFUSED
    return SOLD


def buy_by_api(token, body):
    headers = {"authorization": f"Bearer {token}"}
    kind = "application/json"
    answer = Client().post("/api/v1/orders", body, content_type=kind, headers=headers)
    return _word(answer, {201: SOLD, 409: REFUSED})


def buy_in_the_storefront(session, form):
    answer = _browser(session).post("/checkout/", form)
    assert answer.status_code == 303, answer.content
    return {"/order/": SOLD, "/cart/": REFUSED}[answer.headers["Location"][:7]]


def buy_on_the_admins_page(session, form):
    answer = _browser(session).post("/admin/orders/order/add/", form)
    if answer.status_code == 200:
        assert "Nothing was placed" in answer.content.decode()
    return _word(answer, {302: SOLD, 200: REFUSED})


def buy_again_and_again(times, *lines):
    """Place so many orders, the lines of every other one the other way round."""
    for turn in range(times):
        buy(*(lines if turn % 2 else reversed(lines)))
    return DONE


def attempt(verb, **fields):
    """Do something, or have it refused."""
    try:
        verb(act=Act.now("test"), **fields)
    except NotPossible:
        return REFUSED
    return DONE


def receive_by_api(token, body, key):
    headers = {"authorization": f"Bearer {token}", "idempotency-key": key}
    kind = "application/json"
    answer = Client().post("/api/v1/stock/receipts", body, content_type=kind, headers=headers)
    assert answer.status_code == 200, answer.content
    return answer.headers.get("Idempotency-Replayed", "false")


def _browser(session):
    client = Client()
    client.cookies["sessionid"] = session
    return client


def _word(answer, words):
    assert answer.status_code in words, (answer.status_code, answer.content)
    return words[answer.status_code]


# --- what takes the locks away ----------------------------------------------------------------


def without_locks():
    """Lock no row; on SQLite, where the transaction is the lock, have no transaction either."""
    QuerySet.select_for_update = lambda rows, **_: rows
    variant_locks.lock_clause = lambda: ""
    if connection.vendor == "sqlite":
        engine = type(connections["default"])
        engine._start_transaction_under_autocommit = lambda self: None
        engine._savepoint_allowed = lambda self: False


def variants_locked_one_by_one():
    """Lock variants as they come, one after the other, as a careless program does."""
    if connection.vendor == "sqlite":
        connection.settings_dict["OPTIONS"]["transaction_mode"] = "DEFERRED"
    locks.lock_variants = _one_by_one


_order = {"is_descending": False}


def _one_by_one(variant_ids):
    rows = Variant.objects.select_related("product").select_for_update(of=("self",), no_key=True)
    variants = []
    for pk in sorted(variant_ids, reverse=_order["is_descending"]):
        variants.append(rows.get(pk=pk))
        between()
    return variants


def buy_locking(*lines, is_descending):
    _order["is_descending"] = is_descending
    return buy(*lines)


def keys_looked_up_first():
    """Look whether a key came before, then act, then keep it, as a careless program does."""
    from inventory.api import base

    def once(*, user_id, key, fingerprint, at, act):
        rows = IdempotencyKey.objects.filter(user=user_id, key=key)
        if row := rows.first():
            return Answer(status=row.status, body=row.body, is_replayed=True)
        between()
        answer = act()
        if not rows.exists():
            row = IdempotencyKey(user_id=user_id, key=key, created_at=at, status=answer.status)
            row.fingerprint, row.body = fingerprint, answer.body
            row.save()
        return answer

    base.once = once
