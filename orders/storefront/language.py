"""In which language the shop speaks: the visitor's choice, their browser's wish, or the shop's."""

from django.conf import settings
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBadRequest,
    HttpResponseRedirect,
)
from django.http.response import HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django.urls import reverse
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation.trans_real import (
    get_supported_language_variant,
    parse_accept_lang_header,
)
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

NAMES = (("en", "English"), ("nl", "Nederlands"), ("de", "Deutsch"))
"""Each language in its own words."""

ENGLISH_ONLY = ("/admin/", "/api/", "/health/")
"""Addresses of pages for staff and of programs."""

YEAR = 365 * 24 * 60 * 60


class LanguageMiddleware(LocaleMiddleware):
    """Speak the visitor's language in the shop, and English to staff and programs."""

    def process_request(self, request: HttpRequest) -> None:
        """Choose the language of this request."""
        translation.activate("en" if _is_english(request) else language_of(request))
        request.LANGUAGE_CODE = translation.get_language()

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """Say which language it is, and what it depends on."""
        if not _is_english(request):
            patch_vary_headers(response, ("Accept-Language", "Cookie"))
        response.headers.setdefault("Content-Language", translation.get_language() or "en")
        return response


def language_of(request: HttpRequest) -> str:
    """Return the language a visitor chose; else one their browser asks for; else the shop's."""
    chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    if chosen in dict(NAMES):
        return chosen
    return accepted(request.headers.get("Accept-Language", ""))


def accepted(header: str) -> str:
    """Return the first of our languages that an Accept-Language asks for, else the shop's."""
    for wished, _weight in parse_accept_lang_header(header):
        try:
            return get_supported_language_variant(wished)
        except LookupError:
            continue
    return str(settings.SHOP_LANGUAGE)


@csrf_exempt  # A page elsewhere could change the language of its own visitor: no harm, no token.
@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """Keep the language that a visitor chose, and show the page again that they came from."""
    language, page = request.POST.get("language", ""), request.POST.get("next", "")
    if language not in dict(NAMES):
        return HttpResponseBadRequest("This language is not spoken here.")
    is_ours = url_has_allowed_host_and_scheme(
        page, allowed_hosts=None, require_https=request.is_secure()
    )
    answer = HttpResponseRedirect(page if is_ours else reverse("storefront:list"), status=303)
    answer.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=YEAR,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )
    return answer


def _is_english(request: HttpRequest) -> bool:
    return request.path_info.startswith(ENGLISH_ONLY)
