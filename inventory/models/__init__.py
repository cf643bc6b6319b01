"""What we sell, what we hold, and what we were asked to do."""

from inventory.models.attempts import Attempt
from inventory.models.bulk_edit import BulkEdit, BulkEditItem
from inventory.models.catalog import (
    BundleComponent,
    DeliveryTimeframe,
    Product,
    Seller,
    Variant,
    VariantQuerySet,
)
from inventory.models.idempotency import IdempotencyKey
from inventory.models.outbox import OutgoingMail
from inventory.models.seals import Seal
from inventory.models.search import SearchRow
from inventory.models.settings import StoreSettings
from inventory.models.spreadsheets import Import, ImportRow
from inventory.models.stock import (
    IncomingDelivery,
    IncomingDeliveryLine,
    Movement,
    StockLevel,
    StockLevelQuerySet,
    Warehouse,
)
from inventory.models.work import ChangeSet, ChangeSetRow, Job
from inventory.models.worker import Heartbeat, PutAside

__all__ = [
    "Attempt",
    "BulkEdit",
    "BulkEditItem",
    "BundleComponent",
    "ChangeSet",
    "ChangeSetRow",
    "DeliveryTimeframe",
    "Heartbeat",
    "IdempotencyKey",
    "Import",
    "ImportRow",
    "IncomingDelivery",
    "IncomingDeliveryLine",
    "Job",
    "Movement",
    "OutgoingMail",
    "Product",
    "PutAside",
    "Seal",
    "SearchRow",
    "Seller",
    "StockLevel",
    "StockLevelQuerySet",
    "StoreSettings",
    "Variant",
    "VariantQuerySet",
    "Warehouse",
]
