"""A worker that is killed, or stopped, at a chosen moment of a job: a program of its own.

`python -m tests.races.killed PLAN`, the plan as JSON: `job` is run; at call number `call` of
`function` the program gets `signal`, `before` or `after` it did its work. What that call wrote is
in the transaction that dies, if it is in one. Each of `chunks` is set to 2 rows; each of `off`, a
protection, does nothing.
"""

import json
import os
import signal
import sys
from pkgutil import resolve_name

import django


def at_call(name, number, signal_name, *, before):
    """Send this program a signal at a call of a function."""
    owner, _dot, attribute = name.rpartition(".")
    place = resolve_name(owner)
    original = getattr(place, attribute)
    calls = []

    def here(*args, **kwargs):
        calls.append(1)
        if before and len(calls) == number:
            os.kill(os.getpid(), getattr(signal, signal_name))
        value = original(*args, **kwargs)
        if not before and len(calls) == number:
            os.kill(os.getpid(), getattr(signal, signal_name))
        return value

    setattr(place, attribute, here)


def main(plan):
    for name in plan["off"]:
        owner, _dot, attribute = name.rpartition(".")
        setattr(resolve_name(owner), attribute, lambda *_args, **_kwargs: None)
    at_call(plan["function"], plan["call"], plan["signal"], before=plan["before"])
    for chunk in plan["chunks"]:
        owner, _dot, constant = chunk.rpartition(".")
        setattr(resolve_name(owner), constant, 2)
    resolve_name("inventory.tasks").run_job.call(job_id=plan["job"])


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backoffice.settings")
    django.setup()
    main(json.loads(sys.argv[1]))
