"""The web server as it is started, with its own limits."""

import http.client
import os
import subprocess
import time
from pathlib import Path

import pytest

from backoffice.supervisor import _web_command, free_port

ROOT = Path(__file__).parents[2]
SECONDS_TO_START = 30


@pytest.fixture
def server(tmp_path):
    """Start the web server and return its port."""
    port = free_port(18_300)
    environment = {**os.environ, "VAR_DIR": str(tmp_path), "SECRET_KEY": "x" * 50, "HTTPS": "0"}
    environment["DATABASE_URL"] = f"sqlite:///{tmp_path}/db.sqlite3"
    process = subprocess.Popen(_web_command(port), cwd=ROOT, env=environment)
    deadline = time.monotonic() + SECONDS_TO_START
    while not answers(port) and time.monotonic() < deadline:
        assert process.poll() is None
        time.sleep(0.1)
    yield port
    process.terminate()
    process.wait()


def asked(port, path):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", path)
    response = connection.getresponse()
    status, kind = response.status, response.headers["Content-Type"]
    connection.close()
    return status, kind


def answers(port):
    try:
        return asked(port, "/health/live")[0] == 200
    except ConnectionRefusedError:
        return False


def test_an_address_may_name_200_skus_of_35_characters(server):
    skus = "&".join(f"sku={number:035}" for number in range(200))

    assert asked(server, f"/api/v1/availability?{skus}") == (401, "application/problem+json")
