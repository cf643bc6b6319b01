"""What the log never says: the keys in addresses of order pages, whoever logs an address."""

import logging
import re

_ORDER_PAGE = re.compile(r"(/order/)[A-Za-z0-9_-]{43}")


class WithoutKeys(logging.Filter):
    """Hides the key of an order's page in whatever is logged."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Return yes: everything is logged, without its keys."""
        said = record.getMessage()
        hidden = _ORDER_PAGE.sub(r"\1…", said)
        if hidden != said:
            record.msg, record.args = hidden, ()
        return True
