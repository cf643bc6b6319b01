"""Tokens of the API that still work, and ending them."""

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db.models import Q, QuerySet
from django.utils import timezone

from backoffice.models import ApiToken
from inventory.acts import Act
from inventory.services.history import record_differences


def live_tokens(user: AbstractBaseUser | AnonymousUser) -> QuerySet[ApiToken]:
    """Return the tokens that act for a user, newest first."""
    lasting = Q(expires_at=None) | Q(expires_at__gt=timezone.now())
    return ApiToken.objects.filter(lasting, user=user.pk, revoked_at=None).order_by("-pk")


def end_token(token: ApiToken, *, act: Act) -> bool:
    """Make a token worthless from now on; `False`: it was before."""
    if not ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=act.at):
        return False
    token.revoked_at = act.at
    record_differences(token, {"revoked_at": None}, act=act)
    return True
