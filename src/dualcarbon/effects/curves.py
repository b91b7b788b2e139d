"""Every defensible specification at once: controls, effects, samples, winsorising."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import combinations, product

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.core.engine import Engine, InOrder
from dualcarbon.core.errors import ConfigError, ConvergenceError, DataError, DualcarbonError, NotIdentifiedError
from dualcarbon.core.options import require_whole
from dualcarbon.core.panel import Panel
from dualcarbon.core.text import Text, both
from dualcarbon.effects.covariance import Vcov, asked, choose
from dualcarbon.effects.curve_result import JointInference, SpecificationCurve
from dualcarbon.effects.formula import parse
from dualcarbon.effects.joint import term_values
from dualcarbon.effects.placebos import block_sizes, fits
from dualcarbon.effects.reassignment import Plan, WholePaths, WithinPeriods
from dualcarbon.effects.regression import Regression, regress
from dualcarbon.effects.single import place_of, require_term, single
from dualcarbon.effects.specification import Specification, Term
from dualcarbon.effects.winsorising import winsorise
from dualcarbon.effects.words import measured

Floats = NDArray[np.float64]
EVERYTHING = "all"

MOST = 100_000
"""Specifications that may be asked for."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One specification: what was chosen."""

    controls: tuple[str, ...]
    effects: str
    sample: str
    winsor: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Job:
    """A choice as a regression on a panel."""

    choice: Choice
    specification: Specification
    panel: Panel
    sample: pl.Expr | None


def specification_curve(
    formula: str,
    panel: Panel,
    treatment: str,
    *,
    controls: Sequence[str] = (),
    effects: Sequence[str] = (),
    samples: Mapping[str, pl.Expr] | None = None,
    winsor: Sequence[tuple[float, float] | None] = (None,),
    cluster: str | None = None,
    vcov: str | Vcov | None = None,
    covariance: str | Vcov | None = None,
    weights: str | None = None,
    draws: int = 0,
    seed: int = 0,
    within: str | None = None,
    engine: Engine | None = None,
) -> SpecificationCurve:
    """The coefficient of the treatment under all combinations of the choices.

    Parameters
    ----------
    formula : str
        What every specification has: `y ~ treatment + always | effects`.
    panel : Panel
    treatment : str
        A regressor of the formula.
    controls : sequence of str
        Each is in or out: a regressor, or several joined by `+` that go together. All 2^c subsets.
    effects : sequence of str
        Alternatives to the formula's effects, such as `"firm_id + year"`, `"industry4^year"`, `"0"` for none.
    samples : mapping of name to condition, optional
        Besides all rows.
    winsor : sequence of (low, high) or None
        Quantiles at which the numeric columns of the formula and the controls are winsorised; None for not at all.
    cluster, vcov, covariance, weights : as for `fit`
    draws : int
        Draws of the joint inference (Simonsohn, Simmons & Nelson 2020): the treatment is reassigned once per draw, as
        in `placebo`, and all specifications are fitted to it. 0 for none.
    seed : int
    within : str, optional
        Column within which the treatment is reassigned among rows; by default whole paths among units.
    engine : Engine, optional

    Raises
    ------
    ConfigError
        More than 100,000 specifications, a choice that cannot be read, or a sample named "all".
    SchemaError
        A choice names a column that is absent or not numeric.
    NotIdentifiedError
        No specification can be estimated.

    Notes
    -----
    Specifications that cannot be estimated are kept in the table with the reason and counted. Simonsohn, Simmons &
    Nelson (2020), https://doi.org/10.1038/s41562-020-0912-z.

    Examples
    --------
    >>> r = np.random.default_rng(0)
    >>> x = r.normal(size=(300, 3))
    >>> table = pl.DataFrame({"f": np.repeat(np.arange(60), 5), "t": np.tile(np.arange(5), 60)})
    >>> table = table.with_columns(d=x[:, 0], a=x[:, 1], b=x[:, 2], y=x @ [0.5, 1.0, 0.0] + r.normal(size=300))
    >>> curve = specification_curve("y ~ d", Panel.from_frame(table, id="f", time="t"), "d", controls=["a", "b"],
    ...                             effects=["f + t", "t"], cluster="f")
    >>> curve.table_of_specifications.height, curve.positive, curve.significant
    (8, 8, 8)
    """
    require_whole("draws", draws, 0)
    require_whole("seed", seed, 0)
    rule = choose(asked(covariance, vcov), cluster is not None)
    base = parse(formula, cluster=cluster, weights=weights)
    term = require_term(base, treatment)
    jobs = list(_jobs(base, panel, controls, effects, samples or {}, _cuts(winsor)))
    results = (engine or InOrder()).map(partial(_fitted, rule=rule, treatment=treatment), jobs)
    found = [one for one in results if isinstance(one, tuple)]
    if not found:
        raise next(one for one in results if isinstance(one, DualcarbonError))
    rows = [_row(job, one, treatment) for job, one in zip(jobs, results, strict=True)]
    held = [(job, one[0]) for job, one in zip(jobs, results, strict=True) if isinstance(one, tuple)]
    joint = None
    if draws:
        joint = _joint(held, panel, term, within, draws, seed, engine)
    table = pl.DataFrame(rows, infer_schema_length=None)
    words = (measured(treatment, panel), Text("标准误：{r}。", "Errors: {r}.").format(r=found[0][0].estimate.rule))
    return SpecificationCurve.of(table, base, treatment, joint, words, panel.provenance)


def _jobs(
    base: Specification,
    panel: Panel,
    controls: Sequence[str],
    effects: Sequence[str],
    samples: Mapping[str, pl.Expr],
    winsor: Sequence[tuple[float, float] | None],
) -> Iterator[Job]:
    parts = {written: parse(f"`_` ~ {written}").regressors for written in controls}
    absorbed = {written: parse(f"`_` ~ `__` | {written}").effects for written in effects}
    if not absorbed:
        absorbed = {" + ".join(effect.name for effect in base.effects) or "0": base.effects}
    _require_no_all(samples)
    conditions: dict[str, pl.Expr | None] = {EVERYTHING: None, **samples}
    subsets = [chosen for k in range(len(parts) + 1) for chosen in combinations(parts, k)]
    _require_few(len(subsets) * len(absorbed) * len(conditions) * len(winsor))
    every = replace(base, regressors=(*base.regressors, *(t for terms in parts.values() for t in terms)))
    numeric = list(dict.fromkeys(factor.column for factor in every.factors))
    panels = {cut: panel if cut is None else winsorise(panel, numeric, cut).panel for cut in winsor}
    for chosen, effect, sample, cut in product(subsets, absorbed, conditions, panels):
        terms = tuple(term for written in chosen for term in parts[written])
        one = replace(base, regressors=(*base.regressors, *terms), effects=absorbed[effect])
        yield Job(Choice(chosen, effect, sample, cut), one, panels[cut], conditions[sample])


def _fitted(job: Job, rule: Vcov, treatment: str) -> tuple[Regression, int] | DualcarbonError:
    """The regression and where the treatment stands in it, or what keeps it from being estimated."""
    try:
        found = regress(job.specification, job.panel, covariance=rule, sample=job.sample)
        return found, place_of(found.estimate, treatment)
    except (DataError, NotIdentifiedError, ConvergenceError) as error:
        return error


def _row(job: Job, one: tuple[Regression, int] | DualcarbonError, treatment: str) -> dict[str, object]:
    choice = job.choice
    row: dict[str, object] = {
        "controls": " + ".join(choice.controls) or "-",
        "effects": choice.effects,
        "sample": choice.sample,
        "winsor": "-" if choice.winsor is None else f"{choice.winsor[0]:g}, {choice.winsor[1]:g}",
    }
    if isinstance(one, DualcarbonError):
        return row | dict.fromkeys(("coef", "se", "t", "p", "low", "high")) | {"n": None, "why": one.what.en}
    estimate, at = one[0].estimate, one[1]
    low, high = estimate.interval()[at]
    numbers = (estimate.coef[at], estimate.se[at], estimate.t[at], estimate.p[at], low, high)
    named = zip(("coef", "se", "t", "p", "low", "high"), map(float, numbers), strict=True)
    return row | dict(named) | {"n": estimate.n, "why": None}


def _joint(
    held: Sequence[tuple[Job, Regression]],
    panel: Panel,
    term: Term,
    within: str | None,
    draws: int,
    seed: int,
    engine: Engine | None,
) -> JointInference:
    """Median coefficient, and shares of specifications with the sign of the median, in every draw."""
    values = term_values(panel, term)
    rows = np.flatnonzero(np.isfinite(values)).astype(np.int64)
    scheme = WholePaths() if within is None else WithinPeriods(within)
    plans = {id(job.panel): _plan(job.panel, term, scheme, rows) for job, _ in held}
    place = np.full(panel.n, -1, dtype=np.int64)
    place[rows] = np.arange(len(rows))
    sizes = block_sizes(draws, len(rows))
    streams = np.random.SeedSequence(seed).spawn(len(sizes))
    blocks = list(zip(sizes, streams, strict=True))
    work = partial(_draws_of_one, blocks=blocks, plans=plans, place=place, term=term)
    coef = np.vstack((engine or InOrder()).map(work, held))
    true = np.array([one.estimate.coef[one.estimate.names.index(term.name)] for _, one in held])
    return JointInference.of(true, coef, seed, next(iter(plans.values())).words)


def _plan(panel: Panel, term: Term, scheme: WholePaths | WithinPeriods, rows: NDArray[np.int64]) -> Plan:
    return scheme.plan(panel, rows, term_values(panel, term)[rows])


def _draws_of_one(
    pair: tuple[Job, Regression],
    blocks: Sequence[tuple[int, np.random.SeedSequence]],
    plans: Mapping[int, Plan],
    place: NDArray[np.int64],
    term: Term,
) -> Floats:
    """Coefficients of one specification in all draws, (draws,)."""
    job, regression = pair
    seen, plan = single(regression, job.panel, term), plans[id(job.panel)]
    at = place[regression.rows]
    parts = []
    for size, stream in blocks:
        drawn = plan.draw(np.random.default_rng(stream), size)
        parts.append(fits(seen, np.ascontiguousarray(drawn[at])).coef)
    return np.concatenate(parts)


def _cuts(winsor: Sequence[tuple[float, float] | None]) -> tuple[tuple[float, float] | None, ...]:
    """The quantiles to winsorise at, each once; without any, none."""
    try:
        cuts = tuple(None if cut is None else (float(cut[0]), float(cut[1])) for cut in winsor)
    except (TypeError, ValueError, IndexError) as error:
        raise ConfigError(
            Text("winsor= 无法理解", "winsor= cannot be understood"),
            expected=Text("若干（下，上）分位点或 None", "pairs of quantiles (low, high), or None"),
            found=both(repr(winsor)),
            remedy=Text("例如 winsor=[None, (0.01, 0.99)]", "for example winsor=[None, (0.01, 0.99)]"),
        ) from error
    return tuple(dict.fromkeys(cuts)) or (None,)


def _require_no_all(samples: Mapping[str, pl.Expr]) -> None:
    if EVERYTHING in samples:
        raise ConfigError(
            Text("样本名 {a} 已表示全部行", "the sample name {a} stands for all rows").format(a=EVERYTHING),
            expected=Text("另一个名字", "another name"),
            found=both(", ".join(samples)),
            remedy=Text("给这个样本改名", "rename this sample"),
        )


def _require_few(count: int) -> None:
    if count > MOST:
        raise ConfigError(
            Text("设定太多", "too many specifications"),
            expected=Text("至多 {m} 个", "at most {m}").format(m=f"{MOST:,}"),
            found=both(f"{count:,}"),
            remedy=Text("把总是同进同出的控制变量用 + 合为一项", "join controls that go together by +"),
        )
