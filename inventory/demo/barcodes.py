"""Barcodes that no other shop has."""


def ean(number: int) -> str:
    """Return the EAN-13 of a number below 10,000,000,000, with its check digit.

    Source: GS1 General Specifications, prefix 20: numbers for use within one shop.
    """
    digits = f"20{number:010d}"
    total = sum(int(digit) * (3 if n % 2 else 1) for n, digit in enumerate(digits))
    return f"{digits}{-total % 10}"
