"""The page of one variant: settings, warehouses, movements, "Why?", and what shoppers see."""

import copy
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from inventory.acts import act_of
from inventory.admin.by_channel import rows_by_channel
from inventory.admin.consequences import Question, question_of, with_yes
from inventory.admin.explain import (
    STATE_LABELS,
    STATES,
    effective_words,
    sentence,
    steps,
    variant_warnings,
    wider_than_variant,
)
from inventory.admin.scoped import ScopedAdmin, change_url, is_new, page_number, visible
from inventory.availability import availability_of
from inventory.errors import InvalidChange, InventoryError, NeedsConfirmation, StaleChange
from inventory.forms.catalog import VariantForm
from inventory.forms.stock import BaseLineFormSet, LevelForm, line_formset
from inventory.models import Movement, Product, StoreSettings, Variant, Warehouse
from inventory.policy import BackorderMode
from inventory.sales_channels import Place, sales_channels
from inventory.services.catalog import new_variant_defaults
from inventory.services.edit import LevelChange, add_variant, edit_variant
from inventory.services.movements import StockLine
from inventory.shop_window import shop_window

CONFLICT = 409
MOVEMENTS_A_PAGE = 50


@dataclass(slots=True)
class Forms:
    """The forms of one page; they are saved together or not at all."""

    variant: VariantForm
    levels: list[LevelForm]
    components: BaseLineFormSet
    homeless: list[str]
    question: Question | None = None

    def are_valid(self, user: Any) -> bool:
        """Return whether every field of every form is good."""
        verdicts = [
            self.variant.is_valid(),
            *(level.is_valid() for level in self.levels),
            self.components.resolve(user),
        ]
        return all(verdicts)

    def blame(self, error: InventoryError) -> None:
        """Put a domain error beside the field, the warehouse or the component it names."""
        if not isinstance(error, InvalidChange):
            self.variant.add_error(None, str(error))
            return
        rest = {}
        for field, text in error.errors.items():
            level = next((x for x in self.levels if field.startswith(f"{x.prefix}-")), None)
            if level is not None:
                name = field.removeprefix(f"{level.prefix}-")
                level.add_error(name if name in level.fields else None, text)
            elif field in self.variant.fields:
                self.variant.add_error(field, text)
            else:
                rest[field] = text
        self.homeless += self.components.blame(rest)

    def errors(self) -> int:
        """Return how many fields are at fault."""
        forms = [self.variant, *self.levels, *self.components.forms]
        return len(self.homeless) + sum(len(f.errors) for f in forms if f.is_bound)


class VariantPage(ScopedAdmin):
    """The change form of a variant, saved by the use cases in `inventory.services`."""

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Show one variant and save it; a refusal leaves the forms as they were typed."""
        if object_id is None and request.method == "GET" and "product" not in request.GET:
            messages.info(request, _("Open the product that gets the variant first."))
            return HttpResponseRedirect(reverse("admin:inventory_product_changelist"))
        variant = self._opened(request, object_id)
        tab = request.GET.get("tab", "")
        if (
            not is_new(variant)
            and tab in {"movements", "why", "shoppers"}
            and request.method == "GET"
        ):
            return self._tab(request, variant, tab)
        may_save = self._may_save(request, variant)
        forms = self._forms(request, variant)
        status = 200
        if request.method == "POST":
            if not may_save:
                raise PermissionDenied
            saved, status = self._save(request, forms, variant)
            if saved:
                return HttpResponseRedirect(change_url(saved))
        if not may_save:
            _freeze(forms)
        return self._shown(request, variant, forms, may_save=may_save, status=status)

    # --- opening ------------------------------------------------------------------------------

    def _opened(self, request: HttpRequest, object_id: str | None) -> Variant:
        if object_id is not None:
            variant: Variant = self.visible_object(request, object_id)
            if not self.has_view_or_change_permission(request, variant):
                raise PermissionDenied
            return variant
        if not self.has_add_permission(request):
            raise PermissionDenied
        product = self._product_of(request)
        return Variant(
            product=product,
            position=product.variants.count(),
            **new_variant_defaults(StoreSettings.load()),
        )

    def _product_of(self, request: HttpRequest) -> Product:
        number = request.GET.get("product", "")
        if not (number.isascii() and number.isdigit() and len(number) < 19):
            raise BadRequest("There is no such product.")
        product = visible(Product.objects.filter(pk=number), request.user).first()
        if product is None:
            raise Http404
        return product

    def get_queryset(self, request: HttpRequest) -> Any:
        """Return the visible variants with their product, which every page reads."""
        return super().get_queryset(request).select_related("product")

    def _may_save(self, request: HttpRequest, variant: Variant) -> bool:
        if is_new(variant):
            return self.has_add_permission(request)
        return self.has_change_permission(request, variant)

    def _forms(self, request: HttpRequest, variant: Variant) -> Forms:
        data = request.POST if request.method == "POST" else None
        files = request.FILES if request.method == "POST" else None
        wider = wider_than_variant(variant.product, StoreSettings.load())
        return Forms(
            variant=VariantForm(
                data,
                files,
                instance=copy.copy(variant),
                wider=wider,
                wider_mode=BackorderMode(wider["backorders"].value),
            ),
            levels=_level_forms(variant, data) if not is_new(variant) else [],
            components=_component_forms(variant, data),
            homeless=[],
        )

    # --- saving -------------------------------------------------------------------------------

    def _save(
        self, request: HttpRequest, forms: Forms, variant: Variant
    ) -> tuple[Variant | None, int]:
        """Return the saved variant, or none and the status of the refusal."""
        if not forms.are_valid(request.user):
            return None, 200
        try:
            saved = self._written(request, forms, variant)
        except StaleChange as error:
            forms.variant.add_error(None, str(error))
            return None, CONFLICT
        except NeedsConfirmation as asked:
            forms.question = question_of(asked.consequences, request)
            return None, CONFLICT
        except InventoryError as error:
            forms.blame(error)
            return None, 200
        messages.success(request, _("%(sku)s was saved.") % {"sku": saved.sku})
        return saved, 200

    def _written(self, request: HttpRequest, forms: Forms, variant: Variant) -> Variant:
        form = forms.variant
        components = forms.components.lines()
        if is_new(variant):
            return add_variant(
                act=act_of(request),
                product=variant.product,
                fields=form.changes(),
                components=components,
            )
        page: dict[str, Any] = {
            "variant": variant,
            "changes": form.changes(),
            "act": act_of(request, seen=form.cleaned_data["version"] or 0),
            "levels": _level_changes(forms.levels),
            "components": components if _differ(variant, components) else None,
        }
        return with_yes(request, lambda yes: edit_variant(**page, confirm=yes))

    # --- showing ------------------------------------------------------------------------------

    def _shown(
        self, request: HttpRequest, variant: Variant, forms: Forms, *, may_save: bool, status: int
    ) -> HttpResponse:
        offered = self._offered(variant) if not is_new(variant) else {}
        return self.page(
            request,
            "variant.html",
            title=variant.full_title if not is_new(variant) else _("Add variant"),
            **_frame(request, variant, "general"),
            **offered,
            forms=forms,
            form=forms.variant,
            error_count=forms.errors() if request.method == "POST" else 0,
            wider_mode=forms.variant.wider["backorders"],
            may_save=may_save,
            may_delete=not is_new(variant) and self.has_delete_permission(request, variant),
            is_stale=status == CONFLICT and forms.question is None,
            status=status,
        )

    def _offered(self, variant: Variant) -> dict[str, Any]:
        settings = StoreSettings.load()
        today = timezone.localdate()
        offer = availability_of([variant], today=today, settings=settings)[variant.pk]
        return {
            "offer": offer,
            "sentence": sentence(offer),
            "state": STATES[offer.state.value],
            "state_label": STATE_LABELS[offer.state.value],
            "effective": effective_words(variant, offer, settings),
            "warnings": variant_warnings(variant, offer, settings=settings, today=today),
        }

    def _tab(self, request: HttpRequest, variant: Variant, tab: str) -> HttpResponse:
        context = self._offered(variant)
        if tab == "movements":
            context |= _movements(request, variant)
        elif tab == "why":
            context |= _availability(request, variant)
        else:
            context |= _shoppers(request, variant)
        return self.page(
            request,
            f"variant_{tab}.html",
            title=variant.full_title,
            **_frame(request, variant, tab),
            **context,
        )


def _level_forms(variant: Variant, data: Any) -> list[LevelForm]:
    """Return a form for each active warehouse, and for others that know the variant."""
    levels = {level.warehouse_id: level for level in variant.stock_levels.all()}
    return [
        LevelForm(data, warehouse=warehouse, level=levels.get(warehouse.pk))
        for warehouse in Warehouse.objects.order_by("priority", "pk")
        if warehouse.is_active or warehouse.pk in levels
    ]


def _level_changes(forms: list[LevelForm]) -> list[LevelChange]:
    return [
        LevelChange(
            warehouse=form.warehouse, changes=form.changes(), version=form.cleaned_data["version"]
        )
        for form in forms
        if form.changes()
    ]


def _component_forms(variant: Variant, data: Any) -> BaseLineFormSet:
    rows = (
        variant.components.select_related("component").order_by("pk") if not is_new(variant) else ()
    )
    initial = [{"code": row.component.sku, "quantity": row.quantity} for row in rows]
    return line_formset(extra=3)(data, initial=initial, prefix="components")


def _differ(variant: Variant, lines: list[StockLine]) -> bool:
    """Return whether these components are others than the variant has."""
    now = dict(variant.components.values_list("component", "quantity"))
    return sorted(now.items()) != sorted((line.variant.pk, line.quantity) for line in lines)


def _freeze(forms: Forms) -> None:
    """Make the forms of somebody who may only look read-only."""
    for form in (forms.variant, *forms.levels, *forms.components.forms):
        for field in form.fields.values():
            field.disabled = True


def _frame(request: HttpRequest, variant: Variant, tab: str) -> dict[str, Any]:
    """Return what every tab of the page needs."""
    product = variant.product
    is_bundle = not is_new(variant) and variant.components.exists()
    return {
        "variant": variant if not is_new(variant) else None,
        "product": product,
        "tab": tab,
        "trail": [
            (reverse("admin:inventory_product_changelist"), _("Products")),
            (change_url(product), product.title),
        ],
        "is_bundle": is_bundle,
        "may_move": not (is_bundle or is_new(variant))
        and request.user.has_perm("inventory.add_movement"),
    }


def _movements(request: HttpRequest, variant: Variant) -> dict[str, Any]:
    """Return one page of the variant's movements, newest first."""
    number = max(page_number(request), 1)
    start = (number - 1) * MOVEMENTS_A_PAGE
    rows = Movement.objects.filter(stock_level__variant=variant).order_by("-pk")
    rows = rows.select_related("stock_level__warehouse", "delivery")
    found = list(rows[start : start + MOVEMENTS_A_PAGE + 1])
    return {
        "movements": found[:MOVEMENTS_A_PAGE],
        "number": number,
        "newer": number - 1 if number > 1 else None,
        "older": number + 1 if len(found) > MOVEMENTS_A_PAGE else None,
    }


def _availability(request: HttpRequest, variant: Variant) -> dict[str, Any]:
    """Return what may be sold in each channel, and the steps to the answer in one of them."""
    _alone, by_key = rows_by_channel([variant], StoreSettings.load(), today=timezone.localdate())
    rows = by_key[variant.pk]
    asked = request.GET.get("channel", "")
    chosen = next((row for row in rows if row.slug == asked), rows[0] if rows else None)
    return {
        "channels": rows,
        "chosen": chosen,
        "steps": steps(chosen.offer) if chosen else [],
        "said": sentence(chosen.offer) if chosen else "",
    }


def _lists_last(place: Place) -> tuple[bool, bool]:
    """Rank channels: those that sell a variant last, of these the ones with a shop window."""
    terms = next(iter((place.where.terms or {}).values()), None)
    return terms is not None and terms.sells, terms is not None and terms.has_listings


def _shoppers(request: HttpRequest, variant: Variant) -> dict[str, Any]:
    """Return what a shopper of one channel reads, and what is answered to three quantities."""
    settings, today = StoreSettings.load(), timezone.localdate()
    places = sorted(sales_channels().places([variant.pk]), key=_lists_last)
    asked = request.GET.get("channel", "")
    chosen = next((place for place in places if place.slug == asked), places[-1])
    seen = shop_window().seen_in(chosen.slug, variant, settings=settings, today=today)
    return {
        "channels": places[::-1],
        "chosen": chosen,
        "seen": seen,
        "seen_label": STATE_LABELS[seen.state.value] if seen else "",
    }
