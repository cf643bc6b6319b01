"""The product's page, and the keys of programs."""

import pytest
from django.contrib.auth.models import Permission, User
from django.urls import reverse

from backoffice.models import ApiToken
from inventory.acts import Act
from inventory.models import Product
from inventory.services.catalog import update_product


def test_a_new_product_leads_to_its_first_variant(desk, url, db, filled):
    address = url("product_add")

    answer = desk.post(address, filled(desk.get(address), title="Walnut Bowl"))

    product = Product.objects.get()
    assert (product.slug, product.backorders, product.notify_below) == (
        "walnut-bowl",
        "inherit",
        None,
    )
    assert answer.url == url("variant_add") + f"?product={product.pk}"


def test_a_stale_product_form_is_refused(desk, url, product, filled):
    page = url("product_change", product.pk)
    data = filled(desk.get(page), brand="Mine")
    update_product(act=Act.now(), product=product, changes={"brand": "Theirs"})

    answer = desk.post(page, data)

    assert answer.status_code == 409
    assert Product.objects.get().brand == "Theirs"


def test_seed_004_configures_backorders_for_a_product(desk, url, product, filled):
    page = url("product_change", product.pk)
    data = filled(
        desk.get(page),
        wider_backorders=None,
        backorders="allow",
        wider_out_of_stock_threshold=None,
        out_of_stock_threshold="-50",
    )

    desk.post(page, data)

    product.refresh_from_db()
    assert (product.backorders, product.out_of_stock_threshold) == ("allow", -50)


def test_the_variants_of_a_product_are_linked_by_title(desk, url, make_variant, product):
    white = make_variant("w", title="Colour: White")

    html = desk.get(url("product_change", product.pk)).content.decode()

    assert "INVENTORY &amp; VARIANTS" in html or "INVENTORY & VARIANTS" in html
    assert f'href="{url("variant_change", white.pk)}">Colour: White</a>' in html


@pytest.mark.parametrize("title", ["", "x" * 256, "a\tb\nc"])
def test_a_bad_title_is_an_error(desk, url, product, filled, title):
    page = url("product_change", product.pk)

    answer = desk.post(page, filled(desk.get(page), title=title))

    assert list(answer.context["form"].errors) == ["title"]


def test_an_address_that_is_taken_is_an_error(desk, url, product, filled):
    other = Product.objects.create(title="Other", slug="other")
    page = url("product_change", other.pk)

    answer = desk.post(page, filled(desk.get(page), slug=product.slug))

    assert list(answer.context["form"].errors) == ["slug"]


@pytest.fixture
def boss(client, db):
    client.force_login(User.objects.create_superuser("boss"))
    return client


def test_a_key_is_shown_once_and_works_until_it_is_revoked(boss):
    address = reverse("admin:backoffice_apitoken_add")
    user = User.objects.get()

    shown = boss.post(address, {"name": "webshop", "user": user.pk})

    key = shown.context["key"]
    token = ApiToken.objects.get()
    assert token.key_hash == ApiToken.hash_of(key)
    assert "no-store" in shown["Cache-Control"]
    for page in ("changelist", "change"):
        arguments = [token.pk] if page == "change" else []
        html = boss.get(reverse(f"admin:backoffice_apitoken_{page}", args=arguments))
        assert key not in html.content.decode()

    revoke = reverse("admin:backoffice_apitoken_revoke", args=[token.pk])
    assert boss.get(revoke).status_code == 405
    assert ApiToken.objects.get().revoked_at is None
    boss.post(revoke)
    assert ApiToken.objects.get().revoked_at is not None


def test_staff_issue_keys_for_themselves_alone(client, make_user):
    boss = User.objects.create_superuser("boss")
    nina = make_user("nina")
    nina.user_permissions.set(Permission.objects.filter(content_type__app_label="backoffice"))
    client.force_login(nina)
    theirs, _key = ApiToken.issue(user_id=boss.pk, name="theirs")

    address = reverse("admin:backoffice_apitoken_add")
    refused = client.post(address, {"name": "mine", "user": boss.pk})

    assert list(refused.context["form"].errors) == ["user"]
    revoke = reverse("admin:backoffice_apitoken_revoke", args=[theirs.pk])
    assert client.post(revoke).status_code == 404
    assert ApiToken.objects.get().revoked_at is None


def test_a_day_that_is_over_is_no_expiry(boss):
    address = reverse("admin:backoffice_apitoken_add")
    user = User.objects.get()

    answer = boss.post(address, {"name": "x", "user": user.pk, "expires_at": "2020-01-01"})

    assert list(answer.context["form"].errors) == ["expires_at"]
    assert ApiToken.objects.count() == 0
