"""The worker: runs jobs, and every few seconds does what is due."""

import logging
import os
import socket
import threading
import time
from argparse import ArgumentParser
from contextlib import suppress
from typing import Any

from django.core.management.base import CommandError
from django.db import DatabaseError, close_old_connections
from django_tasks_db.management.commands.db_worker import Command as WorkerCommand
from django_tasks_db.management.commands.db_worker import Worker

from backoffice.history import tick as tick_history
from backoffice.rounds import SECONDS_BETWEEN, Rounds, Tick, Weather
from channels.tasks import tick as tick_channels
from inventory.services import heartbeats
from inventory.services.heartbeats import Pulse
from inventory.tasks import tick as tick_inventory
from orders.tasks import tick as tick_orders
from orders.tasks import tick_shops

# A shop elsewhere that answers slowly delays no date and no mail of ours. The last one only says
# that the process lives, however long the others are at something.
THREADS: dict[str, tuple[Tick, ...]] = {
    "clock": (tick_orders, tick_inventory, tick_history),
    "shops": (tick_channels, tick_shops),
    "alive": (),
}

logger = logging.getLogger(__name__)


class TaskWorker(Worker):
    """Runs the tasks that wait, and says that it lives."""

    def __init__(self, *, pulse: Pulse, **options: Any) -> None:
        super().__init__(**options)
        self.pulse = pulse
        self.done = 0

    def run_task(self, db_task_result: Any) -> None:
        """Run one task, which may take its time."""
        self.pulse.beat(busy=True, at_once=True)
        try:
            super().run_task(db_task_result)
        finally:
            self.done += 1
            self.pulse.beat(at_once=True)

    @property
    def may_go_on(self) -> bool:
        """Return whether it was not asked to stop, and may do more tasks."""
        return self.running and (self.max_tasks is None or self.done < self.max_tasks)


class Command(WorkerCommand):
    """Run background jobs until stopped."""

    help = "Run background jobs, send mails, and take up jobs whose worker died."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the options of the task queue's worker; reloading is off."""
        super().add_arguments(parser)
        parser.set_defaults(reload=False)

    def handle(self, *, verbosity: int, **options: Any) -> None:
        """Work until a signal says stop; a job that runs then is finished first.

        A database that is away ends nothing: the worker waits until it is there again.
        """
        if verbosity > 1:  # else LOG_LEVEL says how much is told
            self.configure_logging(verbosity)
        else:  # at each look it would say that it begins, and that it ends
            logging.getLogger("django_tasks_db").setLevel(logging.WARNING)
        me = f"{socket.gethostname()[:40]} {os.getpid()}"
        stop = threading.Event()
        for name, ticks in THREADS.items():
            Rounds(Pulse(me, name), ticks, stop).start()
        worker = _worker(Pulse(me, "jobs"), options)
        worker.configure_signals()
        try:
            _work(worker, is_batch=options["batch"], pause=options["interval"])
        finally:
            stop.set()
            with suppress(DatabaseError):
                heartbeats.end(me)


def _worker(pulse: Pulse, options: dict[str, Any]) -> TaskWorker:
    """Return a worker that runs what waits, and then hands back.

    :raises CommandError: the options contradict each other.
    """
    names, excluded = options["queue_name"].split(","), options["exclude_queues"]
    if excluded and "*" not in names:
        raise CommandError("--exclude-queues can only be used with --queue-name=*")
    return TaskWorker(
        pulse=pulse,
        queue_names=names,
        excluded_queue_names=excluded.split(",") if excluded else [],
        interval=options["interval"],
        batch=True,
        backend_name=options["backend_name"],
        startup_delay=False,
        max_tasks=options["max_tasks"],
        worker_id=options["worker_id"],
    )


def _work(worker: TaskWorker, *, is_batch: bool, pause: float) -> None:
    """Run tasks until the worker is asked to stop, whatever the database does meanwhile."""
    weather = Weather()
    worker.pulse.start()
    while worker.may_go_on:
        worker.pulse.beat()
        try:
            worker.run()
        except Exception as error:
            if not weather.is_bad(error):
                logger.exception("The queue of jobs failed; it is tried again")
                worker.pulse.error = str(error)
            close_old_connections()
        else:
            weather.is_good()
            if is_batch:
                return
        if worker.may_go_on:
            time.sleep(pause or SECONDS_BETWEEN)
