"""The web server's entry point."""

import logging
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backoffice.settings")
os.environ["ANSWERS_REQUESTS"] = "1"  # somebody waits: `backoffice.settings` limits statements
application = get_wsgi_application()

from backoffice.folders import check_folders  # noqa: E402 -- the apps are loaded by now

for warning in check_folders():
    logging.getLogger(__name__).warning("%s %s", warning.msg, warning.hint)
