"""Technologies that lower what a station uses, each with its saving and how fast it spreads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dualcarbon.core.errors import ConfigError
from dualcarbon.core.text import Text, both
from dualcarbon.footprint import shipped

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Saving:
    """A technology that saves the share `share` at a station and reaches the share `reach` of stations.

    Attributes
    ----------
    name : str
    label : Text
    share : float
        Of the energy left by the technologies before it, in [0, 1).
    first, last : int
        The reach rises linearly from 0 in `first` to `reach` in `last` and stays there.
    reach : float
        In [0, 1].
    status : str
        One of `shipped.STATUSES`.
    source : Text

    Raises
    ------
    ConfigError
        If a share is out of bounds or the years do not increase.

    Examples
    --------
    >>> Saving("ai", Text("AI", "AI"), 0.1, 2021, 2026, 0.8).left([2020, 2026]).round(12).tolist()
    [1.0, 0.92]
    """

    name: str
    label: Text
    share: float
    first: int
    last: int
    reach: float = 1.0
    status: str = "given"
    source: Text = shipped.USER

    def __post_init__(self) -> None:
        if 0.0 <= self.share < 1.0 and 0.0 <= self.reach <= 1.0 and self.first < self.last:
            return
        raise ConfigError(
            Text("节能技术 {n} 的参数不对", "the saving {n} has wrong parameters").format(n=self.name),
            expected=both("0 <= share < 1, 0 <= reach <= 1, first < last"),
            found=both(f"share={self.share}, reach={self.reach}, first={self.first}, last={self.last}"),
            remedy=Text("份额用小数，例如 0.15", "give shares as fractions, for example 0.15"),
        )

    def reached(self, years: Iterable[int]) -> Floats:
        """Share of stations that have it, (n,)."""
        t = np.asarray(list(years), dtype=np.float64)
        return self.reach * np.clip((t - self.first) / (self.last - self.first), 0.0, 1.0)

    def left(self, years: Iterable[int]) -> Floats:
        """What is left of the energy, 1 - share x reach(t), (n,)."""
        return 1.0 - self.share * self.reached(years)


def default_savings() -> tuple[Saving, ...]:
    """The shipped technologies in the order they multiply; their parameters are assumptions and marked so."""
    return tuple(
        Saving(
            row["key"],
            shipped.label(row),
            float(row["saving_share"]),
            int(row["from_year"]),
            int(row["to_year"]),
            float(row["reach_share"]),
            row["status"],
            shipped.source(row),
        )
        for row in shipped.rows("savings")
    )


def one_after_another(base: Floats, savings: Sequence[Saving], years: Iterable[int]) -> tuple[Floats, Floats]:
    """What is left after all savings, (n,), and what each saves, (s, n): e_j = e_(j-1) (1 - share_j reach_j).

    What is left does not depend on the order, what each saves does: an earlier one meets more energy.
    """
    _require_apart(savings)
    t = list(years)
    left, saved = base.copy(), np.zeros((len(savings), len(base)))
    for j, one in enumerate(savings):
        after = left * one.left(t)
        saved[j] = left - after
        left = after
    return left, saved


def _require_apart(savings: Sequence[Saving]) -> None:
    names = [one.name for one in savings]
    twice = sorted({name for name in names if names.count(name) > 1})
    if not twice:
        return
    raise ConfigError(
        Text("节能技术重名", "savings bear the same name"),
        expected=Text("各项名称不同", "a name of its own for each"),
        found=both(", ".join(twice)),
        remedy=Text("改名，或去掉重复的一项", "rename one, or leave the repeated one out"),
    )
