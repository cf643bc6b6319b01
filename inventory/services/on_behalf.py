"""What is done later for whoever asked for it: only what they may still do by then.

Between a preview and its last row somebody may lose a right, their log-in, or a product.
"""

from collections.abc import Collection
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.utils.translation import gettext as _

from inventory.acts import Act
from inventory.errors import NotAllowedAnyMore
from inventory.models import ChangeSet, Seller, Variant
from inventory.models.catalog import own_sellers
from inventory.models.work import Source


def still_may(user_id: int | None, *rights: str) -> AbstractBaseUser:
    """Return whoever asked for something, read anew; one of these rights is enough.

    :raises NotAllowedAnyMore: they were deleted, or may not do it by now.
    """
    user = get_user_model().objects.filter(pk=user_id or 0).first()
    if user is None:
        raise NotAllowedAnyMore(_("The user who asked for this was deleted."))
    if not _may(user, rights):
        words = _("%(name)s may not do this any more. Nothing more was changed.")
        raise NotAllowedAnyMore(words % {"name": user.get_username()})
    return user


def was_asked_for(user_id: int | None, change_set: ChangeSet | None) -> bool:
    """Return whether somebody asked for a change, who may be deleted by now; else a program did."""
    return user_id is not None or (change_set is not None and change_set.source != Source.COMMAND)


def _may(user: Any, rights: Collection[str]) -> bool:
    """Return whether a user has one of these rights, for the store or as some seller."""
    is_somebodys = own_sellers(user) != [] or Seller.objects.filter(users=user.pk).exists()
    return is_somebodys and any(user.has_perm(right) for right in rights)


def still_theirs(variant_ids: Collection[int], *, act: Act) -> set[int]:
    """Return those of these variants that whoever acts sees by now; a program sees all.

    The variants are locked.
    """
    sellers = None if act.user_id is None else _sellers(act.user_id)
    if sellers is None:
        return set(variant_ids)
    rows = Variant.objects.filter(pk__in=variant_ids, product__seller__in=sellers)
    return set(rows.values_list("pk", flat=True))


def _sellers(user_id: int) -> list[int] | None:
    user = get_user_model().objects.filter(pk=user_id).first()
    return [] if user is None else own_sellers(user)
