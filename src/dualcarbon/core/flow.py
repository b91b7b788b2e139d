"""A drawing of ideas: boxes on a grid and arrows between them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from dualcarbon.core.text import Text


@dataclass(frozen=True, slots=True)
class Box:
    """A named idea in a cell of the grid, the first row on top; `strong` ones are filled."""

    key: str
    row: int
    column: int
    label: Text
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Arrow:
    """From one box to another, with a word if there is one; `both` has a head at either end."""

    start: str
    end: str
    label: Text | None = None
    both: bool = False


@dataclass(frozen=True, slots=True)
class Flow:
    """Boxes and arrows.

    Attributes
    ----------
    boxes : tuple of Box, at least one
    arrows : tuple of Arrow

    Raises
    ------
    ValueError
        If there is no box, a key or a cell is taken twice, a place is negative, or an arrow names an unknown box or
        returns to its own.

    Examples
    --------
    >>> from dualcarbon.core.text import both
    >>> flow = Flow((Box("a", 0, 0, both("A")), Box("b", 1, 0, both("B"))), (Arrow("b", "a"),))
    >>> flow.rows, flow.columns
    (2, 1)
    """

    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...] = ()

    def __post_init__(self) -> None:
        keys, cells = [box.key for box in self.boxes], [(box.row, box.column) for box in self.boxes]
        if not keys or any(row < 0 or column < 0 for row, column in cells):
            raise ValueError(f"flow: {len(keys)} boxes at {cells}")
        for taken in (Counter(keys), Counter(cells)):
            if twice := [one for one, times in taken.items() if times > 1]:
                raise ValueError(f"flow: taken more than once: {twice}")
        if lost := [a for a in self.arrows if a.start == a.end or {a.start, a.end} - set(keys)]:
            raise ValueError(f"flow: arrows without two boxes: {[(a.start, a.end) for a in lost]}")

    @property
    def rows(self) -> int:
        """Rows of the grid."""
        return 1 + max(box.row for box in self.boxes)

    @property
    def columns(self) -> int:
        """Columns of the grid."""
        return 1 + max(box.column for box in self.boxes)
