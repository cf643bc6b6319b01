"""The log of a channel: what was said, what waits, and what was given up."""

from datetime import timedelta

import pytest
from django.utils import timezone

from channels.models import ChannelLog, Listing, Outgoing
from tests.channels.admin.conftest import text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def say(shop):
    """Return a way to write a line of the log."""

    def write(kind="listing", **fields):
        return ChannelLog.objects.create(channel=shop, kind=kind, at=timezone.now(), **fields)

    return write


@pytest.fixture
def wait(shop, make_mug, put_up):
    """Return a way to put listings into the outbox, with what became of them."""

    def put(*skus, **fields):
        put_up(shop, *(make_mug(sku) for sku in skus))
        Outgoing.objects.filter(listing__variant__sku__in=skus).update(**fields)

    return put


def labels(page):
    return [line.row.label for line in page.context["lines"]]


def test_the_newest_comes_first_and_what_was_said_is_readable(desk, url, shop, say):
    say(label="mug", sent={"price": "12.95", "name": "<b>Mug</b> ü"}, answered={"id": 7})
    say("test", label="newest", is_ok=False, message="No answer <script>.")

    page = desk.get(url("log", shop))

    assert labels(page) == ["newest", "mug"]
    text = text_of(page)
    assert "&quot;price&quot;: &quot;12.95&quot;" in text
    assert "&lt;b&gt;Mug&lt;/b&gt; ü" in text
    assert "No answer &lt;script&gt;." in text


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"kind": "listing"}, ["bad", "good"]),
        ({"show": "failures"}, ["bad"]),
        ({"kind": "test", "show": "failures"}, []),
        ({"kind": "nonsense"}, ["tested", "bad", "good"]),
    ],
)
def test_it_is_filtered_by_kind_and_by_failure(desk, url, shop, say, query, expected):
    say(label="good")
    say(label="bad", is_ok=False)
    say("test", label="tested")

    assert labels(desk.get(url("log", shop), query)) == expected


def test_a_long_message_is_cut(desk, url, shop, say):
    say(label="long", answered={"body": "x" * 100_000})

    assert len(text_of(desk.get(url("log", shop)))) < 90_000


def test_a_channels_log_is_its_own(desk, url, storefront, say):
    say(label="mug")

    assert labels(desk.get(url("log", storefront))) == []


def test_a_page_of_it_holds_fifty_lines(desk, url, shop, say):
    for number in range(51):
        say(label=f"line {number}")

    page = desk.get(url("log", shop), {"kind": "listing", "page": "2"})

    assert labels(page) == ["line 0"]
    assert "?kind=listing&amp;page=1" in text_of(page)


def test_what_waits_is_shown_with_its_next_try(desk, url, shop, wait):
    wait("mug", attempts=3, due_at=timezone.now() + timedelta(hours=1), last_error="Time ran out.")

    page = desk.get(url("log", shop))

    assert (page.context["waiting_words"], page.context["dead"]) == ("1", [])
    assert "Time ran out." in text_of(page)


def test_what_was_given_up_is_tried_again_one_by_one(desk, url, shop, wait):
    wait("mug", "cup", is_dead=True, attempts=8, last_error="No such SKU.")
    mug = Listing.objects.get(channel=shop, variant__sku="mug")

    page = desk.get(url("log", shop))
    for _press in range(2):
        desk.post(url("retry", shop), {"listing": str(mug.pk)})

    assert "No such SKU." in text_of(page)
    alive = Outgoing.objects.filter(is_dead=False)
    assert [(one.listing, one.attempts) for one in alive] == [(mug, 0)]


def test_all_that_was_given_up_is_tried_again(desk, url, shop, wait):
    wait("mug", "cup", is_dead=True, attempts=8)

    desk.post(url("retry", shop), {"all": "1"})

    assert not Outgoing.objects.filter(is_dead=True).exists()


@pytest.mark.parametrize("data", [{}, {"listing": "x"}, {"listing": "9" * 30}, {"all": "yes"}])
def test_nothing_named_is_not_everything(desk, url, shop, wait, data):
    wait("mug", is_dead=True)

    desk.post(url("retry", shop), data)

    assert Outgoing.objects.filter(is_dead=True).count() == 1


def test_another_channels_messages_are_not_tried_again(desk, url, storefront, shop, wait):
    wait("mug", is_dead=True)
    mug = Listing.objects.get(channel=shop)

    desk.post(url("retry", storefront), {"listing": str(mug.pk), "all": "1"})

    assert Outgoing.objects.filter(is_dead=True).count() == 1
