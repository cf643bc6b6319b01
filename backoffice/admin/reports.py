"""The pages of reports, and their files."""

import tempfile
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Page, Paginator
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    StreamingHttpResponse,
)
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from backoffice.reports import REPORTS, Report
from backoffice.reports.base import NUMERIC, Asked, Column, Kind, Row, Table
from inventory.admin.scoped import page_number
from inventory.models import StoreSettings
from inventory.models.catalog import remember_sellers
from inventory.spreadsheets.exports import csv_chunks, write_workbook
from inventory.theme import ThemedForm
from orders.amounts import money, units

ROWS_A_PAGE = 50
MAX_WORKBOOK_ROWS = 200_000
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TOO_LARGE = 413


@require_safe
def index_view(request: HttpRequest) -> HttpResponse:
    """List the reports that the user may read."""
    reports = [one for one in REPORTS.values() if one.may_be_read_by(request.user)]
    if not reports:
        raise PermissionDenied
    return _page(request, "index.html", title=_("Reports"), trail=[], reports=reports)


@require_safe
def report_view(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Show a report, or send it as a file where the address names a format."""
    report = REPORTS.get(slug)
    if report is None:
        raise Http404
    if not report.may_be_read_by(request.user):
        raise PermissionDenied
    remember_sellers(request.user)
    form = _bound(report, request)
    sort, order_by = report.order_by(request.GET.get("sort", ""))
    currency = str(StoreSettings.load().currency)
    table = None
    if form.is_valid():
        values = form.cleaned_data
        table = report.read(Asked(request.user, timezone.now(), values, order_by, currency))
        if kind := request.GET.get("format", ""):
            return _file(kind, report, table)
    return _shown(request, report, form, table, sort=sort, currency=currency)


def _bound(report: Report, request: HttpRequest) -> ThemedForm:
    """Return the form with what the address says; what it leaves out is as the form begins."""
    data = request.GET.copy()
    fresh = report.form()
    for name in fresh.fields:
        initial = fresh.get_initial_for_field(fresh.fields[name], name)
        if name not in data and initial is not None:
            data[name] = str(initial)
    return report.form(data)


def _page(request: HttpRequest, template: str, **context: Any) -> TemplateResponse:
    request.current_app = admin.site.name
    return TemplateResponse(
        request,
        f"backoffice/reports/{template}",
        {**admin.site.each_context(request), **context},
        status=context.pop("status", 200),
    )


# --- on screen --------------------------------------------------------------------------------


def _shown(
    request: HttpRequest,
    report: Report,
    form: ThemedForm,
    table: Table | None,
    *,
    sort: str,
    currency: str,
) -> HttpResponse:
    page = Paginator(table.rows, ROWS_A_PAGE).get_page(page_number(request)) if table else None
    return _page(
        request,
        "report.html",
        title=report.title,
        trail=[(reverse("admin:backoffice_reports"), _("Reports"))],
        report=report,
        form=form,
        table=table,
        page_obj=page,
        columns=[(column, *_sorting(request, column, sort)) for column in report.columns],
        rows=[_cells(row, report, currency) for row in page.object_list] if page else [],
        totals=_totals(table, report, currency) if table else [],
        newer=_address(request, page=page.previous_page_number())
        if page and page.has_previous()
        else "",
        older=_address(request, page=page.next_page_number()) if page and page.has_next() else "",
        number=_counted(page),
        files=[
            (words, _address(request, format=kind, page=""))
            for kind, words in (("csv", "CSV"), ("xlsx", "XLSX"))
        ],
        is_narrowed=any(request.GET.get(name) for name in form.fields),
    )


def _counted(page: Page[Any] | None) -> str:
    """Return which rows are shown, of how many."""
    if not page or not page.paginator.count:
        return ""
    return _("%(first)s–%(last)s of %(all)s") % {
        "first": units(page.start_index()),
        "last": units(page.end_index()),
        "all": units(page.paginator.count),
    }


def _sorting(request: HttpRequest, column: Column, sort: str) -> tuple[str, str]:
    """Return the address that sorts by a column, and how it is sorted now."""
    if not column.sort:
        return "", ""
    now = {column.key: "ascending", f"-{column.key}": "descending"}.get(sort, "")
    falls = now == "ascending" or (not now and column.kind in NUMERIC)
    word = f"-{column.key}" if falls else column.key
    return _address(request, sort=word, page=""), now


def _address(request: HttpRequest, **changes: Any) -> str:
    query = request.GET.copy()
    query.pop("format", None)
    for name, value in changes.items():
        query[name] = str(value)
        if value == "":
            del query[name]
    return f"?{query.urlencode()}"


def _cells(row: Row, report: Report, currency: str) -> list[tuple[Column, str, str]]:
    return [
        (column, shown(row.cells.get(column.key), column.kind, currency), row.links.get(column.key))  # type: ignore[misc]
        for column in report.columns
    ]


def _totals(table: Table, report: Report, currency: str) -> list[tuple[Column, str]]:
    if not table.totals or not table.rows:
        return []
    return [
        (column, shown(table.totals[column.key], column.kind, currency))
        if column.key in table.totals
        else (column, "")
        for column in report.columns
    ]


def shown(value: Any, kind: Kind, currency: str) -> str:
    """Return a cell as the reader's language writes it."""
    if value is None:
        return "–"
    if kind is Kind.MONEY:
        return money(Decimal(value), currency)
    if kind is Kind.PERCENT:
        return f"{number_format(value, decimal_pos=1)}\u00a0%"
    if kind is Kind.NUMBER:
        return units(value)
    if kind is Kind.SIGNED:
        return (
            (f"+{units(value)}" if value > 0 else units(value).replace("-", "−")) if value else ""
        )
    if isinstance(value, datetime):
        return date_format(timezone.localtime(value), "SHORT_DATETIME_FORMAT")
    return date_format(value, "SHORT_DATE_FORMAT") if isinstance(value, date) else str(value)


# --- as files ---------------------------------------------------------------------------------


def _file(kind: str, report: Report, table: Table) -> HttpResponseBase:
    """Return all rows as a file: CSV as it is made, XLSX once it is whole.

    :raises Http404: there is no such format.
    """
    headers = [str(column.title) for column in report.columns]
    name = f"{report.slug}-{timezone.localdate().isoformat()}"
    if kind == "csv":
        numbers = frozenset(str(one.title) for one in report.columns if one.kind in NUMERIC)
        response = StreamingHttpResponse(
            csv_chunks(headers, _written(report, table), numbers=numbers),
            content_type="text/csv; charset=utf-8",
        )
        response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
        return response
    if kind != "xlsx":
        raise Http404
    if len(table.rows) > MAX_WORKBOOK_ROWS:
        return HttpResponse(_("More than 200,000 rows: choose CSV."), status=TOO_LARGE)
    file = tempfile.TemporaryFile()  # noqa: SIM115 -- the response closes it
    write_workbook(file, headers, _written(report, table))
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=f"{name}.xlsx", content_type=XLSX)


def _written(report: Report, table: Table) -> Iterator[list[str]]:
    for row in table.rows:
        yield [written(row.cells.get(column.key), column.kind) for column in report.columns]


def written(value: Any, kind: Kind) -> str:
    """Return a cell as programs read it: no thousands set apart, days as 2026-11-21."""
    if value is None:
        return ""
    if kind is Kind.MONEY:
        return f"{Decimal(value):.2f}"
    if isinstance(value, datetime):
        return timezone.localtime(value).strftime("%Y-%m-%d %H:%M:%S")
    return value.isoformat() if isinstance(value, date) else str(value)
