"""Between the preview and the last row a product changes hands, or somebody loses a right."""

import pytest
from django.contrib.auth.models import Permission

from channels.models import STOREFRONT, BulkListing, Channel, Listing
from channels.services import bulk
from channels.services.publish import publish
from inventory.acts import Act
from inventory.models import BulkEdit, Import, Job, Product, Seller, StockLevel, Variant, Warehouse
from inventory.models.work import Source
from inventory.roles import ensure_roles
from inventory.services import bulk_edit, bulk_write, change_many
from inventory.services import undo as undo_service
from inventory.services.catalog import create_product, create_variant
from inventory.spreadsheets import counts, creation
from inventory.spreadsheets.engine import begin_to_apply
from inventory.tasks import launch, retry, run_job
from tests.inventory.spreadsheets.conftest import lines, run

KEPT, LOST = "kept", "lost"


@pytest.fixture
def anna(make_user):
    user = make_user("anna", "seller")
    Seller.objects.create(code="anna", name="Anna").users.add(user)
    return user


@pytest.fixture
def hers(anna, monkeypatch):
    """Two products of hers with a variant each; what she begins is done by a job."""
    monkeypatch.setattr(bulk_edit, "AT_ONCE", 0)
    monkeypatch.setattr(undo_service, "AT_ONCE", 0)
    for name in (KEPT, LOST):
        product = create_product(
            act=Act.now(), title=name, seller=anna.sellers.get(), internal_id=f"id-{name}"
        )
        create_variant(act=Act.now(), product=product, sku=name, backorders="no")


def begun_by(user):
    act = Act.now(by=user.username)
    return Act(act.at, act.by, source=Source.PAGE, user_id=user.pk)


def allow(user, right):
    user.user_permissions.add(Permission.objects.get(codename=right))


# --- what she begins: each returns its job, with the preview behind it ------------------------


def started(kind):
    return lambda row: launch(kind=kind, subject_id=row.pk, label="hers")


def handed_in(user, rows, **options):
    source = run(lines(rows), user=user, apply_it=False, **options)
    assert source.errors == 0
    begin_to_apply(source, start=started("apply_import"))
    return Job.objects.get()


def update(user):
    return handed_in(user, ["SKU;Stock_Track;Allow_Backorders", "kept;Y;Y", "lost;Y;Y"])


def create(user):
    allow(user, "add_variant")
    rows = ["Internal_ID;SKU;US_Title_Short", "id-kept;kept-2;kept", "id-lost;lost-2;lost"]
    return handed_in(user, rows, mode="create")


def count(user):
    allow(user, "add_movement")
    rows = ["SKU;Warehouse;On_Hand", "kept;main;7", "lost;main;7"]
    return handed_in(user, rows, kind="stock_count")


def edit(user, wish=None):
    chosen = bulk_edit.choose(chosen={"list": {}}, user=user)
    asked = bulk_edit.ask(chosen, {"wish": wish or {"backorders": "allow"}})
    ready = bulk_edit.prepare(asked, progress=lambda _done, _total: None)
    return bulk_edit.confirm(ready, act=begun_by(user), start=started("run_bulk_edit")).job


def edit_level(user):
    allow(user, "change_stocklevel")
    return edit(user, {"levels": {Warehouse.objects.get().pk: {"backorder_threshold": 5}}})


def listing(user):
    channel = Channel.objects.get(slug=STOREFRONT)
    chosen = bulk.choose(channel=channel, allow_backorder="keep", user=user, filters={})
    return bulk.confirm(
        bulk.freeze(chosen), act=begun_by(user), start=started("run_bulk_listing")
    ).job


def unlisting(user):
    channel = Channel.objects.get(slug=STOREFRONT)
    keys = list(Listing.objects.filter(channel=channel).values_list("pk", flat=True))
    publish(channel=channel, listing_ids=keys, act=Act.now())
    chosen = bulk.choose(
        channel=channel, allow_backorder="keep", user=user, filters={}, action="unlist"
    )
    return bulk.confirm(
        bulk.freeze(chosen), act=begun_by(user), start=started("run_bulk_listing")
    ).job


def undoing(user):
    run_job.call(job_id=update(user).pk)
    done = Import.objects.get().change_set
    _undo, job = undo_service.undo(done, act=begun_by(user), start=started(undo_service.JOB))
    return job


WAYS = {
    "import": (update, [(change_many, "still_theirs")]),
    "new variants": (create, [(creation, "importing_user")]),
    "count": (count, [(counts, "still_theirs")]),
    "bulk edit": (edit, [(change_many, "still_theirs")]),
    "bulk edit of a warehouse": (edit_level, [(bulk_write, "still_theirs")]),
    "bulk listing": (listing, [(bulk, "own_sellers")]),
    "bulk unlisting": (unlisting, [(bulk, "own_sellers")]),
    "undo": (undoing, []),
}
"""What she begins, and what keeps her from rows that are not hers any more."""


def state(name):
    """Return all that a job could have done to a variant."""
    product = Product.objects.get(internal_id=f"id-{name}")
    return (
        list(product.variants.order_by("pk").values_list("sku", "version", "backorders")),
        list(StockLevel.objects.filter(variant__sku=name).values_list("on_hand", "version")),
        list(Listing.objects.filter(variant__sku=name).values_list("status", "version")),
    )


def hand_over():
    other = Seller.objects.create(code="bert", name="Bert")
    Product.objects.filter(internal_id="id-lost").update(seller=other)


@pytest.mark.parametrize("way", WAYS)
def test_what_changed_hands_is_left_alone(hers, anna, way):
    begin, _guards = WAYS[way]
    job = begin(anna)
    hand_over()
    before = state(KEPT), state(LOST)

    run_job.call(job_id=job.pk)

    job.refresh_from_db()
    assert (job.state, job.message) == ("done", "")
    assert state(LOST) == before[1]
    assert state(KEPT) != before[0]


@pytest.mark.parametrize("way", [way for way, (_begin, guards) in WAYS.items() if guards])
def test_without_looking_again_it_is_changed(hers, anna, monkeypatch, way):
    begin, guards = WAYS[way]
    job = begin(anna)
    hand_over()
    before = state(LOST)
    for module, name in guards:
        blind = {"still_theirs": lambda ids, **_: set(ids)}.get(name, lambda *_: None)
        monkeypatch.setattr(module, name, blind)

    run_job.call(job_id=job.pk)

    assert state(LOST) != before


def test_what_was_left_alone_is_reported(hers, anna):
    job = update(anna)
    hand_over()

    run_job.call(job_id=job.pk)

    source = Import.objects.get()
    assert (source.state, source.changed, source.errors) == ("done", 1, 1)
    assert list(source.import_rows.order_by("number").values_list("key", "outcome")) == [
        (KEPT, "change"),
        (LOST, "error"),
    ]


def deleted(user):
    user.delete()


def deactivated(user):
    type(user).objects.filter(pk=user.pk).update(is_active=False)


def without_role(user):
    user.groups.clear()
    user.user_permissions.clear()


def without_seller(user):
    user.sellers.clear()


@pytest.mark.parametrize("lose", [deleted, deactivated, without_role, without_seller])
@pytest.mark.parametrize("way", WAYS)
def test_who_may_not_do_it_any_more_changes_nothing(hers, anna, way, lose):
    begin, _guards = WAYS[way]
    job = begin(anna)
    before = state(KEPT), state(LOST)
    lose(anna)

    run_job.call(job_id=job.pk)

    job.refresh_from_db()
    assert job.state == "failed"
    assert "deleted" in job.message or "may not do this any more" in job.message
    assert (state(KEPT), state(LOST)) == before


def test_a_bulk_edit_that_was_refused_goes_on_when_the_right_is_back(hers, anna):
    job = edit(anna)
    anna.groups.clear()
    run_job.call(job_id=job.pk)
    job.refresh_from_db()
    assert (job.state, BulkEdit.objects.get().state) == ("failed", "applying")

    anna.groups.add(ensure_roles()["seller"])
    assert retry(job)
    run_job.call(job_id=job.pk)

    assert BulkEdit.objects.get().state == "done"
    assert set(Variant.objects.values_list("backorders", flat=True)) == {"allow"}
    assert not BulkListing.objects.exists()
