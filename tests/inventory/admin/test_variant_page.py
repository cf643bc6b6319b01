"""One variant: its settings are saved by the use cases, and never over somebody else's."""

from datetime import timedelta

import pytest
from django.contrib.messages import get_messages
from django.utils import timezone

from channels.models import Channel
from inventory.acts import Act
from inventory.models import StockLevel, StoreSettings, Variant, Warehouse
from inventory.services.catalog import set_components, update_product, update_variant
from inventory.services.movements import StockLine
from inventory.services.settings import update_settings, update_stock_level


@pytest.fixture
def spot(url, mug):
    return url("variant_change", mug.pk)


def said(response):
    return [str(message) for message in get_messages(response.wsgi_request)]


def test_saving_untouched_changes_nothing(desk, spot, mug, filled):
    response = desk.post(spot, filled(desk.get(spot)))

    assert response.status_code == 302
    before, mug = mug, Variant.objects.get()
    assert (mug.version, mug.updated_at) == (1, before.updated_at)
    assert StockLevel.objects.count() == 0


def test_the_two_switches_allow_backorders(desk, spot, filled):
    data = filled(desk.get(spot), track_inventory="on", allow_backorders="on")

    response = desk.post(spot, data)

    assert said(response) == ["mug was saved."]
    assert Variant.objects.get().backorders == "allow"


def test_switching_off_an_inherited_allow_becomes_an_own_no(desk, spot, mug, filled):
    update_settings(act=Act.now(), changes={"backorders": "notify"})
    opened = desk.get(spot)
    assert opened.context["form"]["allow_backorders"].value() is True

    desk.post(spot, filled(opened, allow_backorders=None))

    assert Variant.objects.get().backorders == "no"


def test_the_list_alone_sets_the_mode(desk, spot, filled):
    desk.post(spot, filled(desk.get(spot), backorders="notify"))

    assert Variant.objects.get().backorders == "notify"


def test_a_switch_and_a_list_that_contradict_are_both_marked(desk, spot, mug, filled):
    data = filled(desk.get(spot), backorders="no", allow_backorders="on")

    form = desk.post(spot, data).context["form"]

    assert list(form.errors) == ["allow_backorders", "backorders"]
    assert Variant.objects.get().backorders == "inherit"


def test_backorders_without_tracking_are_refused_at_both_fields(desk, spot, filled):
    data = filled(desk.get(spot), backorders="allow", track_inventory=None)

    response = desk.post(spot, data)

    assert sorted(response.context["form"].errors) == ["allow_backorders", "track_inventory"]
    assert "Backorders need tracking" in response.content.decode()
    assert said(response) == []
    assert (Variant.objects.get().backorders, Variant.objects.get().track_inventory) == (
        "inherit",
        True,
    )


def test_tracking_alone_goes_off_and_what_it_says_of_backorders_waits(desk, spot, mug, filled):
    type(mug).objects.update(backorders="allow")

    response = desk.post(spot, filled(desk.get(spot), track_inventory=None), follow=True)

    mug.refresh_from_db()
    assert (mug.track_inventory, mug.backorders) == (False, "allow")
    assert "no effect while the inventory is not tracked" in response.content.decode()
    again = desk.post(spot, filled(desk.get(spot), price="3.00"))  # it is so already
    assert again.status_code == 302
    wrong = desk.post(spot, filled(desk.get(spot), backorders="notify"))
    assert "Backorders need tracking" in wrong.content.decode()
    desk.post(spot, filled(desk.get(spot), track_inventory="on"))
    mug.refresh_from_db()
    assert (mug.track_inventory, mug.backorders) == (True, "allow")


def test_a_new_variant_without_tracking_starts_as_over_the_api(desk, product, url, filled):
    update_settings(act=Act.now(), changes={"new_products_allow_backorders": True})
    page = f"{url('variant_add')}?product={product.pk}"

    desk.post(page, filled(desk.get(page), sku="service", price="1.00", track_inventory=None))

    made = Variant.objects.get(sku="service")
    assert (made.track_inventory, made.backorders) == (False, "inherit")


def test_a_stale_form_is_refused_and_overwrites_nothing(desk, spot, mug, filled):
    data = filled(desk.get(spot), price="99.00", title="Mine")
    update_variant(variant=mug, changes={"title": "Theirs"}, act=Act.now().looking_at(1))

    response = desk.post(spot, data)

    assert response.status_code == 409
    assert "changed by somebody else" in response.content.decode()
    assert said(response) == []
    mug.refresh_from_db()
    assert (mug.title, str(mug.price), mug.version) == ("Theirs", "0.00", 2)


def test_a_stale_warehouse_row_takes_the_whole_page_with_it(desk, spot, mug, main, filled):
    name = f"level-{main.pk}-backorder_threshold"
    data = filled(desk.get(spot), title="Mine") | {name: "7"}
    update_stock_level(
        variant=mug, warehouse=main, changes={"backorder_threshold": 3}, act=Act.now().looking_at(0)
    )

    response = desk.post(spot, data)

    assert response.status_code == 409
    assert StockLevel.objects.get().backorder_threshold == 3
    assert Variant.objects.get().title == ""


def test_status_and_threshold_of_a_warehouse_are_saved(desk, spot, mug, main, filled):
    data = filled(desk.get(spot))
    data |= {f"level-{main.pk}-in_stock": "0", f"level-{main.pk}-backorder_threshold": "5"}

    desk.post(spot, data)

    level = StockLevel.objects.get()
    assert (level.in_stock, level.backorder_threshold, level.notify_below) == (False, 5, None)
    assert (level.on_hand, level.on_backorder) == (0, 0)


def test_quantities_are_not_form_fields(desk, spot, mug, main, receive, filled):
    receive(mug, main, 5)
    data = filled(desk.get(spot))
    data |= {f"level-{main.pk}-{name}": "99" for name in ("on_hand", "allocated", "on_backorder")}

    desk.post(spot, data | {"on_hand": "99", "version": data["version"]})

    level = StockLevel.objects.get()
    assert (level.on_hand, level.allocated, level.on_backorder) == (5, 0, 0)


@pytest.mark.parametrize("value", ["-1", "1000000001", "1.5", "1e3", "1_0", "٣", "9" * 5000])
def test_a_bad_threshold_of_a_warehouse_is_an_error(desk, spot, main, filled, value):
    data = filled(desk.get(spot)) | {f"level-{main.pk}-backorder_threshold": value}

    response = desk.post(spot, data)

    assert response.status_code == 200
    assert response.context["error_count"] == 1
    assert StockLevel.objects.count() == 0


@pytest.mark.parametrize(
    "price", ["-1", "NaN", "Infinity", "1e400", "1e2", "1_0", "٣", "1,50", "0.005", "99999999999"]
)
def test_a_price_that_is_no_money_is_an_error(desk, spot, filled, price):
    response = desk.post(spot, filled(desk.get(spot), price=price))

    assert list(response.context["form"].errors) == ["price"]
    assert str(Variant.objects.get().price) == "0.00"


def test_a_box_shows_the_wider_value_and_who_says_it(desk, spot, product):
    update_settings(act=Act.now(), changes={"notify_below": 4})
    update_product(act=Act.now(), product=product, changes={"out_of_stock_threshold": -50})

    rows = {row.field.name: row for row in desk.get(spot).context["form"].rows()}

    assert rows["out_of_stock_threshold"].wider.words == "Product setting: -50 (from product)"
    assert rows["notify_below"].wider.words == "Product setting: 4 (from store)"


def test_an_unticked_box_needs_a_value(desk, spot, filled):
    data = filled(desk.get(spot), wider_notify_below=None)

    form = desk.post(spot, data).context["form"]

    assert form.errors == {"notify_below": ["Give a value, or tick “Use product setting”."]}


def test_unticking_a_box_sets_an_own_value_and_ticking_gives_it_back(desk, spot, filled):
    desk.post(
        spot,
        filled(desk.get(spot), wider_out_of_stock_threshold=None, out_of_stock_threshold="-50"),
    )
    assert Variant.objects.get().out_of_stock_threshold == -50

    desk.post(spot, filled(desk.get(spot), wider_out_of_stock_threshold="on"))
    assert Variant.objects.get().out_of_stock_threshold is None


def test_seed_004_reads_as_a_sentence(desk, spot, mug, main, receive):
    receive(mug, main, 25)
    update_variant(
        act=Act.now(), variant=mug, changes={"backorders": "allow", "out_of_stock_threshold": -50}
    )

    context = desk.get(spot).context

    assert context["sentence"] == "75 can be sold: 25 available and 50 on backorder."
    assert context["effective"] == "Allow · from variant"


def test_owed_units_are_warned_of_when_the_limit_is_lowered(desk, spot, mug, main, receive, filled):
    receive(mug, main, 1)
    update_variant(act=Act.now(), variant=mug, changes={"backorders": "allow"})
    StockLevel.objects.update(on_backorder=5)

    desk.post(spot, filled(desk.get(spot), allow_backorders=None))

    assert desk.get(spot).context["warnings"] == [
        "5 already owed: they stay owed and shown, and no more are sold on backorder."
    ]
    assert StockLevel.objects.get().on_backorder == 5


def test_a_threshold_whose_sign_does_not_fit_is_warned_of(desk, spot, mug):
    update_variant(act=Act.now(), variant=mug, changes={"out_of_stock_threshold": -5})

    assert desk.get(spot).context["warnings"] == [
        "A negative threshold limits backorders, and backorders are off: it keeps nothing."
    ]


def test_why_shows_the_first_failing_rule_first(desk, spot, mug, main):
    update_stock_level(
        variant=mug, warehouse=main, changes={"in_stock": False}, act=Act.now().looking_at(0)
    )
    update_variant(act=Act.now(), variant=mug, changes={"backorders": "allow"})

    steps = desk.get(spot + "?tab=why").context["steps"]

    first = steps[0]
    assert (str(first.level), str(first.rule)) == ("warehouse", "Stock status")
    assert (first.result, first.label, first.decides) == ("leaves 0", "danger", True)


def test_why_names_the_rule_that_refuses_more_also_while_units_are_salable(
    desk, spot, mug, main, receive
):
    receive(mug, main, 3)
    ghent = Warehouse.objects.create(code="ghent", name="Ghent", priority=2)
    StockLevel.objects.create(variant=mug, warehouse=ghent, in_stock=False)

    page = desk.get(spot + "?tab=why&channel=direct")

    steps = [(str(step.rule), step.result, step.decides) for step in page.context["steps"]]
    assert steps[0] == ("Backorders", "leaves 3", True)
    assert not any(decides for _rule, _result, decides in steps[1:])
    row = next(row for row in page.context["channels"] if row.slug == "direct")
    assert row.reason == "Backorders (store): No backorders."
    assert row.way_out == "Receive stock, or allow backorders on the store."
    text = page.content.decode()
    assert "does not serve" in text
    assert "leaves 0" not in text
    for word in (">pass<", ">fail<"):
        assert word not in text


def test_why_names_warehouses_and_channels_as_people_do(desk, spot, mug, main, receive):
    receive(mug, main, 3)
    Warehouse.objects.filter(pk=main.pk).update(name="Rotterdam")
    Channel.objects.filter(slug="storefront").update(name="Cap shop")
    Channel.objects.filter(slug="direct").update(name="By phone", is_active=False)

    page = desk.get(spot + "?tab=why&channel=direct")

    assert {str(step.rule) for step in page.context["steps"]} >= {"Rotterdam"}
    reasons = {row.slug: row.reason for row in page.context["channels"]}
    assert reasons == {"direct": "By phone is off.", "storefront": "Not listed in Cap shop."}


def test_why_says_that_nothing_limits_what_is_unlimited(desk, spot, mug):
    update_variant(act=Act.now(), variant=mug, changes={"backorders": "allow"})

    page = desk.get(spot + "?tab=why&channel=direct")

    assert not any(step.decides for step in page.context["steps"])
    assert "No limit" in page.content.decode()


def test_shoppers_see_the_split(desk, spot, mug, main, receive):
    receive(mug, main, 3)
    update_variant(act=Act.now(), variant=mug, changes={"backorders": "allow"})

    seen = desk.get(spot + "?tab=shoppers").context["seen"]

    assert [(told.quantity, list(told.lines)) for told in seen.answers] == [
        (1, ["1 ships now"]),
        (3, ["3 ship now"]),
        (5, ["3 ship now, 2 on backorder"]),
    ]


def test_a_component_that_is_typed_twice_is_refused_beside_the_second_line(
    desk, spot, mug, make_variant, filled
):
    make_variant("tea", ean="4006381333931")
    lines = {
        "components-0-code": "tea",
        "components-0-quantity": "1",
        "components-1-code": "4006381333931",
        "components-1-quantity": "3",
    }

    page = desk.post(spot, filled(desk.get(spot), **lines))

    forms = page.context["forms"].components.forms
    assert not forms[0].errors
    assert forms[1].non_field_errors() == [
        "tea is named twice: put all of its units into one line."
    ]
    assert not mug.components.exists()


def test_movements_are_shown_newest_first_and_in_pages(desk, spot, mug, main, receive):
    for units in range(1, 53):
        receive(mug, main, units)

    first = desk.get(spot + "?tab=movements").context
    second = desk.get(spot + "?tab=movements&page=2").context

    assert [row.quantity for row in first["movements"]][:2] == [52, 51]
    assert [row.quantity for row in second["movements"]] == [2, 1]
    assert (first["older"], second["older"]) == (2, None)


def test_pre_orders_are_not_offered_for_a_bundle(desk, spot, mug, make_variant, filled):
    tea = make_variant("tea")
    set_components(act=Act.now(), bundle=mug, lines=[StockLine(tea, 1)])
    Variant.objects.filter(pk=mug.pk).update(allow_preorders=True)

    page = desk.get(spot)
    response = desk.post(spot, filled(page, title="New"))

    assert 'name="allow_preorders"' not in page.content.decode()
    assert "Pre-orders of a bundle follow its components" in page.content.decode()
    assert response.status_code == 302
    mug.refresh_from_db()
    assert (mug.title, mug.allow_preorders) == ("New", True)


def test_who_allows_pre_orders_and_names_components_is_told(desk, spot, mug, make_variant, filled):
    make_variant("tea")
    data = filled(desk.get(spot), components__0__code="tea", components__0__quantity="2")

    response = desk.post(spot, {**data, "allow_preorders": "on"})

    assert "A bundle has no pre-orders of its own" in response.content.decode()
    assert not mug.components.exists()


def test_components_make_a_bundle(desk, spot, mug, make_variant, filled):
    make_variant("tea")
    data = filled(desk.get(spot), components__0__code="tea", components__0__quantity="2")

    desk.post(spot, data)

    assert list(mug.components.values_list("component__sku", "quantity")) == [("tea", 2)]


def test_an_unknown_component_is_an_error_beside_its_line(desk, spot, mug, filled):
    data = filled(desk.get(spot), components__0__code="nope", components__0__quantity="2")

    response = desk.post(spot, data | {"title": "Mine"})

    errors = response.context["forms"].components.forms[0].errors
    assert errors == {"code": ["No variant has this SKU or EAN."]}
    assert Variant.objects.get().title == ""


def test_a_component_that_is_itself_is_refused_and_nothing_saved(desk, spot, mug, filled):
    data = filled(desk.get(spot), components__0__code="mug", components__0__quantity="1")

    response = desk.post(spot, data | {"title": "Mine"})

    assert "cannot be a component of itself" in response.content.decode()
    assert Variant.objects.get().title == ""


def test_a_new_variant_starts_as_the_settings_say(desk, url, product, filled):
    update_settings(act=Act.now(), changes={"new_products_allow_backorders": True})
    address = url("variant_add") + f"?product={product.pk}"

    desk.post(address, filled(desk.get(address), sku="new", price="5"))

    variant = Variant.objects.get()
    assert (variant.sku, variant.backorders, variant.track_inventory) == ("new", "allow", True)


def test_a_taken_sku_is_refused(desk, url, mug, filled):
    address = url("variant_add") + f"?product={mug.product_id}"

    response = desk.post(address, filled(desk.get(address), sku="mug"))

    assert list(response.context["form"].errors) == ["sku"]
    assert Variant.objects.count() == 1


def test_a_viewer_sees_the_page_and_cannot_save(client, make_user, spot, mug):
    client.force_login(make_user("vera", "viewer"))

    assert client.get(spot).context["may_save"] is False
    assert client.post(spot, {"sku": "x", "version": 1}).status_code == 403
    assert Variant.objects.get().sku == "mug"


def test_the_gate_for_sellers_is_said(desk, url, annas):
    update_variant(act=Act.now(), variant=annas, changes={"backorders": "allow"})

    context = desk.get(url("variant_change", annas.pk)).context

    assert context["effective"] == "No · from marketplace"
    assert "sellers cannot accept backorders now" in context["warnings"][0]
    assert StoreSettings.load().sellers_can_accept_backorders is False


def test_a_warehouse_that_is_off_is_shown_when_it_knows_the_variant(desk, spot, mug):
    old = Warehouse.objects.create(code="old", name="Old barn", is_active=False)
    assert "Old barn" not in desk.get(spot).content.decode()

    StockLevel.objects.create(variant=mug, warehouse=old)
    assert "Old barn" in desk.get(spot).content.decode()


def backorders_in_head(page):
    return page.context["effective"]


def test_the_head_of_a_bundle_says_what_its_availability_says(
    desk, spot, url, mug, main, make_variant, receive
):
    tea = make_variant("tea", backorders="allow")
    set_components(act=Act.now(), bundle=mug, lines=[StockLine(tea, 1)])

    page = desk.get(spot)
    assert backorders_in_head(page) == "Allow · from its components"
    assert page.context["sentence"].startswith("Any quantity can be sold")
    rows = desk.get(url("variant_changelist")).content.decode()
    assert "Allow · from its components" in rows

    update_variant(act=Act.now(), variant=tea, changes={"backorders": "no"})
    assert backorders_in_head(desk.get(spot)) == "No · from its components"

    update_variant(act=Act.now(), variant=tea, changes={"backorders": "notify"})
    update_variant(
        act=Act.now(), variant=Variant.objects.get(pk=mug.pk), changes={"backorders": "no"}
    )
    assert backorders_in_head(desk.get(spot)) == "No · from variant"


def test_the_head_of_a_pre_order_says_so(desk, spot, mug, main):
    day = timezone.localdate() + timedelta(days=9)
    changes = {"release_date": day, "allow_preorders": True}
    update_variant(act=Act.now(), variant=mug, changes=changes)

    page = desk.get(spot)

    assert backorders_in_head(page) == "Pre-orders · from variant"
    assert page.context["sentence"].startswith("Any quantity can be sold")


def test_a_bundle_is_offered_only_what_has_an_effect(desk, spot, mug, make_variant, filled):
    set_components(act=Act.now(), bundle=mug, lines=[StockLine(make_variant("tea"), 1)])

    page = desk.get(spot)

    assert 'name="allow_backorders"' not in page.content.decode()
    words = [word for word, _label in page.context["form"].fields["backorders"].choices]
    assert words == ["inherit", "no"]
    assert desk.post(spot, filled(page, backorders="no")).status_code == 302
    assert Variant.objects.get(pk=mug.pk).backorders == "no"


def test_a_bundle_that_allows_already_is_saved_untouched_and_told_that_it_has_no_effect(
    desk, spot, mug, make_variant, filled
):
    set_components(act=Act.now(), bundle=mug, lines=[StockLine(make_variant("tea"), 1)])
    Variant.objects.filter(pk=mug.pk).update(backorders="notify")

    page = desk.get(spot)
    desk.post(spot, filled(page, title="New"))

    mug.refresh_from_db()
    assert (mug.title, mug.backorders) == ("New", "notify")
    assert any("no effect on a bundle" in words for words in page.context["warnings"])


def test_tracking_off_on_a_bundle_that_allows_is_answered(desk, spot, mug, make_variant, filled):
    set_components(act=Act.now(), bundle=mug, lines=[StockLine(make_variant("tea"), 1)])
    Variant.objects.filter(pk=mug.pk).update(backorders="allow")

    response = desk.post(spot, filled(desk.get(spot), track_inventory=None))

    assert response.status_code in {200, 302}
