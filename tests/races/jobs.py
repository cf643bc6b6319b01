"""Five variants, the jobs that change them, and a worker that falls silent."""

import io
from datetime import timedelta

from django.contrib.auth.models import User
from django.utils import timezone

from channels.models import STOREFRONT, BulkListing, BulkListingItem, Channel, Listing
from channels.services import bulk
from inventory.acts import Act
from inventory.models import BulkEdit, BulkEditItem, Import, ImportRow, Job, Variant
from inventory.services import bulk_edit
from inventory.services import undo as undo_service
from inventory.services.catalog import create_product, create_variant
from inventory.services.jobs import DEAD_AFTER
from inventory.spreadsheets.engine import hand_in
from inventory.tasks import launch, run_job, tick
from tests.inventory.spreadsheets.conftest import lines, run

SKUS = [f"mug-{number}" for number in range(5)]


def boss():
    """Return who begins all this."""
    return User.objects.get_or_create(username="boss", is_superuser=True)[0]


def make_five():
    product = create_product(act=Act.now(), title="Mug")
    for sku in SKUS:
        create_variant(act=Act.now(), product=product, sku=sku)


def file():
    return lines(["SKU;Stock_Track;Allow_Backorders", *(f"{sku};Y;Y" for sku in SKUS)])


# --- jobs -------------------------------------------------------------------------------------


def started(row, kind):
    """Launch a job about a row, and return it; the row knows it."""
    row.job = launch(kind=kind, subject_id=row.pk, label="five")
    row.save(update_fields=["job"])
    return row.job


def check_job():
    """Return the job that checks a file which allows backorders of all five."""
    return started(hand_in(io.BytesIO(file()), filename="file.csv", user=boss()), "check_import")


def import_job(**options):
    """Return the job that applies such a file."""
    return started(run(file(), apply_it=False, user=boss(), **options), "apply_import")


def _asked():
    edit = bulk_edit.choose(chosen={"list": {}}, user=boss())
    return bulk_edit.ask(edit, {"wish": {"backorders": "allow"}})


def prepare_job():
    return started(_asked(), "prepare_bulk_edit")


def edit_job():
    """Return the job of a bulk edit that nobody wanted to see a preview of."""
    return _confirmed(bulk_edit, _asked(), "run_bulk_edit")


def listing_job():
    chosen = bulk.choose(
        channel=Channel.objects.get(slug=STOREFRONT), allow_backorder="keep", user=None, filters={}
    )
    return _confirmed(bulk, chosen, "run_bulk_listing")


def _confirmed(service, row, kind):
    def start(one):
        return launch(kind=kind, subject_id=one.pk, label="five")

    return service.confirm(row, act=Act.now(), start=start, unseen=True).job


def undo_job():
    run_job.call(job_id=import_job().pk)
    _undoing, job = undo_service.undo(
        Import.objects.get().change_set,
        act=Act.now(),
        start=lambda one: launch(kind=undo_service.JOB, subject_id=one.pk, label=one.label),
    )
    return job


# --- what they wrote --------------------------------------------------------------------------


def allowed():
    return list(
        Variant.objects.filter(backorders="allow").order_by("sku").values_list("sku", "version")
    )


def written():
    """Return how many rows of each kind are written."""
    return {
        "checked": ImportRow.objects.count(),
        "allowed": len(allowed()),
        "prepared": BulkEditItem.objects.count(),
        "chosen": BulkListingItem.objects.count(),
        "listed": Listing.objects.filter(status="listed").count(),
        "through": sum(
            row.through for row in (*BulkEdit.objects.all(), *BulkListing.objects.all())
        ),
    }


def states():
    """Return where imports, bulk edits and bulk listings stand."""
    models = (Import, BulkEdit, BulkListing)
    return [row.state for model in models for row in model.objects.order_by("pk")]


# --- workers ----------------------------------------------------------------------------------


def fall_silent(job):
    """Let a job's worker say nothing for long enough to be taken for dead."""
    silent = timezone.now() - DEAD_AFTER - timedelta(seconds=1)
    Job.objects.filter(pk=job.pk).update(heartbeat_at=silent)


def taken_up(job):
    """Let another worker take a job up, and do it to its end."""
    fall_silent(job)
    tick()
    run_job.call(job_id=job.pk)
    job.refresh_from_db()
    return job
