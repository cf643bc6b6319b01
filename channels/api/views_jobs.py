"""Jobs: how far they are, and what could not be done."""

from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from channels.api.serializers import JobSerializer
from channels.models import BulkListingItem
from channels.models.bulk import ItemState
from inventory.api.base import ApiView
from inventory.models import Job
from inventory.models.catalog import seller_scope

MAX_ERRORS = 100


class JobView(ApiView):
    """One job."""

    rights = {"GET": ("inventory.view_job",)}

    @extend_schema(operation_id="get_job", summary="One job", responses=JobSerializer)
    def get(self, request: Request, job_id: int) -> Response:
        """Answer how far a job is; a user of a seller sees their own alone."""
        jobs = Job.objects.filter(pk=job_id)
        if seller_scope(self.user, "pk"):
            jobs = jobs.filter(created_by=self.user)
        job = jobs.first()
        if job is None:
            raise Http404
        return Response(_answer(job))


def _answer(job: Job) -> dict[str, Any]:
    return {
        "id": job.pk,
        "status": job.state,
        "done": job.done,
        "total": job.total,
        "message": job.message,
        "errors": [
            {"sku": item.listing.variant.sku, "message": item.message}
            for item in _not_done(job)[:MAX_ERRORS]
        ],
    }


def _not_done(job: Job) -> Any:
    wrong = (ItemState.FAILED, ItemState.SKIPPED)
    rows = BulkListingItem.objects.filter(bulk__job=job, state__in=wrong)
    return rows.select_related("listing__variant").order_by("pk")
