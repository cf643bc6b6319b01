"""Units of the worker's clock: one that fails stops no other, whatever it raises."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import DataError, IntegrityError, OperationalError, connection, transaction
from django.urls import reverse_lazy
from django.utils import timezone

from inventory.admin.put_aside import STEPS
from inventory.models import Job, PutAside
from inventory.services import units
from inventory.services.units import each, put_aside, together, whole
from tests.conftest import NOON

pytestmark = pytest.mark.django_db

ERRORS = [
    ValueError("no"),
    UnicodeError("label empty or too long"),
    OverflowError("date value out of range"),
    RecursionError(),
    KeyError(7),
    AssertionError("x\x00y\ud800"),
    MemoryError(),
    DataError("integer out of range"),
    IntegrityError("no such row"),
    StopIteration(),
]
SECOND = timedelta(seconds=1)


@pytest.fixture
def jobs():
    """Return rows to do something to; which does not matter."""
    return [Job.objects.create(kind="x", label=str(number)) for number in range(5)]


def due():
    return Job.objects.filter(kind="x").order_by("pk")


def done(job_id):
    with transaction.atomic():
        return Job.objects.filter(pk=job_id).update(kind="done")


def left():
    return list(due().values_list("label", flat=True))


def failing(bad, error):
    """Return what is done to a row, half of it before it fails for one of them."""

    def do(job_id):
        with transaction.atomic():
            Job.objects.filter(pk=job_id).update(kind="done")
            if job_id == bad.pk:
                raise error
        return True

    return do


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_a_row_that_fails_stops_no_other(jobs, error, monkeypatch):
    monkeypatch.setattr(units.logger, "disabled", True)  # no report of a test may hold "\ud800"
    assert each("try", due(), failing(jobs[1], error), at=NOON, most=10) == 4

    assert left() == ["1"]
    row = PutAside.objects.get()
    assert (row.step, row.key, row.attempts) == ("try", jobs[1].pk, 1)
    assert row.due_at == NOON + timedelta(seconds=30)
    assert row.error.startswith(type(error).__name__)
    assert "raise error" in row.trace


def test_a_row_that_breaks_the_database_stops_no_other(jobs):
    def do(job_id):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT * FROM no_table" if job_id == jobs[0].pk else "SELECT 1")
        return True

    assert each("try", due(), do, at=NOON, most=10) == 4


def test_rows_done_together_are_halved_until_one_is_left(jobs):
    calls = []

    def do(job_ids):
        calls.append(len(job_ids))
        with transaction.atomic():
            Job.objects.filter(pk__in=job_ids).update(kind="done")
            if jobs[3].pk in job_ids:
                raise ZeroDivisionError

    keys = [job.pk for job in jobs]
    together("try", keys, do, at=NOON)

    assert left() == ["3"]
    assert calls == [5, 2, 3, 1, 2, 1, 1] or sum(calls) < 20
    assert PutAside.objects.get().key == jobs[3].pk
    calls.clear()
    together("try", [jobs[3].pk, jobs[0].pk], do, at=NOON + SECOND)
    assert calls == [1]  # what failed a second ago rests


def test_it_is_tried_again_later_each_time_then_put_aside_and_then_daily(jobs):
    do = failing(jobs[0], ZeroDivisionError())
    at, pauses = NOON, []
    for _try in range(7):
        each("try", due(), do, at=at, most=10)
        row = PutAside.objects.get()
        pauses.append((row.due_at - at).total_seconds())
        before = row.attempts
        each("try", due(), do, at=row.due_at - SECOND, most=10)
        assert PutAside.objects.get().attempts == before
        at = row.due_at

    assert pauses == [30, 60, 120, 240, 86_400, 86_400, 86_400]
    assert put_aside().count() == 1


def test_what_went_well_at_last_is_forgotten(jobs):
    each("try", due(), failing(jobs[0], ZeroDivisionError()), at=NOON, most=10)

    assert each("try", due(), done, at=NOON + timedelta(seconds=30), most=10) == 1
    assert not PutAside.objects.exists()


def test_what_is_not_to_be_done_any_more_is_forgotten(jobs):
    each("try", due(), failing(jobs[0], ZeroDivisionError()), at=NOON, most=10)
    Job.objects.all().delete()

    each("try", due(), done, at=NOON + timedelta(seconds=30), most=10)

    assert not PutAside.objects.exists()


def test_put_aside_rows_take_no_turn_from_others(jobs):
    def do(job_id):
        if job_id in {jobs[0].pk, jobs[1].pk}:
            raise ZeroDivisionError
        return done(job_id)

    each("try", due(), do, at=NOON, most=2)
    each("try", due(), do, at=NOON + SECOND, most=2)

    assert left() == ["0", "1"]


def test_a_database_that_is_away_ends_the_tick_and_is_no_failure_of_a_row(jobs):
    def do(job_id):
        raise OperationalError("server closed the connection unexpectedly")

    with pytest.raises(OperationalError):
        each("try", due(), do, at=NOON, most=10)
    with pytest.raises(OperationalError):
        together("try", [job.pk for job in jobs], do, at=NOON)

    assert not PutAside.objects.exists()


def test_a_step_that_fails_is_tried_again_every_hour_at_least(jobs):
    def do():
        raise ZeroDivisionError

    at, pauses = NOON, []
    for _try in range(8):
        whole("step", do, at=at)
        pauses.append((PutAside.objects.get(step="step", key=0).due_at - at).total_seconds())
        at = PutAside.objects.get().due_at

    assert pauses == [30, 60, 120, 240, 3_600, 3_600, 3_600, 3_600]


def test_a_clock_that_was_ahead_delays_nothing_for_longer(jobs):
    do = failing(jobs[0], ZeroDivisionError())
    each("try", due(), do, at=NOON + timedelta(days=400), most=10)

    assert each("try", due(), done, at=NOON, most=10) == 1


def test_a_unit_fails_alone_only_because_it_is_one(jobs, monkeypatch):
    """The control: without the protection the first bad row ends the tick."""
    monkeypatch.setattr(units, "_tried", lambda _step, _key, do, _row, **_fields: do())

    with pytest.raises(ZeroDivisionError):
        each("try", due(), failing(jobs[1], ZeroDivisionError()), at=NOON, most=10)

    assert left() == ["1", "2", "3", "4"]


# --- what staff see ---------------------------------------------------------------------------

LIST = reverse_lazy("admin:inventory_putaside_changelist")
AGAIN = reverse_lazy("admin:inventory_putaside_retry")


@pytest.fixture
def stuck(jobs):
    for n in range(6):
        do = failing(jobs[0], ValueError("<b>no</b>"))
        each("tell_promise", due(), do, at=NOON + n * timedelta(days=1), most=10)
    return PutAside.objects.get()


def test_staff_see_what_is_put_aside_and_why(client, operator, stuck):
    client.force_login(operator)

    page = client.get(LIST).content.decode()
    home = client.get("/admin/").content.decode()

    assert "Tell a customer of a new date" in page
    assert "ValueError: &lt;b&gt;no&lt;/b&gt;" in page
    assert "Traceback" in page
    assert "Put aside by the worker" in home


def test_staff_have_it_tried_again(client, operator, stuck, jobs):
    client.force_login(operator)

    answer = client.post(AGAIN, follow=True)

    assert "1 thing is tried again within seconds." in answer.content.decode()
    assert client.get(AGAIN).status_code == 405
    assert each("tell_promise", due(), done, at=timezone.now(), most=10) == 1
    assert not PutAside.objects.exists()
    assert "Put aside by the worker" not in client.get("/admin/").content.decode()


@pytest.mark.parametrize("role", ["viewer", "warehouse", "seller"])
def test_others_do_not_see_what_the_error_may_name(client, make_user, stuck, role):
    client.force_login(make_user("vera", role))

    assert client.get(LIST).status_code == 403
    assert client.post(AGAIN).status_code == 403


def test_every_step_of_the_worker_has_words(db):
    source = "".join(
        Path(place).read_text()
        for place in (
            *(
                "orders/tasks.py",
                "inventory/tasks.py",
                "channels/tasks.py",
                "backoffice/history.py",
            ),
            *("orders/services/promises.py", "orders/services/expire.py"),
            "orders/services/clocks.py",
            *("channels/services/salable.py", "inventory/services/mail.py"),
        )
    )

    steps = set(re.findall(r'(?:each|together|whole)\(\s*"(\w+)"', source))

    assert len(steps) > 15
    assert steps <= STEPS.keys()
