"""How errors of orders are answered, beside those of stock."""

from typing import Any

from inventory.api.problems import PROBLEMS, Errors, Problem
from orders.errors import (
    Because,
    Coded,
    NotPossible,
    OnHold,
    OrderError,
    OrderRefused,
    OrderReused,
    QueueMoved,
    UnitsMissing,
)


def _refusals(error: OrderRefused) -> Errors:
    return [
        {
            "sku": refusal.sku,
            "requested": refusal.requested,
            "available": refusal.available,
            "backorderable": refusal.backorderable,
            "rule": refusal.rule,
            "message": str(refusal),
        }
        for refusal in error.refusals
    ]


def _missing(error: UnitsMissing) -> Errors:
    return [
        {
            "sku": one.sku,
            "missing": one.missing,
            "warehouses": [*one.warehouses],
            "message": f"{one.missing} short.",
        }
        for one in error.missing
    ]


def _moved(error: QueueMoved) -> Errors:
    return [_because(one) for one in error.differences]


def _coded(error: Coded) -> Errors:
    return [_because(error.because)]


def _because(one: Because) -> dict[str, Any]:
    return {"message": str(one), "code": one.code.value, "parameters": {**one.parameters}}


def _sentence(error: OrderError) -> Errors:
    return [{"message": str(error)}]


PROBLEMS.update(
    {
        OrderRefused: Problem(409, "order-refused", "These units may not be sold.", _refusals),
        OrderReused: Problem(409, "order-reused", "This ID came before.", _sentence),
        NotPossible: Problem(409, "not-possible", "That cannot be done now.", _coded),
        UnitsMissing: Problem(409, "units-missing", "Units are missing.", _missing),
        OnHold: Problem(409, "on-hold", "It is on hold.", _coded),
        QueueMoved: Problem(409, "queue-moved", "The waiting room changed.", _moved),
    }
)
