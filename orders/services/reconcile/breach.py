"""What a check of the books says when something is wrong."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Breach:
    """One thing that is not what it should be: which rule, where, and what was found."""

    rule: str
    where: str
    text: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.where}: {self.text}"


Check = Callable[[], Iterator[Breach]]
