"""The threads of a worker: each does the same again and again, says that it lives, and goes on.

Whatever one of them meets, even what ends a thread, ends one round alone.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from django.db import close_old_connections

from inventory.outages import is_away, outage_of
from inventory.services.heartbeats import Pulse
from inventory.services.units import words_of

SECONDS_BETWEEN = 5.0

logger = logging.getLogger(__name__)

Tick = Callable[[], None]


@dataclass(slots=True)
class Weather:
    """Whether the database answered the last time: said once when that changes, not each time."""

    is_away: bool = False

    def is_bad(self, error: BaseException) -> bool:
        """Return whether an error says that the database is away, and log it the first time."""
        if not is_away(error):
            return False
        if not self.is_away:
            logger.warning("%s It is tried again until it does.", outage_of(error))
        self.is_away = True
        return True

    def is_good(self) -> None:
        """Note that the database answered."""
        if self.is_away:
            logger.warning("The database answers again.")
        self.is_away = False


@dataclass(slots=True)
class Rounds:
    """What one thread does, again and again."""

    pulse: Pulse
    ticks: Sequence[Tick]
    stop: threading.Event
    pause: float = SECONDS_BETWEEN
    weather: Weather = field(default_factory=Weather)

    def start(self) -> threading.Thread:
        """Start the thread; it ends after `stop` is set."""
        thread = threading.Thread(target=self._live, name=self.pulse.thread, daemon=True)
        thread.start()
        return thread

    def _live(self) -> None:
        self.pulse.start()
        while not self.stop.is_set():
            try:
                while not self.stop.wait(self.pause):
                    self.go_round()
            except BaseException as error:
                # Nothing is to end a thread but the end of its worker.
                logger.exception("The thread %s of the worker begins anew", self.pulse.thread)
                self.pulse.restarts += 1
                self.pulse.error = words_of(error)

    def go_round(self) -> None:
        """Do each tick once; one that fails stops no other, unless the database is away."""
        self.pulse.beat()
        try:
            for tick in self.ticks:
                if not self._done(tick):
                    return
            self.weather.is_good()
        finally:
            close_old_connections()

    def _done(self, tick: Tick) -> bool:
        """Do a tick; return whether the database is there for the next one."""
        try:
            tick()
        except Exception as error:
            if self.weather.is_bad(error):
                return False
            logger.exception("A tick failed; the next one tries again")
            self.pulse.error = words_of(error)
        return True
