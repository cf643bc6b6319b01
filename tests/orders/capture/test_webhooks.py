"""Webhooks: who is believed, what they change, and what is left of them in the log."""

import json
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from django_tasks import default_task_backend

from channels.connectors.own import signature_of
from channels.connectors.woocommerce.signing import webhook_signature
from channels.models import ChannelLog
from channels.services.channels import create_channel, update_channel
from inventory.acts import Act
from inventory.models import StockLevel
from orders.api.views_webhooks import WebhookThrottle
from orders.models import CapturedOrder, Order
from orders.tasks import settle_captured, tick
from tests.channels.connectors.conftest import WEBHOOK_SECRET, recorded
from tests.orders.capture.conftest import SECRET, only
from tests.orders.capture.test_own import ORDER, body_of

JSON = "application/json"


@pytest.fixture
def post(db):
    """Return a way to send a webhook, signed unless it is said otherwise."""

    def send(body=ORDER, *, slug="outlet", kind=JSON, **headers):
        raw = body if isinstance(body, bytes) else body_of(body)
        signed = {"x-backoffice-signature": signature_of(SECRET, raw), **headers}
        return Client(enforce_csrf_checks=True).post(
            f"/api/v1/channels/{slug}/webhooks/orders",
            raw,
            content_type=kind,
            headers=signed,
        )

    return send


def problem(answer):
    assert answer.headers["Content-Type"] == "application/problem+json"
    return answer.json()


def log():
    return list(ChannelLog.objects.order_by("pk").values_list("kind", "is_ok", "label", "message"))


def test_an_order_is_recorded_and_settled_by_the_worker(shop, post, mug, stock, settings):
    settings.TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}
    stock(mug, 5)

    answer = post()

    assert (answer.status_code, answer.json()) == (200, {"status": "recorded"})
    assert only().order.external_id == "7001"
    assert log() == [("webhook", True, "#7001", "Paid: recorded.")]


def test_nothing_is_booked_before_the_worker_comes(shop, post, mug, stock):
    stock(mug, 5)

    post()

    assert (only().state, only().is_settled) == ("pending", False)
    assert not Order.objects.exists()
    assert default_task_backend.alias == "default"


def test_a_task_that_was_lost_loses_nothing(shop, post, mug, stock):
    stock(mug, 5)
    post()

    tick()

    assert only().state == "captured"


def test_a_task_for_an_order_that_is_gone_does_nothing(db):
    settle_captured.func(captured_id=987_654)


def test_a_replay_has_no_effect(shop, post, mug, stock):
    stock(mug, 5)
    post()
    tick()
    before = (CapturedOrder.objects.values().get(), StockLevel.objects.values().get())

    for _ in range(10):
        assert post().json() == {"status": "recorded"}
    tick()

    assert (
        CapturedOrder.objects.values().get(),
        StockLevel.objects.values().get(),
    ) == before
    assert Order.objects.count() == 1
    assert len(log()) == 1


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "sha256=",
        "sha256=" + "0" * 64,
        signature_of("the secret of another channel", body_of(ORDER)),
        signature_of("", body_of(ORDER)),
        webhook_signature(SECRET, body_of(ORDER)),
        ",".join([signature_of(SECRET, body_of(ORDER))] * 2),
    ],
)
def test_what_is_not_signed_has_no_effect_and_is_told_nothing(shop, post, signature):
    answer = post(**{"x-backoffice-signature": signature})

    assert answer.status_code == 401
    assert problem(answer)["errors"] == [{"message": "The signature is missing or wrong."}]
    assert "WWW-Authenticate" in answer.headers
    assert not CapturedOrder.objects.exists()


@pytest.mark.parametrize("slug", ["direct", "storefront", "bare"])
def test_a_channel_without_a_secret_believes_nobody(db, post, slug):
    create_channel(act=Act.now(), slug="bare", name="Bare")
    for secret in ("", SECRET):
        answer = post(
            slug=slug,
            **{"x-backoffice-signature": signature_of(secret, body_of(ORDER))},
        )
        assert answer.status_code == 401


def test_a_secret_that_cannot_be_opened_believes_nobody(shop, post, settings):
    settings.SECRET_KEY = "another key than the one that sealed it"

    assert post().status_code == 401


def test_an_unknown_channel_is_not_there(db, post):
    assert post(slug="nowhere").status_code == 404


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"external_id": 1}', b"\xff\xfe"])
def test_a_signed_body_that_cannot_be_read_is_refused_with_a_sentence(shop, post, body):
    answer = post(body)

    assert answer.status_code == 400
    assert problem(answer)["errors"][0]["message"]
    assert log()[0][:2] == ("webhook", False)
    assert not CapturedOrder.objects.exists()


def test_a_body_beyond_1_mb_is_not_read(shop, post):
    assert post(b" " * 1_000_001).status_code == 413


def test_a_body_that_is_deep_is_refused(shop, post):
    assert post(b"[" * 100_000).status_code == 400


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete"])
def test_only_a_post_is_a_webhook(shop, method):
    answer = getattr(Client(), method)("/api/v1/channels/outlet/webhooks/orders")

    assert answer.status_code == 405


def test_too_many_are_told_to_wait(shop, post, monkeypatch):
    monkeypatch.setattr(WebhookThrottle, "THROTTLE_RATES", {"webhooks": "2/min"})

    answers = [post() for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert int(answers[2].headers["Retry-After"]) > 0
    assert post(slug="direct").status_code == 401  # another channel has its own count


def test_strangers_do_not_fill_the_log(shop, post):
    for number in range(20):
        post(
            body_of({**ORDER, "number": str(number)}),
            **{"x-backoffice-signature": "sha256=0"},
        )

    assert log() == [("webhook", False, "", "The signature does not fit the message.")]
    ChannelLog.objects.update(at=timezone.now() - timedelta(minutes=2))
    post(**{"x-backoffice-signature": "sha256=0"})
    assert len(log()) == 2


def test_the_log_holds_no_secret(shop, post):
    post()
    post(**{"x-backoffice-signature": f"sha256={SECRET}"})

    rows = json.dumps(list(ChannelLog.objects.values("message", "label", "sent", "answered")))
    assert SECRET not in rows
    assert signature_of(SECRET, body_of(ORDER)) not in rows


# --- a shop with a connector ------------------------------------------------------------------


@pytest.fixture
def woo(db, settings):
    settings.CHANNEL_PRIVATE_HOSTS = ["127.0.0.1"]
    channel = create_channel(act=Act.now(), slug="woo", name="Woo", connector="woocommerce")
    changes = {"address": "http://127.0.0.1:61001", "key": "ck", "secret": "cs"}
    return update_channel(
        act=Act.now(), channel=channel, changes={**changes, "webhook_secret": SECRET}
    )


def test_a_recorded_delivery_of_woocommerce_is_taken_as_it_was_signed(woo, post):
    """Its record is cut, and the API said the same order."""
    update_channel(act=Act.now(), channel=woo, changes={"webhook_secret": WEBHOOK_SECRET})
    _ping, created = recorded("webhook_deliveries")
    (said,) = [one for one in recorded("transcript") if one["path"] == "/wp-json/wc/v3/orders"]
    body = json.dumps(said["response"], separators=(",", ":")).replace("/", "\\/").encode()
    headers = {name.lower(): value for name, value in created["hdr"].items() if "X-WC" in name}

    for _ in range(3):
        assert post(body, slug="woo", **headers).json() == {"status": "recorded"}

    assert (only().external_id, only().status) == ("13", "paid")


def test_a_ping_of_woocommerce_has_no_effect(woo, post):
    answer = post(b"webhook_id=12", slug="woo", kind="application/x-www-form-urlencoded")

    assert (answer.status_code, answer.json()) == (200, {"status": "ignored"})
    assert not CapturedOrder.objects.exists()
    assert log() == []


def test_our_own_format_is_not_taken_for_a_shop_with_a_connector(woo, post):
    assert post(slug="woo").status_code == 401
