"""The front door: one policy, one estimator, one result."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dualcarbon.core.options import require_level
from dualcarbon.core.panel import Panel
from dualcarbon.core.text import Text
from dualcarbon.policy import faults, registry
from dualcarbon.policy.design import Comparison, Design, Gaps, design
from dualcarbon.policy.model import Estimator
from dualcarbon.policy.result import Effect, effect
from dualcarbon.policy.timing import NEVER


def did(
    panel: Panel,
    outcome: str,
    first_treated: str | None = None,
    *,
    method: str | Estimator = "callaway_santanna",
    treated: str | None = None,
    comparison: Comparison = "never",
    controls: Sequence[str] = (),
    cluster: str | None = None,
    anticipation: int = 0,
    window: tuple[int, int] | None = None,
    gaps: Gaps = "refuse",
    level: float = 0.95,
) -> Effect:
    """The effect of a policy that begins at different times in different places, and stays.

    Parameters
    ----------
    panel : Panel
        One row per unit and whole period.
    outcome : str
        Column of the dependent variable.
    first_treated : str
        Column of first treated periods: the same in all rows of a unit; null, 0 or infinite means never.
    treated : str, instead of `first_treated`
        A 0/1 column that does not switch off.
    method : str or Estimator
        A name of `registry.names()`, or an estimator object with its own choices.
    comparison : {"never", "not_yet"}
        Units never treated within the sample, or also those treated later. Estimators whose comparison is fixed say so
        in a note.
    controls : sequence of str
    cluster : str, optional
        Column constant within units; the unit by default.
    anticipation : int
        Periods before treatment in which units may already react.
    window : (int, int), optional
        First and last relative period of the event study.
    gaps : {"refuse", "drop_units", "keep"}
        What to do with units not seen in every period.
    level : float
        Of the intervals.

    Returns
    -------
    Effect
        `.att`, `.se`, `.p`, `.interval`, `.event`, `.cohorts`, `.pre_test`, `.notes`, `.design`.

    Raises
    ------
    ConfigError, SchemaError, DataError
        See `design`; or an option the estimator does not take.
    NotIdentifiedError
        Nobody is treated, nobody is compared with, or there are no never-treated units although they are asked for.

    Examples
    --------
    >>> import polars as pl
    >>> r = np.random.default_rng(0)
    >>> city, year = np.repeat(np.arange(60), 6), np.tile(np.arange(2010, 2016), 60)
    >>> first = np.where(city < 20, 2013, np.where(city < 40, 2014, 0))
    >>> y = r.normal(size=60)[city] + 0.1 * year + 2.0 * ((first > 0) & (year >= first)) + 0.1 * r.normal(size=360)
    >>> table = pl.DataFrame({"city": city, "year": year, "first": first, "y": y})
    >>> found = did(Panel.from_frame(table, id="city", time="year"), "y", "first")
    >>> abs(found.att - 2.0) < 0.1, found.cohorts["units"].to_list()
    (True, [20, 20])
    """
    require_level(level)
    chosen = registry.estimator(method) if isinstance(method, str) else method
    sample = design(
        panel,
        outcome,
        first_treated,
        treated=treated,
        comparison=comparison,
        controls=controls,
        cluster=cluster,
        anticipation=anticipation,
        window=window,
        gaps=gaps,
    )
    return evaluate(sample, chosen, level)


def evaluate(sample: Design, estimator: Estimator, level: float = 0.95) -> Effect:
    """One estimator on a design already made.

    Raises
    ------
    ConfigError, DataError, NotIdentifiedError
        The estimator cannot answer on this design.
    """
    require(sample, estimator)
    fixed = sample.asked.comparison not in estimator.comparisons
    asked = sample.noting(_fixed_comparison(estimator)) if fixed else sample
    return effect(estimator.name, estimator.label, estimator.estimand, estimator.estimate(asked), asked, level)


def require(sample: Design, estimator: Estimator) -> None:
    """Raise if the estimator cannot answer on the design.

    Raises
    ------
    ConfigError, DataError, NotIdentifiedError
    """
    never = bool(np.any(sample.unit_first == NEVER))
    if sample.asked.comparison == "never" and "never" in estimator.comparisons and not never:
        raise faults.no_never_treated(len(sample.starts), ("callaway_santanna", "imputation", "two_stage"))
    if estimator.needs_balance and not sample.balanced:
        raise faults.needs_balance(estimator.name, int(sample.incomplete.sum()))
    if sample.asked.controls and not estimator.takes_controls:
        raise faults.no_controls(estimator.name, sample.asked.controls)
    estimator.check(sample)


def _fixed_comparison(estimator: Estimator) -> Text:
    return Text(
        "{zh}的比较组由方法固定，comparison 不适用", "{en}: the comparison group is fixed by the estimator"
    ).format(zh=estimator.label.zh, en=estimator.label.en)
