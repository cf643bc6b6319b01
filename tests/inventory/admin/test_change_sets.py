"""Change sets and history in the admin: what they show, to whom, and the undo."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from inventory.acts import Act
from inventory.models import ChangeSet, ChangeSetRow, Job, Movement, StockLevel, Variant
from inventory.services import undo as undo_service
from inventory.services.catalog import set_components, update_variant
from inventory.services.movements import StockLine
from inventory.services.settings import update_stock_level
from tests.inventory.api.conftest import Api
from tests.inventory.spreadsheets.conftest import lines, run

HEADER = "SKU;Stock_Track;Allow_Backorders"


@pytest.fixture
def three(make_variant):
    return [make_variant(sku) for sku in ("mug", "cup", "pan")]


@pytest.fixture
def imported(three, operator):
    """Return the change set of an import that allows backorders of three variants."""
    rows = [f"{variant.sku};Y;Y" for variant in three]
    return run(lines([HEADER, *rows]), user=operator).change_set


def text(response):
    return " ".join(response.content.decode().split())


def test_the_list_shows_bulk_changes_and_everything_on_demand(desk, url, imported, operator):
    address = url("changeset_changelist")

    assert [row.kind for row in desk.get(address).context["cl"].result_list] == ["import"]
    rows = desk.get(f"{address}?kind=everything").context["cl"].result_list
    assert {row.kind for row in rows} == {"import", "edit"}
    for query, found in (
        (f"who={operator.pk}", 1),
        ("who=999999", 0),
        ("when=today", 1),
        ("kind=undo", 0),
        ("q=file", 1),
        ("who=x&when=x", 1),
    ):
        assert len(desk.get(f"{address}?{query}").context["cl"].result_list) == found, query
    ChangeSet.objects.update(created_at=timezone.now() - timedelta(days=8))
    assert not desk.get(f"{address}?when=week").context["cl"].result_list


def test_one_change_set_says_before_and_after(desk, url, imported, three):
    page = desk.get(url("changeset_change", imported.pk))

    assert "Use the wider setting" in text(page)
    assert "Allow backorders" in text(page)
    assert "Import: file.csv" in text(page)
    assert [name for name, _words, _number in page.context["counts"]] == ["changed"]
    found = desk.get(url("changeset_change", imported.pk) + "?q=cu").context["rows"]
    assert [entry.row.label for entry in found] == ["cup"]
    assert not desk.get(url("changeset_change", imported.pk) + "?show=left").context["rows"]


def test_an_undo_is_previewed_done_and_undone(desk, url, imported, three, operator):
    update_variant(act=Act.now(), variant=three[0], changes={"price": "2.00"})
    undo = url("changeset_undo", imported.pk)

    looked = desk.get(undo)
    assert (looked.context["found"].restored, len(looked.context["found"].touched)) == (2, 1)
    assert "Somebody changed it since." in text(looked)
    assert not Variant.objects.filter(backorders="inherit").exists()

    answer = desk.post(undo, follow=True)
    assert Variant.objects.filter(backorders="inherit").count() == 2
    assert "2 changes were undone. 1 was left as it is." in text(answer)
    assert "Somebody changed it since." in text(answer)

    assert "Already undone by olga" in text(desk.post(undo, follow=True))
    assert "Already undone by olga" in text(desk.get(undo, follow=True))
    assert "Undone by olga" in text(desk.get(url("changeset_change", imported.pk)))
    assert "Undone" in text(desk.get(url("changeset_changelist")))

    redo = ChangeSet.objects.get(undoes=imported)
    desk.post(url("changeset_undo", redo.pk))
    assert not Variant.objects.filter(backorders="inherit").exists()


def test_a_large_undo_shows_its_job(desk, url, imported, monkeypatch):
    monkeypatch.setattr(undo_service, "AT_ONCE", 2)

    answer = desk.post(url("changeset_undo", imported.pk), follow=True)

    job = Job.objects.get(kind="undo_change_set")
    assert reverse("admin:inventory_job_progress", args=[job.pk]) in text(answer)
    assert (job.created_by.username, job.label) == ("olga", "Undo: file.csv")


@pytest.mark.parametrize("role", ["viewer", "warehouse", None])
def test_who_may_not_change_may_not_undo(client, make_user, url, imported, role):
    client.force_login(make_user("vera", role))

    assert client.get(url("changeset_undo", imported.pk)).status_code == 403
    assert client.post(url("changeset_undo", imported.pk)).status_code == 403
    assert not Variant.objects.filter(backorders="inherit").exists()
    page = client.get(url("changeset_change", imported.pk))
    assert page.status_code == (200 if role == "viewer" else 403)
    assert b"Undo \xe2\x80\xa6" not in page.content


def test_a_seller_sees_and_undoes_own_sets_alone(client, url, anna, annas, imported):
    own = run(lines([HEADER, "anna-1;Y;Y"]), user=anna).change_set
    client.force_login(anna)

    rows = client.get(url("changeset_changelist")).context["cl"].result_list
    assert [row.pk for row in rows] == [own.pk]
    for name in ("change", "undo"):
        assert client.get(url(f"changeset_{name}", imported.pk)).status_code in {302, 404}
    assert client.post(url("changeset_undo", imported.pk)).status_code in {302, 404}
    assert not ChangeSet.objects.filter(undoes=imported).exists()

    client.post(url("changeset_undo", own.pk))
    assert Variant.objects.get(sku="anna-1").backorders == "inherit"
    assert Api(anna).get(f"/change-sets/{imported.pk}").status_code == 404
    assert Api(anna).post(f"/change-sets/{imported.pk}/undo").status_code == 404


def test_nothing_is_added_changed_or_deleted_by_hand(desk, url, imported):
    assert desk.get(url("changeset_add")).status_code == 403
    assert desk.get(url("changeset_delete", imported.pk)).status_code == 403
    assert desk.get(url("changeset_history", imported.pk)).status_code == 302
    assert desk.get(url("changeset_change", 999_999)).status_code in {302, 404}


# --- history ----------------------------------------------------------------------------------


def test_the_history_of_a_variant_has_pages_bulk_work_and_warehouses(
    desk, url, imported, three, operator, main
):
    mug = Variant.objects.get(sku="mug")
    act = Act(timezone.now(), source="api", user_id=operator.pk)
    changes = {"price": "1234.50", "release_date": "2026-12-24"}
    update_variant(act=act, variant=mug, changes=changes)
    update_stock_level(
        act=Act.now(), variant=mug, warehouse=main, changes={"backorder_threshold": 5}
    )

    page = desk.get(url("variant_history", mug.pk))

    models = [entry.row.model for entry in page.context["entries"]]
    assert models == ["stocklevel", "variant", "variant", "variant"]
    said = [
        (str(line.name), line.before, line.after)
        for entry in page.context["entries"][:3]
        for line in entry.lines
    ]
    assert said == [
        ("Backorder threshold", "no cap", "5"),
        ("Price", "EUR 0.00", "EUR 1,234.50"),
        ("Release date", "–", "24 Dec 2026"),
        ("Backorders", "Use the wider setting", "Allow backorders"),
    ]
    assert "olga" in text(page)
    assert "API" in text(page)
    assert url("changeset_change", imported.pk) in text(page)
    assert "?tab=movements" in text(page)


def test_the_components_of_a_bundle_have_a_history(desk, url, three):
    mug, cup, kit = three
    set_components(act=Act.now(), bundle=kit, lines=[StockLine(mug, 2), StockLine(cup, 1)])
    change_set = ChangeSetRow.objects.filter(object_id=kit.pk).latest("pk").change_set

    pages = [
        desk.get(url("variant_history", kit.pk)),
        desk.get(url("changeset_change", change_set.pk)),
    ]

    assert [page.status_code for page in pages] == [200, 200]
    assert all("Components" in text(page) for page in pages)
    assert all("1 × cup, 2 × mug" in text(page) for page in pages)


def test_every_object_has_a_history_page(desk, url, admin_client, main, product, operator):
    admin_client.post(url("deliverytimeframe_add"), {"name": "Fast"})
    frame = ChangeSetRow.objects.get(model="deliverytimeframe")
    for name, key in (
        ("product", product.pk),
        ("deliverytimeframe", frame.object_id),
        ("warehouse", main.pk),
        ("storesettings", 1),
    ):
        answer = desk.get(url(f"{name}_history", key))
        assert answer.status_code == 200, name
    assert "Fast" in text(desk.get(url("deliverytimeframe_history", frame.object_id)))
    assert "Nothing was changed of it yet." in text(desk.get(url("storesettings_history", 1)))
    long = url("product_history", product.pk)
    for number in range(60):
        ChangeSetRow.objects.create(
            change_set=ChangeSet.objects.create(kind="edit"),
            model="product",
            object_id=product.pk,
            before={"title": str(number), "gone": 1},
            after={"title": "<b>", "gone": 2},
        )
    assert "page=2" in text(desk.get(long))
    assert "&lt;b&gt;" in text(desk.get(long))
    assert desk.get(f"{long}?page=2").status_code == 200


# --- API --------------------------------------------------------------------------------------


def test_the_api_lists_shows_and_undoes(operator, imported, three):
    api = Api(operator)
    update_variant(act=Act.now(), variant=three[1], changes={"price": "2.00"})

    (found,) = api.get("/change-sets?kind=import").json()["results"]
    assert (found["id"], found["by"], found["undone_by"]) == (imported.pk, "olga", None)
    one = api.get(f"/change-sets/{imported.pk}").json()
    assert (one["changed"], one["added"], one["left"], one["errors"]) == (3, 0, 0, [])

    answer = api.post(f"/change-sets/{imported.pk}/undo")
    assert (answer.status_code, answer.json()["job"]) == (200, None)
    undo = api.get(f"/change-sets/{answer.json()['change_set']}").json()
    assert (undo["undoes"], undo["source"], undo["changed"], undo["left"]) == (
        imported.pk,
        "api",
        2,
        1,
    )
    assert undo["errors"] == [{"label": "cup", "message": "Somebody changed it since."}]
    again = api.post(f"/change-sets/{imported.pk}/undo")
    assert again.status_code == 409
    assert "Already undone by olga" in again.json()["errors"][0]["message"]
    edit = ChangeSet.objects.filter(kind="edit").latest("pk")
    assert api.post(f"/change-sets/{edit.pk}/undo").status_code == 409
    assert not StockLevel.objects.exists()
    assert not Movement.objects.exists()


@pytest.mark.parametrize(("role", "status"), [("viewer", 403), ("warehouse", 403)])
def test_the_api_undoes_for_those_who_may_change(make_user, imported, role, status):
    answer = Api(make_user("vera", role)).post(f"/change-sets/{imported.pk}/undo")

    assert answer.status_code == status
