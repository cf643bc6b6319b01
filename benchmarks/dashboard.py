"""The first page: its figures and its history, which cost the same however many variants there are.

The limit is one count of the lines that wait. Run it with 1,000 and with 200,000 rows to compare.
"""

import io

from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from backoffice.history import record_today
from benchmarks.harness import Harness
from orders.models import FulfillmentLine

ORDERS = 300
HOST = "localhost"


class Page:
    """The first page, as an operator opens it."""

    def __init__(self, variants: int) -> None:
        call_command("load_demo", variants=variants, orders=ORDERS, stdout=io.StringIO())
        record_today(now=timezone.now())
        self.browser = Client()
        self.browser.force_login(User.objects.create_superuser("bench"))

    def open(self) -> None:
        """Read all of it."""
        answer = self.browser.get("/admin/", secure=True, headers={"host": HOST})
        assert answer.status_code == 200, answer.status_code

    def count(self) -> None:
        """Count the lines that wait."""
        assert FulfillmentLine.objects.waiting().count() >= 0


def run(harness: Harness) -> None:
    """Print what the page takes."""
    page = Page(harness.size)
    page.open()
    harness.compare("first page", ours=page.open, limit=page.count)
