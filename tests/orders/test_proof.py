"""The books are checked once a night, by a job; its age and its result are shown."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from inventory.models import Job, Movement, OutgoingMail, Seal, StockLevel
from inventory.services.mail import queue_mail
from inventory.tasks import run_job
from orders.models import BookCheck
from orders.services import proof
from orders.services.proof import BooksState, begin_if_due, books_said, prove
from orders.services.reconcile import CHECKS
from orders.tasks import tick_books

NIGHT = datetime(2026, 1, 5, 4, tzinfo=UTC)


@pytest.fixture
def shop(mug, berlin, receive):
    receive(mug, berlin, 5)


def wrong(mug):
    StockLevel.objects.filter(variant=mug).update(on_hand=7)


def card(client):
    page = client.get(reverse("admin:index"))
    [found] = [one for one in page.context["cards"] if str(one.title) == "Check of the books"]
    return found


def test_it_runs_once_a_night(db):
    assert begin_if_due(at=NIGHT).day.isoformat() == "2026-01-05"
    assert begin_if_due(at=NIGHT + timedelta(hours=9)) is None
    assert begin_if_due(at=NIGHT + timedelta(hours=21)) is None  # it is not night enough
    assert begin_if_due(at=NIGHT + timedelta(days=1)).day.isoformat() == "2026-01-06"


def test_a_new_shop_is_checked_at_once(db):
    assert begin_if_due(at=NIGHT.replace(hour=0)) is not None


def test_of_two_workers_one_runs_it(db, monkeypatch):
    """The second looked before the first began."""
    begin_if_due(at=NIGHT)
    monkeypatch.setattr(BookCheck.objects, "all", BookCheck.objects.none)

    assert begin_if_due(at=NIGHT) is None
    assert BookCheck.objects.count() == 1


def test_the_worker_has_it_run_by_a_job(shop):
    tick_books(at=timezone.now())
    tick_books(at=timezone.now())
    [job] = Job.objects.all()

    run_job.func(job_id=job.pk)

    job.refresh_from_db()
    check = BookCheck.objects.get()
    check = BookCheck.objects.get()
    assert (job.state, job.done, job.total) == ("done", len(CHECKS), len(CHECKS))
    assert (check.found, check.breaches) == (0, [])
    assert check.finished_at >= check.started_at
    assert Seal.objects.filter(table="inventory_movement").get().rows == Movement.objects.count()


def test_what_does_not_add_up_is_kept_in_words(shop, mug):
    wrong(mug)

    check = prove(begin_if_due(at=NIGHT))

    assert check.found == 1
    assert check.breaches == [
        {"rule": "on_hand", "where": "mug @ berlin", "text": "7, but 5 by the movements"}
    ]


def test_very_many_problems_are_counted_and_the_first_are_kept(shop, monkeypatch):
    monkeypatch.setattr(proof, "KEPT", 2)
    for _ in range(3):
        queue_mail(to="a@example.com", subject="x", text="x", html="")
    OutgoingMail.objects.update(sent_at=timezone.now())

    check = prove(begin_if_due(at=NIGHT))

    assert (check.found, len(check.breaches)) == (3, 2)


def test_run_again_after_its_worker_died_it_is_the_same(shop):
    check = begin_if_due(at=NIGHT)
    prove(check)

    again = prove(BookCheck.objects.get())

    assert (again.pk, again.found) == (check.pk, 0)


def test_what_is_known_of_the_books(shop, mug):
    now = timezone.now()
    assert books_said(at=now).state == BooksState.NEVER
    check = begin_if_due(at=now)
    assert books_said(at=now).state == BooksState.NEVER

    prove(check)

    assert books_said(at=now).state == BooksState.OK
    assert books_said(at=now + timedelta(days=2)).state == BooksState.LATE
    wrong(mug)
    prove(check)
    assert (books_said(at=now).state, books_said(at=now).found) == (BooksState.FOUND, 1)


def test_the_first_page_says_so(client, operator, shop, mug):
    client.force_login(operator)
    assert (card(client).number, str(card(client).note)) == ("–", "not checked yet")
    assert not card(client).is_bad

    check = prove(begin_if_due(at=timezone.now()))
    assert (card(client).number, card(client).is_bad) == ("0", False)

    wrong(mug)
    prove(check)
    assert (card(client).number, card(client).is_bad) == ("1", True)


def test_the_list_says_what_was_found(client, operator, shop, mug):
    client.force_login(operator)
    address = reverse("admin:orders_bookcheck_changelist")
    assert "The books were not checked yet" in client.get(address).content.decode()
    wrong(mug)
    prove(begin_if_due(at=timezone.now()))

    page = client.get(address).content.decode()

    assert "1 problem" in page
    assert "mug @ berlin: 7, but 5 by the movements" in page


def test_sellers_do_not_see_it(client, make_user, shop):
    client.force_login(make_user("sam", "seller"))

    assert client.get(reverse("admin:orders_bookcheck_changelist")).status_code == 403
