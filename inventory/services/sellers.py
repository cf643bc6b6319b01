"""Making and changing sellers; who acts for one is a right, given in the admin."""

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction

from inventory.acts import Act
from inventory.errors import InvalidChange
from inventory.locks import lock_row
from inventory.models import Seller
from inventory.services.changes import refuse_stale, save_changes, validate
from inventory.services.history import record_creation

SELLER_FIELDS = ("name", "is_active")


@transaction.atomic
def create_seller(*, act: Act, code: str, **fields: Any) -> Seller:
    """Make a seller, for whom nobody acts yet.

    :raises InvalidChange: a field cannot take its value, or the code is taken.
    """
    seller = Seller(code=code, **fields)
    validate(seller)
    try:
        with transaction.atomic():
            seller.save(force_insert=True)
    except IntegrityError as error:
        raise InvalidChange({"code": f"There is a seller {code} already."}) from error
    record_creation(seller, act=act)
    return seller


@transaction.atomic
def update_seller(*, seller: Seller, changes: Mapping[str, Any], act: Act) -> Seller:
    """Change a seller; the code stays, because files and programs know it.

    The users of one that is not active see nothing any more.

    :raises StaleChange: `version` is not the newest.
    :raises InvalidChange: a field cannot be changed, or cannot take its value.
    """
    seller = lock_row(seller)
    refuse_stale(seller, act)
    return save_changes(seller, changes, act=act, allowed=SELLER_FIELDS)
