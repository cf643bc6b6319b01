"""Changing one's own password."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.models import User
from django.contrib.auth.views import PasswordChangeView
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy

from backoffice.login import CountedPasswordForm
from backoffice.tokens import end_token
from inventory.acts import act_of
from inventory.services.history import record


class OwnPassword(PasswordChangeView):
    """The page: other sessions end with the old password, and the tokens that are ticked."""

    form_class = CountedPasswordForm
    template_name = "backoffice/password_change.html"
    success_url = reverse_lazy("admin:password_change_done")
    title = gettext_lazy("Change password")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return what the frame of the admin needs as well."""
        frame = admin.site.each_context(self.request)
        return {**frame, **super().get_context_data(**kwargs)}

    def form_valid(self, form: Any) -> HttpResponse:
        """Set the password, end the tokens, and record both."""
        act = act_of(self.request)
        with transaction.atomic():
            answer = super().form_valid(form)
            user = User.objects.get(pk=form.user.pk)
            record(user, act=act, before={"password": ""}, after={"password": ""})
            for token in form.cleaned_data.get("ended", ()):
                end_token(token, act=act)
        return answer


def own_password(request: HttpRequest) -> HttpResponseBase:
    """Show the page, or change the password."""
    request.current_app = admin.site.name
    return OwnPassword.as_view()(request)
