"""Change sets: what was done at one stroke, before and after, and its undo."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from inventory.acts import act_of
from inventory.admin.consequences import question_of, with_yes
from inventory.admin.history import entries
from inventory.admin.scoped import (
    MAX_COUNTED,
    CappedPaginator,
    ScopedAdmin,
    change_url,
    page_number,
)
from inventory.errors import NeedsConfirmation
from inventory.models import BulkEdit, ChangeSet, ChangeSetRow, Import, Job
from inventory.models.catalog import own_sellers
from inventory.models.work import JobState
from inventory.services import undo as undoing
from inventory.services.history import LEFT_ALONE
from inventory.services.undo import UndoRefused, preview, rights_to_undo, standing_undoes
from inventory.tasks import launch
from inventory.theme import DropdownFilter, display

ROWS_A_PAGE = 50
MAX_NAMED = 100
"""Rows that the page before an undo names of each kind."""

MAX_USERS = 200
Kind = ChangeSet.Kind
Links = Callable[[ChangeSet], list[tuple[str, Any]]]

SUBJECTS: list[Links] = []
"""What a change set came from: its address and words; whoever makes such sets adds theirs."""


def _own_subjects(change_set: ChangeSet) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = [
        (change_url(one), _("Import: %(name)s") % {"name": one})
        for one in Import.objects.filter(change_set=change_set)
    ]
    found += [
        (change_url(one), _("Bulk edit")) for one in BulkEdit.objects.filter(change_set=change_set)
    ]
    return found


SUBJECTS.append(_own_subjects)


class KindFilter(DropdownFilter):
    """By what made the change; edits of one page are left out unless somebody asks."""

    title = gettext_lazy("kind")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Offer everything, and each kind."""
        return [("everything", gettext_lazy("Everything")), *Kind.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep change sets of this kind; without a choice those of bulk changes."""
        kind = self.value()
        if kind == "everything":
            return queryset
        return queryset.filter(kind=kind) if kind else queryset.exclude(kind=Kind.EDIT)


class WhoFilter(DropdownFilter):
    """By who did it."""

    title = gettext_lazy("who")
    parameter_name = "who"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Offer those whose change sets the user may see."""
        users: Any = get_user_model().objects.filter(is_staff=True).order_by("username")
        if own_sellers(request.user) is not None:
            users = users.filter(pk=request.user.pk)
        return list(users.values_list("pk", "username")[:MAX_USERS])

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep change sets of this user."""
        who = self.value() or ""
        return queryset.filter(by=who) if who.isascii() and who.isdigit() else queryset


class WhenFilter(DropdownFilter):
    """By when it was done."""

    title = gettext_lazy("when")
    parameter_name = "when"

    DAYS: ClassVar[dict[str, int]] = {"today": 0, "week": 7, "month": 30}

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Offer the last days."""
        return [
            ("today", gettext_lazy("Today")),
            ("week", gettext_lazy("Last 7 days")),
            ("month", gettext_lazy("Last 30 days")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep change sets since then."""
        days = self.DAYS.get(self.value() or "")
        if days is None:
            return queryset
        midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
        return queryset.filter(created_at__gte=midnight - timedelta(days=days))


@admin.register(ChangeSet)
class ChangeSetAdmin(ScopedAdmin):
    """What was done at one stroke."""

    list_display = ("what", "kind_word", "by", "source", "created_at", "stands")
    list_display_links = ("what",)
    list_filter = (KindFilter, WhoFilter, WhenFilter)
    list_select_related = ("by",)
    ordering = ("-id",)
    sortable_by = ()
    search_fields = ("label",)
    search_help_text = gettext_lazy("Name of the file, or what was chosen")
    empty_title = gettext_lazy("No bulk changes")
    empty_text = gettext_lazy(
        "An import, a bulk edit or a bulk listing is kept here with what it changed, and can be "
        "undone."
    )

    @display(description=gettext_lazy("What"))
    def what(self, change_set: ChangeSet) -> str:
        """Return what was done, in words."""
        return change_set.label or str(change_set)

    @display(description=gettext_lazy("Kind"))
    def kind_word(self, change_set: ChangeSet) -> str:
        """Return what made the change."""
        return change_set.get_kind_display()

    @display(description=gettext_lazy("State"), label={"undone": "warning"})
    def stands(self, change_set: ChangeSet) -> Any:
        """Return whether it was undone."""
        undone = getattr(change_set, "undone", None)
        return ("undone", _("Undone")) if undone else ("", "")

    def load_rows(self, request: HttpRequest, rows: Sequence[Any]) -> None:
        """Say which of the page's change sets were undone."""
        found = standing_undoes([row.pk for row in rows])
        for row in rows:
            row.undone = found.get(row.pk)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return no: the history is written by what is done."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return no: the history is append-only."""
        return False

    def get_urls(self) -> list[URLPattern]:
        """Add the undo."""
        view = self.admin_site.admin_view(self.undo_view)
        undo = path("<path:object_id>/undo/", view, name="inventory_changeset_undo")
        return [undo, *super().get_urls()]

    # --- one change set -----------------------------------------------------------------------

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Show what a change set did."""
        change_set = self._opened(request, object_id)
        rows = change_set.rows.order_by("pk")
        chosen, query = request.GET.get("show", ""), request.GET.get("q", "").strip()[:200]
        shown = _filtered(rows, chosen, query)
        page = CappedPaginator(shown, ROWS_A_PAGE).get_page(page_number(request))
        job = _job_of(change_set)
        return self.page(
            request,
            "change_set.html",
            title=change_set.label or str(change_set),
            trail=self._trail(),
            change_set=change_set,
            subjects=self._subjects(request, change_set),
            job=job,
            is_running=job is not None and job.state in {JobState.QUEUED, JobState.RUNNING},
            undone=standing_undoes([change_set.pk]).get(change_set.pk),
            undoes=self._seen(request, change_set.undoes),
            counts=_counts(rows),
            chosen=chosen,
            query=query,
            rows=_with_lines(list(page.object_list), request),
            page_obj=page,
            may_undo=self._may_undo(request, change_set),
            refusal=undoing.refusal(change_set),
        )

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Lead to the page itself: a change set never changes."""
        return HttpResponseRedirect(change_url(self._opened(request, object_id)))

    def _opened(self, request: HttpRequest, object_id: str | None) -> ChangeSet:
        if object_id is None:
            raise PermissionDenied
        change_set: ChangeSet = self.visible_object(request, object_id)
        if not self.has_view_or_change_permission(request, change_set):
            raise PermissionDenied
        return change_set

    def _trail(self) -> list[tuple[str, Any]]:
        return [(reverse("admin:inventory_changeset_changelist"), _("Change sets"))]

    def _subjects(self, request: HttpRequest, change_set: ChangeSet) -> list[tuple[str, Any]]:
        return [link for links in SUBJECTS for link in links(change_set)]

    def _seen(self, request: HttpRequest, other: ChangeSet | None) -> ChangeSet | None:
        """Return another change set, when the user may open it."""
        if other is None or not self.get_queryset(request).filter(pk=other.pk).exists():
            return None
        return other

    def _may_undo(self, request: HttpRequest, change_set: ChangeSet) -> bool:
        rights = rights_to_undo(change_set)
        return bool(rights) and request.user.has_perms(("inventory.change_changeset", *rights))

    # --- undo ---------------------------------------------------------------------------------

    def undo_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Say what an undo would put back and what it would leave; by POST do it."""
        change_set = self._opened(request, object_id)
        if not self._may_undo(request, change_set):
            raise PermissionDenied
        if request.method == "POST":
            return self._undone(request, change_set)
        if reason := undoing.refusal(change_set):
            messages.error(request, reason)
            return HttpResponseRedirect(change_url(change_set))
        found = preview(change_set, user=request.user)
        question = question_of(found.consequences)
        groups = (
            (_("Somebody touched it since"), found.touched, False),
            (_("Would break a rule"), found.breaking, False),
            (_("Put back, but look at it"), found.warned, True),
        )
        return self.page(
            request,
            "change_set_undo.html",
            title=_("Undo"),
            trail=[
                *self._trail(),
                (change_url(change_set), change_set.label or str(change_set)),
            ],
            change_set=change_set,
            found=found,
            question=question,
            rest=max(found.total - found.looked_at, 0),
            groups=[
                (
                    title,
                    len(some),
                    [
                        (one.change.label, one.warning if warn else one.reason)
                        for one in some[:MAX_NAMED]
                    ],
                )
                for title, some, warn in groups
                if some
            ],
            max_named=MAX_NAMED,
        )

    def _undone(self, request: HttpRequest, change_set: ChangeSet) -> HttpResponse:
        try:
            undo, job = with_yes(request, lambda yes: _undo(request, change_set, confirm=yes))
        except NeedsConfirmation:
            words = _("Nothing was undone yet. Look at what it does to open orders, then undo it.")
            messages.warning(request, words)
            address = reverse("admin:inventory_changeset_undo", args=[change_set.pk])
            return HttpResponseRedirect(address)
        except UndoRefused as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(change_url(change_set))
        if job is None:
            messages.success(request, result_words(undo))
        return HttpResponseRedirect(change_url(undo))


def _undo(
    request: HttpRequest, change_set: ChangeSet, *, confirm: bool
) -> tuple[ChangeSet, Job | None]:
    return undoing.undo(
        change_set,
        act=act_of(request),
        start=lambda one: start_undo(one, request.user),
        confirm=confirm,
    )


def start_undo(undo: ChangeSet, user: Any) -> Job:
    """Put an undo in the queue."""
    return launch(kind=undoing.JOB, subject_id=undo.pk, label=undo.label, user=user)


def result_words(undo: ChangeSet) -> str:
    """Return what came of an undo, counted."""
    restored = undo.rows.exclude(LEFT_ALONE).count()
    left = undo.rows.filter(LEFT_ALONE).count()
    words = ngettext("%(n)d change was undone.", "%(n)d changes were undone.", restored)
    text = words % {"n": restored}
    if left:
        words = ngettext("%(n)d was left as it is.", "%(n)d were left as they are.", left)
        text = f"{text} {words % {'n': left}}"
    return text


_WANTED = {
    "changed": Q(before__isnull=False, after__isnull=False),
    "added": Q(before__isnull=True, after__isnull=False),
    "deleted": Q(before__isnull=False, after__isnull=True),
    "left": LEFT_ALONE,
}


def _filtered(rows: Any, chosen: str, query: str) -> Any:
    if chosen in _WANTED:
        rows = rows.filter(_WANTED[chosen])
    return rows.filter(label__istartswith=query) if query else rows


def _counts(rows: Any) -> list[tuple[str, Any, str]]:
    """Return how many rows were changed, added, deleted, left alone; counted up to a limit."""
    words = {
        "changed": _("changed"),
        "added": _("added"),
        "deleted": _("deleted"),
        "left": _("left as they are"),
    }
    counts = []
    for name, wanted in _WANTED.items():
        number = rows.filter(wanted).order_by()[: MAX_COUNTED + 1].count()
        if number:
            shown = f"{MAX_COUNTED:,}+" if number > MAX_COUNTED else f"{number:,}"
            counts.append((name, words[name], shown))
    return counts


def _with_lines(rows: list[ChangeSetRow], request: HttpRequest) -> Any:
    return entries(rows, request.user)


def _job_of(change_set: ChangeSet) -> Job | None:
    """Return the job of an undo that was too large for a request."""
    if change_set.kind != Kind.UNDO:
        return None
    return Job.objects.filter(kind=undoing.JOB, subject_id=change_set.pk).order_by("-pk").first()
