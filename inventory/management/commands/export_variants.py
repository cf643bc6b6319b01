"""`export_variants FILE`: the columns of the merchants' spreadsheets."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from inventory.models import Variant
from inventory.resources import EDIT_COLUMNS, NUMBERS, VariantResource
from inventory.spreadsheets.exports import csv_chunks, write_workbook


class Command(BaseCommand):
    """Write all variants into a spreadsheet."""

    help = "Export variants as CSV or XLSX: the five columns to edit, or all."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the file, its format and its columns."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--format", choices=["csv", "xlsx"], default="csv")
        parser.add_argument("--columns", choices=["edit", "full"], default="edit")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the file; an existing one is replaced."""
        full = options["columns"] == "full"
        columns = VariantResource.full_columns() if full else EDIT_COLUMNS
        cells = VariantResource().rows(Variant.objects.all(), columns)
        rows = ([row[name] for name in columns] for row in cells)
        try:
            with options["file"].open("wb") as file:
                if options["format"] == "xlsx":
                    write_workbook(file, columns, rows)
                else:
                    file.writelines(csv_chunks(columns, rows, numbers=NUMBERS))
        except OSError as error:
            raise CommandError(f"{options['file']} cannot be written: {error.strerror}.") from error
