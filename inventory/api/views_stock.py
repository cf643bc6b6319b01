"""Stock: its settings per warehouse, and the movements that change it."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from inventory.api.base import ApiView, ListView, idempotent
from inventory.api.lookup import (
    stock_lines,
    variant_at,
    variants_named,
    warehouse_at,
    warehouse_named,
)
from inventory.api.serializers import (
    AdjustmentSerializer,
    CountSerializer,
    ReceiptSerializer,
    ReleasedSerializer,
    StockLevelChangesSerializer,
    StockLevelSerializer,
    TransferSerializer,
)
from inventory.filters import StockLevelFilter
from inventory.models import StockLevel, Variant, Warehouse
from inventory.services.correct import Found, correct_stock, count_stock
from inventory.services.movements import Moved
from inventory.services.receive import receive_stock
from inventory.services.settings import update_stock_level
from inventory.services.transfer import transfer_stock

MOVE = {"POST": ("inventory.add_movement",)}


class StockLevelsView(ListView):
    """All stock levels that were ever touched."""

    rights = {"GET": ("inventory.view_stocklevel",)}
    queryset = StockLevel.objects.none()
    filterset_class = StockLevelFilter

    @extend_schema(
        operation_id="list_stock_levels",
        summary="List stock levels",
        responses=StockLevelSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """Answer a page of stock levels."""
        rows = StockLevel.objects.visible_to(self.user).select_related("variant", "warehouse")
        return self.page(rows, lambda row: level_answer(row.variant, row.warehouse, row))


class StockLevelView(ApiView):
    """One variant in one warehouse. One that was never touched reads as in stock, 0 units."""

    rights = {"GET": ("inventory.view_stocklevel",), "PATCH": ("inventory.change_stocklevel",)}

    @extend_schema(
        operation_id="get_stock_level",
        summary="One variant in one warehouse",
        responses=StockLevelSerializer,
    )
    def get(self, request: Request, sku: str, warehouse: str) -> Response:
        """Answer the stock level."""
        variant, place = variant_at(sku, self.user), warehouse_at(warehouse)
        level = StockLevel.objects.filter(variant=variant, warehouse=place).first()
        return Response(level_answer(variant, place, level or StockLevel(version=0)))

    @extend_schema(
        operation_id="change_stock_level",
        summary="Change the settings of one variant in one warehouse",
        request=StockLevelChangesSerializer(partial=True),
        responses=StockLevelSerializer,
    )
    def patch(self, request: Request, sku: str, warehouse: str) -> Response:
        """Change status, cap or notify below; quantities change by movements alone."""
        variant, place = variant_at(sku, self.user), warehouse_at(warehouse)
        changes = self.read(StockLevelChangesSerializer, partial=True)
        level = update_stock_level(
            variant=variant,
            warehouse=place,
            changes=changes,
            act=self.act,
            confirm=self.agreed,
        )
        level.refresh_from_db()
        return Response(level_answer(variant, place, level))


class ReceiptsView(ApiView):
    """Receiving stock."""

    rights = MOVE

    @extend_schema(
        operation_id="receive_stock",
        summary="Put units on hand",
        request=ReceiptSerializer,
        responses={200: ReleasedSerializer},
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Put units on hand; lines of one SKU are added up."""
        body = self.read(ReceiptSerializer)
        moved = receive_stock(
            warehouse=warehouse_named(body["warehouse"], field="warehouse"),
            lines=stock_lines(body["lines"], self.user),
            reference=body["reference"],
            act=self.act,
        )
        return released_answer(moved)


class AdjustmentsView(ApiView):
    """Correcting stock."""

    rights = MOVE

    @extend_schema(
        operation_id="correct_stock",
        summary="Correct on hand",
        request=AdjustmentSerializer,
        responses={200: ReleasedSerializer},
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Set on hand to what is really there, and keep why."""
        body = self.read(AdjustmentSerializer)
        moved = correct_stock(
            warehouse=warehouse_named(body["warehouse"], field="warehouse"),
            lines=self.found(body["lines"]),
            reason=body["reason"],
            act=self.act,
        )
        return released_answer(moved)

    def found(self, lines: Sequence[dict[str, Any]]) -> list[Found]:
        """Return the lines of a body with their variants."""
        variants = variants_named(lines, self.user)
        return [Found(variants[line["sku"]], line["on_hand"], line.get("seen")) for line in lines]


class CountsView(AdjustmentsView):
    """Counting stock."""

    @extend_schema(
        operation_id="count_stock",
        summary="Book a stock count",
        request=CountSerializer,
        responses={200: ReleasedSerializer},
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Set on hand to what was counted; a line whose stock moved since refuses all."""
        body = self.read(CountSerializer)
        moved = count_stock(
            warehouse=warehouse_named(body["warehouse"], field="warehouse"),
            lines=self.found(body["lines"]),
            reference=body["reference"],
            act=self.act,
        )
        return released_answer(moved)


class TransfersView(ApiView):
    """Moving stock."""

    rights = MOVE

    @extend_schema(
        operation_id="transfer_stock",
        summary="Move units to another warehouse",
        request=TransferSerializer,
        responses={200: ReleasedSerializer},
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Take units off one shelf and put them on another, all lines or none."""
        body = self.read(TransferSerializer)
        moved = transfer_stock(
            source=warehouse_named(body["source"], field="source"),
            target=warehouse_named(body["target"], field="target"),
            lines=stock_lines(body["lines"], self.user),
            reference=body["reference"],
            act=self.act,
        )
        return released_answer(moved)


def released_answer(moved: Moved) -> Response:
    """Answer whom the units went to that these movements freed."""
    return Response({"released": [asdict(served) for served in moved.served]})


def level_answer(variant: Variant, warehouse: Warehouse, level: StockLevel) -> dict[str, Any]:
    """Return a stock level as the API shows it."""
    return {
        "sku": variant.sku,
        "warehouse": warehouse.code,
        "on_hand": level.on_hand,
        "allocated": level.allocated,
        "available": level.on_hand - level.allocated,
        "on_backorder": level.on_backorder,
        "in_stock": level.in_stock,
        "backorder_threshold": level.backorder_threshold,
        "notify_below": level.notify_below,
        "version": level.version,
    }
