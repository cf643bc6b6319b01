"""The addresses of the program, and three that break."""

from django.urls import include, path
from rest_framework.views import APIView

import backoffice.urls

SECRET = "a detail that no stranger reads"


def breaks(request):
    raise RuntimeError(SECRET)


class Breaks(APIView):
    permission_classes = ()

    def get(self, _request):
        raise RuntimeError(SECRET)


urlpatterns = [
    path("broken/", breaks),
    path("admin/broken/", breaks),
    path("api/v1/broken", Breaks.as_view()),
    path("", include(backoffice.urls)),
]
handler500 = backoffice.urls.handler500
