"""A busy shop: it places an order again and again, and prints the key of each once it is kept.

It is a program of its own: `python -m tests.races.buyer VARIANT [HOW-MANY]`. After so many it waits
until its input ends, connected to the database. An order that the database did not answer is `CUT`.
"""

import os
import sys
from itertools import count

import django
from django.db import OperationalError, close_old_connections

CUT = "cut"


def main(variant_id, how_many):
    from channels.models import Channel
    from inventory.acts import Act
    from inventory.models import Variant
    from orders.services.booking import Wanted
    from orders.services.place import Customer, place_order

    channel = Channel.objects.get(slug="direct")
    for _n in range(how_many) if how_many else count():
        try:
            order = place_order(
                channel=channel,
                customer=Customer("Ann"),
                lines=[Wanted(Variant.objects.get(pk=variant_id), 1, 1)],
                act=Act.now(by="ann"),
            )
        except OperationalError:
            close_old_connections()
            print(CUT, flush=True)
        else:
            print(order.pk, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backoffice.settings")
    django.setup()
    main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0)
