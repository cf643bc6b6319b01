"""Bulk listing by its pages: choosing, the preview, the job, and the failed tried again."""

import pytest

from channels.models import BulkListing, BulkListingItem, Listing, Outgoing, SavedFilter
from channels.models.bulk import BulkState, ItemState
from channels.services.listings import edit_listing
from inventory.acts import Act
from inventory.models import Job, Seller
from inventory.services.catalog import create_product, create_variant, update_variant
from inventory.tasks import run_job
from tests.channels.admin.conftest import text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def three(storefront, make_mug):
    return [make_mug(f"mug-{number}") for number in range(3)]


@pytest.fixture
def chosen(desk, url, token):
    """Return a way to press List on the page, with the boxes of the page as they stand."""

    def press(channel, query="", untick=(), **typed):
        address = f"{url('bulk', channel)}{query}"
        page = desk.get(address)
        shown = [row.listing for row, _is_ticked in page.context["rows"]]
        data = {
            "form_token": token(page),
            "mode": "all",
            "allow_backorder": "keep",
            "shown": [row.pk for row in shown],
            "item": [row.pk for row in shown if row.variant.sku not in untick],
            "at": "1",
            "but": "",
        }
        return desk.post(address, data | typed)

    return press


@pytest.fixture
def run(desk, url):
    """Return a way to confirm a bulk listing and to let its job run."""

    def confirm(bulk):
        desk.post(url("bulk_confirm", bulk.channel, bulk.pk))
        fresh = BulkListing.objects.get(pk=bulk.pk)
        run_job.call(job_id=fresh.job_id)
        return BulkListing.objects.get(pk=bulk.pk)

    return confirm


def only():
    return BulkListing.objects.get()


def skus(bulk):
    return sorted(bulk.items.values_list("listing__variant__sku", flat=True))


# --- choosing ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "untick", "typed", "expected"),
    [
        ("", (), {}, ["mug-0", "mug-1", "mug-2"]),
        ("?q=mug-1", (), {}, ["mug-1"]),
        ("", ("mug-1",), {"mode": "but"}, ["mug-0", "mug-2"]),
        ("", ("mug-1", "mug-2"), {"mode": "page"}, ["mug-0"]),
        ("", (), {"mode": "but"}, ["mug-0", "mug-1", "mug-2"]),
    ],
)
def test_what_is_chosen_is_what_the_preview_shows(
    desk, chosen, storefront, three, query, untick, typed, expected
):
    answer = chosen(storefront, query, untick, **typed)

    assert skus(only()) == expected
    page = desk.get(answer.url)
    assert [row.item.listing.variant.sku for row in page.context["rows"]] == expected
    assert not Listing.objects.exclude(published_at=None).exists()


def test_unticking_a_row_of_all_asks_what_is_meant(desk, chosen, storefront, three):
    answer = chosen(storefront, "", ("mug-1",))

    assert "You unticked items" in text_of(answer)
    assert [is_ticked for _row, is_ticked in answer.context["rows"]] == [True, False, True]
    assert not BulkListing.objects.exists()


def test_what_is_unticked_on_one_page_stays_so_on_the_next(
    desk, url, token, storefront, make_mug, listing_of
):
    for number in range(52):
        make_mug(f"cup-{number:02}")
    first = desk.get(url("bulk", storefront))
    shown = [row.listing.pk for row, _ticked in first.context["rows"]]
    data = {"form_token": token(first), "mode": "but", "shown": shown, "at": "1"}

    second = desk.post(url("bulk", storefront), data | {"item": shown[2:], "but": "", "go": "2"})
    here = [row.listing.pk for row, _ticked in second.context["rows"]]
    data |= {"but": second.context["but"], "shown": here, "item": here[1:], "at": "2"}
    back = desk.post(url("bulk", storefront), data | {"go": "1"})
    desk.post(url("bulk", storefront), data)

    assert [is_ticked for _row, is_ticked in back.context["rows"]] == [False, False, *[True] * 48]
    assert only().total == 49
    assert skus(only())[0] == "cup-02"
    assert "cup-50" not in skus(only())


def test_nothing_ticked_is_not_listed(chosen, storefront, three):
    answer = chosen(storefront, "", ("mug-0", "mug-1", "mug-2"), mode="page")

    assert "Tick one or more items first." in text_of(answer)
    assert not BulkListing.objects.exists()


def test_a_form_that_is_sent_twice_makes_one_bulk_listing(desk, url, token, storefront, three):
    data = {"form_token": token(desk.get(url("bulk", storefront))), "mode": "all"}

    answers = {desk.post(url("bulk", storefront), data).url for _press in range(2)}

    assert len(answers) == 1
    assert BulkListing.objects.count() == 1


def test_a_long_list_is_put_together_in_the_background(
    desk, chosen, storefront, three, monkeypatch
):
    monkeypatch.setattr("channels.admin.bulk.AT_ONCE", 2)

    address = chosen(storefront).url
    waiting = desk.get(address)
    run_job.call(job_id=Job.objects.get().pk)
    ready = desk.get(address)

    assert "The list is being put together" in text_of(waiting)
    assert (waiting["Refresh"], "Refresh" in ready) == ("2", False)
    assert "3 items are chosen; nothing is listed yet" in text_of(ready)


@pytest.mark.parametrize("word", ["allow", "dont_allow"])
def test_while_the_channel_does_not_allow_the_dropdown_rests(
    desk, url, chosen, outlet, make_mug, word
):
    make_mug()

    page = desk.get(url("bulk", outlet))
    answer = chosen(outlet, allow_backorder=word)

    assert page.context["word_field"].field.disabled
    assert "turn it on in the setup" in text_of(answer)
    assert not BulkListing.objects.exists()


def test_the_preview_says_in_words_what_changes(desk, chosen, storefront, three, put_up):
    put_up(storefront, *three[:2])
    update_variant(act=Act.now(), variant=three[0], changes={"price": "3.50"})

    page = desk.get(chosen(storefront, allow_backorder="dont_allow").url)

    words = [list(row.words) for row in page.context["rows"]]
    switched = "Allow backorder: on → off"
    assert words == [
        ["Price: 12.95 EUR → 3.50 EUR", "Backorders: Allowed → Not this item", switched],
        ["Backorders: Allowed → Not this item", switched],
        ["Listed at 12.95 EUR, backorders: Not this item", switched],
    ]
    assert "1 is new in this channel" in text_of(page)
    assert "2 are changed" in text_of(page)


def test_update_all_previews_what_has_unpublished_changes(
    desk, url, token, storefront, three, put_up, listing_of
):
    put_up(storefront, *three)
    edit_listing(act=Act.now(), listing=listing_of(storefront, three[1]), changes={"price": "4"})
    data = {"form_token": token(desk.get(url("catalog", storefront)))}

    answers = {desk.post(url("update_all", storefront), data).url for _press in range(2)}

    assert len(answers) == 1
    assert skus(only()) == ["mug-1"]


def test_what_is_listed_is_previewed_and_taken_off(
    desk, url, chosen, run, storefront, three, put_up
):
    put_up(storefront, *three[:2])

    address = chosen(storefront, action="unlist", allow_backorder="dont_allow").url
    preview = desk.get(address)
    done = run(only())
    page = desk.get(address)

    assert skus(done) == ["mug-0", "mug-1"]
    assert [list(row.words) for row in preview.context["rows"]] == [
        ["Not for sale any more: 12.95 EUR now"]
    ] * 2
    assert "2 items are to be taken off; nothing is done yet" in text_of(preview)
    assert (done.listed, done.allow_backorder) == (2, "keep")
    assert not Listing.objects.published().exists()
    assert {str(row.state) for row in page.context["rows"]} == {"taken off"}
    assert "All items · Unlist" in text_of(desk.get(url("bulk", storefront)))
    again = desk.get(chosen(storefront, action="unlist").url)
    assert "Nothing that matches is listed" in text_of(again)


# --- the job ----------------------------------------------------------------------------------


def test_confirmed_it_is_listed_once_and_reported(desk, url, chosen, run, storefront, three):
    chosen(storefront, allow_backorder="dont_allow")

    done = run(only())
    desk.post(url("bulk_confirm", storefront, done.pk))
    page = desk.get(url("bulk_listing", storefront, done.pk))

    assert (done.state, done.listed, Job.objects.count()) == (BulkState.DONE, 3, 1)
    assert set(Listing.objects.filter(channel=storefront).values_list("version", flat=True)) == {2}
    assert [row.words for row in page.context["rows"]] == [["Allow backorder: on → off"]] * 3
    assert {str(row.state) for row in page.context["rows"]} == {"listed"}
    shown = {
        state: len(desk.get(f"{page.request['PATH_INFO']}?show={state}").context["rows"])
        for state in ("listed", "chosen")
    }
    assert shown == {"listed": 3, "chosen": 0}
    assert f"/changeset/{done.change_set_id}/change/" in page.content.decode()
    assert "Refresh" not in page


def test_while_it_runs_the_page_shows_how_far_it_is(desk, url, chosen, storefront, three):
    chosen(storefront)
    desk.post(url("bulk_confirm", storefront, only().pk))
    Job.objects.update(state="running", done=2, total=3)

    page = desk.get(url("bulk_listing", storefront, only().pk))

    assert page["Refresh"] == "2"
    assert "2 of 3" in text_of(page)


def test_what_was_changed_meanwhile_is_left_alone_and_reported(
    desk, url, chosen, run, storefront, three, listing_of
):
    address = chosen(storefront).url
    edit_listing(act=Act.now(), listing=listing_of(storefront, three[1]), changes={"price": "4"})
    preview = desk.get(address)

    done = run(only())
    shown = desk.get(f"{address}?show=skipped")

    assert [row.is_stale for row in preview.context["rows"]] == [False, True, False]
    assert (done.listed, done.skipped) == (2, 1)
    assert listing_of(storefront, three[1]).status == "unlisted"
    assert [row.item.listing.variant.sku for row in shown.context["rows"]] == ["mug-1"]
    assert "look at it and list it again" in text_of(shown)


def test_a_preview_that_is_canceled_lists_nothing(desk, url, chosen, storefront, three):
    chosen(storefront)

    for name in ("bulk_cancel", "bulk_confirm"):
        desk.post(url(name, storefront, only().pk))

    assert (only().state, Job.objects.count()) == (BulkState.CANCELED, 0)
    assert not Listing.objects.exclude(published_at=None).exists()


def test_a_running_job_is_asked_to_stop(desk, url, chosen, storefront, three):
    chosen(storefront)
    for name in ("bulk_confirm", "bulk_cancel"):
        desk.post(url(name, storefront, only().pk))

    run_job.call(job_id=only().job_id)

    assert (only().state, only().job.state) == (BulkState.CANCELED, "canceled")


def test_a_job_that_failed_says_why(desk, url, chosen, storefront, three):
    chosen(storefront)
    desk.post(url("bulk_confirm", storefront, only().pk))
    Job.objects.update(state="failed", message="The worker died while it ran.")

    page = desk.get(url("bulk_listing", storefront, only().pk))

    assert "The worker died while it ran." in text_of(page)
    assert "Refresh" not in page


def test_what_failed_is_tried_again(desk, url, token, chosen, shop, make_mug):
    for number in range(3):
        make_mug(f"mug-{number}")
    chosen(shop)
    bulk = only()
    BulkListing.objects.update(state=BulkState.DONE, failed=1)
    bad = BulkListingItem.objects.get(listing__variant__sku="mug-1")
    BulkListingItem.objects.filter(pk=bad.pk).update(state=ItemState.FAILED, message="Too dear.")
    page = desk.get(url("bulk_listing", shop, bulk.pk))
    data = {"form_token": token(page)}

    answers = {desk.post(url("bulk_again", shop, bulk.pk), data).url for _press in range(2)}

    assert "Too dear." in text_of(page)
    again = BulkListing.objects.exclude(pk=bulk.pk).get()
    assert answers == {url("bulk_listing", shop, again.pk)}
    assert skus(again) == ["mug-1"]
    assert (again.allow_backorder, again.action) == ("keep", "list")


def test_what_waits_for_a_shop_elsewhere_is_counted(desk, url, chosen, shop, make_mug):
    make_mug()
    chosen(shop)
    desk.post(url("bulk_confirm", shop, only().pk))
    bulk = only()
    Outgoing.objects.create(
        channel=shop,
        listing=Listing.objects.get(channel=shop),
        kind="listing",
        job=bulk.job,
        due_at=bulk.created_at,
        created_at=bulk.created_at,
    )
    BulkListing.objects.update(state=BulkState.DONE)
    bulk.items.update(state=ItemState.SENDING)

    page = desk.get(url("bulk_listing", shop, bulk.pk))

    assert "1 wait to be sent" in text_of(page)
    assert page.context["counts"][-1]["number"] == "1"


def test_the_history_names_what_was_chosen(desk, url, chosen, storefront, three):
    chosen(storefront, "?q=mug&stock=none", allow_backorder="dont_allow")

    page = text_of(desk.get(url("bulk", storefront)))

    assert "Search: mug · Stock: Out of stock · Allow backorder: Don&#x27;t allow" in page


# --- saved filters ----------------------------------------------------------------------------


def test_a_filter_is_kept_and_removed(desk, url, storefront, three, operator):
    address = f"{url('filters', storefront)}?q=mug&stock=none&evil=1"

    for _press in range(2):
        desk.post(address, {"name": "Mugs"})
    saved = SavedFilter.objects.get()
    page = text_of(desk.get(url("bulk", storefront)))
    desk.post(address, {"remove": str(saved.pk)})

    assert (saved.user, saved.query) == (operator, {"q": "mug", "stock": "none"})
    assert 'href="?q=mug&amp;stock=none"' in page
    assert not SavedFilter.objects.exists()


def test_somebody_elses_filter_is_neither_shown_nor_removed(desk, url, storefront, make_user):
    other = SavedFilter.objects.create(
        channel=storefront, user=make_user("otto"), name="CANARY", query={"q": "x"}
    )

    desk.post(url("filters", storefront), {"remove": str(other.pk)})

    assert "CANARY" not in text_of(desk.get(url("bulk", storefront)))
    assert SavedFilter.objects.exists()


@pytest.mark.parametrize(
    ("query", "name"), [("", "All"), ("?q=mug", ""), ("?q=mug", "x" * 61), ("?q=mug", "a\x0bb")]
)
def test_a_filter_without_a_name_or_a_filter_is_not_kept(desk, url, storefront, query, name):
    answer = desk.post(f"{url('filters', storefront)}{query}", {"name": name})

    assert answer.status_code == 200
    assert answer.context["save_form"].errors["name"]
    assert not SavedFilter.objects.exists()


def test_too_many_filters_are_not_kept(desk, url, storefront):
    for number in range(21):
        desk.post(f"{url('filters', storefront)}?q={number}", {"name": f"Filter {number}"})

    assert SavedFilter.objects.count() == 20


# --- sellers ----------------------------------------------------------------------------------


def test_an_operator_of_a_seller_lists_only_what_is_theirs(
    desk, chosen, storefront, three, operator
):
    seller = Seller.objects.create(code="olga", name="Olga")
    seller.users.add(operator)
    create_variant(
        act=Act.now(),
        product=create_product(act=Act.now(), title="Vase", seller=seller),
        sku="vase",
    )

    chosen(storefront)

    assert skus(only()) == ["vase"]
