"""`load_demo`: a believable shop of any size."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import transaction

from inventory.demo.crowd import grow
from inventory.demo.shop import make_shop
from inventory.models import Product, Variant


class Command(BaseCommand):
    """Fill an empty database with the demo shop."""

    help = "Fill an empty database with a believable shop; with --variants, of that size."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the number of variants."""
        parser.add_argument("--variants", type=int, default=0, help="how many there are at least")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make the shop unless there is one, then grow it to its size."""
        if Product.objects.exists():
            self.stdout.write("There is a shop already; nothing is replaced.")
        else:
            with transaction.atomic():
                make_shop()
            if not settings.DEBUG:
                self.stdout.write("Its logins are left out: they are made with DEBUG=1 alone.")
        grow(options["variants"], say=self.stdout.write)
        self.stdout.write(f"{Variant.objects.count():,} variants are in the shop.")
