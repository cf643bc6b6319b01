"""`load_demo`: a believable shop of any size, with orders."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import transaction

from channels.demo import grow_listings, make_listings
from inventory.demo.crowd import grow
from inventory.demo.shop import make_shop
from inventory.models import Product, Variant
from orders.demo.orders import grow_orders, make_orders
from orders.models import Order


class Command(BaseCommand):
    """Fill an empty database with the demo shop and its orders."""

    help = "Fill an empty database with a believable shop; with --variants and --orders, so large."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the numbers of variants and orders."""
        parser.add_argument("--variants", type=int, default=0, help="how many there are at least")
        parser.add_argument("--orders", type=int, default=0, help="how many there are at least")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make the shop unless there is one, then grow it to its size."""
        if Product.objects.exists():
            self.stdout.write("There is a shop already; nothing is replaced.")
        else:
            with transaction.atomic():
                make_shop()
                make_listings()
                make_orders()
            if not settings.DEBUG:
                self.stdout.write("Its logins are left out: they are made with DEBUG=1 alone.")
        grow(options["variants"], say=self.stdout.write)
        grow_listings(say=self.stdout.write)
        grow_orders(options["orders"], say=self.stdout.write)
        self.stdout.write(f"{Variant.objects.count():,} variants are in the shop.")
        self.stdout.write(f"{Order.objects.count():,} orders are in the shop.")
