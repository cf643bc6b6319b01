"""Orders of shops elsewhere: recorded once, then sold here.

Source: Cin7 Core, "Process backorders".
"""

from orders.services.capture.mending import dismiss, mend, try_again
from orders.services.capture.recording import record
from orders.services.capture.settling import settle, settle_or_say

__all__ = ["dismiss", "mend", "record", "settle", "settle_or_say", "try_again"]
