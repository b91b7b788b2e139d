"""HonestDiD: what is left of an effect when trends need not be parallel, and how far they may bend before it goes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.core.errors import NotIdentifiedError
from dualcarbon.core.exhibit import Figure, Table
from dualcarbon.core.options import bad_option, is_whole, require_choice
from dualcarbon.core.text import Text, both
from dualcarbon.policy.design import Design
from dualcarbon.policy.result import Effect
from dualcarbon.policy.within import few_clusters

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Restriction = Literal["relative_magnitude", "smoothness"]
Interval = tuple[float, float]

RATIOS = (0.0, 0.5, 1.0, 1.5, 2.0)
"""Bounds on relative magnitudes tried by default."""

STEPS = 8
"""Bounds on the change of slope tried by default, besides zero."""

DRAWS = 20_000
"""Draws behind the least favourable critical value."""

GRID = 801
"""Values of the effect tested before the ends of the interval are refined."""

FIRST_STAGE = 0.1
"""Size of the first stage, in units of the size of the test."""

FARTHEST = 2.0**20
"""Bound, in units of the largest tried, beyond which the breakdown value counts as infinite."""

HALVINGS = 40

TINY = 1e-12
"""Ridge, relative to the variances, under which a singular covariance can be drawn from."""

NEAR = 18
"""Halvings behind a breakdown value: 4e-6 of the distance halved."""


@dataclass(frozen=True, slots=True)
class Honest:
    """Robust intervals of one effect under bounds on how trends may differ.

    Attributes
    ----------
    restriction : {"relative_magnitude", "smoothness"}
    target : Text
        Which effect.
    table : polars.DataFrame
        bound, low, high.
    estimate, low, high : float
        The effect and its ordinary interval, under parallel trends.
    breakdown : float
        Largest bound at which the interval leaves out zero; 0 if it holds zero at bound 0, infinite if it never does.
    before, after : tuple of int
        Relative periods used.
    level : float
    label : Text
        The estimator.
    design : Design
    notes : tuple of Text
    """

    restriction: Restriction
    target: Text
    table: pl.DataFrame
    estimate: float
    low: float
    high: float
    breakdown: float
    before: tuple[int, ...]
    after: tuple[int, ...]
    level: float
    label: Text
    design: Design
    notes: tuple[Text, ...]

    def exhibit(self) -> tuple[Table, Figure]:
        """The intervals as a table and as a figure."""
        from dualcarbon.policy import honest_exhibits

        return honest_exhibits.table(self), honest_exhibits.figure(self)

    def __repr__(self) -> str:
        return f"{self.restriction}, {self.target.en}: {self.estimate:.4g}, breakdown at {self.breakdown:.4g}"


def honest(
    effect: Effect,
    restriction: Restriction = "relative_magnitude",
    *,
    bounds: Sequence[float] | None = None,
    target: int | Literal["average"] | Mapping[int, float] = 0,
    level: float | None = None,
    seed: int = 0,
) -> Honest:
    """Robust intervals of an effect under bounds on the differential trend d, and the bound at which it breaks down.

        relative_magnitude:  |d_(t+1) - d_t| <= bound max_(s before) |d_(s+1) - d_s|   for t from the reference on
        smoothness:          |(d_(t+1) - d_t) - (d_t - d_(t-1))| <= bound              for all t

    Estimated path = effect + d, d = 0 at the reference. Relative magnitudes: union over the largest step before
    treatment and its sign of conditional and least favourable (C-LF) tests of moment inequalities, with moments after
    treatment only. Smoothness: the fixed-length interval around the best linear estimator.

    Parameters
    ----------
    effect : Effect
        With a path relative to one reference period and its joint covariance.
    restriction : {"relative_magnitude", "smoothness"}
    bounds : sequence of float, optional
        Not negative. By default 0, 0.5 ... 2; for smoothness nine steps from 0 to the largest second difference before
        treatment plus 1.645 of its errors.
    target : int, "average" or mapping
        Relative period; the mean of all periods after treatment; or weights by relative period.
    level : float, optional
        That of the effect by default.
    seed : int
        Of the draws behind the critical value of relative magnitudes.

    Returns
    -------
    Honest
        `.table` (bound, low, high), `.breakdown`, `.exhibit()`.

    Raises
    ------
    ConfigError
        An option cannot be read.
    NotIdentifiedError
        The path has no joint covariance, no reference period (imputation, two-stage), or no period before it.

    Notes
    -----
    The normal distribution is used whatever the degrees of freedom of the effect. Binned ends and what lies beyond a
    gap in the path are left out, in a note. Rambachan & Roth (2023), https://doi.org/10.1093/restud/rdad018; Andrews,
    Roth & Pakes (2023), https://doi.org/10.1093/restud/rdac043.
    """
    require_choice("restriction", restriction, get_args(Restriction))
    chosen = effect.level if level is None else level
    if not 0.5 < chosen < 1:
        raise bad_option("level", Text("0.5 与 1 之间，如 0.95", "between 0.5 and 1, such as 0.95"), level)
    relative, estimate, vcov, before = _around_reference(effect)
    weight, words = _target(relative[before:], target)
    interval, excludes = (_relative if restriction == "relative_magnitude" else _smooth)(
        estimate, vcov, weight, 1 - chosen, seed
    )
    tried = _bounds(bounds, restriction, estimate[:before], vcov[:before, :before])
    rows = [(bound, *interval(bound)) for bound in tried]
    schema = {"bound": pl.Float64, "low": pl.Float64, "high": pl.Float64}
    centre, half = _ordinary(estimate[before:], vcov[before:, before:], weight, chosen)
    return Honest(
        restriction=restriction,
        target=words,
        table=pl.DataFrame(rows, schema=schema, orient="row"),
        estimate=centre,
        low=centre - half,
        high=centre + half,
        breakdown=_breakdown(excludes, max(tried) or float(np.sqrt(np.diag(vcov)).mean())),
        before=tuple(relative[:before].tolist()),
        after=tuple(relative[before:].tolist()),
        level=chosen,
        label=effect.label,
        design=effect.design,
        notes=(
            *_left_out(effect, relative),
            *few_clusters(len(np.unique(effect.design.cluster))),
            *effect.design.notes,
        ),
    )


def _around_reference(effect: Effect) -> tuple[Codes, Floats, Floats, int]:
    """Periods, effects and covariance of the unbroken run around the reference, and how many lie before it."""
    path = effect.path
    if path is None or path.vcov is None or path.reference is None or path.split:
        raise _no_path(effect)
    known = (path.se > 0) & ~np.isin(path.relative, path.binned)
    held = {int(e): int(i) for i, e in zip(np.flatnonzero(known), path.relative[known], strict=True)}
    first, last = path.reference, path.reference
    while first - 1 in held:
        first -= 1
    while last + 1 in held:
        last += 1
    relative = np.array([e for e in range(first, last + 1) if e != path.reference], dtype=np.int64)
    before = int(np.count_nonzero(relative < path.reference))
    if not before or last < 0:
        raise _no_periods(effect, before, last)
    at = [held[int(e)] for e in relative]
    return relative, path.estimate[at], path.vcov[np.ix_(at, at)], before


def _target(after: Codes, target: object) -> tuple[Floats, Text]:
    """Weights on the periods after the reference, and what they are called."""
    treated = after >= 0
    if target == "average":
        return treated / treated.sum(), Text("处理后各期平均", "mean of all periods after treatment")
    wanted = target if isinstance(target, Mapping) else {target: 1.0}
    known = {int(e) for e in after[treated]}
    if not wanted or any(not is_whole(e) or e not in known for e in wanted):
        raise bad_option(
            "target", Text("'average' 或 {k} 中的时期", "'average' or periods of {k}").format(k=sorted(known)), target
        )
    weight = np.array([float(wanted.get(int(e), 0.0)) for e in after])
    if not np.isfinite(weight).all() or not weight.any():
        raise bad_option("target", Text("有限且不全为 0 的权重", "finite weights that are not all zero"), target)
    if isinstance(target, Mapping):
        return weight, Text("处理后各期加权 {w}", "weighted periods {w}").format(w=dict(wanted))
    return weight, Text("相对期 {e}", "relative period {e}").format(e=target)


def _bounds(given: Sequence[float] | None, restriction: str, before: Floats, vcov: Floats) -> tuple[float, ...]:
    if given is not None:
        values = tuple(float(b) for b in given)
        if not values or any(not np.isfinite(b) or b < 0 for b in values):
            raise bad_option("bounds", Text("非负数", "numbers that are not negative"), list(given))
        return values
    if restriction == "relative_magnitude":
        return RATIOS
    bend = np.diff(np.eye(len(before) + 1)[:, :-1], n=2, axis=0) if len(before) > 1 else np.eye(1)
    error = np.sqrt(np.einsum("bk,kl,bl->b", bend, vcov, bend))
    most = float(np.max(np.abs(bend @ before) + 1.645 * error))
    return tuple(float(b) for b in np.linspace(0.0, most, STEPS + 1))


def _ordinary(estimate: Floats, vcov: Floats, weight: Floats, level: float) -> Interval:
    from dualcarbon.policy.result import critical

    return float(weight @ estimate), critical(level, np.inf) * float(weight @ vcov @ weight) ** 0.5


def _smooth(
    estimate: Floats, vcov: Floats, weight: Floats, alpha: float, seed: int
) -> tuple[Callable[[float], Interval], Callable[[float], bool]]:
    """Interval at a bound on the change of slope, and whether it leaves out zero."""
    from dualcarbon.kernels.fixed_length import fixed_length

    def interval(bound: float) -> Interval:
        best = fixed_length(vcov, weight, bound, alpha)
        centre = float(best.weights @ estimate)
        return centre - best.half, centre + best.half

    def excludes(bound: float) -> bool:
        low, high = interval(bound)
        return low > 0 or high < 0

    return interval, excludes


def _relative(
    estimate: Floats, vcov: Floats, weight: Floats, alpha: float, seed: int
) -> tuple[Callable[[float], Interval], Callable[[float], bool]]:
    """Interval at a bound on relative magnitudes, and whether it leaves out zero."""
    from dualcarbon.kernels.moment_inequalities import accepted, pieces

    kappa, before = FIRST_STAGE * alpha, len(estimate) - len(weight)
    root = np.linalg.cholesky(vcov + TINY * np.diag(np.diag(vcov)))
    shocks = np.random.default_rng(seed).standard_normal((DRAWS, len(estimate))) @ root.T
    centre = float(weight @ estimate[before:])
    error = float(weight @ vcov[before:, before:] @ weight) ** 0.5
    step = float(np.abs(np.diff(np.append(estimate[:before], 0.0))).max())
    reach = float(np.abs(np.cumsum(weight[::-1])).sum())

    def interval(bound: float) -> Interval:
        found = pieces(vcov, weight, bound, kappa, shocks)

        def holds(values: Floats) -> NDArray[np.bool_]:
            return accepted(found, estimate, values, alpha, kappa)

        return _inverted(holds, centre, 5 * error + bound * reach * (step + 3 * float(np.sqrt(np.diag(vcov)).max())))

    def excludes(bound: float) -> bool:
        return not accepted(pieces(vcov, weight, bound, kappa, shocks), estimate, np.zeros(1), alpha, kappa)[0]

    return interval, excludes


def _inverted(holds: Callable[[Floats], NDArray[np.bool_]], centre: float, reach: float) -> Interval:
    """The smallest interval around all accepted values; it grows until its ends are rejected."""
    for _ in range(12):
        grid = centre + reach * np.linspace(-1.0, 1.0, GRID)
        inside = holds(grid)
        if not (inside[0] or inside[-1]):
            break
        reach *= 2.0
    if not inside.any():
        return centre, centre
    at = np.flatnonzero(inside)
    low = -np.inf if inside[0] else _edge(holds, grid[at[0]], grid[at[0] - 1])
    high = np.inf if inside[-1] else _edge(holds, grid[at[-1]], grid[at[-1] + 1])
    return float(low), float(high)


def _edge(holds: Callable[[Floats], NDArray[np.bool_]], inside: float, outside: float) -> float:
    for _ in range(HALVINGS):
        middle = (inside + outside) / 2
        if holds(np.array([middle]))[0]:
            inside = middle
        else:
            outside = middle
    return inside


def _breakdown(excludes: Callable[[float], bool], scale: float) -> float:
    """Largest bound at which zero is left out, by doubling and halving."""
    if not excludes(0.0):
        return 0.0
    low, high = 0.0, scale
    while excludes(high):
        low, high = high, 2 * high
        if high > FARTHEST * scale:
            return float("inf")
    for _ in range(NEAR):
        middle = (low + high) / 2
        low, high = (middle, high) if excludes(middle) else (low, middle)
    return low


def _left_out(effect: Effect, relative: Codes) -> tuple[Text, ...]:
    assert effect.path is not None
    out = np.setdiff1d(effect.path.relative, np.append(relative, effect.path.reference or 0))
    out = out[out != effect.path.reference]
    if not len(out):
        return ()
    return (
        Text(
            "合并端点或与基准期不相连的时期未使用：{e}",
            "binned ends and periods not joined to the reference are left out: {e}",
        ).format(e=out.tolist()),
    )


def _no_path(effect: Effect) -> NotIdentifiedError:
    path = effect.path
    lacking = [
        Text("没有事件研究", "no event study")
        if path is None
        else Text("没有联合协方差", "no joint covariance")
        if path.vcov is None
        else Text("处理前后各期的基准期不同", "no single reference period: effects before and after differ in it")
    ]  # fmt: skip
    return NotIdentifiedError(
        Text("{m} 的结果不能作稳健边界", "honest bounds cannot be made from {m}").format(m=both(effect.method)),
        expected=Text("同一基准期的事件研究及协方差", "an event study relative to one period, with its covariance"),
        found=lacking[0],
        remedy=Text(
            "换用 callaway_santanna、sun_abraham、stacked 或 event_study",
            "use callaway_santanna, sun_abraham, stacked or event_study",
        ),
    )  # fmt: skip


def _no_periods(effect: Effect, before: int, last: int) -> NotIdentifiedError:
    return NotIdentifiedError(
        Text("没有可供比较的处理前时期", "there is no period before treatment to compare with"),
        expected=Text(
            "基准期前至少一期、处理后至少一期", "at least one period before the reference and one after treatment"
        ),
        found=Text("之前 {b} 期，最后相对期 {l}", "{b} before it, last relative period {l}").format(b=before, l=last),
        remedy=Text("加入更早的时期，或加宽 window", "add earlier periods, or widen the window"),
    )
