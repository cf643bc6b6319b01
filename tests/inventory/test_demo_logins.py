"""`inventory.demo`: who may log in to a shop that had nothing, or somebody, in it."""

from django.contrib.auth import get_user_model
from django.core.management import call_command

from inventory.models import Variant


def test_outside_debug_mode_there_are_no_known_passwords(db):
    call_command("load_demo")

    assert Variant.objects.count() == 90
    assert get_user_model().objects.count() == 0


def test_somebody_who_has_a_demo_name_stays_who_they_are(db, settings):
    settings.DEBUG = True
    get_user_model().objects.create_user("anna", password="a secret of her own")

    call_command("load_demo")

    anna = get_user_model().objects.get(username="anna")
    assert anna.check_password("a secret of her own")
    assert not anna.is_staff
    assert get_user_model().objects.count() == 5
