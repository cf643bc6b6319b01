"""What the page of jobs says of those of orders; importing the module adds it."""

from django.utils.translation import gettext_lazy

from inventory.admin.jobs import KINDS, Kind

KINDS["refresh_promises"] = Kind(gettext_lazy("Lay promises anew"))
