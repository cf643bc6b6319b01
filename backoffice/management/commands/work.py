"""The worker: runs jobs, and every few seconds does what is due."""

import logging
import threading
from argparse import ArgumentParser
from collections.abc import Callable, Sequence
from typing import Any

from django.db import DatabaseError, close_old_connections
from django_tasks_db.management.commands.db_worker import Command as WorkerCommand

from backoffice.history import tick as tick_history
from channels.tasks import tick as tick_channels
from inventory.tasks import tick as tick_inventory
from orders.tasks import tick as tick_orders
from orders.tasks import tick_shops

SECONDS_BETWEEN_TICKS = 5

logger = logging.getLogger(__name__)


class Command(WorkerCommand):
    """Run background jobs until stopped."""

    help = "Run background jobs, send mails, and take up jobs whose worker died."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the options of the task queue's worker; reloading is off."""
        super().add_arguments(parser)
        parser.set_defaults(reload=False)

    def handle(self, *args: Any, **options: Any) -> None:
        """Work until a signal says stop; a job that runs then is finished first."""
        stop = threading.Event()
        # A shop elsewhere that answers slowly delays no date and no mail of ours.
        for ticks in ((tick_orders, tick_inventory, tick_history), (tick_channels, tick_shops)):
            threading.Thread(target=_tick_until, args=(stop, ticks), daemon=True).start()
        try:
            super().handle(*args, **options)
        finally:
            stop.set()


def _tick_until(stop: threading.Event, ticks: Sequence[Callable[[], None]]) -> None:
    while not stop.wait(SECONDS_BETWEEN_TICKS):
        try:
            for tick in ticks:
                tick()
        except DatabaseError:
            logger.exception("A tick failed; the next one tries again")
        finally:
            close_old_connections()
