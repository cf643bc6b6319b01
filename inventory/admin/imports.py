"""Imports and exports: upload, check, preview in words, apply, report; and the files we write."""

import tempfile
from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import transaction
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inventory.admin.consequences import question_of
from inventory.admin.jobs import may_go_on
from inventory.admin.scoped import ScopedAdmin, change_url, page_number, refuse_get, visible
from inventory.consequence_words import in_words
from inventory.consequences import Consequences
from inventory.forms.spreadsheets import ExportForm, MappingForm, UploadForm
from inventory.models import Import, ImportRow, Job, Variant
from inventory.models.spreadsheets import ImportState, Outcome
from inventory.resources import EDIT_COLUMNS, NUMBERS, VariantResource
from inventory.services.jobs import request_cancel
from inventory.spreadsheets.consequences import consequences_of, consequences_of_rows
from inventory.spreadsheets.engine import begin_to_apply, check_again, hand_in, throw_away
from inventory.spreadsheets.exports import (
    csv_chunks,
    error_file_headers,
    error_file_rows,
    write_workbook,
)
from inventory.spreadsheets.rights import rights_to_import
from inventory.tasks import launch
from inventory.theme import display

ROWS_A_PAGE = 50
SECONDS_TO_REFRESH = 2
MAX_WORKBOOK_ROWS = 200_000
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

STATE_LABELS = {
    ImportState.CHECKING: "info",
    ImportState.READY: "warning",
    ImportState.APPLYING: "info",
    ImportState.DONE: "success",
    ImportState.REFUSED: "danger",
    ImportState.CANCELED: "default",
}
RUNNING = (ImportState.CHECKING, ImportState.APPLYING)
COUNTS = (
    (Outcome.CHANGE, "changed", gettext_lazy("change")),
    (Outcome.CREATE, "created", gettext_lazy("new")),
    (Outcome.UNCHANGED, "unchanged", gettext_lazy("unchanged")),
    (Outcome.SKIP, "skipped", gettext_lazy("skipped")),
    (Outcome.ERROR, "errors", gettext_lazy("errors")),
)


@admin.register(Import)
class ImportAdmin(ScopedAdmin):
    """Files that were handed in."""

    list_display = ("filename", "state_word", "outcome", "kind", "created_by", "created_at")
    list_select_related = ("created_by",)
    list_before_template = "inventory/admin/_import_links.html"
    ordering = ("-id",)
    search_fields = ("filename",)
    sortable_by = ("created_at",)
    empty_title = gettext_lazy("No imports")
    empty_text = gettext_lazy(
        "Export your variants, change who may be backordered in a spreadsheet, and import it here. "
        "You see every change before it is made."
    )

    @display(description=gettext_lazy("State"), label=dict(STATE_LABELS))
    def state_word(self, source: Import) -> Any:
        """Return where it stands."""
        return source.state, source.get_state_display()

    @display(description=gettext_lazy("Rows"))
    def outcome(self, source: Import) -> str:
        """Return the counts in words."""
        return ", ".join(
            f"{getattr(source, name)} {word}" for _o, name, word in COUNTS if getattr(source, name)
        )

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return no: what was imported stays on record."""
        return False

    def get_urls(self) -> list[URLPattern]:
        """Add the actions of an import, each by POST alone, and the files."""
        wrap = self.admin_site.admin_view
        views: tuple[tuple[str, Callable[..., Any]], ...] = (
            ("apply", self.apply_view),
            ("cancel", self.cancel_view),
            ("again", self.again_view),
            ("errors", self.errors_view),
        )
        urls = [
            path(f"<path:object_id>/{name}/", wrap(view), name=f"inventory_import_{name}")
            for name, view in views
        ]
        export = path("export/", wrap(self.export_view), name="inventory_variant_export")
        return [export, *urls, *super().get_urls()]

    # --- upload -------------------------------------------------------------------------------

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Take a file, or show what one would change or changed."""
        if object_id is None:
            return self._upload(request)
        source = self.visible_object(request, object_id)
        if not self.has_view_or_change_permission(request, source) or request.method == "POST":
            raise PermissionDenied
        return self._shown(request, source)

    def _upload(self, request: HttpRequest) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = UploadForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            data = form.cleaned_data
            self._demand_rights(request, kind=data["kind"], mode=data["mode"])
            with transaction.atomic():
                source = hand_in(
                    data["file"],
                    filename=data["file"].name,
                    user=request.user,  # type: ignore[arg-type]
                    kind=data["kind"],
                    mode=data["mode"],
                    all_or_nothing=data["all_or_nothing"],
                )
                source.job = self._starter(request, "check_import")(source)
                source.save(update_fields=["job"])
            return HttpResponseRedirect(change_url(source))
        return self.page(
            request,
            "import_upload.html",
            title=_("Import"),
            trail=self._trail(),
            form=form,
            edit_columns=EDIT_COLUMNS,
        )

    def _demand_rights(self, request: HttpRequest, *, kind: str, mode: str) -> None:
        """Demand the rights of what the file may do, beside the right to import."""
        for right in rights_to_import(kind, mode):
            self.demand(request, right)

    def _starter(self, request: HttpRequest, kind: str) -> Callable[[Import], Job]:
        """Return what starts a job of this kind for an import."""
        return lambda source: launch(
            kind=kind, subject_id=source.pk, label=source.filename, user=request.user
        )

    def _trail(self) -> list[tuple[str, Any]]:
        return [(reverse("admin:inventory_import_changelist"), _("Imports & exports"))]

    # --- one import ---------------------------------------------------------------------------

    def _shown(self, request: HttpRequest, source: Import) -> HttpResponse:
        rows = ImportRow.objects.filter(source=source).order_by("number")
        chosen = request.GET.get("show", "")
        if chosen in Outcome.values:
            rows = rows.filter(outcome=chosen)
        response = self.page(
            request,
            "import.html",
            title=source.filename,
            trail=self._trail(),
            source=source,
            job=source.job,
            is_running=self._is_running(source),
            has_failed=source.job is not None and source.job.state == "failed",
            counts=_counts(source),
            chosen=chosen,
            question=question_of(consequences_of(source)) if _is_ready(source) else None,
            page_obj=self._rows(request, source, rows),
            label=STATE_LABELS[ImportState(source.state)],
            mapping=self._mapping(source, None),
            untracked=rows.filter(
                outcome=Outcome.ERROR, words__startswith="Backorders need"
            ).count()
            if source.state == ImportState.READY
            else 0,
            may_apply=self.has_change_permission(request, source),
            may_retry=may_go_on(request, source.job),
            delimiter_word={";": _("semicolon"), ",": _("comma"), "\t": _("tab")}.get(
                source.layout.get("delimiter", ""), source.layout.get("delimiter", "")
            ),
        )
        if self._is_running(source):
            response["Refresh"] = str(SECONDS_TO_REFRESH)
        return response

    def _rows(self, request: HttpRequest, source: Import, rows: Any) -> Any:
        """Return one page of the rows, each with what it does to open orders."""
        page = Paginator(rows, ROWS_A_PAGE).get_page(page_number(request))
        found = list(page.object_list)
        touched = consequences_of_rows(found) if _is_ready(source) else {}
        for row in found:
            row.consequences = in_words(touched.get(row.pk, Consequences()))
        page.object_list = found
        return page

    def _is_running(self, source: Import) -> bool:
        running = source.state in RUNNING
        return running and not (source.job and source.job.state in {"failed", "canceled"})

    def _mapping(self, source: Import, data: Any) -> MappingForm | None:
        if source.refused_code != "unmapped_value_columns":
            return None
        return MappingForm(data, headers=list(source.layout.get("headers", ())))

    def apply_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Start writing what the preview shows; pressed twice, it is done once."""
        if refused := refuse_get(request):
            return refused
        source = self._changeable(request, object_id)
        self._demand_rights(request, kind=source.kind, mode=source.mode)
        begin_to_apply(source, start=self._starter(request, "apply_import"))
        return HttpResponseRedirect(change_url(source))

    def cancel_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Stop between two chunks, or throw a preview away."""
        if refused := refuse_get(request):
            return refused
        source = self._changeable(request, object_id)
        if throw_away(source):
            messages.success(request, _("Canceled. Nothing was changed."))
        elif source.job is not None and source.state in RUNNING:
            request_cancel(source.job)
            messages.info(request, _("It stops after the rows that it is at now."))
        return HttpResponseRedirect(change_url(source))

    def again_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Check the same file again, with an answer to what it was refused for."""
        if refused := refuse_get(request):
            return refused
        source = self._changeable(request, object_id)
        form = self._mapping(source, request.POST)
        check_again(
            source,
            start=self._starter(request, "check_import"),
            mapping=form.mapping() if form is not None and form.is_valid() else None,
            confirm_titles="confirm_titles" in request.POST,
            turn_tracking_on="turn_tracking_on" in request.POST,
        )
        return HttpResponseRedirect(change_url(source))

    def _changeable(self, request: HttpRequest, object_id: str) -> Import:
        source: Import = self.visible_object(request, object_id)
        if not self.has_change_permission(request, source):
            raise PermissionDenied
        return source

    # --- files --------------------------------------------------------------------------------

    def errors_view(self, request: HttpRequest, object_id: str) -> Any:
        """Send the merchant's own bad rows back, each with its number and the reason."""
        source = self.visible_object(request, object_id)
        if not self.has_view_permission(request, source):
            raise PermissionDenied
        headers, rows = error_file_headers(source), error_file_rows(source)
        return _file(request.GET.get("format", "csv"), f"errors-{source.pk}", headers, rows)

    def export_view(self, request: HttpRequest) -> Any:
        """Send variants as a spreadsheet: those that the user may see."""
        self.demand(request, "inventory.view_variant")
        form = ExportForm(request.GET or None)
        if request.GET and form.is_valid():
            full = form.cleaned_data["columns"] == "full"
            columns = VariantResource.full_columns() if full else EDIT_COLUMNS
            variants = visible(Variant.objects.all(), request.user)
            kind = form.cleaned_data["format"]
            if kind == "xlsx" and variants.count() > MAX_WORKBOOK_ROWS:
                form.add_error("format", _("More than 200,000 rows: choose CSV."))
            else:
                rows = (
                    [row[c] for c in columns] for row in VariantResource().rows(variants, columns)
                )
                return _file(kind, "variants", columns, rows)
        return self.page(request, "export.html", title=_("Export"), trail=self._trail(), form=form)


def _is_ready(source: Import) -> bool:
    return source.state == ImportState.READY and not source.refused


def _counts(source: Import) -> list[dict[str, Any]]:
    return [
        {"outcome": outcome.value, "number": getattr(source, name), "word": word}
        for outcome, name, word in COUNTS
    ]


def _file(kind: str, name: str, headers: Sequence[str], rows: Any) -> Any:
    """Return a file to save: CSV as it is made, XLSX once it is whole.

    :raises Http404: there is no such format.
    """
    if kind == "csv":
        chunks = csv_chunks(headers, rows, numbers=NUMBERS)
        response = StreamingHttpResponse(chunks, content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
        return response
    if kind != "xlsx":
        raise Http404
    file = tempfile.TemporaryFile()  # noqa: SIM115 -- the response closes it
    write_workbook(file, headers, rows)
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=f"{name}.xlsx", content_type=XLSX)
