"""How long somebody stays logged in: until nothing was done for a while, and two weeks at most."""

import time
from collections.abc import Callable

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import SESSION_KEY, logout
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

SINCE, SEEN = "logged_in_at", "seen_at"
"""What the session keeps, in seconds of the clock."""

NOTED_EVERY = 60
"""Seconds: a session is not written with every click."""

ASKED_BY_PAGES = ("/progress/",)
"""Ends of addresses that a page which is open asks for by itself: nobody does anything there."""


class SessionLimitMiddleware:
    """Logs out who did nothing for `SESSION_IDLE_MINUTES`, or logged in two weeks ago."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Look at the session, where there is one, before anything trusts it."""
        if settings.SESSION_COOKIE_NAME in request.COOKIES and SESSION_KEY in request.session:
            _keep_or_end(request)
        return self.get_response(request)


def begin_session(request: HttpRequest) -> None:
    """Count from now on: somebody logs in."""
    request.session.pop(SINCE, None)
    request.session.pop(SEEN, None)


def _keep_or_end(request: HttpRequest) -> None:
    now, session = int(time.time()), request.session
    since, seen = session.get(SINCE), session.get(SEEN)
    if not isinstance(since, int) or not isinstance(seen, int):
        session[SINCE] = session[SEEN] = now
        return
    idle, longest = settings.SESSION_IDLE_MINUTES * 60, settings.SESSION_COOKIE_AGE
    if now - seen >= idle or now - since >= longest:
        logout(request)
        messages.info(request, _("You were logged out for safety. Log in to go on."))
    elif now - seen >= NOTED_EVERY and not request.path.endswith(ASKED_BY_PAGES):
        session[SEEN] = now
