"""Jobs: what runs in the background, what came of it, and what can be done about it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    JsonResponse,
    StreamingHttpResponse,
)
from django.urls import NoReverseMatch, URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inventory.admin.scoped import ScopedAdmin, change_url, refuse_get
from inventory.models import Job
from inventory.models.work import JobState
from inventory.services.jobs import may_retry, request_cancel
from inventory.services.not_done import BY_KIND, not_done
from inventory.spreadsheets.exports import csv_chunks
from inventory.tasks import retry
from inventory.theme import DropdownFilter, display

LABELS = {
    JobState.QUEUED: "info",
    JobState.RUNNING: "info",
    JobState.DONE: "success",
    JobState.FAILED: "danger",
    JobState.CANCELED: "default",
}
RUNNING = (JobState.QUEUED, JobState.RUNNING)


@dataclass(frozen=True, slots=True)
class Kind:
    """What is said of one kind of job.

    `page` names the page of its subject; `address` is for subjects whose page takes more than their
    key.
    """

    words: Any
    page: str = ""
    address: Callable[[Job], str] | None = None


_IMPORT = "admin:inventory_import_change"
_BULK_EDIT = "admin:inventory_bulkedit_change"
KINDS: dict[str, Kind] = {
    "check_import": Kind(gettext_lazy("Check a file"), _IMPORT),
    "apply_import": Kind(gettext_lazy("Import"), _IMPORT),
    "prepare_bulk_edit": Kind(gettext_lazy("Prepare a bulk edit"), _BULK_EDIT),
    "run_bulk_edit": Kind(gettext_lazy("Bulk edit"), _BULK_EDIT),
    "undo_change_set": Kind(gettext_lazy("Undo"), "admin:inventory_changeset_change"),
}
"""What is said of each kind of job; whoever starts other kinds adds theirs."""


class StateFilter(DropdownFilter):
    """By where a job stands."""

    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Offer running, done, failed, canceled."""
        return [
            ("running", gettext_lazy("Running")),
            ("done", gettext_lazy("Done")),
            ("failed", gettext_lazy("Failed")),
            ("canceled", gettext_lazy("Canceled")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep jobs in this state; those that wait to start count as running."""
        state = self.value()
        if state == "running":
            return queryset.filter(state__in=RUNNING)
        return queryset.filter(state=state) if state else queryset


@admin.register(Job)
class JobAdmin(ScopedAdmin):
    """Work in the background."""

    list_display = ("what", "kind_word", "state_word", "progress", "created_by", "created_at")
    list_display_links = ("what",)
    list_filter = (StateFilter,)
    list_select_related = ("created_by",)
    ordering = ("-id",)
    sortable_by = ()
    search_fields = ("label",)
    empty_title = gettext_lazy("No jobs")
    empty_text = gettext_lazy(
        "What takes longer than a moment runs in the background: large imports, bulk edits, bulk "
        "listings and their undo. You see here how far they are."
    )

    class Media:
        js = ("inventory/jobs.js",)

    @display(description=gettext_lazy("What"))
    def what(self, job: Job) -> str:
        """Return what the job is about."""
        return job.label or str(kind_words(job))

    @display(description=gettext_lazy("Kind"))
    def kind_word(self, job: Job) -> Any:
        """Return what is done."""
        return kind_words(job)

    @display(description=gettext_lazy("State"), label=dict(LABELS))
    def state_word(self, job: Job) -> Any:
        """Return where it stands."""
        return job.state, job.get_state_display()

    @display(description=gettext_lazy("Progress"))
    def progress(self, job: Job) -> str:
        """Return how far it is; a running one is followed by a script."""
        words = progress_words(job)
        if job.state not in RUNNING:
            return words
        address = reverse("admin:inventory_job_progress", args=[job.pk])
        return format_html('<span data-job="{}" data-job-words>{}</span>', address, words)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return no: jobs are started by what they do."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return no: what was done stays on record."""
        return False

    def get_urls(self) -> list[URLPattern]:
        """Add the progress, the errors, and the actions, each by POST alone."""
        wrap = self.admin_site.admin_view
        views: tuple[tuple[str, Callable[..., Any]], ...] = (
            ("progress", self.progress_view),
            ("errors", self.errors_view),
            ("retry", self.retry_view),
            ("cancel", self.cancel_view),
        )
        own = [
            path(f"<path:object_id>/{name}/", wrap(view), name=f"inventory_job_{name}")
            for name, view in views
        ]
        return [*own, *super().get_urls()]

    # --- one job ------------------------------------------------------------------------------

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Show how far a job is, or what came of it."""
        job = self._opened(request, object_id)
        may_change = self.has_change_permission(request, job)
        return self.page(
            request,
            "job.html",
            title=job.label or str(kind_words(job)),
            trail=[(reverse("admin:inventory_job_changelist"), _("Jobs"))],
            job=job,
            kind=kind_words(job),
            subject=subject_of(job),
            label=LABELS[JobState(job.state)],
            is_running=job.state in RUNNING,
            has_errors=_has_errors(job),
            may_retry=may_change and may_retry(job),
            may_cancel=may_change and job.state in RUNNING and not job.cancel_requested,
        )

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Lead to the page itself, which says all there is."""
        return HttpResponseRedirect(change_url(self._opened(request, object_id)))

    def progress_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Answer how far a job is, for the script that follows it."""
        job = self._opened(request, object_id)
        return JsonResponse(
            {
                "running": job.state in RUNNING,
                "done": job.done,
                "total": job.total,
                "words": progress_words(job),
            }
        )

    def errors_view(self, request: HttpRequest, object_id: str) -> Any:
        """Send what could not be done as a CSV file."""
        job = self._opened(request, object_id)
        if job.kind not in BY_KIND:
            raise Http404
        chunks = csv_chunks([_("What"), _("Why")], not_done(job))
        response = StreamingHttpResponse(chunks, content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="job-{job.pk}-errors.csv"'
        return response

    def retry_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Let a job that ended early go on where it stopped."""
        job = self._changeable(request, object_id)
        if isinstance(job, HttpResponse):
            return job
        if retry(job):
            messages.success(request, _("It goes on where it stopped."))
        else:
            messages.error(request, _("This job cannot go on: start it anew on its own page."))
        return HttpResponseRedirect(change_url(job))

    def cancel_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Stop a job between two batches."""
        job = self._changeable(request, object_id)
        if isinstance(job, HttpResponse):
            return job
        if job.state in RUNNING:
            request_cancel(job)
            messages.info(request, _("It stops after the batch that it is at now."))
        return HttpResponseRedirect(change_url(job))

    def _opened(self, request: HttpRequest, object_id: str | None) -> Job:
        if object_id is None:
            raise PermissionDenied
        job: Job = self.visible_object(request, object_id)
        if not self.has_view_or_change_permission(request, job):
            raise PermissionDenied
        return job

    def _changeable(self, request: HttpRequest, object_id: str) -> Job | HttpResponse:
        if refused := refuse_get(request):
            return refused
        job = self._opened(request, object_id)
        if not self.has_change_permission(request, job):
            raise PermissionDenied
        return job


def may_go_on(request: HttpRequest, job: Job | None) -> bool:
    """Return whether the page of what a job is about offers to go on with it."""
    allowed = request.user.has_perm("inventory.change_job")
    return job is not None and allowed and may_retry(job)


def kind_words(job: Job) -> Any:
    """Return what a job does."""
    return KINDS[job.kind].words if job.kind in KINDS else job.kind.replace("_", " ")


def subject_of(job: Job) -> str:
    """Return the page of what a job is about; nothing while there is none."""
    kind = KINDS.get(job.kind)
    if kind is None or job.subject_id is None:
        return ""
    if kind.address is not None:
        return kind.address(job)
    try:
        return reverse(kind.page, args=[job.subject_id])
    except NoReverseMatch:
        return ""


def progress_words(job: Job) -> str:
    """Return how far a job is, in words."""
    if job.state == JobState.QUEUED:
        return _("waits to start")
    if not job.total:
        return "–" if job.state != JobState.RUNNING else _("begins")
    return _("%(done)s of %(total)s") % {"done": f"{job.done:,}", "total": f"{job.total:,}"}


def _has_errors(job: Job) -> bool:
    return next(iter(not_done(job)), None) is not None
