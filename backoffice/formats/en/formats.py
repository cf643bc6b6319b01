"""Days as every page of the back office writes them: "30 Nov 2026", short or not.

Django's own English writes "11/30/2026" beside "Nov. 30, 2026". Sentences to customers write days
out (`orders/amounts.py`).
"""

DATE_FORMAT = SHORT_DATE_FORMAT = "j M Y"
DATETIME_FORMAT = SHORT_DATETIME_FORMAT = "j M Y, P"
MONTH_DAY_FORMAT = "j F"
