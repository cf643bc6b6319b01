"""Jobs in the admin: how far they are, what went wrong, and what can be done about it."""

import pytest

from inventory.admin.jobs import KINDS
from inventory.models import Import, Job, Variant
from inventory.models.work import JobState
from inventory.tasks import JOBS, launch, run_job
from tests.inventory.spreadsheets.conftest import lines, run

HEADER = "SKU;Stock_Track;Allow_Backorders"


@pytest.fixture
def job(make_variant, operator):
    """Return the job of a checked import of a mug, and of a row that is wrong."""
    make_variant("mug")
    source = run(lines([HEADER, "mug;Y;Y", "=pot;Y;Y"]), user=operator, apply_it=False)
    return launch(kind="apply_import", subject_id=source.pk, label="file.csv", user=operator)


def text(response):
    return " ".join(response.content.decode().split())


def test_every_kind_of_job_is_known_to_the_page():
    assert JOBS.keys() <= KINDS.keys()


def test_the_list_says_how_far_jobs_are(desk, url, job):
    Job.objects.create(kind="check_import", label="Other", state="failed", message="Broken")
    Job.objects.filter(pk=job.pk).update(state="running", done=5, total=20_000)

    page = desk.get(url("job_changelist"))
    assert "5 of 20,000" in text(page)
    assert url("job_progress", job.pk) in text(page)
    assert "inventory/jobs.js" in text(page)
    for state, labels in (("running", ["file.csv"]), ("failed", ["Other"]), ("done", [])):
        rows = desk.get(url("job_changelist") + f"?state={state}").context["cl"].result_list
        assert [row.label for row in rows] == labels


def test_a_running_job_is_followed_by_a_script(desk, url, job):
    Job.objects.filter(pk=job.pk).update(state="running", done=1, total=2)

    assert desk.get(url("job_progress", job.pk)).json() == {
        "running": True,
        "done": 1,
        "total": 2,
        "words": "1 of 2",
    }
    assert "data-job=" in text(desk.get(url("job_change", job.pk)))


def test_what_could_not_be_done_is_a_file(desk, url, job):
    run_job.call(job_id=job.pk)

    assert url("job_errors", job.pk) in text(desk.get(url("job_change", job.pk)))
    answer = desk.get(url("job_errors", job.pk))
    rows = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    assert rows[0] == "What;Why"
    assert rows[1].startswith("3: =pot;")
    assert "not in this shop" in rows[1]
    other = Job.objects.create(kind="compare_channel", subject_id=1)
    assert desk.get(url("job_errors", other.pk)).status_code == 404


def test_the_api_says_what_could_not_be_done(desk, job):
    run_job.call(job_id=job.pk)

    answer = desk.get(f"/api/v1/jobs/{job.pk}").json()
    assert (answer["status"], len(answer["errors"])) == ("done", 1)
    assert answer["errors"][0]["sku"].startswith("3: =pot")
    assert answer["errors"][0]["message"]


def test_a_canceled_job_is_retried_where_it_stopped(desk, url, job):
    desk.post(url("job_cancel", job.pk))
    run_job.call(job_id=job.pk)
    job.refresh_from_db()
    assert job.state in {JobState.CANCELED, JobState.DONE}
    Job.objects.filter(pk=job.pk).update(state="canceled")
    Import.objects.update(state="canceled")
    assert "Retry" in text(desk.get(url("job_change", job.pk)))

    answer = desk.post(url("job_retry", job.pk), follow=True)
    assert "It goes on where it stopped." in text(answer)
    run_job.call(job_id=job.pk)

    job.refresh_from_db()
    assert (job.state, job.cancel_requested) == (JobState.DONE, False)
    assert Variant.objects.get(sku="mug").version == 2
    assert "cannot go on" in text(desk.post(url("job_retry", job.pk), follow=True))


def test_one_poison_job_stops_nothing(desk, url, job, monkeypatch):
    def poison(_job):
        raise RuntimeError("poison")

    monkeypatch.setitem(JOBS, "check_import", poison)
    bad = launch(kind="check_import", subject_id=1, label="poison.csv")

    with pytest.raises(RuntimeError, match="poison"):
        run_job.call(job_id=bad.pk)
    run_job.call(job_id=job.pk)

    bad.refresh_from_db()
    job.refresh_from_db()
    assert (bad.state, job.state) == (JobState.FAILED, JobState.DONE)
    page = text(desk.get(url("job_change", bad.pk)))
    assert "It stopped with an error, which is in the log." in page
    assert "Retry" not in page


@pytest.mark.parametrize("part", ["change", "progress", "errors", "retry", "cancel"])
def test_anothers_job_answers_like_a_missing_one(client, url, anna, job, part):
    client.force_login(anna)

    def status(pk):
        ask = client.post if part in {"retry", "cancel"} else client.get
        return ask(url(f"job_{part}", pk)).status_code

    assert status(job.pk) == status(999_999)
    assert status(job.pk) != 200
    assert not client.get(url("job_changelist")).context["cl"].result_list
    assert not Job.objects.get(pk=job.pk).cancel_requested


def test_a_viewer_looks_and_does_nothing(client, url, make_user, job):
    client.force_login(make_user("vera", "viewer"))

    page = text(client.get(url("job_change", job.pk)))
    assert "Cancel</button>" not in page
    assert client.post(url("job_cancel", job.pk)).status_code == 403
    assert client.get(url("job_retry", job.pk)).status_code == 405
    assert client.get(url("job_add")).status_code == 403


def test_an_import_whose_job_failed_goes_on_from_its_page(desk, url, job, monkeypatch):
    Import.objects.update(job=job, state="applying")
    Job.objects.filter(pk=job.pk).update(state="failed", message="It stopped with an error.")
    page = url("import_change", Import.objects.get().pk)
    assert "Go on" in text(desk.get(page))

    desk.post(url("job_retry", job.pk))

    assert Job.objects.get(pk=job.pk).state == JobState.QUEUED
    assert "Go on" not in text(desk.get(page))


def test_an_import_that_was_stopped_in_the_middle_says_how_far_it_came(desk, url, job):
    words = "olga may not do this any more. Nothing more was changed."
    Import.objects.update(state="refused", refused=words, applied_through=1_200)

    page = text(desk.get(url("import_change", Import.objects.get().pk)))

    assert "This file was not taken to its end." in page
    assert f"{words} What was to be changed up to row 1,200 is changed." in page
