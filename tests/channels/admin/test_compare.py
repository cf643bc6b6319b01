"""Comparing with the shop: what differs is said, and put right by one click."""

import pytest
from django.utils import timezone

from channels.models import Channel, ChannelLog
from channels.services.channels import update_channel
from channels.services.send import send
from inventory.acts import Act
from inventory.models import Job
from inventory.tasks import run_job
from tests.channels.standin import standin


@pytest.fixture
def there(shop, settings):
    """A shop that answers, in place of the one that nobody reaches."""
    settings.CHANNEL_PRIVATE_HOSTS = ["127.0.0.1"]
    with standin() as one:
        changes = {"address": one.address, "key": one.key, "secret": one.secret}
        update_channel(act=Act.now(), channel=shop, changes=changes)
        yield one


def send_all(channel):
    while send(Channel.objects.get(pk=channel.pk), at=timezone.now()):
        pass


def test_what_somebody_changed_in_the_shop_is_named_and_sent_again(
    desk, url, shop, there, make_mug, put_up
):
    (listing,) = put_up(shop, make_mug())
    send_all(shop)
    (row,) = there.by_sku("mug")
    there.update_product(row["id"], {"stock_quantity": 99})

    desk.post(url("compare", shop))
    desk.post(url("compare", shop))
    run_job.call(job_id=Job.objects.get(kind="compare_channel").pk)
    page = desk.get(url("log", shop), {"kind": "drift"}).content.decode()

    assert "Compared: 1, different: 1." in page
    assert "99" in page
    desk.post(url("send_ours", shop), {"listing": listing.pk})
    send_all(shop)
    assert there.by_sku("mug")[0]["stock_quantity"] == 0


def test_a_shop_that_does_not_answer_is_said(desk, url, shop, there, make_mug, put_up):
    put_up(shop, make_mug())
    send_all(shop)
    there.faults.script("500", times=9)

    desk.post(url("compare", shop))
    job = Job.objects.get(kind="compare_channel")
    run_job.call(job_id=job.pk)

    assert Job.objects.get(pk=job.pk).state == "failed"
    assert not ChannelLog.objects.get(kind="drift").is_ok


@pytest.mark.parametrize("named", ["", "0", "abc", "9" * 30, "\u0663"])
def test_what_is_not_there_is_not_sent(desk, url, shop, named):
    assert desk.post(url("send_ours", shop), {"listing": named}).status_code == 302
    assert desk.get(url("send_ours", shop)).status_code == 405


def test_a_channel_without_a_shop_cannot_be_compared(desk, url, storefront):
    assert desk.post(url("compare", storefront)).status_code == 404
