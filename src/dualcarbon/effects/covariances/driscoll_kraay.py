"""Errors correlated across units at any distance, and over some periods."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dualcarbon.core.codes import dense_codes
from dualcarbon.core.errors import ConfigError, NotIdentifiedError
from dualcarbon.core.text import Text, both
from dualcarbon.effects.covariance import Covariance, Fitted, require_rows
from dualcarbon.effects.semidefinite import require_variance

Codes = NDArray[np.int64]

FEW_PERIODS = 20
"""Periods below which an estimate carries a note."""


@dataclass(frozen=True, slots=True)
class DriscollKraay:
    """Heteroskedasticity, correlation across units without limit, and autocorrelation up to some periods.

    With S_t the sum of the scores of period t and w_l = 1 - l / (lag + 1) (Bartlett),

        (N-1)/(N-K) T/(T-1) bread [S_t S_t' + sum over l = 1..lag of w_l (S_t S_{t-l}' + S_{t-l} S_t')] bread,

    summed over t; t with T - 1 degrees of freedom. K counts all effects. The small-sample rule is that of R fixest.

    Parameters
    ----------
    lag : int, optional
        Default floor(4 (T/100)^(2/9)) (Newey & West 1994, as in Hoechle 2007).
    time : str, optional
        Column of the periods; default the time key of the panel. Integers keep their gaps, in steps of their greatest
        common divisor; anything else is taken in order, one step each.

    Notes
    -----
    It rests on many periods: below 20 the estimate carries a note.

    Driscoll & Kraay (1998), https://doi.org/10.1162/003465398557825; Hoechle (2007),
    https://doi.org/10.1177/1536867X0700700301.
    """

    lag: int | None = None
    time: str | None = None
    name = "driscoll_kraay"
    clustered = False

    def __post_init__(self) -> None:
        if self.lag is not None and self.lag < 0:
            raise ConfigError(
                Text("滞后阶数为负", "the lag is negative"),
                expected=Text("lag 不小于零", "lag at least 0"),
                found=both(str(self.lag)),
                remedy=Text("改为 0 或更大", "make it 0 or more"),
            )

    def compute(self, fitted: Fitted) -> Covariance:
        """The covariance.

        Raises
        ------
        NotIdentifiedError
            With fewer than two periods, no fewer lags than periods, or scores that cancel within the periods.
        """
        from dualcarbon.kernels.autocovariance import bartlett_meat
        from dualcarbon.kernels.groups import group_sums

        rows = require_rows(fitted, self.name)
        name = self.time or rows.panel.time
        codes, steps = _periods(rows.column(name))
        periods = len(steps)
        lag = int(4.0 * (periods / 100.0) ** (2.0 / 9.0)) if self.lag is None else self.lag
        _require_periods(name, periods, lag)
        sums = group_sums(fitted.scores(), np.ones(fitted.n), codes, periods)
        n, k = fitted.n, fitted.parameters
        rule = _rule(name, periods, lag, k)
        vcov = fitted.bread @ bartlett_meat(sums, steps, lag) @ fitted.bread
        require_variance(vcov, fitted.bread, fitted.squares(), rule)
        factor = (n - 1) / (n - k) * periods / (periods - 1)
        return Covariance(factor * vcov, float(periods - 1), rule, _notes(periods))


def _periods(column: object) -> tuple[Codes, Codes]:
    """Dense codes of the periods, (n,), and the place in time of each period, (T,)."""
    import polars as pl

    assert isinstance(column, pl.Series)
    codes = dense_codes([column])
    if not column.dtype.is_integer():
        return codes, np.arange(int(codes.max()) + 1)
    values = np.unique(column.to_numpy().astype(np.int64))
    apart = np.diff(values)
    return codes, (values - values[0]) // (np.gcd.reduce(apart) if len(apart) else 1)


def _require_periods(name: str, periods: int, lag: int) -> None:
    if periods < 2 or lag >= periods:
        raise NotIdentifiedError(
            Text("时期太少", "too few periods"),
            expected=Text("至少两期，且多于滞后阶数 {l}", "at least two, and more than the lag {l}").format(l=lag),
            found=both(f"{name}: {periods}"),
            remedy=Text("减小 lag=，或改用按个体聚类", "a smaller lag=, or clusters of units"),
        )


def _rule(name: str, periods: int, lag: int, k: int) -> Text:
    return Text(
        "Driscoll-Kraay（{c}，{t} 期，Bartlett 核，滞后 {l}）：(N-1)/(N-K) × T/(T-1)，K = {k}",
        "Driscoll-Kraay ({c}, {t} periods, Bartlett kernel, lag {l}): (N-1)/(N-K) * T/(T-1), K = {k}",
    ).format(c=name, t=periods, l=lag, k=k)


def _notes(periods: int) -> tuple[Text, ...]:
    if periods >= FEW_PERIODS:
        return ()
    return (
        Text(
            "仅 {t} 期（少于 {f}）：Driscoll-Kraay 标准误依赖长时期，可能偏小",
            "only {t} periods (fewer than {f}): Driscoll-Kraay errors rest on many periods and may be too small",
        ).format(t=periods, f=FEW_PERIODS),
    )


RULE = DriscollKraay()
