"""Sellers, by code: for those who operate the marketplace."""

from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from inventory.api.base import ApiView, ListView, idempotent
from inventory.api.serializers import SellerChangesSerializer, SellerSerializer
from inventory.models import Seller
from inventory.models.visibility import visible
from inventory.services.sellers import create_seller, update_seller


class SellersView(ListView):
    """All sellers, and new ones."""

    rights = {"GET": ("inventory.view_seller",), "POST": ("inventory.add_seller",)}
    queryset = Seller.objects.none()

    @extend_schema(
        operation_id="list_sellers", summary="List sellers", responses=SellerSerializer(many=True)
    )
    def get(self, request: Request) -> Response:
        """Answer a page of sellers."""
        return self.page(visible(Seller.objects.all(), self.user), seller_answer)

    @extend_schema(
        operation_id="create_seller",
        summary="Make a seller",
        request=SellerSerializer,
        responses={201: SellerSerializer},
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Make a seller; who acts for it is chosen in the admin."""
        seller = create_seller(act=self.act, **self.read(SellerSerializer))
        response = Response(seller_answer(seller), status=201)
        response["Location"] = f"{request.path}/{seller.code}"
        return response


class SellerView(ApiView):
    """One seller."""

    rights = {"GET": ("inventory.view_seller",), "PATCH": ("inventory.change_seller",)}

    @extend_schema(operation_id="get_seller", summary="One seller", responses=SellerSerializer)
    def get(self, request: Request, seller: str) -> Response:
        """Answer the seller."""
        return Response(seller_answer(self.seller_at(seller)))

    @extend_schema(
        operation_id="change_seller",
        summary="Change a seller",
        request=SellerChangesSerializer(partial=True),
        responses=SellerSerializer,
    )
    def patch(self, request: Request, seller: str) -> Response:
        """Change the fields that are sent."""
        row = self.seller_at(seller)
        changes = self.read(SellerChangesSerializer, partial=True)
        saved = update_seller(seller=row, changes=changes, act=self.act)
        return Response(seller_answer(saved))

    def seller_at(self, code: str) -> Seller:
        """Return the seller that an address names.

        :raises Http404: there is none that the user may see.
        """
        row: Seller | None = visible(Seller.objects.filter(code=code), self.user).first()
        if row is None:
            raise Http404
        return row


def seller_answer(seller: Seller) -> dict[str, Any]:
    """Return a seller as the API shows it; its users are the admin's business."""
    return {
        "code": seller.code,
        "name": seller.name,
        "is_active": seller.is_active,
        "version": seller.version,
    }
