"""The factor of grid electricity over years: what power makes and the digital sector's footprint multiplies by."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dualcarbon.core.errors import DataError
from dualcarbon.core.text import Text, both


@dataclass(frozen=True, slots=True)
class GridPath:
    """Tonnes of CO2 per MWh of grid electricity, year by year.

    Attributes
    ----------
    label : Text
        Which factor this is: scenario, kind, average or marginal.
    years : (n,) int64, increasing
    t_per_mwh : (n,) float64
    official : (n,) bool
        Years that carry a published factor; the others are computed.
    rule : Text
        How the years in between and beyond were found.
    source : Text

    Examples
    --------
    >>> flat = GridPath.constant(0.5306, 2023, 2060)
    >>> flat.at([2025, 2030]).tolist()
    [0.5306, 0.5306]
    """

    label: Text
    years: NDArray[np.int64]
    t_per_mwh: NDArray[np.float64]
    official: NDArray[np.bool_]
    rule: Text
    source: Text

    def __post_init__(self) -> None:
        if not len(self.years) == len(self.t_per_mwh) == len(self.official) or not len(self.years):
            raise ValueError("years, factors and marks of official years must be as many, and at least one")
        if np.any(np.diff(self.years) <= 0) or not np.all(self.t_per_mwh >= 0):
            raise ValueError("years must increase and factors must not be negative")

    @classmethod
    def constant(cls, t_per_mwh: float, first: int, last: int) -> GridPath:
        """One factor for all years: what a footprint looks like if the grid stays as it is."""
        years = np.arange(first, last + 1)
        return cls(
            Text("不变的因子 {f} 吨/兆瓦时", "constant factor {f} t/MWh").format(f=t_per_mwh),
            years,
            np.full(len(years), float(t_per_mwh)),
            np.zeros(len(years), dtype=np.bool_),
            Text("各年相同", "the same in every year"),
            both("-"),
        )

    def at(self, years: object) -> NDArray[np.float64]:
        """The factor of each year, t/MWh.

        Raises
        ------
        DataError
            If a year is not on the path; nothing is extrapolated.
        """
        wanted = np.atleast_1d(np.asarray(years, dtype=np.int64))
        position = np.minimum(np.searchsorted(self.years, wanted), len(self.years) - 1)
        absent = np.unique(wanted[self.years[position] != wanted])
        if len(absent):
            raise DataError(
                Text("电网因子没有这些年份", "the grid factor has no such years"),
                expected=both(f"{self.years[0]}-{self.years[-1]}"),
                found=Text("缺 {k} 年，前几年 {f}", "{k} years absent, first {f}").format(
                    k=len(absent), f=absent[:5].tolist()
                ),
                remedy=Text(
                    "缩短年份范围，或给出覆盖这些年的路径", "ask for fewer years, or give a path that covers them"
                ),
            )
        return np.asarray(self.t_per_mwh[position])
