"""Settings › Workflow and Settings › Marketplace configuration."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _

from inventory.acts import act_of
from inventory.admin.consequences import question_of, with_yes
from inventory.admin.explain import level_warnings
from inventory.admin.scoped import ScopedAdmin, blame_form
from inventory.errors import InventoryError, NeedsConfirmation, StaleChange
from inventory.forms.settings import MarketplaceForm, SettingsForm, WorkflowForm
from inventory.models import StoreSettings
from inventory.policy import PolicyInputs
from inventory.services.settings import update_settings

WORKFLOW = "admin:inventory_storesettings_changelist"
MARKETPLACE = "admin:inventory_storesettings_marketplace"
CONFLICT = 409


@admin.register(StoreSettings)
class SettingsAdmin(ScopedAdmin):
    """The one row of settings, as two pages."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return no: there is one row, and it is there."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return no: there is one row, and it stays."""
        return False

    def get_urls(self) -> list[URLPattern]:
        """Add the second page."""
        view = self.admin_site.admin_view(self.marketplace_view)
        return [
            path("marketplace/", view, name="inventory_storesettings_marketplace"),
            *super().get_urls(),
        ]

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Lead from the row's address to the page."""
        return HttpResponseRedirect(reverse(WORKFLOW))

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        """Show and save Settings › Workflow."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        return self._page(request, WorkflowForm, "workflow.html", WORKFLOW, _("Workflow"))

    def marketplace_view(self, request: HttpRequest) -> HttpResponse:
        """Show and save Settings › Marketplace configuration; for operators alone."""
        self.demand(request, "inventory.manage_marketplace")
        title = _("Marketplace configuration")
        return self._page(request, MarketplaceForm, "marketplace.html", MARKETPLACE, title)

    def _page(
        self,
        request: HttpRequest,
        form_class: type[SettingsForm],
        template: str,
        address: str,
        title: str,
    ) -> HttpResponse:
        settings = StoreSettings.load()
        may_save = address == MARKETPLACE or self.has_change_permission(request)
        form = form_class(
            request.POST if request.method == "POST" else None, instance=StoreSettings.load()
        )
        status = 200
        if request.method == "POST":
            if not may_save:
                raise PermissionDenied
            status = self._save(request, form)
            if not status:
                return HttpResponseRedirect(reverse(address))
        for field in form.fields.values() if not may_save else ():
            field.disabled = True
        return self.page(
            request,
            template,
            title=title,
            trail=[(reverse(WORKFLOW), _("Settings"))],
            form=form,
            warnings=level_warnings(settings.settings, PolicyInputs(store=settings.settings)),
            may_save=may_save,
            question=form.question,
            is_stale=status == CONFLICT and form.question is None,
            status=status,
        )

    def _save(self, request: HttpRequest, form: SettingsForm) -> int:
        """Return the status of the refusal, or 0 when it was saved."""
        if not form.is_valid():
            return 200
        try:
            with_yes(request, lambda yes: _updated(request, form, confirm=yes))
        except StaleChange:
            text = _(
                "The settings were changed by somebody else since you opened them. Nothing was "
                "saved: look at the new values and make your change again."
            )
            form.add_error(None, text)
            return CONFLICT
        except NeedsConfirmation as asked:
            form.question = question_of(asked.consequences)
            return CONFLICT
        except InventoryError as error:
            blame_form(form, error)
            return 200
        messages.success(request, _("The settings were saved."))
        return 0


def _updated(request: HttpRequest, form: SettingsForm, *, confirm: bool) -> StoreSettings:
    act = act_of(request, seen=form.cleaned_data["version"])
    return update_settings(changes=form.changes(), act=act, confirm=confirm)
