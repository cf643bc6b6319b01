"""Settings › Workflow and Settings › Marketplace configuration."""

import pytest

from inventory.acts import Act
from inventory.models import StoreSettings
from inventory.services.settings import update_settings


@pytest.fixture
def workflow(url):
    return url("storesettings_changelist")


@pytest.fixture
def marketplace(url):
    return url("storesettings_marketplace")


def test_the_default_for_new_products_is_a_switch(desk, workflow, filled):
    data = filled(desk.get(workflow), new_products_allow_backorders="on")

    assert desk.post(workflow, data).status_code == 302

    assert StoreSettings.load().new_products_allow_backorders is True


def test_a_stale_form_is_refused(desk, workflow, filled):
    data = filled(desk.get(workflow), notify_below="9")
    update_settings(act=Act.now(), changes={"notify_below": 4})

    response = desk.post(workflow, data)

    assert response.status_code == 409
    assert "changed by somebody else" in response.content.decode()
    assert StoreSettings.load().notify_below == 4


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("notify_below", "-1"),
        ("out_of_stock_threshold", "1000000001"),
        ("only_x_left_threshold", "1.5"),
        ("currency", "euro"),
        ("backorders", "inherit"),
        ("low_stock_email", "nobody"),
        ("default_warehouse", "999"),
        ("store_name", "a\x00b"),
    ],
)
def test_a_bad_value_is_an_error_at_its_field(desk, workflow, filled, field, value):
    response = desk.post(workflow, filled(desk.get(workflow), **{field: value}))

    assert list(response.context["form"].errors) == [field]
    assert StoreSettings.load().version == 1


def test_operators_turn_the_gate(desk, marketplace, filled):
    data = filled(desk.get(marketplace), sellers_can_accept_backorders="on")

    desk.post(marketplace, data)

    assert StoreSettings.load().sellers_can_accept_backorders is True


@pytest.mark.parametrize("role", ["seller", "warehouse", "viewer", None])
def test_nobody_else_opens_the_gate(client, make_user, marketplace, role):
    client.force_login(make_user("nina", role))

    data = {"sellers_can_accept_backorders": "on", "version": 1}

    assert client.get(marketplace).status_code == 403
    assert client.post(marketplace, data).status_code == 403
    assert StoreSettings.load().sellers_can_accept_backorders is False


def test_a_viewer_looks_and_cannot_save(client, make_user, workflow):
    client.force_login(make_user("vera", "viewer"))

    assert client.get(workflow).status_code == 200
    assert client.post(workflow, {"notify_below": 3, "version": 1}).status_code == 403
    assert StoreSettings.load().notify_below == 1


def test_the_gate_is_not_a_field_of_the_workflow(desk, workflow, filled):
    data = filled(desk.get(workflow)) | {"sellers_can_accept_backorders": "on"}

    desk.post(workflow, data)

    assert StoreSettings.load().sellers_can_accept_backorders is False
