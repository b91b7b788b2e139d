"""Do matched units resemble each other: standardised differences and variance ratios before and after matching."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.core.exhibit import Cell, DotPlot, Figure, Header, Series, Table
from dualcarbon.core.text import Text, both
from dualcarbon.policy.design import Design
from dualcarbon.policy.matched_sample import MatchedCohort, matched_sample
from dualcarbon.policy.models.matched import MODEL, Matched
from dualcarbon.policy.words import number_form, source

Floats = NDArray[np.float64]

LIMIT = 0.1
"""Standardised difference up to which a control is usually called balanced (Austin 2009)."""

ROUNDING = 1e-12
"""Deviation of a control, relative to its mean, up to which it is constant."""

INDEX = "propensity_logit"
"""Name of the row of the fitted log odds."""

_MOMENTS = ("treated", "comparison", "difference", "ratio")


@dataclass(frozen=True, slots=True)
class Balance:
    """Controls of treated and comparison units, before and after matching.

    Attributes
    ----------
    frame : polars.DataFrame
        One row per control and one for the log odds of the propensity: control; and, each with `_before` and `_after`,
        treated and comparison (means), difference (standardised), ratio (of variances).
    by_cohort : polars.DataFrame
        The same with `cohort` in front, for every cohort.
    treated, matched, off_support, comparison : int
        Treated units of the cohorts; those matched; those outside the common support; comparison units used.
    sample : Design
    words : Text
        The matching.
    """

    frame: pl.DataFrame
    by_cohort: pl.DataFrame
    treated: int
    matched: int
    off_support: int
    comparison: int
    sample: Design
    words: Text

    def table(self, key: str = "balance") -> Table:
        """Means, standardised differences and variance ratios before and after."""
        groups = {"before": Text("匹配前", "Before matching"), "after": Text("匹配后", "After matching")}
        names = {
            "treated": Text("处理组均值", "Mean, treated"),
            "comparison": Text("比较组均值", "Mean, comparison"),
            "difference": Text("标准化差", "Std. difference"),
            "ratio": Text("方差比", "Variance ratio"),
        }
        headers = tuple(Header(f"{m}_{w}", names[m], group=groups[w]) for w in groups for m in _MOMENTS)
        return Table(
            key=key,
            number=Text("平衡性检验", "Balance"),
            title=Text("匹配前后控制变量的平衡性", "Balance of the controls before and after matching"),
            headers=(Header("control", Text("变量", "Variable")), *headers),
            rows=tuple(_cells(row) for row in self.frame.iter_rows(named=True)),
            notes=self._notes(),
            source=source(self.sample),
            simulated=self.sample.simulated,
            row_keys=tuple(self.frame["control"].to_list()),
        )

    def figure(self, key: str = "figure_balance") -> Figure:
        """The love plot: absolute standardised differences before and after, the largest before on top."""
        rows = self.frame.with_columns(pl.col("difference_before", "difference_after").abs()).sort(
            "difference_before", descending=True, nulls_last=True
        )
        nan = float("nan")
        before, after = (tuple(rows[f"difference_{w}"].fill_null(nan).to_list()) for w in ("before", "after"))
        return Figure(
            key=key,
            number=Text("平衡图", "Balance figure"),
            title=Text("匹配前后的标准化差", "Standardised differences before and after matching"),
            drawing=DotPlot(
                tuple(_name(control) for control in rows["control"].to_list()),
                (
                    Series(Text("匹配前", "before matching"), before, hollow=True),
                    Series(Text("匹配后", "after matching"), after),
                ),
                Text("标准化差的绝对值", "Absolute standardised difference"),
                references=(0.0, LIMIT),
            ),
            notes=self._notes(),
            source=source(self.sample),
            simulated=self.sample.simulated,
        )

    def _notes(self) -> tuple[Text, ...]:
        return (
            Text(
                "{m}；{t} 个处理单位中 {u} 个匹配成功，{o} 个不在共同支撑上；用到 {c} 个比较单位。",
                "{m}; of {t} treated units {u} are matched, {o} are off the common support; "
                "{c} comparison units are used.",
            ).format(m=self.words, t=self.treated, u=self.matched, o=self.off_support, c=self.comparison),
            Text(
                "标准化差 =（处理组均值 − 比较组均值）/ √((s²处理 + s²比较)/2)，方差取匹配前；"
                "方差比 = s²处理 / s²比较；各批按其处理单位数合并。通常以 {l} 为限。",
                "Standardised difference = (mean of treated − mean of comparison) / √((s² treated + s² comparison)/2), "
                "variances before matching; variance ratio = s² treated / s² comparison; cohorts are joined by "
                "their treated units. The usual limit is {l}.",
            ).format(l=LIMIT),
        )

    def __repr__(self) -> str:
        before, after = (np.nanmax(np.abs(self.frame[f"difference_{w}"].to_numpy())) for w in ("before", "after"))
        return (
            f"Balance({self.matched} of {self.treated} treated matched, {self.off_support} off support; largest "
            f"standardised difference {before:.3f} before, {after:.3f} after)"
        )


def balance(sample: Design, estimator: Matched = MODEL) -> Balance:
    """How alike treated and comparison units are before and after the matching that an estimator does.

    Before: all treated units of the cohorts against all units they may be compared with, which count in every cohort in
    proportion to its treated units. After: with the matching weights. Variances divide by (sum w)^2 - sum w^2 over sum
    w, n - 1 for equal weights.

    Raises
    ------
    ConfigError
        Without controls.
    NotIdentifiedError
        No cohort can be matched.

    Notes
    -----
    Rosenbaum & Rubin (1985), https://doi.org/10.1080/00031305.1985.10479383; Austin (2009),
    https://doi.org/10.1002/sim.3697.

    Examples
    --------
    >>> from dualcarbon.core.panel import Panel
    >>> from dualcarbon.policy.design import design
    >>> from dualcarbon.policy.matching import Weighting
    >>> r = np.random.default_rng(0)
    >>> x = r.normal(size=200)
    >>> first = np.where(x + 2 * r.normal(size=200) > 1, 2, 0)
    >>> t = pl.DataFrame({"i": np.repeat(np.arange(200), 2), "t": [1, 2] * 200, "g": np.repeat(first, 2)})
    >>> t = t.with_columns(x=pl.Series(np.repeat(x, 2)), y=pl.lit(0.0))
    >>> found = balance(design(Panel.from_frame(t, id="i", time="t"), "y", "g", controls=["x"]), Matched(Weighting()))
    >>> found.frame["difference_before"][0] > 0.5, abs(found.frame["difference_after"][0]) < 0.1
    (True, True)
    """
    estimator.check(sample)
    cohorts = matched_sample(sample, estimator.match, estimator.at, estimator.support).cohorts
    names = (*sample.asked.controls, INDEX)
    parts = [(c.cohort, _frame(names, [c])) for c in cohorts]
    return Balance(
        frame=_frame(names, cohorts),
        by_cohort=pl.concat([part.select(pl.lit(g).alias("cohort"), pl.all()) for g, part in parts]),
        treated=sum(int(c.treated.sum()) for c in cohorts),
        matched=sum(int(np.count_nonzero(c.treated & (c.weights > 0))) for c in cohorts),
        off_support=sum(int(np.count_nonzero(~c.supported)) for c in cohorts),
        comparison=len(np.unique(np.concatenate([c.unit[~c.treated & (c.weights > 0)] for c in cohorts]))),
        sample=sample,
        words=estimator.match.words,
    )


def _frame(names: tuple[str, ...], cohorts: tuple[MatchedCohort, ...] | list[MatchedCohort]) -> pl.DataFrame:
    x = np.concatenate([np.column_stack([c.controls, c.index]) for c in cohorts])
    treated = np.concatenate([c.treated for c in cohorts])
    after = np.concatenate([c.weights for c in cohorts])
    shares = [np.where(c.treated, 1.0, c.treated.sum() / np.count_nonzero(~c.treated)) for c in cohorts]
    before = np.concatenate(shares)
    columns: dict[str, Floats] = {}
    spread: Floats | None = None
    for when, weights in (("before", before), ("after", after)):
        mine, own = _moments(x[treated], weights[treated])
        theirs, other = _moments(x[~treated], weights[~treated])
        spread = np.sqrt((own + other) / 2.0) if spread is None else spread
        numbers = (mine, theirs, _ratio(mine - theirs, spread), _ratio(own, other))
        columns |= {f"{name}_{when}": values for name, values in zip(_MOMENTS, numbers, strict=True)}
    return pl.DataFrame({"control": names} | columns).with_columns(pl.selectors.float().fill_nan(None))


def _moments(x: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Weighted means and variances of the columns: NaN for a single unit, 0 where only rounding varies."""
    total = float(weights.sum())
    mean = weights @ x / total
    free = total - float(weights @ weights) / total
    if free <= 1e-12 * total:
        return mean, np.full(len(mean), np.nan)
    variance = weights @ (x - mean) ** 2 / free
    return mean, np.where(variance > (ROUNDING * mean) ** 2, variance, 0.0)


def _ratio(above: Floats, below: Floats) -> Floats:
    """The ratio, NaN where nothing varies below."""
    found: Floats = np.full(len(above), np.nan)
    np.divide(above, below, out=found, where=below != 0)
    return found


def _name(control: str) -> Text:
    return Text("倾向得分的对数几率", "log odds of the propensity") if control == INDEX else both(control)


def _cells(row: dict[str, object]) -> tuple[Cell, ...]:
    cells = [Cell(_name(str(row["control"])))]
    for when in ("before", "after"):
        for name in _MOMENTS:
            value = row[f"{name}_{when}"]
            number = float(value) if isinstance(value, float) else None
            form = ".3f" if name in ("difference", "ratio") else number_form(number or 0.0)
            cells.append(Cell(number, form))
    return tuple(cells)
