"""The key in the address of an order's own page: whoever has it reads the page and may cancel.

It is random and stored nowhere in clear. The page is found by its hash; mails, which have to link
to the page, read it from where it is sealed with `SECRET_KEY`.
"""

import hashlib
import re
import secrets
from collections.abc import Sequence
from typing import TypedDict

from channels.secrets import SecretLost, seal, unseal
from inventory.objects import update
from orders.models import Order
from orders.models.orders import new_token

MAX_SEALED = 500
"""Orders of an older program whose keys one call seals."""

BY_STOREFRONT = "storefront"
"""By whom orders of the storefront are placed."""

_KEY = re.compile(r"[A-Za-z0-9_-]{43}")


class KeyColumns(TypedDict):
    """What is stored of a key."""

    page_key_hash: str
    sealed_page_key: str


def new_page_key() -> KeyColumns:
    """Return what is stored of a new key, which nobody can guess: 256 bits."""
    return _columns(secrets.token_urlsafe(32))


def page_key(order: Order) -> str:
    """Return the key of an order's page; a new one, where its own cannot be read any more."""
    if order.page_key_hash is None:
        return order.token
    try:
        key = unseal(order.sealed_page_key or "")
    except SecretLost:
        key = ""
    return key or _renewed(order)


def order_of_page(key: str) -> Order | None:
    """Return the order whose page has this key in its address, if there is one."""
    if not _KEY.fullmatch(key):
        return None
    found = Order.objects.filter(page_key_hash=hash_of(key)).first()
    return found or Order.objects.filter(page_key_hash=None, token=key).first()


def hash_of(key: str) -> str:
    """Return what is stored of a key; it is random and long, so that a plain hash suffices."""
    return hashlib.sha256(key.encode()).hexdigest()


def seal_plain_keys() -> int:
    """Seal keys that an older program stored in clear; return how many. Links to them stay good.

    Its storefront kept the word of the checkout as the external ID, which staff and sellers read:
    of that only the hash is left.
    """
    rows = list(Order.objects.filter(page_key_hash=None).order_by("pk")[:MAX_SEALED])
    for row in rows:
        key, row.token = row.token, new_token()
        _set(row, _columns(key))
        if row.by == BY_STOREFRONT and _KEY.fullmatch(row.external_id or ""):
            row.checkout_hash, row.external_id = hash_of(str(row.external_id)), None
    columns = ("page_key_hash", "sealed_page_key", "token", "checkout_hash", "external_id")
    update(rows, columns)
    return len(rows)


def reseal_page_keys() -> int:
    """Seal the keys with the newest `SECRET_KEY`; return how many. What none opens stays as it is.

    In small steps, each of its own: orders go on being placed meanwhile.
    """
    last = done = 0
    sealed = Order.objects.exclude(sealed_page_key=None).order_by("pk")
    while rows := list(sealed.filter(pk__gt=last)[:MAX_SEALED]):
        last = rows[-1].pk
        done += _reseal(rows)
    return done


def _reseal(rows: Sequence[Order]) -> int:
    opened = []
    for row in rows:
        try:
            row.sealed_page_key = seal(unseal(row.sealed_page_key or ""))
        except SecretLost:
            continue
        opened.append(row)
    update(opened, ["sealed_page_key"])
    return len(opened)


def _renewed(order: Order) -> str:
    key = secrets.token_urlsafe(32)
    _set(order, _columns(key))
    order.save(update_fields=["page_key_hash", "sealed_page_key"])
    return key


def _columns(key: str) -> KeyColumns:
    return {"page_key_hash": hash_of(key), "sealed_page_key": seal(key)}


def _set(order: Order, columns: KeyColumns) -> None:
    order.page_key_hash = columns["page_key_hash"]
    order.sealed_page_key = columns["sealed_page_key"]
