"""What becomes of the items of a bulk listing, as a shop elsewhere says it or somebody wishes."""

from collections.abc import Collection

from django.db.models import Count

from channels.models import BulkListing, BulkListingItem, Outgoing
from channels.models.bulk import BulkAction, ItemState
from inventory.models import Job

_OVERTAKEN = {
    BulkAction.LIST: "Somebody took it off meanwhile.",
    BulkAction.UNLIST: "Somebody listed it again meanwhile.",
}


def tell_bulk(entry: Outgoing, state: ItemState, message: str) -> None:
    """Note in the bulk listing that wrote a message what came of it."""
    if entry.job_id:
        items = BulkListingItem.objects.filter(bulk__job=entry.job_id, listing=entry.listing_id)
        items.exclude(state=ItemState.SKIPPED).update(state=state, message=message)


def overtake(listing_ids: Collection[int], action: BulkAction) -> None:
    """Report what bulk listings of this kind had on its way, for somebody wishes the opposite."""
    items = BulkListingItem.objects.filter(
        bulk__action=action, state=ItemState.SENDING, listing__in=listing_ids
    )
    jobs = set(items.order_by().values_list("bulk__job", flat=True))
    if jobs:
        items.update(state=ItemState.SKIPPED, message=_OVERTAKEN[action])
    for job_id in sorted(jobs - {None}):
        count_items(job_id)


def count_items(job_id: int) -> None:
    """Bring the numbers of a bulk listing and of its job along."""
    for bulk in BulkListing.objects.filter(job=job_id):
        counts = dict(
            BulkListingItem.objects.filter(bulk=bulk)
            .order_by()
            .values_list("state")
            .annotate(n=Count("pk"))
        )
        listed, failed = counts.get(ItemState.LISTED, 0), counts.get(ItemState.FAILED, 0)
        skipped = counts.get(ItemState.SKIPPED, 0)
        BulkListing.objects.filter(pk=bulk.pk).update(listed=listed, failed=failed, skipped=skipped)
        Job.objects.filter(pk=job_id).update(done=listed + failed + skipped)
