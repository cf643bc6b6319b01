"""`inventory.admin.imports`: upload, preview, confirm, report, files, and whose they are."""

import io

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from inventory.acts import Act
from inventory.models import Import, ImportRow, Job, Seller, Variant
from inventory.services.catalog import create_product, create_variant, update_variant
from inventory.tasks import run_job

UPLOAD = "/admin/inventory/import/add/"
LIST = "/admin/inventory/import/"
EXPORT = "/admin/inventory/import/export/"
HEADER = "SKU;Stock_Track;Stock_Disable_Sold_Out"


@pytest.fixture(autouse=True)
def _jobs_run_at_once(settings):
    settings.TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}


@pytest.fixture
def mug(db):
    return create_variant(
        act=Act.now(),
        product=create_product(act=Act.now(), title="Mug"),
        sku="mug",
        backorders="no",
    )


@pytest.fixture
def cup(db):
    return create_variant(
        act=Act.now(),
        product=create_product(act=Act.now(), title="Cup"),
        sku="cup",
        track_inventory=False,
    )


@pytest.fixture
def upload(admin_client):
    """Return a way to hand a file in; it gives the import and its page."""

    def hand_in(*lines, client=admin_client, content=None, **data):
        content = "\r\n".join(lines).encode() if content is None else content
        file = SimpleUploadedFile("my file.csv", content)
        fields = {"file": file, "kind": "variants", "mode": "update", **data}
        response = client.post(UPLOAD, fields)
        source = Import.objects.order_by("pk").last()
        return source, response

    return hand_in


def page(source, tail=""):
    return f"{LIST}{source.pk}/{tail or 'change/'}"


def test_a_file_is_checked_shown_confirmed_and_reported(admin_client, upload, mug, cup):
    source, response = upload(HEADER, "mug;Y;N", "cup;;N", "pot;Y;N")
    assert response["Location"] == page(source)
    preview = admin_client.get(page(source)).content.decode()
    assert "will accept backorders" in preview
    assert "SKU pot is not in this shop." in preview
    assert Variant.objects.get(sku="mug").backorders == "no"

    admin_client.post(page(source, "apply/"))

    source.refresh_from_db()
    assert (source.state, source.changed, source.errors) == ("done", 1, 2)
    assert Variant.objects.get(sku="mug").backorders == "allow"
    assert admin_client.get(page(source)).status_code == 200


def test_apply_pressed_twice_is_done_once(admin_client, upload, mug):
    source, _ = upload(HEADER, "mug;Y;N")

    admin_client.post(page(source, "apply/"))
    admin_client.post(page(source, "apply/"))

    assert Job.objects.filter(kind="apply_import").count() == 1
    assert Variant.objects.get(sku="mug").version == 2


def test_a_canceled_preview_changes_nothing(admin_client, upload, mug):
    source, _ = upload(HEADER, "mug;Y;N")

    admin_client.post(page(source, "cancel/"))
    admin_client.post(page(source, "apply/"))

    source.refresh_from_db()
    assert source.state == "canceled"
    assert Variant.objects.get(sku="mug").backorders == "no"


@pytest.mark.parametrize("tail", ["apply/", "cancel/", "again/"])
def test_reading_changes_nothing(admin_client, upload, mug, tail):
    source, _ = upload(HEADER, "mug;Y;N")

    assert admin_client.get(page(source, tail)).status_code == 405

    source.refresh_from_db()
    assert source.state == "ready"


def test_the_preview_is_filtered_by_outcome(admin_client, upload, mug):
    source, _ = upload(HEADER, "mug;Y;N", "pot;Y;N")

    errors = admin_client.get(page(source) + "?show=error").content.decode()

    assert "pot" in errors
    assert "will accept backorders" not in errors


def test_tracking_is_turned_on_by_one_click(admin_client, upload, cup):
    source, _ = upload(HEADER, "cup;;N")
    assert "Turn tracking on for this 1" in admin_client.get(page(source)).content.decode()

    admin_client.post(page(source, "again/"), {"turn_tracking_on": "1"})
    admin_client.post(page(source, "apply/"))

    cup.refresh_from_db()
    assert (cup.track_inventory, cup.backorders) == (True, "allow")


def test_columns_are_named_by_hand(admin_client, upload, mug):
    source, _ = upload("SKU;Voorraad;Uitverkocht", "mug;J;N")
    assert source.refused_code == "unmapped_value_columns"
    assert "Which column is which?" in admin_client.get(page(source)).content.decode()

    mapping = {"column_1": "Stock_Track", "column_2": "Stock_Disable_Sold_Out"}
    admin_client.post(page(source, "again/"), mapping)

    source.refresh_from_db()
    assert (source.state, source.changed) == ("ready", 1)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "The file is empty."),
        (b"<html>login</html>", "This is a web page"),
        (b"PK\x03\x04 broken", "cannot be opened"),
        (b"a;b\r\n1;2\r\n", "not a header"),
    ],
)
def test_a_file_that_is_not_taken_says_why(admin_client, upload, content, words):
    source, response = upload(content=content)

    assert response.status_code == 302
    shown = admin_client.get(page(source)).content.decode()
    assert words in shown
    assert "Nothing was changed." in shown


def test_no_file_is_an_error_beside_the_field(admin_client, mug):
    response = admin_client.post(UPLOAD, {"kind": "variants", "mode": "update"})

    assert response.status_code == 200
    assert "This field is required." in response.content.decode()
    assert not Import.objects.exists()


@pytest.mark.parametrize(
    "data", [{"kind": "hacked"}, {"mode": "99"}, {"kind": "stock_count", "mode": "../x"}]
)
def test_choices_that_do_not_exist_are_refused(upload, data):
    source, response = upload(HEADER, "mug;Y;N", **data)

    assert (source, response.status_code) == (None, 200)


def test_markup_in_a_file_is_shown_as_text(admin_client, upload, mug):
    evil = "<img src=x onerror=alert(1)>"
    source, _ = upload(f"SKU;{evil};Stock_Track", f"{evil};{evil};Y", f"mug;{evil};{evil}")

    for address in (page(source), LIST, page(source) + "?show=error"):
        assert evil not in admin_client.get(address).content.decode()


@pytest.mark.parametrize("query", ["?page=0", "?page=9999999", "?page=x", "?show=%22", "?page=-1"])
def test_odd_addresses_of_a_preview_are_no_error(admin_client, upload, mug, query):
    source, _ = upload(HEADER, "mug;Y;N")

    assert admin_client.get(page(source) + query).status_code in {200, 400}


def test_bad_rows_come_back_as_csv_and_as_a_workbook(admin_client, upload, mug):
    source, _ = upload(HEADER, "mug;maybe;N")

    text = b"".join(admin_client.get(page(source, "errors/") + "?format=csv").streaming_content)
    book = b"".join(admin_client.get(page(source, "errors/") + "?format=xlsx").streaming_content)

    reason = "“maybe” is neither Y nor N."
    assert text.decode("utf-8-sig").splitlines()[1] == f"mug;maybe;N;2;{reason}"
    cells = next(openpyxl.load_workbook(io.BytesIO(book)).active.iter_rows(min_row=2))
    assert [cell.value for cell in cells] == ["mug", "maybe", "N", "2", reason]
    assert admin_client.get(page(source, "errors/") + "?format=exe").status_code == 404


@pytest.mark.parametrize(("columns", "width"), [("edit", 5), ("full", 51)])
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_export_can_be_imported_untouched(admin_client, upload, mug, cup, columns, width, kind):
    response = admin_client.get(f"{EXPORT}?columns={columns}&format={kind}")
    content = b"".join(response.streaming_content)

    source, _ = upload(content=content)

    assert (source.rows, source.unchanged, source.errors) == (2, 2, 0)
    assert len(source.layout["headers"]) == width


def test_the_list_costs_the_same_for_3_imports_and_30(
    admin_client, upload, mug, django_assert_max_num_queries
):
    for _ in range(30):
        upload(HEADER, "mug;Y;N")

    with django_assert_max_num_queries(12):
        admin_client.get(LIST)


# --- whose ------------------------------------------------------------------------------------


@pytest.fixture
def person(django_user_model, client):
    """Return a maker of logged-in staff with these permissions, of a seller or not."""

    def make(name, *permissions, seller=None):
        from django.contrib.auth.models import Permission
        from django.test import Client

        user = django_user_model.objects.create_user(name, is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
        if seller:
            seller.users.add(user)
        browser = Client()
        browser.force_login(user)
        return browser

    return make


@pytest.mark.parametrize(
    ("permissions", "data", "status"),
    [
        ((), {}, 403),
        (("view_import", "view_variant"), {}, 403),
        (("add_import",), {}, 403),
        (("add_import", "change_variant"), {"mode": "create"}, 403),
        (("add_import", "change_variant"), {"kind": "stock_count"}, 403),
        (("add_import", "change_variant", "view_import"), {}, 302),
        (("add_import", "add_movement", "view_import"), {"kind": "stock_count"}, 302),
    ],
)
def test_an_upload_needs_the_rights_of_what_it_may_do(
    upload, person, mug, permissions, data, status
):
    _, response = upload(HEADER, "mug;Y;N", client=person("x", *permissions), **data)

    assert response.status_code == status
    assert Import.objects.exists() is (status == 302)


@pytest.mark.parametrize("address", [LIST, UPLOAD, EXPORT])
def test_staff_without_rights_get_nothing(person, mug, address):
    assert person("nobody").get(address).status_code == 403


def test_a_seller_sees_neither_foreign_imports_nor_foreign_variants(upload, person, mug):
    seller = Seller.objects.create(code="s", name="S")
    own = create_variant(
        act=Act.now(), product=create_product(act=Act.now(), title="Own", seller=seller), sku="own"
    )
    foreign, _ = upload(HEADER, "mug;Y;N")
    rights = ("add_import", "change_import", "view_import", "change_variant", "view_variant")
    browser = person("seller", *rights, seller=seller)

    source, _ = upload(HEADER, "own;Y;N", "mug;Y;N", client=browser)

    assert browser.get(page(foreign)).status_code == 404
    assert browser.post(page(foreign, "apply/")).status_code == 404
    assert browser.get(page(foreign, "errors/")).status_code == 404
    assert "my file.csv" in browser.get(LIST).content.decode()
    assert ImportRow.objects.get(source=source, number=3).errors[0]["code"] == "unknown_sku"
    exported = b"".join(browser.get(f"{EXPORT}?columns=full&format=csv").streaming_content)
    assert b"own" in exported
    assert b"mug" not in exported
    assert own.sku == "own"


def test_what_changed_since_the_preview_is_reported(admin_client, upload, mug):
    source, _ = upload(HEADER, "mug;Y;N")
    update_variant(act=Act.now(), variant=mug, changes={"title": "Blue"})

    admin_client.post(page(source, "apply/"))

    assert "Somebody changed it after the check." in admin_client.get(page(source)).content.decode()


def test_a_file_whose_uploader_is_gone_is_refused(admin_client, admin_user, upload, mug):
    source, _ = upload(HEADER, "mug;Y;N")
    Import.objects.update(created_by=None, state="checking")

    Job.objects.update(state="queued")

    run_job.call(job_id=Job.objects.get(kind="check_import").pk)

    source.refresh_from_db()
    assert (source.refused_code, source.state) == ("no_user", "refused")
