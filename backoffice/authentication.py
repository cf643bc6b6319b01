"""Who calls the API: `Authorization: Bearer …`."""

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Q
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from backoffice.models import ApiToken

SCHEME = b"bearer"


class TokenAuthentication(BaseAuthentication):
    """A token acts for its user until it expires, is revoked, or the user is deactivated."""

    def authenticate(self, request: Request) -> tuple[AbstractBaseUser, ApiToken] | None:
        """Return the user and the token, or `None` when the request brings no token.

        :raises AuthenticationFailed: the token is malformed, unknown, expired or revoked.
        """
        words = get_authorization_header(request).split()
        if not words or words[0].lower() != SCHEME:
            return None
        try:
            key = words[1].decode("ascii") if len(words) == 2 else ""
        except UnicodeDecodeError:
            key = ""
        token = (
            ApiToken.objects.select_related("user")
            .filter(Q(expires_at=None) | Q(expires_at__gt=timezone.now()))
            .filter(key_hash=ApiToken.hash_of(key), revoked_at=None, user__is_active=True)
            .first()
        )
        if token is None:
            raise AuthenticationFailed("This token is unknown, expired or revoked.")
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        """Return the challenge of a 401."""
        return "Bearer"
