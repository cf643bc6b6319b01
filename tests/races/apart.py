"""One call in a program of its own: read from standard input, its outcome goes to the output."""

import os
import pickle
import sys

import django

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backoffice.settings")
    django.setup()
    print("ready", flush=True)
    call = pickle.loads(sys.stdin.buffer.read())
    try:
        answer = pickle.dumps((None, call()))
    except Exception as error:  # noqa: BLE001 -- the outcome under test
        answer = pickle.dumps((type(error), error.args))
    sys.stdout.buffer.write(answer)
