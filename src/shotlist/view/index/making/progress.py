"""How far the making of an index is, for whoever waits for it."""

from collections.abc import Callable

from shotlist.report.wording import count


def by_tenths(tell: Callable[[str], None], what: str, total: int, few: int) -> Callable[[int], None]:
    """What to call with the clips that are done: a sentence for each tenth; none where there are but ``few``."""
    said = 0

    def done(number: int) -> None:
        nonlocal said
        if total > few and number * 10 // total > said:
            said = number * 10 // total
            tell(f"making the index: {what} of {count(number)} of {count(total, 'clip')}")

    return done
