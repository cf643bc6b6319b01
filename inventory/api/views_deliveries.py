"""Incoming deliveries: announced, moved, received wholly or in part, called off."""

from typing import Any

from django.db.models import Prefetch, QuerySet
from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from inventory.api.base import ApiView, ListView, idempotent
from inventory.api.lookup import stock_lines, warehouse_named
from inventory.api.serializers import (
    DeliveryChangesSerializer,
    DeliveryReceiptSerializer,
    DeliverySerializer,
    ReleasedSerializer,
    SeenSerializer,
)
from inventory.api.views_stock import released_answer
from inventory.filters import DeliveryFilter
from inventory.models import IncomingDelivery, IncomingDeliveryLine
from inventory.services.deliveries import cancel_delivery, create_delivery, reschedule_delivery
from inventory.services.receive import receive_delivery

MAX_ID = 2**63 - 1


class DeliveryRows:
    """The deliveries that the caller may see, with the lines that the caller may see."""

    user: Any

    def rows(self) -> QuerySet[IncomingDelivery]:
        """Return them, with what their answers need."""
        lines = IncomingDeliveryLine.objects.visible_to(self.user).select_related("variant")
        rows = IncomingDelivery.objects.visible_to(self.user).select_related("warehouse")
        return rows.prefetch_related(Prefetch("lines", lines.order_by("pk"), to_attr="own_lines"))

    def delivery_at(self, delivery_id: int) -> IncomingDelivery:
        """Return the delivery that an address names.

        :raises Http404: there is none that the user may see.
        """
        row = self.rows().filter(pk=delivery_id).first() if delivery_id <= MAX_ID else None
        if row is None:
            raise Http404
        return row

    def whole_delivery_at(self, delivery_id: int) -> IncomingDelivery:
        """Return the delivery that an address names, to be changed as a whole.

        :raises Http404: there is none that the user may see.
        :raises PermissionDenied: it brings units of others, too.
        """
        row = self.delivery_at(delivery_id)
        if row.lines.count() != len(row.own_lines):  # type: ignore[attr-defined]
            raise PermissionDenied("This delivery brings units of others, too.")
        return row


class DeliveriesView(DeliveryRows, ListView):
    """All deliveries, and new ones."""

    rights = {
        "GET": ("inventory.view_incomingdelivery",),
        "POST": ("inventory.add_incomingdelivery",),
    }
    queryset = IncomingDelivery.objects.none()
    filterset_class = DeliveryFilter

    @extend_schema(
        operation_id="list_deliveries",
        summary="List deliveries",
        responses=DeliverySerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """Answer a page of deliveries."""
        return self.page(self.rows(), delivery_answer)

    @extend_schema(
        operation_id="create_delivery",
        summary="Announce a delivery",
        request=DeliverySerializer,
        responses={201: DeliverySerializer},
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Announce units on their way; shoppers then see the expected date."""
        body = self.read(DeliverySerializer)
        delivery = create_delivery(
            act=self.act,
            warehouse=warehouse_named(body["warehouse"], field="warehouse"),
            supplier=body.get("supplier", ""),
            reference=body["reference"],
            expected_at=body["expected_at"],
            lines=stock_lines(body["lines"], self.user),
        )
        response = Response(delivery_answer(self.delivery_at(delivery.pk)), status=201)
        response["Location"] = f"{request.path}/{delivery.pk}"
        return response


class DeliveryView(DeliveryRows, ApiView):
    """One delivery."""

    rights = {
        "GET": ("inventory.view_incomingdelivery",),
        "PATCH": ("inventory.change_incomingdelivery",),
    }

    @extend_schema(
        operation_id="get_delivery", summary="One delivery", responses=DeliverySerializer
    )
    def get(self, request: Request, delivery_id: int) -> Response:
        """Answer the delivery."""
        return Response(delivery_answer(self.delivery_at(delivery_id)))

    @extend_schema(
        operation_id="reschedule_delivery",
        summary="Move the expected day",
        request=DeliveryChangesSerializer(partial=True),
        responses=DeliverySerializer,
    )
    def patch(self, request: Request, delivery_id: int) -> Response:
        """Move the day on which the delivery is expected."""
        delivery = self.whole_delivery_at(delivery_id)
        body = self.read(DeliveryChangesSerializer, partial=True)
        if body:
            reschedule_delivery(delivery=delivery, expected_at=body["expected_at"], act=self.act)
        return Response(delivery_answer(self.delivery_at(delivery_id)))


class ReceiveDeliveryView(DeliveryRows, ApiView):
    """Receiving a delivery."""

    rights = {"POST": ("inventory.change_incomingdelivery", "inventory.add_movement")}

    @extend_schema(
        operation_id="receive_delivery",
        summary="Receive a delivery, or part of it",
        request=DeliveryReceiptSerializer,
        responses={200: ReleasedSerializer},
    )
    @idempotent
    def post(self, request: Request, delivery_id: int) -> Response:
        """Put on hand all that is still expected, or the lines that are sent."""
        delivery = self.whole_delivery_at(delivery_id)
        body = self.read(DeliveryReceiptSerializer)
        lines = stock_lines(body["lines"], self.user) if "lines" in body else None
        moved = receive_delivery(delivery=delivery, lines=lines, act=self.act)
        return released_answer(moved)


class CancelDeliveryView(DeliveryRows, ApiView):
    """Calling off a delivery."""

    rights = {"POST": ("inventory.change_incomingdelivery",)}

    @extend_schema(
        operation_id="cancel_delivery",
        summary="Call off a delivery",
        request=SeenSerializer,
        responses={200: DeliverySerializer},
    )
    @idempotent
    def post(self, request: Request, delivery_id: int) -> Response:
        """Call off what has not come yet; what came stays."""
        delivery = self.whole_delivery_at(delivery_id)
        self.read(SeenSerializer)
        cancel_delivery(delivery=delivery, act=self.act)
        return Response(delivery_answer(self.delivery_at(delivery_id)))


def delivery_answer(delivery: Any) -> dict[str, Any]:
    """Return a delivery as the API shows it, with the lines that the caller may see."""
    received = sum(line.received for line in delivery.own_lines)
    return {
        "id": delivery.pk,
        "warehouse": delivery.warehouse.code,
        "supplier": delivery.supplier,
        "reference": delivery.reference,
        "expected_at": delivery.expected_at.isoformat(),
        "state": delivery.state(today=timezone.localdate(), received=received),
        "lines": [
            {"sku": line.variant.sku, "quantity": line.quantity, "received": line.received}
            for line in delivery.own_lines
        ],
        "version": delivery.version,
    }
