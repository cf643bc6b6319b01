"""The admin's first page, API tokens, and users with their groups."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.core.exceptions import BadRequest, PermissionDenied
from django.core.paginator import InvalidPage
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.models import ApiToken
from inventory.admin.scoped import MAX_COUNTED, ScopedAdmin, refuse_get, visible
from inventory.models import Import, IncomingDelivery, StoreSettings, Variant
from inventory.stock_queries import low_on_stock, owing
from inventory.theme import (
    AdminPasswordChangeForm,
    NativeDateInput,
    ThemedForm,
    UserChangeForm,
    UserCreationForm,
)

NEXT_DELIVERIES = 5
RECENT_IMPORTS = 5
MAX_DIGITS = 7
"""Of a page number."""


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Return what the first page shows: what waits for somebody, each with its list."""
    cards: list[dict[str, Any]] = []
    if request.user.has_perm("inventory.view_variant"):
        cards += _variant_cards(request)
    if request.user.has_perm("inventory.view_incomingdelivery"):
        cards += _delivery_cards(request)
        context["next_deliveries"] = _deliveries(request).order_by("expected_at", "pk")[
            :NEXT_DELIVERIES
        ]
        context["today"] = timezone.localdate()
    if request.user.has_perm("inventory.view_import"):
        imports = admin.site.get_model_admin(Import).get_queryset(request)
        context["recent_imports"] = imports.order_by("-pk")[:RECENT_IMPORTS]
    context["cards"] = cards
    context["is_empty"] = not Variant.objects.exists()
    return context


def _variant_cards(request: HttpRequest) -> list[dict[str, Any]]:
    variants = visible(Variant.objects.all(), request.user)
    inventory = reverse("admin:inventory_variant_changelist")
    return [
        _card(_("Variants on backorder"), _capped(owing(variants)), f"{inventory}?stock=owed"),
        _card(
            _("Low stock"),
            _capped(low_on_stock(variants, StoreSettings.load())),
            reverse("admin:inventory_variant_low"),
        ),
    ]


def _delivery_cards(request: HttpRequest) -> list[dict[str, Any]]:
    today = timezone.localdate()
    late = _deliveries(request).filter(expected_at__lt=today)
    address = reverse("admin:inventory_incomingdelivery_changelist")
    return [
        _card(_("Late deliveries"), _capped(late), f"{address}?state=late"),
        _card(_("Deliveries on their way"), _capped(_deliveries(request)), f"{address}?state=open"),
    ]


def _deliveries(request: HttpRequest) -> QuerySet[Any]:
    awaited = visible(IncomingDelivery.objects.awaited(), request.user)
    return awaited.select_related("warehouse")


def _card(title: str, number: str, link: str) -> dict[str, Any]:
    return {"title": title, "number": number, "link": link}


def _capped(rows: QuerySet[Any]) -> str:
    """Return how many rows there are, without counting a million."""
    number = rows.order_by()[: MAX_COUNTED + 1].count()
    return f"{MAX_COUNTED:,}+" if number > MAX_COUNTED else f"{number:,}"


def search(request: HttpRequest) -> HttpResponse:
    """Answer the theme's search of pages, which breaks on page numbers that are none."""
    page = request.GET.get("page", "1")
    if not (page.isascii() and page.isdigit() and len(page) < MAX_DIGITS):
        raise BadRequest("There is no such page.")
    try:
        return admin.site.admin_view(admin.site.search)(request)  # type: ignore[attr-defined,no-any-return]
    except InvalidPage:
        raise Http404 from None


class IssueForm(ThemedForm):
    """What a new key is for."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=80,
        help_text=gettext_lazy("Which program uses it, for example “webshop”."),
    )
    user = forms.ModelChoiceField(
        label=gettext_lazy("User"),
        queryset=User.objects.none(),
        empty_label=None,
        help_text=gettext_lazy("The program may do what this user may do."),
    )
    expires_at = forms.DateField(
        label=gettext_lazy("Expires"),
        required=False,
        widget=NativeDateInput(),
        help_text=gettext_lazy("Empty: never."),
    )

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        users = User.objects.filter(is_active=True).order_by("username")
        if not getattr(request.user, "is_superuser", False):
            users = users.filter(username=request.user.get_username())
        self.fields["user"].queryset = users  # type: ignore[attr-defined]
        self.fields["user"].initial = request.user.pk

    def clean_expires_at(self) -> Any:
        """Return the end of that day, which must be ahead."""
        day = self.cleaned_data["expires_at"]
        if day is None:
            return None
        if day < timezone.localdate():
            raise forms.ValidationError(_("This day is over."))
        end = timezone.datetime.combine(day, timezone.datetime.max.time())  # type: ignore[attr-defined]
        return timezone.make_aware(end.replace(microsecond=0))


@admin.register(ApiToken)
class ApiTokenAdmin(ScopedAdmin):
    """Keys to the API: issued once, shown once, revoked for ever."""

    list_display = ("name", "user", "key_start", "created_at", "expires_at", "revoked_at")
    list_display_links = ("name", "key_start")
    list_select_related = ("user",)
    ordering = ("-id",)
    sortable_by = ()
    list_before_template = "inventory/admin/_token_links.html"
    search_fields = ("name",)
    empty_title = gettext_lazy("No API tokens")
    empty_text = gettext_lazy("A program needs a token to read or change stock by the API.")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Return a user's own tokens; superusers see all."""
        rows = super().get_queryset(request)
        return (
            rows
            if getattr(request.user, "is_superuser", False)
            else rows.filter(user=request.user.pk)
        )

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return no: a token is revoked, and stays in the list."""
        return False

    def get_urls(self) -> list[URLPattern]:
        """Add the revocation, by POST alone."""
        view = self.admin_site.admin_view(self.revoke_view)
        return [
            path("<path:object_id>/revoke/", view, name="backoffice_apitoken_revoke"),
            *super().get_urls(),
        ]

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Issue a token, or show one with the button that revokes it."""
        if object_id is not None:
            token = self.visible_object(request, object_id)
            if not self.has_view_or_change_permission(request, token):
                raise PermissionDenied
            return self._shown(request, "token.html", token=token, title=str(token))
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = IssueForm(request.POST if request.method == "POST" else None, request=request)
        if request.method == "POST" and form.is_valid():
            return self._issued(request, form)
        return self._shown(request, "token_add.html", form=form, title=_("Issue an API token"))

    def _issued(self, request: HttpRequest, form: IssueForm) -> HttpResponse:
        token, key = ApiToken.issue(
            user_id=form.cleaned_data["user"].pk, name=form.cleaned_data["name"]
        )
        if form.cleaned_data["expires_at"]:
            token.expires_at = form.cleaned_data["expires_at"]
            token.save(update_fields=["expires_at"])
        self.log_addition(request, token, [{"added": {}}])
        response = self._shown(
            request, "token_issued.html", token=token, key=key, title=_("API token issued")
        )
        response["Cache-Control"] = "no-store"
        return response

    def _shown(self, request: HttpRequest, template: str, **context: Any) -> HttpResponse:
        trail = [(reverse("admin:backoffice_apitoken_changelist"), _("API tokens"))]
        return self.page(request, template, trail=trail, **context)

    def revoke_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Make a token worthless from now on."""
        if refusal := refuse_get(request):
            return refusal
        token = self.visible_object(request, object_id)
        if not self.has_change_permission(request, token):
            raise PermissionDenied
        if ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now()):
            self.log_change(request, token, "revoked")
            messages.success(request, _("The token was revoked."))
        else:
            messages.error(request, _("The token was revoked before."))
        return HttpResponseRedirect(reverse("admin:backoffice_apitoken_changelist"))


class SuperusersOnly(ScopedAdmin):
    """Who may do what is decided by superusers: whoever could change a user could become one."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Superusers alone."""
        return bool(request.user.is_superuser)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Superusers alone."""
        return bool(request.user.is_superuser)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Superusers alone."""
        return bool(request.user.is_superuser)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Superusers alone."""
        return bool(request.user.is_superuser)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Superusers alone."""
        return bool(request.user.is_superuser)


admin.site.unregister(User)
admin.site.unregister(Group)


@admin.register(User)
class StaffAdmin(SuperusersOnly, UserAdmin):  # type: ignore[type-arg]
    """Who works here."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "email", "first_name", "last_name", "is_staff", "is_active")
    list_filter = ()
    ordering = ("username",)
    filter_horizontal: ClassVar[tuple[str, ...]] = ()


@admin.register(Group)
class RoleAdmin(SuperusersOnly, GroupAdmin):  # type: ignore[misc]
    """What somebody may do, as a role."""

    ordering = ("name",)
    filter_horizontal: ClassVar[tuple[str, ...]] = ()
