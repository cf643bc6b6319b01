"""The ledger, and the pages that write it: receive, correct, transfer, count.

Each is one form with several lines. Nothing is booked unless every line is good; sent twice, it is
booked once. A correction and a count first show the books next to what was found, and book against
the number that was shown.
"""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    JsonResponse,
)
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inventory.acts import act_of
from inventory.admin.booked import booked_result
from inventory.admin.once import (
    AlreadySent,
    is_token,
    keep_result,
    mark_of,
    new_token,
    result_of,
    spend,
)
from inventory.admin.scoped import ScopedAdmin, change_url, search_words, visible
from inventory.admin.stock_moves import PAGES, StockPage
from inventory.errors import (
    CountChanged,
    InvalidChange,
    InventoryError,
    OverReceipt,
    StockShortage,
)
from inventory.forms.stock import (
    FIRST_LINES,
    MAX_LINES,
    BaseLineFormSet,
    CodeField,
    Compared,
    MoveForm,
    find_variants,
    line_formset,
)
from inventory.models import Movement, StockLevel, Variant, Warehouse
from inventory.search import few_variants, variants_with
from inventory.theme import display


@admin.register(Movement)
class MovementAdmin(ScopedAdmin):
    """The stock ledger: read here, written by the four pages."""

    list_display = (
        "moved_at",
        "variant",
        "warehouse",
        "units",
        "kind",
        "reference",
        "reason",
        "by",
    )
    list_display_links = None
    list_select_related = ("stock_level__variant", "stock_level__warehouse")
    list_before_template = "inventory/admin/_stock_links.html"
    ordering = ("-id",)
    sortable_by = ()
    search_fields = ("reference",)
    search_help_text = gettext_lazy("SKU, title or reference")
    empty_title = gettext_lazy("No movements yet")
    empty_text = gettext_lazy("Receive stock, and the first line of the ledger is written.")
    show_add_link = False

    @display(description=gettext_lazy("Variant"))
    def variant(self, movement: Movement) -> str:
        """Return the SKU, linked to its page."""
        variant = movement.stock_level.variant
        return format_html('<a class="bo-link" href="{}">{}</a>', change_url(variant), variant.sku)

    @display(description=gettext_lazy("Warehouse"))
    def warehouse(self, movement: Movement) -> str:
        """Return where."""
        return str(movement.stock_level.warehouse.name)

    @display(description=gettext_lazy("Units"))
    def units(self, movement: Movement) -> str:
        """Return the units with their sign."""
        return f"{movement.quantity:+d}"

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Movements are written by the four pages alone."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return no: the ledger is append-only."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return no: the ledger is append-only."""
        return False

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Search each word in the variant, and as the start of a reference."""
        for word in search_words(search_term):
            queryset = queryset.filter(_about(word))
        return queryset, False

    def get_urls(self) -> list[URLPattern]:
        """Add the four pages, and the one that shows what they booked."""
        wrap = self.admin_site.admin_view
        pages = [
            path(
                f"{name}/",
                wrap(self.stock_view),
                {"name": name},
                name=f"inventory_movement_{name}",
            )
            for name in PAGES
        ]
        booked = path(
            "booked/<slug:mark>/", wrap(self.booked_view), name="inventory_movement_booked"
        )
        scan = path("scan/", wrap(self.scan_view), name="inventory_movement_scan")
        return [*pages, booked, scan, *super().get_urls()]

    def stock_view(self, request: HttpRequest, name: str) -> HttpResponse:
        """Show one of the four pages, or book what it was sent."""
        self.demand(request, "inventory.add_movement")
        page = PAGES[name]
        return self._post(request, page) if request.method == "POST" else self._get(request, page)

    def scan_view(self, request: HttpRequest) -> JsonResponse:
        """Say what a scanned code means; it writes nothing."""
        self.demand(request, "inventory.add_movement")
        try:
            code = CodeField().clean(request.GET.get("code", ""))
        except ValidationError as error:
            return JsonResponse({"error": " ".join(error.messages)}, status=400)
        meaning = find_variants([code], request.user)[code]
        if isinstance(meaning, Variant):
            facts = {"sku": meaning.sku, "ean": meaning.ean, "title": meaning.full_title}
            return JsonResponse(facts)
        return JsonResponse({"error": f"{code}: {meaning}"})

    def booked_view(self, request: HttpRequest, mark: str) -> HttpResponse:
        """Show the movements that a form wrote."""
        self.demand(request, "inventory.view_movement")
        result = result_of(mark)
        if result is None or result.get("user") != request.user.pk:
            raise Http404
        rows = visible(Movement.objects.filter(pk__in=result["movements"]), request.user)
        page = PAGES[result["page"]]
        return self.page(
            request,
            "booked.html",
            title=_("Booked"),
            trail=_trail(),
            page=page,
            movements=rows.select_related(
                "stock_level__variant__product", "stock_level__warehouse"
            ).order_by("pk"),
            served=result.get("served", ()),
            served_more=result.get("served_more", 0),
            again=reverse(f"admin:inventory_movement_{page.name}"),
        )

    # --- showing ------------------------------------------------------------------------------

    def _get(self, request: HttpRequest, page: StockPage) -> HttpResponse:
        initial: dict[str, Any] = {"form_token": new_token(request.user)}
        for name in ("warehouse", "target"):
            place = request.GET.get(name)
            if place and (found := Warehouse.objects.filter(code=place[:50]).first()):
                initial[name] = found.pk
        head = MoveForm(initial=initial, keep=page.fields)
        lines = line_formset(page.line)(prefix="lines", initial=_named(request) or None)
        return self._shown(request, page, head, lines)

    def _shown(
        self,
        request: HttpRequest,
        page: StockPage,
        head: MoveForm,
        lines: BaseLineFormSet,
        *,
        compared: Sequence[Compared] = (),
        errors: Sequence[str] = (),
        quiet: bool = False,
    ) -> HttpResponse:
        return self.page(
            request,
            "stock_page.html",
            title=page.title,
            trail=_trail(),
            page=page,
            head=head,
            lines=lines,
            compared=compared,
            errors=errors,
            quiet=quiet,
            max_lines=MAX_LINES,
        )

    # --- booking ------------------------------------------------------------------------------

    def _post(self, request: HttpRequest, page: StockPage) -> HttpResponse:
        token = request.POST.get("form_token", "")
        if result_of(mark_of(token)) is not None:
            return _booked(token)
        if "add_lines" in request.POST:
            return self._with_more_lines(request, page)
        head = MoveForm(request.POST, keep=page.fields)
        lines = line_formset(page.line)(request.POST, prefix="lines")
        good = lines.resolve(request.user) & head.is_valid()
        if not is_token(token, request.user):
            head.data = _replaced(request, form_token=new_token(request.user))
            head.add_error(None, _("This form is too old. Look it over and send it again."))
            good = False
        if good and not lines.filled():
            head.add_error(None, _("There is no line yet: type or scan a SKU and a quantity."))
            good = False
        if not good:
            return self._shown(request, page, head, lines)
        if page.compares and (compared := _compare(page, head, lines)):
            return self._shown(request, page, head, compared[0], compared=compared[1])
        return self._book(request, page, head, lines)

    def _book(
        self, request: HttpRequest, page: StockPage, head: MoveForm, lines: BaseLineFormSet
    ) -> HttpResponse:
        token = head.cleaned_data["form_token"]
        try:
            with transaction.atomic():
                spend(token)
                moved = page.book(head, lines, act_of(request))
                keep_result(token, booked_result(request.user, page.name, moved))
        except AlreadySent:
            return _booked(token)
        except CountChanged as error:
            _forget_seen(lines)
            again = _compare(page, head, lines)
            shown, compared = again or (lines, [])
            return self._shown(request, page, head, shown, compared=compared, errors=[str(error)])
        except InventoryError as error:
            errors = lines.blame(line_errors(error))
            return self._shown(request, page, head, lines, errors=errors)
        return _booked(token)

    def _with_more_lines(self, request: HttpRequest, page: StockPage) -> HttpResponse:
        data = with_more_lines(request)
        head = MoveForm(data, keep=page.fields)
        return self._shown(
            request, page, head, line_formset(page.line)(data, prefix="lines"), quiet=True
        )


def _named(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the lines that an address names: each SKU, with its quantity where there is one."""
    skus = [sku[:64] for sku in request.GET.getlist("sku")[:MAX_LINES] if sku]
    units = [
        int(text) if text.isascii() and text.isdigit() and len(text) <= 10 else None
        for text in request.GET.getlist("quantity")[:MAX_LINES]
    ]
    units += [None] * (len(skus) - len(units))
    return [{"code": sku, "quantity": count} for sku, count in zip(skus, units, strict=False)]


def with_more_lines(request: HttpRequest) -> Any:
    """Return what was sent, with some empty lines more."""
    text = request.POST.get("lines-TOTAL_FORMS", "")
    total = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0
    more = min(total + FIRST_LINES, MAX_LINES)
    return _replaced(request, **{"lines-TOTAL_FORMS": str(more)})


def line_errors(error: InventoryError) -> dict[str, str]:
    """Return a domain error as sentences by SKU; what names no SKU stands under its own key."""
    if isinstance(error, InvalidChange):
        return error.errors
    if isinstance(error, StockShortage):
        return {
            s.sku: _("Only %(available)d available in %(warehouse)s.")
            % {"available": s.available, "warehouse": s.place or s.warehouse}
            for s in error.shortfalls
        }
    if isinstance(error, OverReceipt):
        return {
            sku: _("%(units)d more than the delivery still expects.") % {"units": units}
            for sku, units in error.excess.items()
        }
    return {"": str(error)}


def _compare(
    page: StockPage, head: MoveForm, lines: BaseLineFormSet
) -> tuple[BaseLineFormSet, list[Compared]] | None:
    """Return the lines with what the books say now, unless that was shown for each before."""
    place = head.cleaned_data["warehouse"]
    filled = [form for form in lines.filled() if form.variant is not None]
    if all(
        form.cleaned_data["seen"] is not None
        and form.cleaned_data["seen_for"] == f"{form.variant.pk}@{place.pk}"
        for form in filled
        if form.variant
    ):
        return None
    levels = StockLevel.objects.filter(
        warehouse=place, variant__in=[form.variant for form in filled]
    )
    books = dict(levels.values_list("variant", "on_hand"))
    compared, initial = [], []
    for form in filled:
        variant, found = form.variant, form.cleaned_data["quantity"]
        if variant is None:
            continue
        seen = books.get(variant.pk, 0)
        compared.append(Compared(variant.sku, variant.full_title, seen, found))
        initial.append(
            {
                "code": form.cleaned_data["code"],
                "quantity": found,
                "seen": seen,
                "seen_for": f"{variant.pk}@{place.pk}",
            }
        )
    return line_formset(page.line, extra=len(initial))(
        prefix="lines", initial=None, data=_as_data(initial)
    ), compared


def _as_data(rows: Sequence[dict[str, Any]]) -> dict[str, str]:
    """Return lines as a browser would send them."""
    data = {"lines-TOTAL_FORMS": str(len(rows)), "lines-INITIAL_FORMS": "0"}
    for number, row in enumerate(rows):
        data |= {f"lines-{number}-{name}": str(value) for name, value in row.items()}
    return data


def _forget_seen(lines: BaseLineFormSet) -> None:
    for form in lines.filled():
        form.cleaned_data["seen"] = None


def _replaced(request: HttpRequest, **values: str) -> Any:
    data = request.POST.copy()
    for name, value in values.items():
        data[name] = value
    return data


def _booked(token: str) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("admin:inventory_movement_booked", args=[mark_of(token)]))


def _trail() -> list[tuple[str, str]]:
    return [(reverse("admin:inventory_variant_changelist"), _("Inventory"))]


def _about(word: str) -> Q:
    """Return the condition that a word is in the variant of a movement, or begins its reference.

    Of few variants each half is found by its own index; of many, each movement is looked at.
    """
    path, referring = "stock_level__variant", Q(reference__istartswith=word)
    if (of_few := few_variants(word, path)) is None:
        return variants_with(word, path) | referring
    rows = Movement.objects.order_by().values("pk")
    return Q(pk__in=rows.filter(of_few).union(rows.filter(referring), all=True))
