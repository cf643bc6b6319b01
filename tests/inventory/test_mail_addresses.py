"""Which addresses are taken: those that a mail can be sent to, wherever one is typed."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives
from django.core.mail.message import sanitize_address
from hypothesis import example, given
from hypothesis import strategies as st

from channels.models import Channel
from inventory.acts import Act
from inventory.errors import InvalidChange
from inventory.mail_addresses import check_address, is_sendable
from orders.models import Order
from orders.services.booking import Wanted
from orders.services.place import Customer, place_order

GOOD = [
    "zoe@example.com",
    "o'neil+shop@x.co.uk",
    "zoe@exämple.de",
    "zoe@例え.jp",
    "zoe@localhost",
    "x" * 64 + "@example.com",
]
BAD = {
    "turned": "x@ab\u202e.com",
    "a label of 63 letters that are more bytes": "x@" + "ä" * 63 + ".com",
    "a label of 64 letters": "x@" + "a" * 64 + ".com",
    "a soft hyphen": "x@exa\u00admple.com",
    "no width": "x@a\u200b.com",
    "half a character": "x@a\ud800.com",
    "a slash, when it is sent": "x@ex／ple.com",
    "a letter of no mail server": "ä@example.com",
    "a long s": "ſ@example.com",
    "a Kelvin": "\u212a@example.com",
    "a control character": '"\x01"@example.com',
    "a space": '"a b"@example.com',
    "a line": "x@example.com\n",
    "65 characters before the @": "x" * 65 + "@example.com",
    "255 characters when it is sent": "x@" + ".".join(["ä" * 40] * 6) + ".com",
    "no domain": "x@",
    "nothing": "",
}


@pytest.mark.parametrize("address", GOOD)
def test_a_mail_can_be_sent(address):
    check_address(address)


@pytest.mark.parametrize("address", BAD.values(), ids=BAD.keys())
def test_no_mail_can_be_sent(address):
    with pytest.raises(ValidationError) as refused:
        check_address(address)
    assert refused.value.code == "invalid"


WORD = st.text(st.characters(exclude_categories=()), min_size=1, max_size=70)


@given(WORD, WORD, st.sampled_from(["com", "de", "jp", "ä"]))
@example("x", "ab\u202e", "com")
@example("x", "ä" * 63, "com")
def test_what_is_taken_can_be_sent(local, domain, last):
    address = f"{local}@{domain}.{last}"
    if not is_sendable(address):
        return
    message = EmailMultiAlternatives("Hello", "Hello.", "shop@example.com", [address])

    assert sanitize_address(address, "utf-8").isascii()
    assert message.message().as_bytes()


@pytest.mark.parametrize("address", ["x@ab\u202e.com", f"x@{'ä' * 63}.com"])
@pytest.mark.parametrize("door", ["/api/v1/orders", "the use case"])
def test_no_order_is_taken_with_it(door, address, client, admin_user, mug):
    direct = Channel.objects.get(slug="direct")
    if door == "the use case":
        with pytest.raises(InvalidChange) as refused:
            place_order(
                channel=direct,
                customer=Customer("Ann", address),
                lines=[Wanted(mug, 1, Decimal(1))],
                act=Act.now(),
            )
        assert list(refused.value.errors) == ["customer_email"]
    else:
        client.force_login(admin_user)
        body = {
            "customer": {"name": "Ann", "email": address},
            "lines": [{"sku": "mug", "quantity": 1}],
        }
        answer = client.post(door, body, content_type="application/json")
        assert answer.status_code == 422
        assert [one["field"] for one in answer.json()["errors"]] == ["customer.email"]
    assert not Order.objects.exists()
