"""Jobs: how far they are, and what could not be done."""

from itertools import islice
from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from channels.api.serializers import JobSerializer
from inventory.api.base import ApiView
from inventory.models import Job
from inventory.models.catalog import seller_scope
from inventory.services.not_done import not_done

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
            {"sku": what, "message": why} for what, why in islice(not_done(job), MAX_ERRORS)
        ],
    }
