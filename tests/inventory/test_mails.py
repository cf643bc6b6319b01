"""The outbox of mails: sent once, tried again after a while, given up in the end."""

from datetime import timedelta

import pytest
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.urls import reverse

from inventory.models import OutgoingMail
from inventory.services.mail import MAX_ATTEMPTS, given_up, queue_mail, send_queued_mails
from tests.conftest import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture
def queued():
    """Return a mail that waits to be sent."""
    row = queue_mail(to="zoe@example.com", subject="Hello", text="Hello Zoe.", html="")
    OutgoingMail.objects.filter(pk=row.pk).update(due_at=NOON)
    return row


@pytest.fixture
def mail_server_is_away(monkeypatch):
    """Refuse every mail."""

    def refuse(_message):
        raise OSError("nobody there")

    monkeypatch.setattr(EmailMultiAlternatives, "send", refuse)


def test_a_mail_goes_out_once(queued):
    assert send_queued_mails(at=NOON) == 1
    assert send_queued_mails(at=NOON) == 0
    assert [one.subject for one in mail.outbox] == ["Hello"]


def test_a_mail_that_fails_is_left_alone_for_longer_each_time(queued, mail_server_is_away):
    pauses, at = [], NOON
    for _attempt in range(MAX_ATTEMPTS):
        assert send_queued_mails(at=at) == 0
        queued.refresh_from_db()
        pauses.append(queued.due_at - at)
        assert send_queued_mails(at=queued.due_at - timedelta(seconds=1)) == 0
        at = queued.due_at

    assert pauses[0] == timedelta(seconds=30)
    assert pauses[-1] == timedelta(hours=1)
    assert sorted(pauses) == pauses
    assert timedelta(hours=20) < sum(pauses, timedelta()) < timedelta(hours=30)
    assert queued.attempts == MAX_ATTEMPTS
    assert queued.last_error == "nobody there"
    assert list(given_up()) == [queued]


def test_staff_have_what_was_given_up_tried_again(client, admin_user, queued):
    OutgoingMail.objects.update(attempts=MAX_ATTEMPTS, last_error="nobody there")
    client.force_login(admin_user)
    page = reverse("admin:inventory_outgoingmail_changelist")

    shown = client.get(page, {"state": "given_up"}).content.decode()
    client.post(reverse("admin:inventory_outgoingmail_retry"))

    assert "nobody there" in shown
    assert "Try the one that was given up again" in shown
    assert not given_up().exists()
    assert "Try the one" not in client.get(page).content.decode()
    assert client.get(reverse("admin:inventory_outgoingmail_retry")).status_code == 405
