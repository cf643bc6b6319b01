"""Bulk edit: what becomes of one variant, and of very many, also when it is interrupted."""

import pytest
from django.utils import timezone
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from inventory.acts import Act
from inventory.bulk_rules import (
    ACCEPT,
    BUNDLE_HAS_NO_STOCK,
    LevelNow,
    VariantNow,
    decide,
    in_words,
    level_in_words,
)
from inventory.models import (
    BulkEdit,
    ChangeSet,
    ChangeSetRow,
    DeliveryTimeframe,
    Job,
    Seller,
    StockLevel,
    StoreSettings,
    Variant,
    Warehouse,
)
from inventory.policy import LevelSettings
from inventory.services import bulk_choice, bulk_write
from inventory.services.bulk_edit import ask, choose, confirm, end, prepare, throw_away, write
from inventory.services.catalog import (
    create_product,
    create_variant,
    set_components,
    update_product,
    update_variant,
)
from inventory.services.jobs import request_cancel
from inventory.services.movements import StockLine
from inventory.services.settings import update_stock_level
from inventory.services.undo import undo
from inventory.tasks import launch, run_job

State = BulkEdit.State
NEEDS_TRACKING = "Backorders need tracking"
STORE = LevelSettings("no", 0, 1, 0)


def now(*, tracked=True, own=None, wider=STORE, **fields):
    return VariantNow(tracked, own or LevelSettings(), wider, **fields)


NO, ALLOW, NOTIFY = (LevelSettings(word) for word in ("no", "allow", "notify"))
ACCEPTING = LevelSettings("allow", -5, 1, 0)


@pytest.mark.parametrize(
    ("case", "wish", "state", "changes"),
    [
        ("nothing asked", {}, now(), {}),
        ("tracked already", {"track_inventory": True}, now(), {}),
        ("off", {"track_inventory": False}, now(), {"track_inventory": [True, False]}),
        ("the switch", {"backorders": ACCEPT}, now(), {"backorders": ["inherit", "allow"]}),
        ("a wider yes", {"backorders": ACCEPT}, now(wider=ACCEPTING), {}),
        ("notify is kept", {"backorders": ACCEPT}, now(own=NOTIFY), {}),
        ("but not by the word", {"backorders": "allow"}, now(own=NOTIFY),
         {"backorders": ["notify", "allow"]}),
        ("no from wider", {"backorders": "no"}, now(), {}),
        ("its own no", {"backorders": "no"}, now(own=ALLOW), {"backorders": ["allow", "no"]}),
        ("wider again", {"backorders": "inherit"}, now(own=NO), {"backorders": ["no", "inherit"]}),
        ("untracked, it says so already", {"backorders": "allow"},
         now(own=ALLOW, tracked=False), {}),
        ("no has no effect untracked", {"track_inventory": False, "backorders": "no"},
         now(own=ALLOW), {"track_inventory": [True, False]}),
        ("effective number", {"notify_below": 1}, now(), {}),
        ("another number", {"notify_below": 7}, now(), {"notify_below": [None, 7]}),
        ("its own number", {"notify_below": None}, now(own=LevelSettings(notify_below=7)),
         {"notify_below": [7, None]}),
        ("no number to drop", {"notify_below": None}, now(), {}),
        ("the wider timeframe", {"delivery_timeframe": 3}, now(wider_timeframe=3), {}),
        ("a timeframe", {"delivery_timeframe": 4}, now(wider_timeframe=3),
         {"delivery_timeframe": [None, 4]}),
        ("none of its own", {"delivery_timeframe": None}, now(delivery_timeframe=4),
         {"delivery_timeframe": [4, None]}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_what_a_wish_changes(case, wish, state, changes):
    decision = decide(wish, state)

    assert (decision.changes, decision.reason) == (changes, "")
    assert bool(in_words(decision.changes)) == bool(changes)


@pytest.mark.parametrize(
    ("wish", "state", "at_fault", "reason"),
    [
        ({"backorders": ACCEPT}, now(tracked=False), "backorders", NEEDS_TRACKING),
        ({"backorders": "notify"}, now(tracked=False), "backorders", NEEDS_TRACKING),
        ({"track_inventory": False, "backorders": "allow"}, now(), "backorders", NEEDS_TRACKING),
        ({"levels": {1: {"in_stock": False}}}, now(is_bundle=True), "levels", BUNDLE_HAS_NO_STOCK),
    ],
)
def test_what_is_refused(wish, state, at_fault, reason):
    decision = decide(wish, state)

    assert (decision.changes, decision.levels, decision.at_fault) == ({}, {}, at_fault)
    assert decision.reason.startswith(reason)


def test_what_a_wish_changes_in_warehouses():
    wish = {"levels": {1: {"backorder_threshold": 5, "in_stock": True}, 2: {"in_stock": False}}}
    state = now(levels=(LevelNow(1, 4, True, 3),))

    levels = decide(wish, state).levels

    assert levels == {
        1: (4, {"backorder_threshold": [3, 5]}),
        2: (0, {"in_stock": [True, False]}),
    }
    assert level_in_words("main", levels[1][1]) == ["main: backorder threshold 3 → 5"]
    assert level_in_words("main", levels[2][1]) == ["main is set to out of stock"]


# --- in the database --------------------------------------------------------------------------


def started(edit):
    return launch(kind="run_bulk_edit", subject_id=edit.pk, label="")


def silent(_done, _total):
    pass


def edited(wish, variants, *, user=None, start=started):
    """Return a bulk edit that was prepared and confirmed."""
    edit = choose(chosen={"ids": sorted(v.pk for v in variants)}, user=user)
    edit = prepare(ask(edit, {"wish": wish}), progress=silent)
    return confirm(edit, act=Act.now(), start=start)


def outcomes(edit):
    return dict(edit.items.order_by("pk").values_list("variant__sku", "outcome"))


@pytest.fixture
def small_chunks(monkeypatch):
    """Make chunks of two variants, all of them by a job."""
    monkeypatch.setattr(bulk_choice, "CHUNK", 2)
    monkeypatch.setattr(bulk_write, "CHUNK", 2)
    monkeypatch.setattr("inventory.services.bulk_edit.AT_ONCE", 0)


@pytest.fixture
def five(make_variant):
    return [make_variant(f"v{number}", backorders="no") for number in range(5)]


def test_what_somebody_changed_meanwhile_is_left_alone(make_variant, berlin):
    a, b, c, d = (make_variant(sku, backorders="no") for sku in "abcd")
    wish = {"backorders": "allow", "levels": {berlin.pk: {"backorder_threshold": 5}}}
    edit = choose(chosen={"ids": [a.pk, b.pk, c.pk, d.pk]}, user=None)
    edit = prepare(ask(edit, {"wish": wish}), progress=silent)
    update_variant(act=Act.now(), variant=b, changes={"title": "Theirs"})
    update_stock_level(
        act=Act.now(), variant=c, warehouse=berlin, changes={"backorder_threshold": 9}
    )
    Variant.objects.filter(pk=d.pk).delete()

    edit = confirm(edit, act=Act.now(), start=started)

    assert (edit.state, edit.changed, edit.skipped) == (State.DONE, 1, 2)
    assert outcomes(edit) == {"a": "change", "b": "skipped", "c": "skipped"}
    assert dict(Variant.objects.values_list("sku", "backorders")) == {
        "a": "allow",
        "b": "no",
        "c": "no",
    }
    assert dict(StockLevel.objects.values_list("variant__sku", "backorder_threshold")) == {
        "a": 5,
        "c": 9,
    }
    rows = edit.change_set.rows.order_by("pk")
    assert list(rows.values_list("model", "label", "before", "after", "version")) == [
        ("variant", "a", {"backorders": "no"}, {"backorders": "allow"}, 2),
        ("stocklevel", "a @ berlin", {"backorder_threshold": None}, {"backorder_threshold": 5}, 1),
    ]
    assert confirm(edit, act=Act.now(), start=started).change_set_id == edit.change_set_id
    assert ChangeSet.objects.filter(kind="bulk_edit").count() == 1


class Killed(Exception):
    """Stands for a worker that dies between two chunks."""


def until_done(work, edit, progress):
    """Do this work, again and again while its worker dies."""
    while True:
        try:
            return work(BulkEdit.objects.get(pk=edit.pk), progress=progress)
        except Killed:
            continue


@pytest.mark.parametrize("after", [1, 2, 3, 4])
def test_a_killed_job_goes_on_where_it_stopped(five, small_chunks, after):
    edit = choose(chosen={"list": {}}, user=None)
    edit = ask(edit, {"wish": {"backorders": "allow"}})
    seen = []

    def dies(done, total):
        seen.append((done, total))
        if len(seen) == after:
            raise Killed

    edit = until_done(prepare, edit, dies)
    confirm(edit, act=Act.now(), start=started)
    edit = until_done(write, edit, dies)

    assert seen == [(2, 5), (4, 5), (5, 5)] * 2
    assert (edit.state, edit.total, edit.changed) == (State.DONE, 5, 5)
    assert list(Variant.objects.values_list("backorders", "version")) == [("allow", 2)] * 5
    assert ChangeSetRow.objects.filter(change_set=edit.change_set).count() == 5


def test_a_job_that_is_canceled_keeps_what_it_saved(five, small_chunks, monkeypatch):
    edit = edited({"backorders": "allow"}, five)

    def canceled(*args, **kwargs):
        request_cancel(edit.job)
        return bulk_write.write_chunk(*args, **kwargs)

    monkeypatch.setattr("inventory.services.bulk_edit.write_chunk", canceled)

    run_job.call(job_id=edit.job_id)

    edit.refresh_from_db()
    assert (edit.state, edit.changed) == (State.CANCELED, 2)
    assert Job.objects.get(pk=edit.job_id).state == "canceled"
    assert Variant.objects.filter(backorders="allow").count() == 2
    assert end(edit, state=State.DONE).state == State.CANCELED


def test_a_preview_is_thrown_away_and_asked_anew(five):
    edit = choose(chosen={"ids": [v.pk for v in five]}, user=None)
    first = prepare(ask(edit, {"wish": {"backorders": "allow"}}), progress=silent)

    second = prepare(ask(first, {"wish": {"notify_below": 7}}), progress=silent)

    first.refresh_from_db()
    assert (first.state, second.state, second.changing) == (State.CANCELED, State.READY, 5)
    throw_away(second)
    assert not Variant.objects.filter(version__gt=1).exists()


def test_a_seller_reaches_own_variants_alone(make_user, five):
    user = make_user("anna", "seller")
    seller = Seller.objects.create(code="anna", name="Anna")
    seller.users.add(user)
    own = create_variant(
        act=Act.now(), product=create_product(act=Act.now(), title="Vase", seller=seller), sku="own"
    )

    by_keys = choose(chosen={"ids": sorted([own.pk, *(v.pk for v in five)])}, user=user)
    by_list = choose(chosen={"list": {}}, user=user)

    assert (by_keys.total, by_list.total) == (1, 1)
    edit = prepare(ask(by_keys, {"wish": {"notify_below": 7}}), progress=silent)
    assert outcomes(edit) == {"own": "change"}


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ({}, ["bag", "mug-1", "mug-2"]),
        ({"q": "mug"}, ["mug-1", "mug-2"]),
        ({"kind": "untracked"}, ["bag"]),
        ({"backorders": "allow", "q": "mug"}, ["mug-1"]),
        ({"seller": "store"}, ["bag", "mug-1", "mug-2"]),
        ({"stock": "none"}, ["mug-1", "mug-2"]),
        ({"warehouse": "nowhere"}, []),
        ({"product": "0"}, []),
    ],
)
def test_all_that_match_are_those_of_the_list(words, found, db):
    product = create_product(act=Act.now(), title="Things")
    create_variant(act=Act.now(), product=product, sku="mug-1", backorders="allow")
    create_variant(act=Act.now(), product=product, sku="mug-2")
    create_variant(act=Act.now(), product=product, sku="bag", track_inventory=False)

    choice = bulk_choice.Choice(BulkEdit(chosen={"list": words}))

    rows = [sku for rows in choice.chunks() for sku in rows.values_list("sku", flat=True)]
    assert sorted(rows) == found
    assert choice.count(most=10) == len(found)


def test_a_bundle_follows_its_components_not_its_warehouses(make_variant, berlin):
    bundle, part = make_variant("set"), make_variant("part")
    set_components(act=Act.now(), bundle=bundle, lines=[StockLine(part, 2)])

    edit = edited({"levels": {berlin.pk: {"in_stock": False}}}, [bundle, part])

    assert outcomes(edit) == {"set": "refused", "part": "change"}
    assert list(StockLevel.objects.values_list("variant__sku", "in_stock")) == [("part", False)]


WORDS = st.sampled_from(["inherit", "no", "allow", "notify"])
NUMBER = st.none() | st.integers(0, 9)
PRODUCTS = st.lists(
    st.tuples(WORDS, NUMBER, st.lists(st.tuples(st.booleans(), WORDS, NUMBER), max_size=4)),
    max_size=3,
)
WISHES = st.fixed_dictionaries(
    {},
    optional={
        "track_inventory": st.booleans(),
        "backorders": st.sampled_from([ACCEPT, "inherit", "no", "allow", "notify"]),
        "notify_below": NUMBER,
        "levels": st.just({"1": {"backorder_threshold": 3, "in_stock": False}}),
    },
)


def snapshot():
    fields = ("sku", "track_inventory", "backorders", "notify_below")
    levels = ("variant__sku", "warehouse__code", "in_stock", "backorder_threshold")
    return (
        list(Variant.objects.order_by("sku").values_list(*fields)),
        list(StockLevel.objects.order_by("pk").values_list(*levels)),
    )


def undone(seen):
    """Return what was seen without the levels that say what was never touched says."""
    variants, levels = seen
    return variants, [level for level in levels if level[2:] != (True, None)]


def fill(products):
    """Make a catalogue; return its variants."""
    variants = []
    for number, (word, notify, rows) in enumerate(products):
        product = create_product(
            act=Act.now(), title=f"P{number}", backorders=word, notify_below=notify
        )
        for index, (tracked, own, below) in enumerate(rows):
            said = own if tracked or own == "inherit" else "no"
            fields = {"track_inventory": tracked, "backorders": said, "notify_below": below}
            variants.append(
                create_variant(act=Act.now(), product=product, sku=f"{number}-{index}", **fields)
            )
    return variants


def holds(wish, variant):
    """Return whether a variant is as it was wished."""
    own, wider = variant.notify_below, variant.product.notify_below
    wider = StoreSettings.load().notify_below if wider is None else wider
    notify = wish.get("notify_below")
    level = variant.stock_levels.first()
    return (
        variant.track_inventory is wish.get("track_inventory", variant.track_inventory)
        and (notify is None or notify == (wider if own is None else own))
        and ("levels" not in wish or (level.in_stock, level.backorder_threshold) == (False, 3))
    )


class TestRandomCatalogues(TestCase):
    @settings(max_examples=25)
    @given(products=PRODUCTS, wish=WISHES)
    def test_what_was_asked_holds_asked_again_nothing_changes_and_undo_restores_it(
        self, products, wish
    ):
        place = Warehouse.objects.get(code="main")
        if "levels" in wish:
            wish = {**wish, "levels": {str(place.pk): wish["levels"]["1"]}}
        variants = fill(products)
        assume(variants and wish)
        before = snapshot()

        edit = edited(wish, variants)

        items = edit.items.select_related("variant__product")
        assert all(holds(wish, one.variant) for one in items.exclude(outcome="refused"))
        untracked = items.filter(outcome="refused").exclude(variant__track_inventory=False)
        assert wish.get("track_inventory") is False or not untracked.exists()
        after = snapshot()
        assert (after != before) == bool(edit.changed)
        again = edited(wish, variants)
        assert (again.changed, again.changing, snapshot()) == (0, 0, after)
        if edit.changed:
            undo(edit.change_set, act=Act.now(), start=started)
            assert undone(snapshot()) == undone(before)


def test_times_and_timeframes_of_many(five, product):
    frame = DeliveryTimeframe.objects.create(name="Slow")
    update_product(act=Act.now(), product=product, changes={"delivery_timeframe": frame})
    update_variant(act=Act.now(), variant=five[0], changes={"delivery_timeframe": frame})

    edit = edited({"delivery_timeframe": None}, five)

    assert outcomes(edit) == {"v0": "change"} | {f"v{n}": "same" for n in range(1, 5)}
    assert Variant.objects.filter(delivery_timeframe=None).count() == 5
    assert Variant.objects.get(pk=five[0].pk).updated_at <= timezone.now()
