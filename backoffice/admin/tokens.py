"""Keys to the API."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.models import ApiToken
from backoffice.tokens import end_token
from inventory.acts import act_of
from inventory.admin.scoped import ScopedAdmin, refuse_get
from inventory.services.history import record_creation
from inventory.theme import (
    NativeDateInput,
    ThemedForm,
)


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
        record_creation(token, act=act_of(request))
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
        if end_token(token, act=act_of(request)):
            messages.success(request, _("The token was revoked."))
        else:
            messages.error(request, _("The token was revoked before."))
        return HttpResponseRedirect(reverse("admin:backoffice_apitoken_changelist"))
