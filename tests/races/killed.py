"""A worker that is killed in the middle of a job: in its second chunk, before it is committed.

It is a program of its own: `python -m tests.races.killed JOB-ID FUNCTION CHUNK...`. What FUNCTION
wrote the second time is in the transaction that dies; each CHUNK is set to 2 rows.
"""

import os
import signal
import sys
from pkgutil import resolve_name

import django


def main(job_id, function, chunks):
    owner, _dot, name = function.rpartition(".")
    place = resolve_name(owner)
    original = getattr(place, name)
    calls = []

    def dying(*args, **kwargs):
        value = original(*args, **kwargs)
        calls.append(1)
        if len(calls) == 2:
            os.kill(os.getpid(), signal.SIGKILL)
        return value

    setattr(place, name, dying)
    for chunk in chunks:
        owner, _dot, constant = chunk.rpartition(".")
        setattr(resolve_name(owner), constant, 2)
    resolve_name("inventory.tasks").run_job.call(job_id=job_id)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backoffice.settings")
    django.setup()
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3:])
