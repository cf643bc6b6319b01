"""Simulating a delivery, and receiving exactly what was simulated."""

from collections.abc import Sequence
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from inventory.api.base import ApiView, idempotent
from inventory.api.lookup import stock_lines, warehouse_named
from inventory.api.serializers import ReleasedSerializer
from inventory.api.views_stock import released_answer
from orders.api.serializers import (
    SimulatedReceiptSerializer,
    SimulationRequestSerializer,
    SimulationSerializer,
)
from orders.services.simulate import Share, receive_as_simulated, simulate_receipt


class SimulationsView(ApiView):
    """Simulating."""

    rights = {"POST": ("orders.view_fulfillmentorder", "inventory.view_stocklevel")}

    @extend_schema(
        operation_id="simulate_receipt",
        summary="Who would get units that arrive",
        request=SimulationRequestSerializer,
        responses={200: SimulationSerializer},
    )
    def post(self, request: Request) -> Response:
        """Answer who would get what, and who would still be short; nothing is written."""
        body = self.read(SimulationRequestSerializer)
        found = simulate_receipt(
            warehouse=warehouse_named(body["warehouse"], field="warehouse"),
            lines=stock_lines(body["lines"], self.user),
            rule=body.get("rule"),
        )
        return Response(
            {
                "rule": found.rule,
                "released": _shares(found.served),
                "short": _shares(found.short),
                "short_units": found.short_units,
                "left": found.left,
                "fingerprint": found.fingerprint,
            }
        )


class SimulatedReceiptsView(ApiView):
    """Receiving what was simulated."""

    rights = {"POST": ("inventory.add_movement",)}

    @extend_schema(
        operation_id="receive_as_simulated",
        summary="Receive, if the units go to whom the simulation said",
        request=SimulatedReceiptSerializer,
        responses={200: ReleasedSerializer},
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Receive exactly that, or refuse with the differences."""
        body = self.read(SimulatedReceiptSerializer)
        moved = receive_as_simulated(
            warehouse=warehouse_named(body["warehouse"], field="warehouse"),
            lines=stock_lines(body["lines"], self.user),
            reference=body["reference"],
            fingerprint=body["fingerprint"],
            act=self.act,
        )
        return released_answer(moved)


def _shares(shares: Sequence[Share]) -> list[dict[str, Any]]:
    return [
        {
            "order": share.order,
            "fulfillment_order": share.fulfillment_order,
            "sku": share.sku,
            "quantity": share.quantity,
        }
        for share in shares
    ]
