"""Proves that the numbers add up."""

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from orders.services.reconcile import reconcile


class Command(BaseCommand):
    """Prints one line for each breach of the invariants; exit status 1 if there is one."""

    help = "Proves that stock, movements, orders and parcels add up; exit status 1 if they do not."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add `--json`."""
        parser.add_argument("--json", action="store_true", help="One JSON object instead of lines.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print what was found."""
        breaches = reconcile()
        if options["json"]:
            found = [asdict(breach) for breach in breaches]
            self.stdout.write(json.dumps({"clean": not found, "breaches": found}))
        else:
            for breach in breaches:
                self.stdout.write(str(breach))
            if not breaches:
                self.stdout.write("Everything adds up.")
        if breaches:
            sys.exit(1)
