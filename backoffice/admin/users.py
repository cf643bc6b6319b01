"""Users and their roles."""

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backoffice.tokens import live_tokens
from inventory.acts import act_of
from inventory.admin.scoped import ScopedAdmin
from inventory.services.history import record
from inventory.theme import (
    AdminPasswordChangeForm,
    UserChangeForm,
    UserCreationForm,
)

REDIRECTED = 302


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

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> Any:  # noqa: A002
        """Set a password; the history says that it was, and by whom."""
        answer = super().user_change_password(request, id, form_url)
        if request.method == "POST" and answer.status_code == REDIRECTED:
            user = User.objects.get(pk=id)
            record(user, act=act_of(request), before={"password": ""}, after={"password": ""})
            _name_tokens(request, user)
        return answer


@admin.register(Group)
class RoleAdmin(SuperusersOnly, GroupAdmin):  # type: ignore[misc]
    """What somebody may do, as a role."""

    ordering = ("name",)
    filter_horizontal: ClassVar[tuple[str, ...]] = ()


def _name_tokens(request: HttpRequest, user: User) -> None:
    """Say which tokens go on working after a new password, and where to end them."""
    names = [str(token) for token in live_tokens(user)]
    if not names:
        return
    words = ngettext(
        "%(n)d API token of %(user)s still works: %(names)s.",
        "%(n)d API tokens of %(user)s still work: %(names)s.",
        len(names),
    ) % {"n": len(names), "user": user, "names": ", ".join(names)}
    address = reverse("admin:backoffice_apitoken_changelist")
    link = _("End those that should not")
    messages.warning(
        request, format_html('{} <a class="bo-link" href="{}">{}</a>', words, address, link)
    )
