"""A power scenario: generation by source in some years, and the path between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.core.errors import ConfigError, DataError
from dualcarbon.core.tables import reference_rows
from dualcarbon.core.text import Text, both
from dualcarbon.power.checking import checked, require_years
from dualcarbon.power.official import FOLDER

FROZEN = "frozen"
_TWH_PER_1E8_KWH = 0.1
_LABELS = {"report": Text("报告情景（表 3-1）", "report (Table 3-1)")}
FROZEN_LABEL = Text("固定不变", "frozen")
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PowerScenario:
    """Generation by source at given years.

    Between them the total follows the monotone cubic (PCHIP) of its log, the clean share the PCHIP of its logit, and
    each source's share of its own group (clean, fossil) the PCHIP of that share, put back to a sum of one.

    Attributes
    ----------
    name : str
    label : Text
    nodes : polars.DataFrame
        `year`, `source`, `clean`, `generation_twh`: every source in every given year.
    source : Text
    fossil_t_per_mwh : mapping of year to float
        The scenario's own fossil factor, if any; linear between its years and the official ones.
    """

    name: str
    label: Text
    nodes: pl.DataFrame
    source: Text
    fossil_t_per_mwh: Mapping[int, float] = field(default_factory=dict)

    @property
    def years(self) -> tuple[int, ...]:
        """The given years."""
        return tuple(self.nodes["year"].unique().sort())

    @property
    def rule(self) -> Text:
        """How years in between are found."""
        share = self._node_shares()
        how = (
            Text("清洁份额的 logit", "the logit of the clean share")
            if np.all((share > 0.0) & (share < 1.0))
            else Text("清洁份额本身（有 0 或 1）", "the clean share itself (it has a 0 or 1)")
        )
        return Text(
            "给定 {y} 年；其间对总量的对数与{h}作保单调三次插值（PCHIP）",
            "given in {y}; in between the monotone cubic (PCHIP) of the log of the total and of {h}",
        ).format(y=", ".join(map(str, self.years)), h=how)

    def total_twh(self, years: object) -> Floats:
        """Total generation, TWh.

        Raises
        ------
        DataError
            If a year lies before the first or after the last given one.
        """
        at = require_years(years, self.years, self.label)
        totals = self.nodes.group_by("year").agg(pl.col("generation_twh").sum()).sort("year")
        return np.exp(_pchip(self.years, np.log(totals["generation_twh"].to_numpy()), at))

    def clean_share(self, years: object) -> Floats:
        """Clean generation as a share of the total.

        Raises
        ------
        DataError
            If a year lies before the first or after the last given one.

        Examples
        --------
        >>> (100 * load_scenario("report").clean_share([2020, 2030, 2060])).round(1).tolist()
        [33.2, 48.3, 92.9]
        """
        at, share = require_years(years, self.years, self.label), self._node_shares()
        if np.all((share > 0.0) & (share < 1.0)):
            return np.asarray(1.0 / (1.0 + np.exp(-_pchip(self.years, np.log(share / (1.0 - share)), at))))
        return np.clip(_pchip(self.years, share, at), 0.0, 1.0)

    def generation(self, years: object) -> pl.DataFrame:
        """Generation by source: `year`, `source`, `clean`, `generation_twh`, `share`, `given` (a year of the data).

        Raises
        ------
        DataError
            If a year lies before the first or after the last given one.
        """
        at = require_years(years, self.years, self.label)
        total, share = self.total_twh(at), self.clean_share(at)
        parts = []
        for clean, weight in ((False, 1.0 - share), (True, share)):
            within = self._within(clean, at)
            for source, part in within.items():
                parts.append(_long(at, source, clean, total * weight * part, weight * part, self.years))
        return pl.concat(parts).sort("year", "clean", "source")

    def _node_shares(self) -> Floats:
        weights = pl.col("generation_twh")
        clean = weights.filter(pl.col("clean")).sum() / weights.sum()
        return np.asarray(self.nodes.group_by("year").agg(share=clean).sort("year")["share"].to_numpy())

    def _within(self, clean: bool, at: NDArray[np.int64]) -> dict[str, Floats]:
        """Each source's share of its group at the years asked for."""
        group = self.nodes.filter(pl.col("clean") == clean)
        wide = group.pivot(on="source", index="year", values="generation_twh").sort("year").drop("year")
        if not wide.width:
            return {}
        amounts = wide.to_numpy()
        sums = amounts.sum(axis=1, keepdims=True)
        shares = np.divide(amounts, sums, out=np.full_like(amounts, 1.0 / wide.width), where=sums > 0.0)
        curves = np.column_stack([np.clip(_pchip(self.years, column, at), 0.0, 1.0) for column in shares.T])
        return dict(zip(wide.columns, (curves / curves.sum(axis=1, keepdims=True)).T, strict=True))

    def __repr__(self) -> str:
        return (
            f"PowerScenario({self.name}: {self.years[0]}-{self.years[-1]}, {self.nodes['source'].n_unique()} sources)"
        )


def _long(
    at: NDArray[np.int64], source: str, clean: bool, amount: Floats, share: Floats, given: tuple[int, ...]
) -> pl.DataFrame:
    return pl.DataFrame({"year": at, "generation_twh": amount, "share": share}).select(
        "year",
        source=pl.lit(source),
        clean=pl.lit(clean),
        generation_twh="generation_twh",
        share="share",
        given=pl.col("year").is_in(list(given)),
    )


def _pchip(years: tuple[int, ...], values: Floats, at: NDArray[np.int64]) -> Floats:
    from scipy.interpolate import PchipInterpolator

    return np.asarray(PchipInterpolator(np.asarray(years, dtype=np.float64), values)(at.astype(np.float64)))


def scenario_names() -> tuple[str, ...]:
    """Names that can be given for a scenario."""
    return (*dict.fromkeys(row["scenario"] for row in reference_rows("scenarios", FOLDER)), FROZEN)


@cache
def load_scenario(name: str) -> PowerScenario:
    """The shipped scenario of that name.

    Raises
    ------
    ConfigError
        If there is none with generation by source; "frozen" holds the factor and has no generation.
    """
    rows = [row for row in reference_rows("scenarios", FOLDER) if row["scenario"] == name]
    if not rows:
        raise ConfigError(
            Text("没有这个电力情景：{n}", "no such power scenario: {n}").format(n=name),
            expected=both(" | ".join(n for n in scenario_names() if n != FROZEN)),
            found=both(repr(name)),
            remedy=Text(
                "用所列情景，或用 own_scenario 自备；frozen 只固定因子，没有发电量",
                "use one of these, or bring your own with own_scenario; frozen fixes the factor and has no generation",
            ),
        )
    frame = pl.DataFrame(
        {
            "year": [int(r["year"]) for r in rows],
            "source": [r["source"] for r in rows],
            "clean": [r["clean"] == "1" for r in rows],
            "generation_twh": [_TWH_PER_1E8_KWH * float(r["generation_1e8_kwh"]) for r in rows],
        }
    )
    said = Text(rows[0]["source_zh"], rows[0]["source_en"])
    return PowerScenario(name, _LABELS.get(name, both(name)), checked(frame), said)


def own_scenario(
    data: object,
    name: str = "own",
    label: Text | None = None,
    fossil_t_per_mwh: Mapping[int, float] | None = None,
    source: Text | None = None,
) -> PowerScenario:
    """A scenario of the user's own.

    Parameters
    ----------
    data : polars or pandas frame, or path of a CSV file
        `year`, `source` and either `generation_twh`, or `share` (0 to 1) with `total_twh`. Sources other than those of
        `SOURCES` need a `clean` column (true or false).
    fossil_t_per_mwh : mapping of year to float
        Factor of the fossil plants in some years, if it is to change.

    Raises
    ------
    SchemaError, DataError
        If columns or rows are absent, values negative, a source stands twice in a year, shares do not add up to one, a
        source is not known to be clean or fossil, or fewer than two years are given.
    InputError
        If the file cannot be read.

    Examples
    --------
    >>> frame = pl.DataFrame({"year": [2023, 2023, 2035, 2035], "source": ["coal", "wind"] * 2,
    ...                       "generation_twh": [6000.0, 3400.0, 4000.0, 8000.0]})
    >>> own_scenario(frame).clean_share([2035]).round(3).tolist()
    [0.667]
    """
    if isinstance(data, (str, Path)):
        data = read_csv(Path(data))
    factors = _factors({} if fossil_t_per_mwh is None else fossil_t_per_mwh)
    said = source or Text("用户自备", "the user's own")
    return PowerScenario(name, label or both(name), checked(data), said, factors)


def _factors(given: object) -> dict[int, float]:
    """Fossil factors by whole year."""
    told = dict(given) if isinstance(given, Mapping) else {"-": given}
    read = {year: (_number(year), _number(value)) for year, value in told.items()}
    bad = [year for year, (t, value) in read.items() if not (t.is_integer() and np.isfinite(value) and value >= 0.0)]
    if bad:
        raise DataError(
            Text("化石因子有负值，或不是逐年的有限数", "fossil factors are negative, or not finite numbers by year"),
            expected=Text(
                "整数年份到不小于零的有限数，吨/兆瓦时", "whole years to finite numbers not below zero, t/MWh"
            ),
            found=Text("{n} 年：{f}", "{n} years: {f}").format(n=len(bad), f={year: told[year] for year in bad[:5]}),
            remedy=Text("改正这些，例如 {e}", "correct these, for example {e}").format(e="{2035: 0.75}"),
        )
    return {int(t): value for t, value in read.values()}


def _number(given: object) -> float:
    try:
        return float(given)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return float("nan")


def read_csv(path: Path) -> pl.DataFrame:
    """A scenario file as a frame.

    Raises
    ------
    InputError
        If it is not there or cannot be read.
    """
    from polars.exceptions import PolarsError

    from dualcarbon.core.errors import InputError
    from dualcarbon.core.files import require_readable

    require_readable(path)
    try:
        return pl.read_csv(path)
    except (PolarsError, OSError) as error:
        raise InputError(
            Text("情景文件读不出", "the scenario file cannot be read"),
            expected=Text(
                "UTF-8 的 CSV，有列 year、source、generation_twh", "UTF-8 CSV with year, source, generation_twh"
            ),
            found=both(f"{path.name}: {type(error).__name__}"),
            remedy=Text("检查路径与格式", "check path and format"),
        ) from error
