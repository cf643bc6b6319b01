"""Serves what can be served."""

from typing import Any

from django.core.management.base import BaseCommand

from inventory.acts import Act
from orders.services.release import release_waiting


class Command(BaseCommand):
    """Serves everything that can be served now; the worker does it every few seconds as well."""

    help = "Serves every waiting line that can be served now, and what waited for its date."

    def handle(self, *args: Any, **options: Any) -> None:
        """Print who got units."""
        served = release_waiting(act=Act.now())
        for one in served:
            self.stdout.write(f"{one.fulfillment_order}: {one.quantity} × {one.sku}")
        self.stdout.write(f"{sum(one.quantity for one in served)} units released.")
