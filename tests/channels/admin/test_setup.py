"""The list of channels, a new one, and the setup: prerequisites, secrets, connection."""

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from channels.connectors.woocommerce.connector import WooCommerce
from channels.models import Channel, ChannelLog, Listing
from channels.secrets import unseal
from channels.services.channels import NOT_FROM_CHANNEL, NOT_WHEN_SHIPPED, update_channel
from inventory.acts import Act
from inventory.models import Warehouse
from tests.channels.admin.conftest import SECRETS, sent, text_of

pytestmark = pytest.mark.django_db

SWITCH = "allow_out_of_stock_purchases"
FIELDS = ("capture_when", "processing_mode")


@pytest.fixture
def save(desk, url):
    """Return a way to save the setup of a channel as a browser does."""

    def press(channel, **typed):
        page = url("change", channel)
        return desk.post(page, sent(desk.get(page).context["form"], **typed))

    return press


def fresh(channel):
    return Channel.objects.get(pk=channel.pk)


# --- the list and a new one -------------------------------------------------------------------


def test_the_list_shows_how_each_channel_does(desk, storefront, shop, make_mug, put_up):
    put_up(storefront, make_mug())
    make_mug("cup")
    Channel.objects.filter(pk=shop.pk).update(failures=2, last_error="No answer.")
    update_channel(act=Act.now(), channel=storefront, changes={SWITCH: False})

    page = text_of(desk.get(reverse("admin:channels_channel_changelist")))

    for words in ("WooCommerce", "Does not answer", "Allow users to purchase out of stock items"):
        assert words in page
    assert f"/channels/channel/{storefront.pk}/catalog/?status=changed" in page


def test_a_new_channel_lists_nothing_yet(desk, make_mug, token):
    make_mug()
    page = reverse("admin:channels_channel_add")
    opened = desk.get(page)
    data = sent(opened.context["form"], slug="market", name="Market", connector="woocommerce")

    answers = [desk.post(page, data) for _press in range(2)]

    made = Channel.objects.get(slug="market")
    assert {answer.url for answer in answers} == {
        reverse("admin:channels_channel_change", args=[made.pk])
    }
    assert list(made.listings.values_list("status", flat=True)) == ["unlisted"]


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"slug": "storefront"}, "slug"),
        ({"slug": "no spaces"}, "slug"),
        ({"name": ""}, "name"),
        ({"name": "two\nlines"}, "name"),
        ({"connector": "gopher"}, "connector"),
        ({"form_token": "mine"}, None),
    ],
)
def test_a_channel_that_cannot_be_is_not_made(desk, typed, field):
    page = reverse("admin:channels_channel_add")
    good = {"slug": "market", "name": "Market"}

    answer = desk.post(page, sent(desk.get(page).context["form"], **good | typed))

    assert answer.status_code == 200
    assert list(answer.context["form"].errors) == [field or "__all__"]
    assert Channel.objects.count() == 2


def test_direct_shows_only_its_name_and_its_warehouses(desk, direct, url, save):
    main = Warehouse.objects.get(code="main")

    page = desk.get(url("change", direct))
    save(direct, name="Desk", warehouses=[str(main.pk)])

    assert [bound.name for bound in page.context["form"]] == ["name", "warehouses", "version"]
    assert "It has no listings" in text_of(page)
    assert (fresh(direct).name, list(fresh(direct).warehouses.all())) == ("Desk", [main])
    for tab in ("catalog", "bulk", "log"):
        assert desk.get(url(tab, direct)).status_code == 404


# --- prerequisites ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("capture", "mode", "field", "words"),
    [
        ("created", "manual", None, None),
        ("paid", "pick_pack_ship", None, None),
        ("paid", "load_from_channel", "processing_mode", NOT_FROM_CHANNEL),
        ("shipped", "manual", "capture_when", NOT_WHEN_SHIPPED),
        ("shipped", "load_from_channel", "processing_mode", NOT_FROM_CHANNEL),
    ],
)
def test_the_first_prerequisite_that_is_not_met_is_named_on_its_field(
    save, outlet, capture, mode, field, words
):
    answer = save(outlet, **{SWITCH: "on"}, capture_when=capture, processing_mode=mode)

    assert fresh(outlet).allow_out_of_stock_purchases is (field is None)
    if field:
        assert answer.context["form"].errors == {field: [words]}


def test_the_form_of_the_storefront_offers_what_means_something_there(desk, url, storefront):
    form = desk.get(url("change", storefront)).context["form"]
    choices = {name: [value for value, _label in form.fields[name].choices] for name in FIELDS}
    assert choices == {
        "capture_when": ["created", "paid"],
        "processing_mode": ["manual", "pick", "pick_pack", "pick_pack_ship"],
    }


def test_a_setup_that_what_is_published_rules_out_says_so_on_its_field(
    save, outlet, make_mug, put_up
):
    channel = update_channel(act=Act.now(), channel=outlet, changes={SWITCH: True})
    put_up(channel, make_mug())

    answer = save(channel, **{SWITCH: None}, capture_when="shipped")

    [words] = answer.context["form"].errors["capture_when"]
    assert words.startswith("1 listing is still published with backorders allowed")
    assert fresh(channel).allow_out_of_stock_purchases


def test_the_prerequisites_are_ticked_or_crossed_as_they_stand(desk, url, storefront, outlet):
    update_channel(
        act=Act.now(),
        channel=outlet,
        changes={"capture_when": "shipped", "processing_mode": "load_from_channel"},
    )

    def marks(channel):
        needs = desk.get(url("change", channel)).context["prerequisites"]
        return [need["is_met"] for need in needs]

    assert (marks(storefront), marks(outlet)) == ([True, True], [False, False])
    page = text_of(desk.get(url("change", outlet)))
    assert "must not be Load data from Outlet" in page
    assert "Capture order when it is must be Created or Paid" in page


def test_a_changed_switch_says_that_products_are_to_be_updated(
    desk, url, save, storefront, make_mug, put_up
):
    put_up(storefront, make_mug())

    save(storefront, **{SWITCH: None})
    page = text_of(desk.get(url("change", storefront)))

    assert "You need to list or update products to apply a change in backorder settings." in page
    assert f"{url('catalog', storefront)}?status=changed" in page
    assert Listing.objects.get(channel=storefront).published_backorder == "allowed"


def test_nothing_is_overwritten_that_somebody_else_saved(desk, url, storefront):
    page = url("change", storefront)
    opened = sent(desk.get(page).context["form"], name="Mine")
    update_channel(act=Act.now(), channel=storefront, changes={"name": "Theirs"})

    answer = desk.post(page, opened)

    assert answer.status_code == 409
    assert "somebody else saved first" in text_of(answer)
    assert fresh(storefront).name == "Theirs"


@pytest.mark.parametrize(
    "typed",
    [
        {"name": ""},
        {"name": "x" * 121},
        {"name": "a\x00b"},
        {"capture_when": "yesterday"},
        {"processing_mode": ["manual", "x"]},
        {"warehouses": ["999999"]},
        {"warehouses": ["abc"]},
        {"version": "9" * 5000},
        {"version": ""},
    ],
)
def test_what_no_browser_sends_is_an_error_and_saves_nothing(save, storefront, typed):
    before = Channel.objects.values().get(pk=storefront.pk)

    assert save(storefront, **typed).status_code in {200, 409}
    assert Channel.objects.values().get(pk=storefront.pk) == before


# --- a shop elsewhere -------------------------------------------------------------------------


def test_secrets_are_never_shown_again(desk, url, shop, save, operator):
    save(shop, key="ck_newcanary", name="Renamed")
    pages = ["change", "catalog", "bulk", "log", "history"]

    seen = [text_of(desk.get(url(name, shop))) for name in pages]
    seen.append(text_of(desk.get(reverse("admin:channels_channel_changelist"))))
    seen.append(text_of(save(shop, key="ck_newcanary", secret="cs_canary2", name="")))
    assert not LogEntry.objects.exists()

    assert [word for page in seen for word in ("canary", "gAAAAA") if word in page] == []
    assert unseal(fresh(shop).sealed_key) == "ck_newcanary"


def test_an_empty_secret_is_kept_and_a_tick_forgets_it(save, shop):
    save(shop, name="Renamed")
    kept = fresh(shop)
    save(shop, forget_secret="on")

    assert [unseal(getattr(kept, f"sealed_{name}")) for name in ("key", "secret")] == [*SECRETS[:2]]
    assert unseal(fresh(shop).sealed_key) == SECRETS[0]
    assert fresh(shop).sealed_secret == ""


def test_a_new_secret_and_forgetting_it_do_not_go_together(save, shop):
    answer = save(shop, secret="cs_new", forget_secret="on")

    assert list(answer.context["form"].errors) == ["secret"]
    assert unseal(fresh(shop).sealed_secret) == SECRETS[1]


@pytest.fixture
def _any_address(monkeypatch):
    monkeypatch.setattr("channels.services.channels.check_address", lambda address: None)


@pytest.mark.usefixtures("_any_address")
@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example.net",
        "https://shop.example.com.evil.example.net",
        "https://shop.example.com:8443",
        "http://shop.example.com",
        "https://shop.example.com/other-shop",
    ],
)
def test_keys_are_not_sent_to_an_address_that_they_were_not_entered_for(save, shop, address):
    answer = save(shop, address=address)

    words = (
        "Enter it again: the stored one was entered for https://shop.example.com, and is not sent "
        "to another address."
    )
    assert answer.context["form"].errors == {"key": [words], "secret": [words]}
    assert fresh(shop).address == "https://shop.example.com"
    assert save(shop, address=address, key="ck_2").context["form"].errors.keys() == {"secret"}


@pytest.mark.usefixtures("_any_address")
def test_keys_that_are_entered_with_it_go_to_the_new_address(save, shop):
    save(shop, address="https://new.example.net/", key="ck_2", forget_secret="on")

    kept = fresh(shop)
    assert kept.address == "https://new.example.net"
    assert (unseal(kept.sealed_key), kept.sealed_secret) == ("ck_2", "")
    assert unseal(kept.sealed_webhook_secret) == SECRETS[2]


@pytest.mark.usefixtures("_any_address")
def test_no_detour_over_an_empty_address_takes_the_keys_along(save, shop):
    save(shop, address="")
    assert fresh(shop).address == ""

    answer = save(shop, address="https://evil.example.net")

    assert answer.context["form"].errors.keys() == {"key", "secret"}
    assert fresh(shop).address == ""


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:5432",
        "http://localhost./",
        "http://169.254.169.254/latest",
        "http://[::1]/",
        "file:///etc/passwd",
        "gopher://x",
        "https://user:pw@example.com",
        "x" * 301,
    ],
)
def test_an_address_that_we_may_not_call_is_refused(save, shop, address):
    answer = save(shop, address=address)

    assert list(answer.context["form"].errors) == ["address"]
    assert fresh(shop).address == "https://shop.example.com"


def test_saving_something_else_looks_up_no_address(save, shop, monkeypatch):
    monkeypatch.setattr("channels.services.channels.check_address", refuse_to_look_up)

    save(shop, name="Renamed")

    assert fresh(shop).name == "Renamed"


def refuse_to_look_up(_address):
    raise AssertionError


@pytest.mark.parametrize("is_there", [True, False])
def test_the_connection_is_tested_and_the_answer_kept(desk, url, shop, monkeypatch, is_there):
    def answer(_self):
        if is_there:
            return "WooCommerce at shop.example.com answered."
        from channels.connectors.base import ChannelDown

        raise ChannelDown("shop.example.com did not answer.")

    monkeypatch.setattr(WooCommerce, "test_connection", answer)

    desk.post(url("test", shop))
    page = text_of(desk.get(url("change", shop)))

    words = "answered." if is_there else "did not answer."
    assert f"shop.example.com {words}" in page
    assert ChannelLog.objects.get(channel=shop).is_ok is is_there


def test_the_setup_of_a_shop_says_what_it_cannot_and_where_webhooks_go(desk, url, shop, storefront):
    page = text_of(desk.get(url("change", shop)))

    assert "What this shop cannot say" in page
    assert "WooCommerce knows no limit of backorders" in page
    assert "/api/v1/channels/shop/webhooks/orders" in page
    assert "Test connection" not in text_of(desk.get(url("change", storefront)))


def test_a_shop_that_does_not_answer_is_said_to(desk, url, shop):
    Channel.objects.filter(pk=shop.pk).update(failures=3, last_error="Time ran out.")

    page = text_of(desk.get(url("change", shop)))

    assert "Does not answer" in page
    assert "Time ran out." in page
