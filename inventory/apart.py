"""Work on files of strangers in a process of its own, with limits that the system keeps.

What a file takes is not known before it is opened. So whoever opens one does it here: the child
has so much memory and time and no more, sends what it found as bytes, and may die of it.
"""

import contextlib
import importlib
import os
import resource
import selectors
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from shutil import copyfileobj
from typing import IO

ROOT = Path(__file__).resolve().parent.parent
PIECE = 1 << 16
"""Bytes that are read at once from a child."""

TOO_COSTLY = 3
"""How a child ends that had not enough memory."""

_START = "import sys; sys.path.insert(0, sys.argv[1]); from inventory.apart import main; main()"


@dataclass(frozen=True, slots=True)
class Limits:
    """What a child may take."""

    memory: int
    """Bytes, the program itself included."""
    cpu: int
    """Seconds of computing."""
    wait: int
    """Seconds that may be spent waiting for it, all in all."""
    answer: int
    """Bytes that it may send, all in all."""


class Overrun(Exception):
    """The child took more than its limits, or died: nothing that it sent is to be used."""


def pieces(work: str, file: IO[bytes], limits: Limits) -> Iterator[bytes]:
    """Yield what a function sends that reads a file in a child process, as it comes.

    `work` names it, such as `"inventory.pictures:encode"`; it takes the file and where to write.

    :raises Overrun: the child took too much, or ended in any other way than well.
    """
    with _on_disk(file) as source:
        command = [sys.executable, "-I", "-c", _START, str(ROOT), work]
        command += [str(limits.memory), str(limits.cpu)]
        child = subprocess.Popen(  # noqa: S603 -- our own program
            command, stdin=source, stdout=subprocess.PIPE, env={"LC_ALL": "C.UTF-8"}, cwd=ROOT
        )
    try:
        yield from _received(child, limits)
        if child.wait(timeout=max(limits.wait, 1)):
            raise Overrun(f"It ended with status {child.returncode}.")
    except subprocess.TimeoutExpired as error:
        raise Overrun("It did not end.") from error
    finally:
        _end(child)


def _end(child: subprocess.Popen[bytes]) -> None:
    child.kill()
    child.wait()
    if child.stdout is not None:
        child.stdout.close()


@contextlib.contextmanager
def _on_disk(file: IO[bytes]) -> Iterator[IO[bytes]]:
    """Give the file as the system knows it; one that is only in memory is copied."""
    try:
        file.fileno()
    except (AttributeError, OSError):
        with tempfile.TemporaryFile() as copy:
            file.seek(0)
            copyfileobj(file, copy)
            copy.flush()
            yield copy
    else:
        yield file


def _received(child: subprocess.Popen[bytes], limits: Limits) -> Iterator[bytes]:
    """Yield what a child sends; the time that our own side takes between two pieces is free."""
    left, received = float(limits.wait), 0
    if child.stdout is None:
        raise Overrun("It sends nothing.")
    with selectors.DefaultSelector() as selector:
        selector.register(child.stdout, selectors.EVENT_READ)
        while True:
            asked_at = time.monotonic()
            if not selector.select(left):
                raise Overrun("It took too long.")
            left -= time.monotonic() - asked_at
            piece = os.read(child.stdout.fileno(), PIECE)
            received += len(piece)
            if not piece:
                return
            if received > limits.answer or left <= 0:
                raise Overrun("It sends too much, or too slowly.")
            yield piece


# --- in the child -----------------------------------------------------------------------------


def main() -> None:
    """Keep the limits, then do the work: the file is the standard input, the answer the output."""
    _root, work, memory, cpu = sys.argv[1:]
    _limit(memory=int(memory), cpu=int(cpu))
    module, name = work.split(":")
    source = os.fdopen(os.dup(0), "rb")
    source.seek(0)
    try:
        getattr(importlib.import_module(module), name)(source, sys.stdout.buffer)
        sys.stdout.buffer.flush()
    except MemoryError:
        os._exit(TOO_COSTLY)
    except BrokenPipeError:
        os._exit(1)  # nobody listens any more


def _limit(*, memory: int, cpu: int) -> None:
    """Limit this process for good. A system that knows no limit of memory keeps the others."""
    for kind, most in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CPU, cpu),
        (resource.RLIMIT_AS, memory),
    ):
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(kind, (most, most))
