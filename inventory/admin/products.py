"""Products: the list, and a page with the settings of one product and its variants."""

import copy
from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inventory.acts import act_of
from inventory.admin.consequences import question_of, with_yes
from inventory.admin.explain import (
    effective_words,
    level_warnings,
    product_inputs,
    product_words,
    wider_than_product,
)
from inventory.admin.filters import ProductSellerFilter, VisibleFilter
from inventory.admin.scoped import (
    ScopedAdmin,
    blame_form,
    change_url,
    is_new,
)
from inventory.admin.variants import VariantRow, row_of
from inventory.availability import availability_of
from inventory.errors import InventoryError, NeedsConfirmation, StaleChange
from inventory.forms.catalog import ProductForm
from inventory.models import Product, StoreSettings, Variant
from inventory.search import products_with
from inventory.services.catalog import create_product, update_product
from inventory.theme import display

NO_PICTURE = mark_safe('<span class="bo-thumb bo-thumb-empty" aria-hidden="true"></span>')
MAX_VARIANTS = 200
"""Variants shown on a product's page; the list of variants shows the others."""


@admin.register(Product)
class ProductAdmin(ScopedAdmin):
    """What shoppers recognize as one thing."""

    list_display = ("named", "brand", "seller_name", "variant_count", "effective")
    list_display_links = ("named",)
    list_filter = (ProductSellerFilter, VisibleFilter)
    list_select_related = ("seller",)
    ordering = ("title", "id")
    sortable_by = ("named", "brand")
    search_fields = ("title",)
    search_help_text = gettext_lazy("Title, brand, SKU or EAN")
    empty_title = gettext_lazy("No products")
    empty_text = gettext_lazy(
        "Add the first product here, or bring your catalogue along with an import."
    )

    @display(description=gettext_lazy("Title"), ordering="title")
    def named(self, product: Product) -> str:
        """Return the picture, small, and the title."""
        picture = (
            format_html('<img class="bo-thumb" src="{}" alt="">', product.image.url)
            if product.image
            else NO_PICTURE
        )
        return format_html(
            '<span class="bo-named">{}<span class="bo-title">{}</span></span>',
            picture,
            product.title,
        )

    @display(description=gettext_lazy("Seller"))
    def seller_name(self, product: Product) -> str:
        """Return whose it is."""
        return product.seller.name if product.seller else "–"

    @display(description=gettext_lazy("Variants"))
    def variant_count(self, product: Product) -> int:
        """Return how many variants it has."""
        return getattr(product, "variant_total", 0)

    @display(description=gettext_lazy("Backorders"))
    def effective(self, product: Product) -> str:
        """Return what its variants use, and whose word that is."""
        return getattr(product, "effective_words", "")

    def load_rows(self, request: HttpRequest, rows: Sequence[Any]) -> None:
        """Count the variants of the page's products, and say what they use."""
        settings = StoreSettings.load()
        counts = dict(
            Variant.objects.filter(product__in=[row.pk for row in rows])
            .order_by()
            .values_list("product")
            .annotate(n=Count("pk"))
        )
        for row in rows:
            row.variant_total = counts.get(row.pk, 0)
            row.effective_words = product_words(row, settings)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Search each word in title and brand, and in SKU, EAN and title of its variants."""
        return queryset.filter(products_with(search_term)), False

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Show and save one product by its use cases; a refusal leaves the form as it was typed."""
        product = self._opened(request, object_id)
        settings = StoreSettings.load()
        form = ProductForm(
            request.POST if request.method == "POST" else None,
            request.FILES if request.method == "POST" else None,
            instance=copy.copy(product),
            user=request.user,
            wider=wider_than_product(settings),
        )
        may_save = self._may_save(request, product)
        if not may_save:
            for field in form.fields.values():
                field.disabled = True
        status = 200
        if request.method == "POST":
            if not may_save:
                raise PermissionDenied
            saved, status = self._save(request, form, product)
            if saved:
                return HttpResponseRedirect(self._next(request, saved, product))
        return self._shown(request, product, form, settings, may_save, status)

    def _opened(self, request: HttpRequest, object_id: str | None) -> Product:
        if object_id is None:
            if not self.has_add_permission(request):
                raise PermissionDenied
            return Product()
        product: Product = self.visible_object(request, object_id)
        if not self.has_view_or_change_permission(request, product):
            raise PermissionDenied
        return product

    def _may_save(self, request: HttpRequest, product: Product) -> bool:
        if is_new(product):
            return self.has_add_permission(request)
        return self.has_change_permission(request, product)

    def _save(
        self, request: HttpRequest, form: ProductForm, product: Product
    ) -> tuple[Product | None, int]:
        """Return the saved product, or none and the status of the refusal."""
        if not form.is_valid():
            return None, 200
        try:
            if is_new(product):
                saved = create_product(act=act_of(request), **form.changes())
            else:
                saved = with_yes(request, lambda yes: _updated(request, product, form, confirm=yes))
        except StaleChange as error:
            form.add_error(None, str(error))
            return None, 409
        except NeedsConfirmation as asked:
            form.question = question_of(asked.consequences, request)
            return None, 409
        except InventoryError as error:
            blame_form(form, error)
            return None, 200
        messages.success(request, _("%(title)s was saved.") % {"title": saved.title})
        return saved, 200

    def _next(self, request: HttpRequest, saved: Product, product: Product) -> str:
        if is_new(product) and request.user.has_perm("inventory.add_variant"):
            messages.info(request, _("Now add its first variant: the SKU and the price."))
            return reverse("admin:inventory_variant_add") + f"?product={saved.pk}"
        return change_url(saved)

    def _shown(
        self,
        request: HttpRequest,
        product: Product,
        form: ProductForm,
        settings: StoreSettings,
        may_save: bool,  # noqa: FBT001
        status: int,
    ) -> HttpResponse:
        fresh = is_new(product)
        return self.page(
            request,
            "product.html",
            title=_("Add product") if fresh else product.title,
            trail=[(reverse("admin:inventory_product_changelist"), _("Products"))],
            form=form,
            product=None if fresh else product,
            variants=[] if fresh else self._variants(product, settings),
            max_variants=MAX_VARIANTS,
            matching=0 if fresh else product.variants.count(),
            listed_by=f"product={product.pk}",
            warnings=[]
            if fresh
            else level_warnings(product.settings, product_inputs(product, settings)),
            may_save=may_save,
            may_add_variant=request.user.has_perm("inventory.add_variant"),
            may_delete=not fresh and self.has_delete_permission(request, product),
            question=form.question,
            is_stale=status == 409 and form.question is None,
            status=status,
        )

    def _variants(self, product: Product, settings: StoreSettings) -> list[VariantRow]:
        variants = list(
            product.variants.select_related("product").order_by("position", "id")[:MAX_VARIANTS]
        )
        offers = availability_of(
            variants, today=timezone.localdate(), settings=settings, with_dates=False
        )
        return [
            row_of(
                variant, offers[variant.pk], effective_words(variant, offers[variant.pk], settings)
            )
            for variant in variants
        ]


def _updated(
    request: HttpRequest, product: Product, form: ProductForm, *, confirm: bool
) -> Product:
    return update_product(
        product=product,
        changes=form.changes(),
        act=act_of(request, seen=form.cleaned_data["version"] or 0),
        confirm=confirm,
    )
