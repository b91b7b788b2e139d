"""Panel threshold regression: the slope of a treatment changes where another variable crosses unknown values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.core.panel import Panel
from dualcarbon.core.results import Estimate
from dualcarbon.core.text import Text
from dualcarbon.effects import threshold_faults as faults
from dualcarbon.effects.formula import parse
from dualcarbon.effects.regression import regress
from dualcarbon.effects.sample import Sample, take_sample
from dualcarbon.effects.threshold_result import Options, Threshold, ThresholdResult, ThresholdTest
from dualcarbon.effects.words import measured

if TYPE_CHECKING:
    from dualcarbon.kernels.threshold import Ranked

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

EXACT = 1e-20
"""Share of squares left by the thresholds that is nothing but rounding."""

FEW_FIRMS = 30
FEW_VALUES = 20

_HANSEN = Text(
    "自助法：整家企业的残差向量有放回抽取（平衡面板，Hansen 1999），{b} 次，种子 {s}。",
    "Bootstrap: residual vectors of whole firms drawn with replacement (balanced panel, Hansen 1999), {b} draws, seed "
    "{s}.",
)
_WILD = Text(
    "自助法：各企业的残差向量整体乘以 ±1（非平衡面板），{b} 次，种子 {s}。",
    "Bootstrap: residual vectors of whole firms times +1 or -1 (unbalanced panel), {b} draws, seed {s}.",
)


@dataclass(frozen=True, slots=True)
class _Design:
    """The rows used, ranked by the threshold variable.

    `by` (n,) holds its sorted values; `order` (n,) the places of the ranked rows in the sample; `left` (n,) the
    outcome without firms and regressors; `freedom` the rows less the rank of the effects.
    """

    sample: Sample
    by: Floats
    order: Codes
    ranked: Ranked
    left: Floats
    freedom: int
    balanced: bool

    @property
    def firms(self) -> int:
        return len(self.ranked.sizes)


def threshold(
    panel: Panel,
    *,
    outcome: str,
    treatment: str,
    by: str,
    controls: Sequence[str] = (),
    thresholds: int = 1,
    bootstrap: int = 300,
    seed: int = 0,
    trim: float = 0.05,
    grid: int | None = None,
    level: float = 0.95,
    time_effects: bool = False,
    cluster: str | None = None,
) -> ThresholdResult:
    """Panel threshold regression with firm effects, for balanced and unbalanced panels (Hansen 1999).

    y_it = m_i + sum_r b_r x_it 1(g_(r-1) < q_it <= g_r) + c'z_it + e_it; with outcome y, treatment x, threshold
    variable q (`by`), controls z. The thresholds g minimise the sum of squared residuals S over the observed values of
    q, found exactly: one after the other, then each again given the others until none moves.

    F = (S_(k-1) - S_k) / (S_k / (N - n)) tests k thresholds against k - 1, its distribution by bootstrap under k - 1.
    The confidence set of a threshold holds the values with (S(g) - S_k) / (S_k / (N - n)) <= -2 log(1 - sqrt(level)).

    Parameters
    ----------
    panel : Panel
        The firm effects are those of its `id`.
    outcome, treatment, by : str
        Columns. Logarithms are taken beforehand. `by` varies within firms; it may be the treatment or a control.
    controls : sequence of str
        Columns whose slopes do not change.
    thresholds : 1, 2 or 3
    bootstrap : int
        Draws per test; 0 leaves the tests out and their p values NaN.
    seed : int
    trim : float
        Least share of the rows in each regime, below 1 / (2 thresholds).
    grid : int, optional
        Candidates are this many quantiles of `by` from `trim` to 1 - `trim`; without it all its values.
    level : float
        Of the confidence sets.
    time_effects : bool
        Absorb effects of the panel's periods as well.
    cluster : str, optional
        Column, or `a + b`, within which errors of the slopes may be correlated; without it the errors are robust to
        heteroskedasticity (HC1).

    Returns
    -------
    ThresholdResult
        `gamma`, `interval`, `p_value`, `f`, `critical`: for one threshold a number, a pair, two numbers and a triple;
        for several tuples of these, thresholds in increasing order, tests one against none first. `estimates`,
        `regimes`, `lr`, `table()`, `figure()`.

    Raises
    ------
    ConfigError
        An option is out of its range.
    SchemaError
        A column is absent or not numeric.
    DataError
        No usable row, `by` constant or constant within firms, too few values of it inside the trim, an exact fit.
    NotIdentifiedError
        Treatment or outcome does not vary beyond the effects and controls.

    Notes
    -----
    Firms seen once are dropped and counted. Errors are assumed independent across firms with equal variance for the
    confidence set; x, z and q exogenous. Hansen (1999), https://doi.org/10.1016/S0304-4076(99)00025-1; Bai (1997),
    https://doi.org/10.1017/S0266466600005831.

    Examples
    --------
    >>> r = np.random.default_rng(1)
    >>> table = pl.DataFrame({"f": np.repeat(np.arange(40), 8), "t": np.tile(np.arange(8), 40)})
    >>> table = table.with_columns(q=pl.Series(r.random(320)), x=pl.Series(r.normal(size=320)))
    >>> table = table.with_columns(y=pl.col("x") * (pl.col("q") > 0.5) + pl.Series(0.3 * r.normal(size=320)))
    >>> panel = Panel.from_frame(table, id="f", time="t")
    >>> result = threshold(panel, outcome="y", treatment="x", by="q", bootstrap=100)
    >>> round(result.gamma, 3), [round(v, 3) for v in result.interval], result.p_value
    (0.485, [0.472, 0.51], 0.0)
    """
    asked = (outcome, treatment, by, tuple(controls), thresholds, bootstrap, seed, trim, grid, level)
    options = Options(*asked, time_effects, cluster)
    faults.require_options(options)
    design = _design(panel, options)
    chosen, ssr = _chosen(design, options)
    tests = tuple(_test(design, options, k) for k in range(1, options.thresholds + 1))
    ratios = _ratios(design, options, chosen, ssr[-1])
    gammas = design.by[design.ranked.ends[chosen] - 1]
    scheme = (_HANSEN if design.balanced else _WILD).format(b=options.bootstrap, s=options.seed)
    return ThresholdResult(
        options=options,
        found=tuple(_threshold(float(g), design, ratio, options) for g, ratio in zip(gammas, ratios, strict=True)),
        tests=tests,
        estimates=_estimate(panel, design, options, gammas),
        regimes=_regimes(design, gammas),
        lr=_table_of_ratios(design, options, ratios),
        ssr=ssr,
        firms=design.firms,
        candidates=len(design.ranked.ends),
        balanced=design.balanced,
        scheme=scheme,
        warnings=_warnings(design),
        measured=measured(options.treatment, panel),
        provenance=panel.provenance,
    )


def _design(panel: Panel, options: Options) -> _Design:
    from dualcarbon.kernels.groups import rank_of_effects
    from dualcarbon.kernels.threshold import orthonormal, ranked, without_basis

    sample = take_sample(parse(_formula(panel, options, options.by), cluster=options.cluster), panel)
    x, q = (column[sample.rows] for column in panel.arrays(options.treatment, options.by))
    firms = sample.effects[0]
    faults.require_varying(options, q, firms)
    regressors = list(dict.fromkeys([options.treatment, *options.controls]))
    values, least, first = _within(sample, 1 + len(regressors), options.time_effects)
    basis, kept = orthonormal(np.ascontiguousarray(values[:, 1:]), least[1:])
    if not kept[first]:
        raise faults.treatment_determined(options, sample, x)
    left = without_basis(np.ascontiguousarray(values[:, 0]), basis)
    if not float(np.sum(left**2)) > least[0]:
        raise faults.outcome_determined(options)
    order = np.argsort(q, kind="stable").astype(np.int64)
    apart = max(1, math.ceil(options.trim * len(q) - 1e-9))
    ends = _candidates(q[order], apart, options)
    sizes = np.bincount(firms).astype(np.float64)
    arrays = (x[order], firms[order], sizes, np.ascontiguousarray(basis[order]), ends, apart)
    freedom = len(q) - rank_of_effects(sample.effects)
    balanced = len(q) == len(sizes) * panel.frame[panel.time].gather(sample.rows).n_unique()
    return _Design(sample, q[order], order, ranked(*arrays), left[order], freedom, balanced)


def _formula(panel: Panel, options: Options, *further: str) -> str:
    names = [options.treatment, *options.controls, *further]
    effects = [panel.id, *([panel.time] if options.time_effects else [])]
    right = " + ".join(f"`{name}`" for name in names)
    return f"`{options.outcome}` ~ {right} | " + " + ".join(f"`{name}`" for name in effects)


def _within(sample: Sample, columns: int, time_effects: bool) -> tuple[Floats, Floats, int]:
    """Outcome, dummies of the periods and regressors without the firms' means, (n, m); the variation, (m,), up to
    which each counts as determined; and the place of the treatment among the regressors."""
    from dualcarbon.kernels.absorb import partial_out
    from dualcarbon.kernels.least_squares import least_variation
    from dualcarbon.kernels.moments import centred, sums_of_squares

    ones = np.ones(len(sample.rows))
    values, means = sample.values[:, :columns], sample.means[:columns]
    dummies = 0
    if time_effects:
        period = sample.effects[1]
        dense, shares = centred(np.eye(int(period.max()) + 1)[period][:, 1:], ones)
        values, means = np.column_stack([values[:, :1], dense, values[:, 1:]]), np.r_[means[:1], shares, means[1:]]
        dummies = dense.shape[1]
    least = least_variation(sums_of_squares(np.ascontiguousarray(values), ones), means, float(len(ones)))
    within = partial_out(np.ascontiguousarray(values), [sample.effects[0]], ones).values
    return within, least, dummies


def _candidates(by: Floats, apart: int, options: Options) -> Codes:
    """Rows up to each candidate, of the sorted values (n,)."""
    n = len(by)
    ends = np.flatnonzero(np.append(by[1:] != by[:-1], True)) + 1
    if options.grid is not None:
        shares = np.linspace(options.trim, 1.0 - options.trim, options.grid)
        places = np.clip(np.ceil(shares * n - 1e-9).astype(np.int64) - 1, 0, n - 1)
        ends = np.unique(np.searchsorted(by, by[places], side="right"))
    inside = ends[(ends >= apart) & (n - ends >= apart)].astype(np.int64)
    if len(inside) < max(2, options.thresholds):
        raise faults.too_few_values(options, by, len(inside))
    return inside


def _chosen(design: _Design, options: Options) -> tuple[Codes, tuple[float, ...]]:
    """The thresholds as candidates, increasing, and the sums of squares with 0, 1, ... of them."""
    from dualcarbon.kernels.threshold import sequence

    ssr = []
    for count in range(options.thresholds + 1):
        chosen, reached = sequence(design.ranked, design.left, count)
        if not math.isfinite(reached):
            raise faults.no_room(options, design.by, count)
        ssr.append(reached)
    if ssr[-1] <= EXACT * ssr[0]:
        raise faults.exact_fit(options)
    return np.sort(chosen), tuple(ssr)


def _test(design: _Design, options: Options, count: int) -> ThresholdTest:
    """F of `count` thresholds against one less, and of the draws in which one less is true."""
    from dualcarbon.kernels.threshold import redrawn, residuals, sequence, statistic

    panel, left = design.ranked, design.left
    null = left - residuals(panel, left, sequence(panel, left, count - 1)[0])
    errors = residuals(panel, left, sequence(panel, left, count)[0])
    firms, in_order = design.sample.effects[0], np.empty_like(errors)
    in_order[design.order] = errors
    by_firm = np.argsort(firms, kind="stable")
    starts = np.concatenate([[0], np.cumsum(panel.sizes[:-1])]).astype(np.int64)
    places = np.empty(len(errors), np.int64)
    places[by_firm] = np.arange(len(errors)) - starts[firms[by_firm]]
    draws = np.empty(options.bootstrap)
    streams = np.random.SeedSequence(options.seed).spawn(count)[-1].spawn(options.bootstrap)
    for b, stream in enumerate(streams):
        source, sign = _drawn(np.random.default_rng(stream), design)
        outcome = redrawn(panel, null, in_order[by_firm], starts, places[design.order], source, sign)
        draws[b] = design.freedom * statistic(panel, outcome, count)
    return ThresholdTest.of(count, design.freedom * statistic(panel, left, count), draws)


def _drawn(random: np.random.Generator, design: _Design) -> tuple[Codes, Floats]:
    """Whose residuals each firm gets, and their sign."""
    if design.balanced:
        return random.integers(0, design.firms, design.firms), np.ones(design.firms)
    return np.arange(design.firms, dtype=np.int64), np.where(random.integers(0, 2, design.firms) == 1, 1.0, -1.0)


def _ratios(design: _Design, options: Options, chosen: Codes, reached: float) -> list[Floats]:
    """Likelihood ratio of each threshold at every candidate, the others held; infinite where not admissible."""
    from dualcarbon.kernels.threshold import curve

    ratios = []
    for i in range(len(chosen)):
        ssr = curve(design.ranked, design.left, np.delete(chosen, i))
        ratios.append((ssr - ssr[chosen[i]]) / (reached / design.freedom))
    return ratios


def _threshold(gamma: float, design: _Design, ratio: Floats, options: Options) -> Threshold:
    """The threshold with its confidence set: runs of neighbouring candidates whose ratio is not too large."""
    places = np.flatnonzero(np.isfinite(ratio))
    inside = np.concatenate([[False], ratio[places] <= options.critical_ratio, [False]]).astype(np.int8)
    firsts, lasts = np.flatnonzero(np.diff(inside) == 1), np.flatnonzero(np.diff(inside) == -1) - 1
    ends = design.ranked.ends[places]
    pieces = ((float(design.by[ends[a] - 1]), float(design.by[ends[b]])) for a, b in zip(firsts, lasts, strict=True))
    return Threshold(gamma, tuple(pieces))


def _table_of_ratios(design: _Design, options: Options, ratios: Sequence[Floats]) -> pl.DataFrame:
    gamma = design.by[design.ranked.ends - 1]
    parts = []
    for number, ratio in enumerate(ratios, start=1):
        lr = pl.Series(np.where(np.isfinite(ratio), ratio, np.nan)).fill_nan(None)
        inside = ratio <= options.critical_ratio
        parts.append(
            pl.DataFrame({"threshold": np.full(len(ratio), number), "gamma": gamma, "lr": lr, "inside": inside})
        )
    return pl.concat(parts)


def _regimes(design: _Design, gammas: Floats) -> pl.DataFrame:
    cuts = [0, *np.searchsorted(design.by, gammas, side="right").tolist(), len(design.by)]
    rows = []
    for number, (start, end) in enumerate(pairwise(cuts), start=1):
        rows.append(
            {
                "regime": number,
                "above": None if number == 1 else float(gammas[number - 2]),
                "up_to": None if number > len(gammas) else float(gammas[number - 1]),
                "low": float(design.by[start]),
                "high": float(design.by[end - 1]),
                "n": end - start,
                "firms": len(np.unique(design.ranked.firms[start:end])),
            }
        )
    kinds = {"regime": pl.Int64, "above": pl.Float64, "up_to": pl.Float64, "low": pl.Float64, "high": pl.Float64}
    return pl.DataFrame(rows, schema={**kinds, "n": pl.Int64, "firms": pl.Int64})


def _estimate(panel: Panel, design: _Design, options: Options, gammas: Floats) -> Estimate:
    """The regression with the treatment split at the thresholds, on the rows used."""
    labels = _labels(options, gammas)
    (x, q) = (column[design.sample.rows] for column in panel.arrays(options.treatment, options.by))
    regime = np.searchsorted(gammas, q, side="left")
    frame = panel.frame[design.sample.rows].with_columns(
        pl.Series(label, np.where(regime == r, x, 0.0)) for r, label in enumerate(labels)
    )
    split = replace(options, treatment=labels[0], controls=(*labels[1:], *options.controls))
    specification = parse(_formula(panel, split), cluster=options.cluster)
    kind = "hc1" if options.cluster is None else None
    found = regress(specification, replace(panel, frame=frame), covariance=kind).estimate
    return replace(found, drops=design.sample.drops)


def _labels(options: Options, gammas: Floats) -> list[str]:
    """`x (q <= 0.4)` and so on, with as many digits as tell the thresholds apart."""
    for digits in range(4, 18):
        cuts = [f"{g:.{digits}g}" for g in gammas]
        if len(set(cuts)) == len(cuts):
            break
    middle = [f"{a} < {options.by} <= {b}" for a, b in pairwise(cuts)]
    regimes = [f"{options.by} <= {cuts[0]}", *middle, f"{options.by} > {cuts[-1]}"]
    return [f"{options.treatment} ({regime})" for regime in regimes]


def _warnings(design: _Design) -> tuple[Text, ...]:
    found = []
    if design.firms < FEW_FIRMS:
        words = Text(
            "企业仅 {k} 家（少于 {m}），自助法不可靠。", "Only {k} firms (fewer than {m}): the bootstrap is fragile."
        )
        found.append(words.format(k=design.firms, m=FEW_FIRMS))
    if len(design.ranked.ends) < FEW_VALUES:
        words = Text(
            "候选门槛仅 {k} 个（少于 {m}），似然比的分布以连续的门槛变量为前提。",
            "Only {k} candidates (fewer than {m}): the distribution of the likelihood ratio supposes a continuous "
            "threshold variable.",
        )
        found.append(words.format(k=len(design.ranked.ends), m=FEW_VALUES))
    return tuple(found)
