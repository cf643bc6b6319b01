"""A PostgreSQL that is restarted under a web server and a worker: both come back by themselves."""

import http.client
import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from backoffice.supervisor import _web_command
from tests.postgres import NoPostgres, call, find_binaries, free_port, own_postgres, reachable

pytestmark = [pytest.mark.once, pytest.mark.slow]

ROOT = Path(__file__).parents[2]
PATIENCE = 60


class Installation:
    """A web server and a worker on a PostgreSQL of their own."""

    def __init__(self, folder, address):
        self.port = free_port()
        self.address = address
        self.environment = {
            **os.environ,
            "VAR_DIR": str(folder),
            "SECRET_KEY": "x" * 50,
            "HTTPS": "0",
            "DEBUG": "",
            "DATABASE_URL": address,
        }
        self.manage("migrate", "--verbosity", "0")
        with psycopg.connect(address) as connection:
            self.data = connection.execute("SHOW data_directory").fetchone()[0]
        self.programs = {"web": self.start(_web_command(self.port)), "worker": self.work()}

    def manage(self, *arguments):
        command = [sys.executable, "manage.py", *arguments]
        subprocess.run(command, cwd=ROOT, env=self.environment, check=True)

    def token(self):
        """Return the key of a program that may do everything."""
        code = (
            "from django.contrib.auth.models import User;"
            "from backoffice.models import ApiToken;"
            "user = User.objects.create_superuser('root');"
            "print(ApiToken.issue(user_id=user.pk)[1])"
        )
        command = [sys.executable, "manage.py", "shell", "--no-imports", "-c", code]
        done = subprocess.run(
            command, cwd=ROOT, env=self.environment, check=True, capture_output=True, text=True
        )
        return done.stdout.split()[-1]

    def start(self, command):
        return subprocess.Popen(command, cwd=ROOT, env=self.environment)

    def work(self):
        return self.start([sys.executable, "manage.py", "work"])

    def end(self):
        for program in self.programs.values():
            program.terminate()
        for program in self.programs.values():
            program.wait(timeout=PATIENCE)

    def get(self, path, method="GET", body=None, **headers):
        """Return status, headers and body of a page."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        body = response.read().decode()
        connection.close()
        return response.status, response.headers, body

    def statuses(self, *paths, each=24):
        """Return the statuses of many requests, eight at a time."""
        with ThreadPoolExecutor(8) as pool:
            return {status for status, _headers, _body in pool.map(self.get, paths * each)}

    def wait_until_ready(self):
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                status, _headers, body = self.get("/health/ready")
            except OSError:
                status, body = 0, "does not answer"
            if status == 200:
                return
            assert time.monotonic() < deadline, body
            time.sleep(0.2)

    def wait_for_a_sign_of_life(self):
        newest = "SELECT max(beat_at) FROM inventory_heartbeat"
        before = self.query(newest)
        deadline = time.monotonic() + PATIENCE
        while self.query(newest) == before:
            assert time.monotonic() < deadline
            time.sleep(0.5)

    def query(self, sql):
        with psycopg.connect(self.address, autocommit=True) as connection:
            cursor = connection.execute(sql)
            return cursor.fetchall() if cursor.description else []

    def database(self, verb):
        folder = Path(self.data).parent
        options = f"-h 127.0.0.1 -p {urlsplit(self.address).port} -k {folder}"
        pg_ctl = reachable(find_binaries(), folder) / "pg_ctl"
        call(pg_ctl, "-D", self.data, "-m", "fast", "-w", "-l", folder / "log", "-o", options, verb)


@pytest.fixture(scope="module")
def installation(tmp_path_factory):
    try:
        with own_postgres() as address:
            one = Installation(tmp_path_factory.mktemp("var"), address)
            try:
                one.wait_until_ready()
                yield one
            finally:
                one.end()
    except NoPostgres as error:
        pytest.fail(str(error))


PAGES = ("/", "/cart/", "/admin/login/")


def test_no_request_fails_after_all_connections_were_cut(installation):
    assert installation.statuses(*PAGES) == {200}

    cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
    for _time in range(3):
        installation.query(f"{cut} AND backend_type = 'client backend'")
        assert installation.statuses(*PAGES, each=4) == {200}

    installation.wait_until_ready()
    assert installation.programs["worker"].poll() is None


def test_pages_say_503_while_the_database_is_away_and_everything_comes_back(installation):
    installation.wait_until_ready()
    installation.database("stop")
    try:
        began = time.monotonic()
        status, _headers, body = installation.get("/health/ready")
        assert (status, time.monotonic() - began < 3) == (503, True)
        assert json.loads(body)["checks"]["database"] == "The database does not answer."
        status, headers, body = installation.get("/")
        assert (status, headers["Retry-After"]) == (503, "5")
        assert "Not at the moment" in body
        status, headers, body = installation.get("/api/v1/products")
        assert status in {401, 503}
        time.sleep(12)  # longer than the worker's rounds
        assert [one.poll() for one in installation.programs.values()] == [None, None]
    finally:
        installation.database("start")

    installation.wait_until_ready()
    assert installation.statuses(*PAGES) == {200}
    installation.wait_for_a_sign_of_life()
    threads = installation.query("SELECT thread FROM inventory_heartbeat ORDER BY 1")
    assert [name for (name,) in threads] == ["alive", "clock", "jobs", "shops"]


def test_a_database_that_takes_no_changes_is_named_and_ends_nothing(installation):
    installation.wait_until_ready()
    key = installation.token()
    order = json.dumps({"code": "paris", "name": "Paris"})
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    installation.query("ALTER SYSTEM SET default_transaction_read_only = on")
    installation.query("SELECT pg_reload_conf()")
    try:
        time.sleep(7)  # longer than a round of the worker
        status, _headers, body = installation.get("/health/ready")
        assert status == 503
        assert json.loads(body)["checks"]["database"].endswith("it is read-only.")
        assert installation.statuses("/", "/api/v1/products", each=2) == {200, 401}
        status, told, body = installation.get("/api/v1/warehouses", "POST", order, **headers)
        assert (status, told["Content-Type"]) == (503, "application/problem+json")
        assert (told["Retry-After"], "<html" in body) == ("5", False)
        assert [one.poll() for one in installation.programs.values()] == [None, None]
    finally:
        installation.query("ALTER SYSTEM RESET default_transaction_read_only")
        installation.query("SELECT pg_reload_conf()")

    installation.wait_until_ready()
    status, _told, _body = installation.get("/api/v1/warehouses", "POST", order, **headers)
    assert status == 201
