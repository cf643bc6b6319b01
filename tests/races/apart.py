"""Calls in programs of their own: read from standard input, their outcomes go to the output.

This program makes ready once and then becomes one program for each call. It never speaks to the
database itself, so that they share nothing else.
"""

import multiprocessing
import os
import pickle
import sys
import traceback
from contextlib import suppress
from dataclasses import dataclass
from functools import wraps
from importlib import import_module
from pkgutil import resolve_name
from threading import BrokenBarrierError

import django
from django.conf import settings
from django.db import connection, connections
from django.test.utils import setup_test_environment

programs = multiprocessing.get_context("fork")


@dataclass
class Batch:
    """Calls that begin at once, and the names of functions at which they wait for each other."""

    database: str
    calls: tuple
    meet_at: tuple = ()
    patience: float = 1.0
    before: object = None


def main():
    while True:
        try:
            batch = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        sys.stdout.buffer.write(pickle.dumps(outcomes(batch)))
        sys.stdout.buffer.flush()


def outcomes(batch):
    """Return what each call came to: the type of its exception or `None`, and its value."""
    start, inside = programs.Barrier(len(batch.calls)), programs.Barrier(len(batch.calls))
    ends = []
    for call in batch.calls:
        ours, theirs = programs.Pipe(duplex=False)
        child = programs.Process(target=run, args=(batch, call, start, inside, theirs))
        child.start()
        theirs.close()
        ends.append((child, ours))
    answers = [pickle.loads(ours.recv_bytes()) for _child, ours in ends]
    for child, _ours in ends:
        child.join()
    return answers


def run(batch, call, start, inside, answer):
    """Make one call in this program, begun with the others."""
    connections["default"].settings_dict["NAME"] = batch.database
    if batch.before is not None:
        batch.before()
    for name in batch.meet_at:
        wait_at(name, inside, batch.patience)
    start.wait()
    try:
        outcome = pickle.dumps((None, call(), ""))
    except Exception as error:  # noqa: BLE001 -- the outcome under test
        outcome = pickle.dumps((type(error), error.args, traceback.format_exc()))
    connection.close()
    if connection.vendor == "postgresql":
        connection.close_pool()
    answer.send_bytes(outcome)


def wait_at(name, barrier, patience):
    """Let this program wait for the others, once, where it first comes to a function."""
    owner, _dot, attribute = name.rpartition(".")
    place = resolve_name(owner)
    original = getattr(place, attribute)
    went_on = []

    @wraps(original)
    def waiting(*args, **kwargs):
        if not went_on:
            went_on.append(True)
            with suppress(BrokenBarrierError):
                barrier.wait(patience)
        return original(*args, **kwargs)

    setattr(place, attribute, waiting)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backoffice.settings")
    django.setup()
    setup_test_environment()
    import_module(settings.ROOT_URLCONF)
    # What is sent was made by `tests.races.apart`, not by this program under its other name.
    import_module("tests.races.apart").main()
