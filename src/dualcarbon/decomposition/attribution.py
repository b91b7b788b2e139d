"""Where an effect comes from: cells, industries, fuels, regions.

Additive effects are sums over the cells. A ratio D_k = exp(sum_i w_i ln r_i), with r_i = x_kiT / x_ki0 and weights w_i
that add up to at most 1, is the ratio of two sums (Choi & Ang 2012, extended here to weights of LMDI-I):

    D_k - 1 = sum_i c_i,   c_i = q_i (r_i - 1) / Q,
    q_i = w_i / L(r_i, D_k),   Q = sum_i q_i + (1 - sum_i w_i) / L(1, D_k)

because sum_i w_i ln(r_i / D_k) - (1 - sum_i w_i) ln D_k = 0. What the weights lack of 1 counts as a part that does not
change. Limits of zero, with g_i = lim w_i ln r_i: r = inf has q = 0, q (r - 1) = g; r = 0 has q = -g / D_k,
q (r - 1) = g / D_k.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.core.codes import dense_codes
from dualcarbon.core.errors import ConfigError
from dualcarbon.core.text import Text, both
from dualcarbon.decomposition.steps import CellShares, cell_shares
from dualcarbon.decomposition.words import period_name

if TYPE_CHECKING:
    from dualcarbon.decomposition.result import Decomposition

Array = NDArray[np.float64]


def attribution(found: Decomposition, by: Sequence[str], *, cumulative: bool = False) -> pl.DataFrame:
    """The columns of `by`, period, factor, contribution.

    Parameters
    ----------
    by : subscripts of the identity, or columns of its groups
    cumulative : from the first period to the end of every step

    Raises
    ------
    ConfigError
        A column that is no subscript, or a multiplicative decomposition without logarithms.

    Notes
    -----
    Contributions of a chain are joined as in Choi & Ang (2012): with D_0t the product up to t, those of the step from t
    are multiplied by D_0t, so that they add up to D_0T - 1. doi:10.1016/j.eneco.2011.04.011
    """
    cells = found.cells
    _require_subscripts(found, by)
    code = dense_codes([cells.keys[name] for name in by])
    first = np.unique(code, return_index=True)[1]
    keys = cells.keys.select(by)[first]
    parts, names, total = [], [], np.zeros((len(first), len(found.factors)))
    ratios = found.effects["effect"].to_numpy().reshape(len(found.pairs), -1)
    before = np.ones(len(found.factors))
    for place, pair in enumerate(found.pairs):
        shares = cell_shares(cells, pair, found.method)
        each = shares.effects if found.form == "additive" else _contributions(found, shares, pair, ratios[place])
        sums = [np.bincount(code, weights=row, minlength=len(first)) for row in each]
        summed = np.asarray(np.column_stack(sums), dtype=np.float64)
        if found.form == "multiplicative" and cumulative:
            summed, before = summed * before, before * ratios[place]
        total = total + summed
        parts.append(total if cumulative else summed)
        names.append(period_name(cells.times[0 if cumulative else pair[0]], cells.times[pair[1]]))
    return pl.concat([_rows(keys, name, found.factors, values) for name, values in zip(names, parts, strict=True)])


def _rows(keys: pl.DataFrame, name: str, factors: Sequence[str], values: Array) -> pl.DataFrame:
    columns = {
        "period": [name] * values.size,
        "factor": list(factors) * len(values),
        "contribution": values.ravel(),
    }
    named = keys[np.repeat(np.arange(len(values)), len(factors))]
    return pl.concat([named, pl.DataFrame(columns)], how="horizontal")


def _contributions(found: Decomposition, shares: CellShares, pair: tuple[int, int], ratios: Array) -> Array:
    """Contributions (k, n) to D_k - 1."""
    from dualcarbon.kernels.log_mean import log_mean

    start, end = np.atleast_1d(shares.start.sum()), np.atleast_1d(shares.end.sum())
    mean = log_mean(end, start)
    weight = shares.weight / mean
    rest = max(1.0 - float(weight.sum()), 0.0)
    before, after = found.cells.values[pair[0]], found.cells.values[pair[1]]
    parts = np.empty_like(shares.effects)
    for k, ratio in enumerate(ratios):
        parts[k] = _one(weight, rest, shares.effects[k] / mean, (before[k], after[k]), float(ratio))
    return parts


def _one(weight: Array, rest: float, logs: Array, ends: tuple[Array, Array], ratio: float) -> Array:
    """Contributions (n,) to one ratio; `logs` are w ln r with their limits."""
    from dualcarbon.kernels.log_mean import log_mean

    before, after = ends
    finite = (before > 0.0) & (after > 0.0)
    r = np.divide(after, before, out=np.ones_like(after), where=finite)
    q = np.where(finite, weight / log_mean(r, np.full_like(r, ratio)), 0.0)
    rise = q * (r - 1.0)
    gone, new = (after == 0.0) & (before > 0.0), (before == 0.0) & (after > 0.0)
    q[gone], rise[gone], rise[new] = -logs[gone] / ratio, logs[gone] / ratio, logs[new]
    base = q.sum() + rest / log_mean(np.ones(1), np.array([ratio]))[0]
    return np.asarray(rise / base if base > 0.0 else rise)


def _require_subscripts(found: Decomposition, by: Sequence[str]) -> None:
    known = found.cells.keys.columns
    unknown = [name for name in by if name not in known]
    if unknown or not by:
        raise ConfigError(
            Text("by= 不是恒等式的下标", "by= is not a subscript of the identity"),
            expected=Text("{k} 中的一个或几个", "one or several of {k}").format(k=", ".join(known) or "-"),
            found=both(", ".join(unknown) or "-"),
            remedy=Text("在恒等式中写出该下标", "write the subscript in the identity"),
        )
    if found.form == "multiplicative" and found.method in ("shapley", "polar"):
        raise ConfigError(
            Text("该乘法分解没有归因公式", "this multiplicative decomposition has no attribution"),
            expected=Text("LMDI，或加法形式", "LMDI, or the additive form"),
            found=both(found.method),
            remedy=Text('用 method="lmdi1" 或 form="additive"', 'use method="lmdi1" or form="additive"'),
        )
