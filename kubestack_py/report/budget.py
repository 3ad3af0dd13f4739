"""Lists that are cut to fit: between items, never inside, and with a word on how much is missing.

Sizes are in UTF-16 units: what a host calls a character is never more than that.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence


def size(text: str) -> int:
    """The length of a text in UTF-16 units."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


class Part:
    """A list of a comment with what stands before and after it.

    `items` are read as far as there is room and no further. `total` is how many there are, `more` says in
    words how many are left out. Parts of a lower `rank` get room first, as far as `most` of what is left.
    """

    def __init__(
        self, items: Iterator[str], total: int, more: Callable[[int], str], *,
        before: str = "", after: str = "", rank: int = 0, most: float = 1.0,
    ) -> None:  # fmt: skip
        self._items = items
        self._next = next(items, None)
        self._total = total
        self._more = more
        self._before = before
        self._after = after
        self._taken: list[str] = []
        self.rank = rank
        self.most = most
        self.shown = False

    @property
    def least(self) -> int:
        """The room for the part without any item."""
        return sum(map(size, (self._before, self._after, self._more(self._total))))

    @property
    def wants(self) -> int:
        """The room for the next item; 0 when there is none."""
        return size(self._next) if self._next is not None else 0

    def grow(self, room: int) -> int:
        """Take the items that fit into the room, in order; return what they use of it."""
        used = 0
        while self._next is not None and used + size(self._next) <= room:
            used += size(self._next)
            self._taken.append(self._next)
            self._next = next(self._items, None)
        return used

    def text(self) -> str:
        """The part as far as it was given room."""
        left = self._total - len(self._taken)
        return "".join([self._before, *self._taken, self._more(left) if left > 0 else "", self._after])


def lay_out(parts: Sequence[Part], room: int) -> int:
    """Share room among parts, fairly among those of one rank; return how many get none at all."""
    for _, group in groupby(sorted(parts, key=lambda part: part.rank), key=lambda part: part.rank):
        members = list(group)
        given = int(room * members[0].most)
        room -= given - _share(members, given)
    return sum(not part.shown for part in parts)


def _share(parts: Sequence[Part], room: int) -> int:
    """Give each part its least, then equal shares until all are content; return what is left."""
    hungry: list[Part] = []
    for part in parts:
        if part.least <= room:
            room -= part.least
            part.shown = True
            hungry.append(part)
    while hungry := [part for part in hungry if part.wants]:
        portion = room // len(hungry)
        used = sum(part.grow(portion) for part in hungry)
        if not used:
            break
        room -= used
    for part in sorted(hungry, key=lambda part: part.wants):
        room -= part.grow(room)
    return room
