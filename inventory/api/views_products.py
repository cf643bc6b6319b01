"""Products, by their key: what their variants have in common, and the settings of that level."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Prefetch, Q, QuerySet
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from inventory.api.base import ApiView, ListView, idempotent, written_since
from inventory.api.lookup import timeframe_named
from inventory.api.serializers import ProductChangesSerializer, ProductSerializer
from inventory.api.views_catalog import refuse_sellers, seller_for_new, seller_named
from inventory.filters import ProductFilter
from inventory.models import Product, Variant
from inventory.policy import INHERIT
from inventory.services.catalog import create_product, update_product

MAX_ID = 2**63 - 1

SAME = (
    "title",
    "slug",
    "brand",
    "description",
    "is_visible",
    "internal_id",
    "backorders",
    "out_of_stock_threshold",
    "notify_below",
    "only_x_left_threshold",
    "max_per_order",
    "version",
)
"""Fields that are answered as they are stored."""


class ProductsView(ListView):
    """All products, and new ones."""

    rights = {"GET": ("inventory.view_product",), "POST": ("inventory.add_product",)}
    queryset = Product.objects.none()
    filterset_class = ProductFilter

    def changed_since(self, at: datetime) -> Q:
        """Return the condition that a product, or a variant of it, was written since."""
        return written_since(Product, at, "variants")

    @extend_schema(
        operation_id="list_products",
        summary="List products",
        responses=ProductSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """Answer a page of products."""
        return self.page(products_of(self.user), product_answer)

    @extend_schema(
        operation_id="create_product",
        summary="Make a product",
        request=ProductSerializer,
        responses={201: ProductSerializer},
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Make a product without variants; its address is made from the title unless it is sent."""
        body = self.read(ProductSerializer)
        seller = seller_for_new(body, self.user)
        product = create_product(act=self.act, seller=seller, **product_fields(body))
        response = Response(product_answer(product_at(product.pk, self.user)), status=201)
        response["Location"] = f"{request.path}/{product.pk}"
        return response


class ProductView(ApiView):
    """One product."""

    rights = {"GET": ("inventory.view_product",), "PATCH": ("inventory.change_product",)}

    @extend_schema(operation_id="get_product", summary="One product", responses=ProductSerializer)
    def get(self, request: Request, product_id: int) -> Response:
        """Answer the product."""
        return Response(product_answer(product_at(product_id, self.user)))

    @extend_schema(
        operation_id="change_product",
        summary="Change a product",
        request=ProductChangesSerializer(partial=True),
        responses=ProductSerializer,
    )
    def patch(self, request: Request, product_id: int) -> Response:
        """Change the fields that are sent; variants that use its settings follow at once."""
        product = product_at(product_id, self.user)
        changes = product_fields(self.read(ProductChangesSerializer, partial=True))
        if "seller" in changes:
            refuse_sellers(self.user)
            changes["seller"] = seller_named(changes["seller"])
        update_product(product=product, changes=changes, act=self.act, confirm=self.agreed)
        return Response(product_answer(product_at(product_id, self.user)))


def products_of(user: User) -> QuerySet[Product]:
    """Return the products that the user may see, with what their answers need."""
    skus = Variant.objects.only("product", "sku").order_by("position", "pk")
    rows = Product.objects.visible_to(user).select_related("seller", "delivery_timeframe")
    return rows.prefetch_related(Prefetch("variants", skus))


def product_at(product_id: int, user: User) -> Product:
    """Return the product that an address names.

    :raises Http404: there is none that the user may see.
    """
    rows = products_of(user)
    row = rows.filter(pk=product_id).first() if product_id <= MAX_ID else None
    if row is None:
        raise Http404
    return row


def product_answer(product: Product) -> dict[str, Any]:
    """Return a product as the API shows it; seller, timeframe and variants are loaded."""
    seller, timeframe = product.seller, product.delivery_timeframe
    return {
        "id": product.pk,
        **{name: getattr(product, name) for name in SAME},
        "seller": seller.code if seller else None,
        "delivery_timeframe": timeframe.name if timeframe else None,
        "variants": [variant.sku for variant in product.variants.all()],
    }


def product_fields(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return a body's fields as the use cases take them: `null` where a text is stored is none."""
    fields = dict(body)
    if "internal_id" in fields:
        fields["internal_id"] = fields["internal_id"] or None
    if "backorders" in fields:
        fields["backorders"] = fields["backorders"] or INHERIT
    if "delivery_timeframe" in fields:
        fields["delivery_timeframe"] = timeframe_named(fields["delivery_timeframe"])
    return fields
