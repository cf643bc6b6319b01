"""Undo puts back what nobody touched since, and says of the rest why it did not."""

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inventory.acts import Act
from inventory.models import (
    ChangeSet,
    ChangeSetRow,
    DeliveryTimeframe,
    Movement,
    Product,
    Seller,
    StockLevel,
    Variant,
    Warehouse,
)
from inventory.models.spreadsheets import ImportKind, ImportMode, ImportState
from inventory.models.work import JobState
from inventory.services import undo as undo_service
from inventory.services.bulk_edit import ask, choose, confirm, prepare
from inventory.services.catalog import create_variant, update_variant
from inventory.services.jobs import request_cancel
from inventory.services.undo import UndoRefused, preview, run_undo, undo, undo_next
from inventory.tasks import launch, retry, run_job
from tests.conftest import NOON
from tests.inventory.spreadsheets.conftest import lines, run

HEADER = "SKU;US_Title_Short;Stock_Track;Allow_Backorders;Stock_Min;Stock_Alert;Price;EAN"
NOT_DATA = {"version", "updated_at", "low_stock_since"}


def never(_undoing):
    raise AssertionError("a few rows are put back at once")


def by(user):
    """Return what a user does on a page now."""
    return Act(timezone.now(), source="page", user_id=user.pk if user else None)


def take_back(change_set, user=None):
    """Undo a small change set; return the change set of the undo."""
    return undo(change_set, act=by(user), start=never)[0]


def data(*models):
    """Return every column of every row of these tables but those that only count changes."""
    return {
        model.__name__: {
            row["id"]: {name: value for name, value in row.items() if name not in NOT_DATA}
            for row in model.objects.values()
        }
        for model in models or (Product, Variant, StockLevel)
    }


def notes(undoing):
    """Return why an undo left rows alone, by what they are called."""
    return dict(undoing.rows.exclude(note="").values_list("label", "note"))


@pytest.fixture
def allow(make_variant, operator):
    """Return an importer that allows backorders of three variants: the change set, and them."""

    def make(*, track="Y", **fields):
        variants = [make_variant(sku, **fields) for sku in ("a", "b", "c")]
        rows = [f"{one.sku};{track};{'Y' if track == 'Y' else 'N'}" for one in variants]
        source = run(lines(["SKU;Stock_Track;Allow_Backorders", *rows]), user=operator)
        assert source.changed == 3
        return source.change_set, variants

    return make


# --- what is equal afterwards -----------------------------------------------------------------

switch = st.sampled_from(["Y", "N"])
number = st.one_of(st.just(""), st.integers(-9, 9).map(str))
before = st.fixed_dictionaries(
    {
        "track_inventory": st.booleans(),
        "out_of_stock_threshold": st.one_of(st.none(), st.integers(-9, 9)),
        "notify_below": st.one_of(st.none(), st.integers(0, 9)),
        "price": st.sampled_from(["0.00", "12.95", "9999999999.99"]),
    }
)
units = st.one_of(st.just(""), st.integers(0, 9).map(str))
asked = st.tuples(switch, switch, number, units)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    catalogue=st.lists(before, max_size=6),
    updates=st.lists(asked, min_size=6, max_size=6),
    creates=st.lists(asked, max_size=4),
    touched=st.sets(st.integers(0, 9)),
)
def test_import_and_undo_leave_equal_data(
    product, store, operator, catalogue, updates, creates, touched
):
    with transaction.atomic():
        for number_, fields in enumerate(catalogue):
            create_variant(act=Act.now(), product=product, sku=f"old-{number_}", **fields)
        changes = [f"old-{n};;{';'.join(row)};;" for n, row in enumerate(updates[: len(catalogue)])]
        makes = [f"new-{n};Fresh {n % 2};{';'.join(row)};7.50;" for n, row in enumerate(creates)]
        was = data()
        source = run(lines([HEADER, *changes, *makes]), user=operator, mode=ImportMode.BOTH)
        imported = data()
        made = [row for row in creates if row[:2] != ("N", "Y")]
        assert source.created == len(made)
        if source.change_set is not None:
            undoing = take_back(source.change_set, operator)
            assert data() == was
            assert not notes(undoing)
            again = take_back(undoing, operator)
            assert data() == imported
            _touch_and_undo(source.change_set, touched, was, operator)
            with pytest.raises(UndoRefused, match="Already undone by olga"):
                take_back(source.change_set, operator)
            assert again.rows.count() == undoing.rows.count()
        transaction.set_rollback(True)


def _touch_and_undo(change_set, touched, was, operator):
    """Undo once more, after somebody touched some of what was imported."""
    rows = list(change_set.rows.filter(model="variant").order_by("pk"))
    chosen = [row for n, row in enumerate(rows) if n in touched]
    for row in chosen:
        update_variant(
            act=Act.now(), variant=Variant.objects.get(pk=row.object_id), changes={"price": "1.23"}
        )
    kept = {row.object_id: _row(Variant, row.object_id) for row in chosen}
    undoing = take_back(change_set, operator)
    left = notes(undoing)
    assert {row.label for row in chosen} <= left.keys()
    now = data()
    assert {pk: now["Variant"][pk] for pk in kept} == kept
    others = {pk: row for pk, row in now["Variant"].items() if pk not in kept}
    assert others == {pk: row for pk, row in was["Variant"].items() if pk not in kept}


def _row(model, pk):
    return data(model)[model.__name__][pk]


# --- what is left alone, and why --------------------------------------------------------------


def test_what_somebody_touched_keeps_its_values_and_is_listed(allow, operator, make_user):
    change_set, (_one, two, three) = allow()
    update_variant(act=by(make_user("piet")), variant=two, changes={"notify_below": 3})
    Variant.objects.filter(pk=three.pk).update(version=9)

    found = preview(change_set, user=operator)
    undoing = take_back(change_set, operator)

    assert (found.restored, len(found.touched)) == (1, 2)
    assert notes(undoing) == {"b": "piet changed it since.", "c": "Somebody changed it since."}
    assert [variant.backorders for variant in Variant.objects.order_by("sku")] == [
        "inherit",
        "allow",
        "allow",
    ]
    assert undoing.label == "Undo: file.csv"


def test_what_was_deleted_since_is_listed(allow, operator):
    change_set, (one, _two, _three) = allow()
    one.delete()

    assert notes(take_back(change_set, operator)) == {"a": "It is not there any more."}


WARNED = "It owes %d units, more than the limit that comes back."


@pytest.mark.parametrize(("owed", "warnings"), [(2, []), (3, [WARNED % 3]), (5, [WARNED % 5])])
def test_a_limit_below_what_is_owed_is_only_warned_of(make_variant, operator, owed, warnings):
    mug = make_variant("mug", out_of_stock_threshold=-2)
    change_set = run(lines(["SKU;Stock_Min", "mug;-9"]), user=operator).change_set
    main = Warehouse.objects.get(code="main")
    StockLevel.objects.create(variant=mug, warehouse=main, on_backorder=owed)

    found = preview(change_set, user=operator)
    take_back(change_set, operator)

    assert [verdict.warning for verdict in found.warned] == warnings
    assert Variant.objects.get(pk=mug.pk).out_of_stock_threshold == -2


@pytest.mark.parametrize(("owed", "warnings"), [(2, []), (3, [WARNED % 3])])
def test_a_cap_below_what_is_owed_is_only_warned_of(make_variant, operator, owed, warnings):
    mug = make_variant("mug")
    main = Warehouse.objects.get(code="main")
    level = StockLevel.objects.create(variant=mug, warehouse=main, backorder_threshold=2)
    edit = choose(chosen={"ids": [mug.pk]}, user=operator)
    wish = {"levels": {main.pk: {"backorder_threshold": 9}}}
    edit = prepare(ask(edit, {"wish": wish}), progress=lambda _done, _total: None)
    edit = confirm(edit, act=Act.now(), start=never)
    StockLevel.objects.filter(pk=level.pk).update(on_backorder=owed)

    found = preview(edit.change_set, user=operator)
    take_back(edit.change_set, operator)

    assert [verdict.warning for verdict in found.warned] == warnings
    assert StockLevel.objects.get(pk=level.pk).backorder_threshold == 2


def test_what_came_in_with_stock_stays_and_says_why(product, operator):
    source = run(
        lines(["SKU;US_Title_Short;Stock_Track;Stock_Level", "pan;Pan;Y;5", "lid;Pan;Y;0"]),
        user=operator,
        mode=ImportMode.CREATE,
    )

    found = preview(source.change_set, user=operator)
    undoing = take_back(source.change_set, operator)

    assert notes(undoing) == {
        "pan": "It has stock, and stock never vanishes from the ledger.",
        "Pan": "It has other variants.",
    }
    assert (found.restored, len(found.touched)) == (1, 2)
    assert list(Variant.objects.values_list("sku", flat=True)) == ["pan"]
    assert Movement.objects.get().quantity == 5


def test_what_was_added_does_not_come_back_beside_its_like(product, operator):
    source = run(
        lines(["SKU;US_Title_Short;Stock_Track", "pan;Pan;Y", "lid;Lid;Y"]),
        user=operator,
        mode=ImportMode.CREATE,
    )
    undoing = take_back(source.change_set, operator)
    create_variant(act=Act.now(), product=product, sku="pan")

    again = take_back(undoing, operator)

    assert notes(again) == {"pan": "pan is taken now."}
    assert set(Variant.objects.values_list("sku", flat=True)) == {"pan", "lid"}


# --- stock counts -----------------------------------------------------------------------------


@pytest.fixture
def counted(make_variant, receive, operator):
    """Return a stock count of two variants, from 5 and 5 to 3 and 9."""
    main = Warehouse.objects.get(code="main")
    variants = [make_variant("mug"), make_variant("cup")]
    for variant in variants:
        receive(variant, main, 5)
    source = run(
        lines(["SKU;Warehouse;On_Hand", "mug;main;3", "cup;main;9"]),
        user=operator,
        kind=ImportKind.STOCK_COUNT,
    )
    return source.change_set, variants, main


def test_a_count_is_undone_by_a_correction_and_redone(counted, operator, on_hand):
    change_set, variants, main = counted

    undoing = take_back(change_set, operator)

    assert [on_hand(variant, main) for variant in variants] == [5, 5]
    movement = Movement.objects.order_by("-pk").first()
    assert (movement.kind, movement.reference) == ("correction", f"undo {undoing.pk}")
    assert movement.by == "olga"
    take_back(undoing, operator)
    assert [on_hand(variant, main) for variant in variants] == [3, 9]


def test_a_count_that_moved_or_is_allocated_stays(counted, operator, receive, on_hand):
    change_set, (mug, cup), main = counted
    receive(mug, main, 1)
    StockLevel.objects.filter(variant=cup).update(allocated=7)

    found = preview(change_set, user=operator)
    undoing = take_back(change_set, operator)

    assert notes(undoing) == {
        "mug main": "Its stock moved since: 4 on hand now.",
        "cup main": "7 units of it are allocated to orders.",
    }
    assert (len(found.touched), len(found.breaking)) == (1, 1)
    assert (on_hand(mug, main), on_hand(cup, main)) == (4, 9)


# --- as a whole -------------------------------------------------------------------------------


def test_an_edit_of_one_page_is_not_undone_as_a_whole(mug):
    update_variant(act=Act.now(), variant=mug, changes={"price": "2.00"})

    with pytest.raises(UndoRefused, match="on its own page"):
        take_back(ChangeSet.objects.latest("pk"))


def test_what_is_still_written_is_not_undone(allow):
    change_set, _variants = allow()
    change_set.imports.update(state=ImportState.APPLYING)

    with pytest.raises(UndoRefused, match="still being written"):
        take_back(change_set)


def test_a_deleted_timeframe_does_not_come_back(make_variant, operator):
    mug = make_variant("mug")
    frame = DeliveryTimeframe.objects.create(name="Slow")
    change_set = run(lines(["SKU;Stock_Min", "mug;3"]), user=operator).change_set
    row = change_set.rows.get()
    other = ChangeSet.objects.create(kind="import", by=operator)
    ChangeSetRow.objects.create(
        change_set=other,
        model="variant",
        object_id=mug.pk,
        label="mug",
        before={"delivery_timeframe": frame.pk},
        after={"delivery_timeframe": None},
        version=row.version,
    )
    frame.delete()

    assert notes(take_back(other, operator)) == {
        "mug": "The delivery timeframe that it had was deleted."
    }


def test_a_seller_undoes_own_variants_alone(allow, make_user, operator):
    change_set, _variants = allow()
    seller = make_user("sam", "seller")
    Seller.objects.create(code="sam", name="Sam").users.add(seller)

    undoing = take_back(change_set, seller)

    assert set(notes(undoing).values()) == {"It is not there any more."}
    assert not Variant.objects.exclude(backorders="allow").exists()


# --- as a job ---------------------------------------------------------------------------------


@pytest.fixture
def in_twos(monkeypatch):
    monkeypatch.setattr(undo_service, "CHUNK", 2)
    monkeypatch.setattr(undo_service, "AT_ONCE", 0)


def start(undoing):
    return launch(kind=undo_service.JOB, subject_id=undoing.pk, label=undoing.label)


def restored():
    return Variant.objects.filter(backorders="inherit").count()


def test_a_large_undo_is_a_job_with_progress(allow, operator, in_twos):
    change_set, _variants = allow()

    undoing, job = undo(change_set, act=by(operator), start=start)
    assert restored() == 0
    with pytest.raises(UndoRefused, match="Already undone"):
        undo(change_set, act=by(operator), start=start)
    with pytest.raises(UndoRefused, match="still being written"):
        undo(undoing, act=by(operator), start=start)
    run_job.call(job_id=job.pk)

    job.refresh_from_db()
    assert (job.state, job.done, job.total) == (JobState.DONE, 3, 3)
    assert (restored(), undoing.rows.count()) == (3, 3)


def test_an_interrupted_undo_goes_on_behind_its_checkpoint(allow, operator, in_twos):
    change_set, _variants = allow()
    undoing, _job = undo(change_set, act=by(operator), start=start)
    assert undo_next(undoing, at=NOON) == 2
    assert restored() == 2

    seen = []
    run_undo(ChangeSet.objects.get(pk=undoing.pk), progress=lambda *now: seen.append(now))

    assert seen == [(3, 3)]
    assert (restored(), undoing.rows.count()) == (3, 3)


def test_a_canceled_undo_keeps_what_it_put_back_and_goes_on(allow, operator, in_twos, monkeypatch):
    change_set, _variants = allow()
    _undoing, job = undo(change_set, act=by(operator), start=start)

    def canceled(*args, **kwargs):
        request_cancel(job)
        return undo_next(*args, **kwargs)

    with monkeypatch.context() as patched:
        patched.setattr(undo_service, "undo_next", canceled)
        run_job.call(job_id=job.pk)
    job.refresh_from_db()
    assert (job.state, restored()) == (JobState.CANCELED, 2)

    assert retry(job)
    assert not retry(job)
    run_job.call(job_id=job.pk)

    job.refresh_from_db()
    assert (job.state, restored()) == (JobState.DONE, 3)
