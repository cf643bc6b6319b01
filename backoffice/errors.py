"""What is answered when nobody foresaw what went wrong: a page to people, a problem to programs."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.template import loader

from backoffice.middleware import API, Handler, problem
from backoffice.reference import current_reference

KEPT = ("Allow", "Retry-After", "WWW-Authenticate")
"""Headers of a refusal that stay, whatever becomes of its text."""


class ApiProblemsMiddleware:
    """Let the API refuse in JSON alone, whichever part of the program the refusal comes from.

    What Django answers before a view is reached, or after one broke, is a page for people.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer; a refusal that is no JSON becomes a problem with the same status."""
        response = self.get_response(request)
        if not request.path_info.startswith(API) or response.status_code < 400:
            return response
        if "json" in response.get("Content-Type", ""):
            return response
        problem = problem_of(response.status_code)
        for name in KEPT:
            if name in response:
                problem[name] = response[name]
        return problem


def problem_of(status: int) -> JsonResponse:
    """Return a refusal of which the status says everything, and a fault of ours with its number."""
    if status != HTTPStatus.INTERNAL_SERVER_ERROR:
        return problem(status, f"{HTTPStatus(status).phrase}.")
    number = current_reference()
    words = "It is our fault, and it was written down. Tell whoever runs this shop the number "
    return problem(status, f"{words}{number}.", reference=number)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer a page that needs no database, and names the number under which it was logged."""
    page = loader.render_to_string("500.html", {"reference": current_reference()})
    return HttpResponse(page, status=HTTPStatus.INTERNAL_SERVER_ERROR)
