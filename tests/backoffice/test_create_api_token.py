"""`manage.py create_api_token USERNAME`."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from backoffice.models import ApiToken
from tests.inventory.api.conftest import Api


def test_the_token_alone_is_printed_and_works(operator):
    out, err = StringIO(), StringIO()

    call_command("create_api_token", "olga", name="till", stdout=out, stderr=err)

    key = out.getvalue().removesuffix("\n")
    assert key.startswith("bo_")
    assert "\n" not in key
    assert err.getvalue() == ""
    assert Api(token=key).get("/settings").status_code == 200
    row = ApiToken.objects.get()
    assert (row.user, row.name) == (operator, "till")
    assert key not in str(list(ApiToken.objects.values_list()))


def test_a_user_who_is_not_there_or_not_active_gets_none(operator):
    with pytest.raises(CommandError, match="There is no user nobody"):
        call_command("create_api_token", "nobody")
    operator.is_active = False
    operator.save()
    with pytest.raises(CommandError, match="The user olga is not active"):
        call_command("create_api_token", "olga")
    assert not ApiToken.objects.exists()
