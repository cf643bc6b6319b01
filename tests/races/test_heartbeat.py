"""A job whose file takes long to open: its heartbeat comes from a connection of its own."""

import threading

import pytest
from django.db import connection
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from inventory.models import Job
from inventory.models.work import JobState
from inventory.services import heartbeat
from inventory.tasks import JOBS, launch, run_job, take_up
from tests.races import jobs


@pytest.fixture
def slow(shared_database, monkeypatch):
    """Return the job of a file that takes long to open, until it is told to go on."""
    monkeypatch.setattr(heartbeat, "SECONDS_BETWEEN_BEATS", 0.02)
    opened, go_on = threading.Event(), threading.Event()

    def opening(_job):
        opened.set()
        assert go_on.wait(30)

    monkeypatch.setitem(JOBS, "check_import", opening)
    job = launch(kind="check_import", subject_id=1, label="large.xlsx")

    def work():
        run_job.call(job_id=job.pk)
        connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    assert opened.wait(30)
    yield job, go_on, thread
    go_on.set()
    thread.join()


def heartbeats(job, number):
    """Wait for so many heartbeats of a job that was silent; return whether they came."""
    for _time in range(number):
        jobs.fall_silent(job)
        silent = Job.objects.get(pk=job.pk).heartbeat_at
        for _look in range(500):
            if Job.objects.get(pk=job.pk).heartbeat_at != silent:
                break
            threading.Event().wait(0.02)
        else:
            return False
    return True


def test_a_job_lives_while_its_file_is_opened(slow):
    job, go_on, thread = slow

    assert heartbeats(job, 3)
    take_up(at=timezone.now())
    go_on.set()
    thread.join()

    job.refresh_from_db()
    assert (job.state, job.attempts, job.fence) == (JobState.DONE, 1, 1)
    assert DBTaskResult.objects.count() == 1
    assert not [one for one in threading.enumerate() if one.name == f"heartbeat-{job.pk}"]


def test_without_the_heartbeat_it_is_taken_for_dead(slow, monkeypatch):
    job, go_on, thread = slow
    monkeypatch.setattr(heartbeat, "beat", lambda _job: True)
    threading.Event().wait(0.1)  # a beat that began before
    jobs.fall_silent(job)

    take_up(at=timezone.now())
    go_on.set()
    thread.join()

    job.refresh_from_db()
    assert job.state == JobState.QUEUED
