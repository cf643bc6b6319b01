"""`import_variants FILE`: the same importer as the screen."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from inventory.errors import SpreadsheetRefused
from inventory.models import Import
from inventory.models.spreadsheets import ImportKind, ImportMode
from inventory.spreadsheets.apply import apply
from inventory.spreadsheets.check import check
from inventory.spreadsheets.consequences import refuse_unconfirmed
from inventory.spreadsheets.engine import hand_in, report

CONFIRM_HELP = "take rows that affect open orders, too; without it they are errors"
HOW = "Add --confirm to import this row."


def _silent(done: int, total: int) -> None:
    """Report no progress."""


class Command(BaseCommand):
    """Import products and backorder settings, or a stock count."""

    help = "Import a spreadsheet of variants. Exit status 1 when the file is not taken."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the file and what it may do."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--mode", choices=ImportMode.values, default=ImportMode.UPDATE)
        parser.add_argument("--stock-count", action="store_true", help="SKU, Warehouse, On_Hand")
        parser.add_argument("--all-or-nothing", action="store_true")
        parser.add_argument("--confirm-titles", action="store_true", help="titles may differ")
        parser.add_argument("--confirm", action="store_true", help=CONFIRM_HELP)
        parser.add_argument("--dry-run", action="store_true", help="check only, change nothing")
        parser.add_argument("--report", choices=["text", "json"], default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        """Check the file and, unless it is a dry run, apply it."""
        source = self._hand_in(options)
        check(source, progress=_silent)
        if not options["confirm"] and not source.refused:
            refuse_unconfirmed(source, how=HOW)
        if not options["dry_run"] and not source.refused:
            try:
                apply(source, progress=_silent)
            except SpreadsheetRefused as refusal:
                source.refused_code, source.refused = refusal.code, refusal.sentence
                source.save(update_fields=["refused_code", "refused"])
        source.refresh_from_db()
        found = report(source, dry_run=options["dry_run"])
        self._print(found, as_json=options["report"] == "json")
        failed = bool(found["refused"]) or (options["all_or_nothing"] and bool(found["errors"]))
        if options["dry_run"]:
            source.file.delete(save=False)
            source.delete()
        if failed:
            sys.exit(1)

    def _hand_in(self, options: dict[str, Any]) -> Import:
        path: Path = options["file"]
        kind = ImportKind.STOCK_COUNT if options["stock_count"] else ImportKind.VARIANTS
        try:
            with path.open("rb") as file:
                return hand_in(
                    file,
                    filename=path.name,
                    user=None,
                    kind=kind,
                    mode=ImportMode(options["mode"]),
                    all_or_nothing=options["all_or_nothing"],
                    confirm_titles=options["confirm_titles"],
                )
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}.") from error

    def _print(self, found: dict[str, Any], *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(found, ensure_ascii=True))
            return
        if found["refused"]:
            self.stdout.write(f"Refused: {found['refused']}")
        self.stdout.write(
            f"{found['rows']} rows: {found['changed']} changed, {found['created']} created, "
            f"{found['unchanged']} unchanged, {found['skipped']} skipped, "
            f"{len(found['errors'])} errors."
        )
        for error in found["errors"][:100]:
            self.stdout.write(f"Row {error['row']}: {error['message']}")
