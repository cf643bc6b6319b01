"""Staff of every kind, two sellers who must not see each other, and a way to fill in forms."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from inventory.acts import Act
from inventory.models import Seller, Warehouse
from inventory.services.catalog import create_product, create_variant
from inventory.services.deliveries import create_delivery
from inventory.services.movements import StockLine


@pytest.fixture
def desk(client, operator):
    """Return the browser of an operator."""
    client.force_login(operator)
    return client


@pytest.fixture
def anna(make_user):
    user = make_user("anna", "seller")
    Seller.objects.create(code="anna", name="Annas Atelier").users.add(user)
    return user


@pytest.fixture
def bert(make_user):
    user = make_user("bert", "seller")
    Seller.objects.create(code="bert", name="CANARY Seller").users.add(user)
    return user


@pytest.fixture
def annas(anna):
    product = create_product(act=Act.now(), title="Annas Vase", seller=anna.sellers.get())
    return create_variant(act=Act.now(), product=product, sku="anna-1")


@pytest.fixture
def berts(bert):
    product = create_product(act=Act.now(), title="CANARY Bike", seller=bert.sellers.get())
    return create_variant(act=Act.now(), product=product, sku="CANARY-1", ean="4006381333931")


@pytest.fixture
def main(db):
    return Warehouse.objects.get(code="main")


@pytest.fixture
def announce(main):
    """Return a maker of deliveries to the main warehouse."""

    def make(*lines, reference="PO-1", days=7):
        return create_delivery(
            act=Act.now(),
            warehouse=main,
            reference=reference,
            expected_at=timezone.localdate() + timedelta(days=days),
            lines=[StockLine(variant, units) for variant, units in lines],
        )

    return make


@pytest.fixture
def url():
    """Return the address of an admin page of the inventory."""

    def make(name, *args):
        return reverse(f"admin:inventory_{name}", args=args)

    return make


@pytest.fixture
def filled():
    """Return what a browser would send of an open page: its forms as they stand."""

    def fields(response, **typed):
        bounds = [bound for form in _forms_of(response.context) for bound in form]
        data = {bound.html_name: _sent(bound) for bound in bounds}
        data |= {name.replace("__", "-"): value for name, value in typed.items()}
        return {name: value for name, value in data.items() if value is not None}

    def _sent(bound):
        value = bound.value()
        if bound.field.disabled or bound.name == "image" or value is False:
            return None
        return "on" if value is True else value

    def _forms_of(context):
        forms = context.get("forms")
        if forms is not None:
            return [
                forms.variant,
                *forms.levels,
                forms.components.management_form,
                *forms.components.forms,
            ]
        if "lines" in context:
            lines = context["lines"]
            return [context["head"], lines.management_form, *lines.forms]
        return [context["form"]]

    return fields
