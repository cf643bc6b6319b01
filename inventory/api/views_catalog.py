"""Variants, by SKU."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

from django.contrib.auth.models import User
from django.db.models import Q
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from inventory.api.base import ApiView, ListView, idempotent, written_since
from inventory.api.lookup import component_lines, timeframe_named, variant_at, variants_of
from inventory.api.serializers import VariantChangesSerializer, VariantSerializer
from inventory.filters import VariantFilter
from inventory.models import Seller, Variant
from inventory.policy import INHERIT, backorder_wish_error
from inventory.services.assortment import find_product, revise_variant, take_up_variant

SAME = (
    "track_inventory",
    "out_of_stock_threshold",
    "notify_below",
    "only_x_left_threshold",
    "max_per_order",
    "allow_preorders",
)
"""Fields that are answered as they are stored."""

WAY_OUT = (
    "Backorders need tracking. Send "
    '{"track_inventory": true} with it to allow them, or '
    '{"track_inventory": false, "backorders": "inherit"} to track nothing.'
)


class VariantsView(ListView):
    """All variants, and new ones."""

    rights = {"GET": ("inventory.view_variant",), "POST": ("inventory.add_variant",)}
    queryset = Variant.objects.none()
    filterset_class = VariantFilter

    def changed_since(self, at: datetime) -> Q:
        """Return the condition that a variant, or its product, was written since."""
        return written_since(Variant, at, "product")

    @extend_schema(
        operation_id="list_variants",
        summary="List variants",
        responses=VariantSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """Answer a page of variants."""
        return self.page(variants_of(self.user), variant_answer)

    @extend_schema(
        operation_id="create_variant",
        summary="Make a variant",
        request=VariantSerializer,
        responses={201: VariantSerializer},
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Make a variant; what is left out starts as the settings say for new products."""
        body = self.read(VariantSerializer)
        title = body.pop("product_title")
        seller = seller_for_new(body, self.user)
        if find_product(title=title, seller=seller) is None:
            _require(self.user, "inventory.add_product")
        components = component_lines(body.pop("components", []), self.user)
        variant = take_up_variant(
            act=self.act,
            product_title=title,
            seller=seller,
            fields=variant_fields(body),
            components=components,
        )
        response = Response(variant_answer(variant_at(variant.sku, self.user)), status=201)
        response["Location"] = f"{request.path}/{quote(variant.sku, safe='')}"
        return response


class VariantView(ApiView):
    """One variant. Encode its SKU in the address: `A/B` is `A%2FB`."""

    rights = {"GET": ("inventory.view_variant",), "PATCH": ("inventory.change_variant",)}

    @extend_schema(operation_id="get_variant", summary="One variant", responses=VariantSerializer)
    def get(self, request: Request, sku: str) -> Response:
        """Answer the variant."""
        return Response(variant_answer(variant_at(sku, self.user)))

    @extend_schema(
        operation_id="change_variant",
        summary="Change a variant",
        request=VariantChangesSerializer(partial=True),
        responses=VariantSerializer,
    )
    def patch(self, request: Request, sku: str) -> Response:
        """Change the fields that are sent; `null` uses the wider setting."""
        variant = variant_at(sku, self.user)
        body = self.read(VariantChangesSerializer, partial=True)
        _refuse_contradiction(variant, body)
        product_changes = self._product_changes(body)
        components = body.pop("components", None)
        variant = revise_variant(
            variant=variant,
            changes=variant_fields(body),
            product_changes=product_changes,
            components=None if components is None else component_lines(components, self.user),
            act=self.act,
            confirm=self.agreed,
        )
        return Response(variant_answer(variant_at(variant.sku, self.user)))

    def _product_changes(self, body: dict[str, Any]) -> dict[str, Any]:
        """Take out what belongs to the product.

        :raises PermissionDenied: the user may not change products.
        :raises ValidationError: a seller sets a seller, or there is no such seller.
        """
        changes: dict[str, Any] = {}
        if "product_title" in body:
            changes["title"] = body.pop("product_title")
        if "seller" in body:
            refuse_sellers(self.user)
            changes["seller"] = seller_named(body.pop("seller"))
        if changes:
            _require(self.user, "inventory.change_product")
        return changes


def variant_answer(variant: Variant) -> dict[str, Any]:
    """Return a variant as the API shows it; product, seller and components are loaded."""
    seller, timeframe = variant.product.seller, variant.delivery_timeframe
    return {
        "sku": variant.sku,
        "title": variant.title or None,
        "product_title": variant.product.title,
        "seller": seller.code if seller else None,
        "backorders": variant.backorders,
        **{name: getattr(variant, name) for name in SAME},
        "release_date": variant.release_date.isoformat() if variant.release_date else None,
        "price": f"{variant.price:.2f}",
        "ean": variant.ean or None,
        "internal_id": variant.internal_id,
        "delivery_timeframe": timeframe.name if timeframe else None,
        "components": [
            {"sku": row.component.sku, "quantity": row.quantity}
            for row in sorted(variant.components.all(), key=lambda row: row.pk)
        ],
        "version": variant.version,
    }


def variant_fields(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return a body's fields as the use cases take them: `null` where a text is stored is none."""
    fields = dict(body)
    for name in ("title", "ean"):
        if name in fields:
            fields[name] = fields[name] or ""
    if "internal_id" in fields:
        fields["internal_id"] = fields["internal_id"] or None
    if "backorders" in fields:
        fields["backorders"] = fields["backorders"] or INHERIT
    if "delivery_timeframe" in fields:
        fields["delivery_timeframe"] = timeframe_named(fields["delivery_timeframe"])
    return fields


def seller_for_new(body: dict[str, Any], user: User) -> Seller | None:
    """Return whose a new variant is; a user of a seller makes that seller's.

    :raises ValidationError: a seller names a seller, or there is no such seller.
    """
    own = list(Seller.objects.filter(users=user.pk)) if not user.is_superuser else []
    if not own:
        return seller_named(body.pop("seller", None))
    refuse_sellers(user, named="seller" in body)
    active = [seller for seller in own if seller.is_active]
    if len(active) != 1:
        raise ValidationError({"seller": ["You need to belong to exactly one active seller."]})
    return active[0]


def seller_named(code: str | None) -> Seller | None:
    """Return the seller that a body names.

    :raises ValidationError: there is none.
    """
    if code is None:
        return None
    seller = Seller.objects.filter(code=code).first()
    if seller is None:
        raise ValidationError({"seller": ["There is no such seller."]})
    return seller


def refuse_sellers(user: User, *, named: bool = True) -> None:
    """Refuse that a user of a seller says whose something is.

    :raises ValidationError: naming the field `seller`.
    """
    if named and not user.is_superuser and Seller.objects.filter(users=user.pk).exists():
        raise ValidationError({"seller": ["This field cannot be set."]})


def _refuse_contradiction(variant: Variant, body: Mapping[str, Any]) -> None:
    """Refuse backorders of something that is not tracked, and say which request does it.

    :raises ValidationError: naming the field `backorders`.
    """
    error = backorder_wish_error(
        (body["backorders"] or INHERIT) if "backorders" in body else None,
        own=variant.backorders,
        was_tracked=variant.track_inventory,
        tracked=body.get("track_inventory", variant.track_inventory),
    )
    if error:
        raise ValidationError({"backorders": [WAY_OUT]})


def _require(user: User, right: str) -> None:
    if not user.has_perm(right):
        raise PermissionDenied
