"""For shops without batches: one request for each item, with the promises of a batch."""

from collections.abc import Callable, Sequence

from channels.connectors.base import ChannelDown, Item, Outcome


def one_by_one(items: Sequence[Item], write: Callable[[Item], Outcome]) -> list[Outcome]:
    """Write each item; after the first silence of the shop, ask nothing more.

    :raises ChannelDown: the first item could not be asked for already.
    """
    outcomes: list[Outcome] = []
    down: ChannelDown | None = None
    for item in items:
        if down is None:
            try:
                outcomes.append(write(item))
                continue
            except ChannelDown as error:
                if not outcomes:
                    raise
                down = error
        outcomes.append(_not_written(item, down))
    return outcomes


def _not_written(item: Item, down: ChannelDown) -> Outcome:
    return Outcome(
        ref=item.ref,
        remote_id=item.remote_id,
        remote_parent_id=item.remote_parent_id,
        error=str(down),
        is_final=False,
        retry_after=down.retry_after,
    )
