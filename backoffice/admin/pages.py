"""The addresses of the admin: its own, and those of pages that belong to no model."""

from typing import Any

from django.contrib import admin
from django.contrib.contenttypes.views import shortcut
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext as _

from backoffice import checklist
from backoffice.admin import reports
from backoffice.admin.help import WORDS, help_for
from backoffice.admin.password import own_password
from backoffice.search import find, lists


def admin_urls() -> tuple[list[Any], str, str]:
    """Return what `path("admin/", …)` includes: our pages first, as the admin's own catch all."""
    pages, app, name = admin.site.urls
    wrap = admin.site.admin_view
    own = [
        path("find/", wrap(search_page), name="backoffice_search"),
        path("help/", wrap(help_page), name="backoffice_help"),
        path("reports/", wrap(reports.index_view), name="backoffice_reports"),
        path("reports/<slug:slug>/", wrap(reports.report_view), name="backoffice_report"),
        path("password_change/", wrap(own_password), name="password_change"),
        path("first-steps/", wrap(checklist.choose), name="backoffice_first_steps"),
        path("r/<path:content_type_id>/<path:object_id>/", wrap(view_on_site), name="view_on_site"),
    ]
    return [*own, *pages], app, name


def search_page(request: HttpRequest) -> TemplateResponse:
    """Show what fits a text, by kind, as far as the user may see it."""
    asked = request.GET.get("q", "")
    return _page(
        request,
        "search.html",
        title=_("Search"),
        asked=asked[:200],
        groups=find(request, asked),
        lists=lists(request, asked),
    )


def help_page(request: HttpRequest) -> TemplateResponse:
    """Show the words of the domain, and how the work of a day is done."""
    return _page(
        request,
        "help.html",
        title=_("Help"),
        how_tos=help_for(request),
        words=WORDS,
        is_hidden=checklist.is_hidden(request),
    )


def view_on_site(request: HttpRequest, content_type_id: str, object_id: str) -> HttpResponseBase:
    """Go to the page that an object has outside the back office, as the admin does.

    :raises Http404: there is none, or the key is not one of its kind, such as 1 for a UUID.
    """
    try:
        return shortcut(request, content_type_id, object_id)
    except ValidationError:
        raise Http404 from None


def _page(request: HttpRequest, template: str, *, title: str, **context: Any) -> TemplateResponse:
    request.current_app = admin.site.name
    frame = admin.site.each_context(request)
    return TemplateResponse(request, f"backoffice/{template}", {**frame, "title": title, **context})
