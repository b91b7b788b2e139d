"""From a table and an identity to its decomposition."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.core.options import require_choice
from dualcarbon.core.text import Text
from dualcarbon.decomposition.cells import Cells, cells_of
from dualcarbon.decomposition.identity import Identity, parse
from dualcarbon.decomposition.result import Decomposition
from dualcarbon.decomposition.steps import Form, Method, Step, step
from dualcarbon.decomposition.words import period_name

Array = NDArray[np.float64]


def decompose(
    df: object,
    identity: str | Identity,
    time: str = "year",
    *,
    method: Method = "lmdi1",
    form: Form = "additive",
    chain: bool = False,
    missing: str = "refuse",
    by: str | Sequence[str] = (),
) -> Decomposition:
    """What each factor of an identity adds to the change of its left side.

    With V = sum_i prod_k x_ki and L(a, b) = (a - b) / ln(a / b), the effects of factor k are

        lmdi1     dV_k = sum_i L(V_iT, V_i0) ln(x_kiT / x_ki0)
        lmdi2     dV_k = L(V_T, V_0) sum_i w_i ln(x_kiT / x_ki0),
                  w_i = L(s_iT, s_i0) / sum_j L(s_jT, s_j0),   s_i = V_i / V
        shapley   mean over all orders in which the factors may change
        polar     mean of the order written and its reverse

    and in the multiplicative form D_k = exp(dV_k / L(V_T, V_0)) for lmdi1 and lmdi2, geometric means of ratios of
    totals for the others. The effects add up to V_T - V_0, or multiply to V_T / V_0.

    Parameters
    ----------
    df : polars or pandas frame, long
        The time column, a column per subscript, a column per factor. A factor with fewer subscripts has one value
        within them. Where the column of the left side is there it must be the product in each row, or its sum in each
        period.
    identity : str
        Such as ``C ~ Y * S[ind] * (E[ind]/Y[ind]) * F[ind,fuel]``; 0/0 is 0. Subscripts of the left side name groups.
    time : str
        Periods in increasing order; text that holds whole numbers counts as numbers, other text goes by its letters.
    method, form : str
    chain : bool
        Every two consecutive periods instead of the first and the last.
    missing : "refuse" or "zero"
        What a cell is that is absent, or empty, in some period. With "zero" a factor keeps the value that other cells
        show for its own subscripts.
    by : str or sequence of str
        Columns of groups (regions): every factor varies over them, each group is decomposed by itself, and `effects`
        puts them together.

    Raises
    ------
    ConfigError
        An identity that cannot be read, an unknown word.
    SchemaError
        Columns that are absent or not numeric, empty keys.
    DataError
        One period; cells missing, repeated, negative, or with a product beyond 1e308 or below 1e-307; a factor with
        several values within its subscripts; a ratio x/0; an identity that does not hold; zeros in one period (lmdi2);
        a total that is not positive (multiplicative).

    Notes
    -----
    Zeros in lmdi1: factors that rise from (fall to) zero share the cell's gain (loss) equally. lmdi1 and the additive
    shapley and polar are consistent in aggregation; polar depends on the order of the factors. Shapley and polar take
    negative values.

    Ang (2015), Energy Policy 86, 233-238, doi:10.1016/j.enpol.2015.07.007; Ang, Zhang & Choi (1998), Energy 23,
    489-495, doi:10.1016/S0360-5442(98)00016-4; Sun (1998), Energy Economics 20, 85-100,
    doi:10.1016/S0140-9883(97)00012-1.

    Examples
    --------
    >>> import polars as pl
    >>> table = pl.DataFrame({"year": [1, 1, 2, 2], "ind": ["a", "b"] * 2, "Y": [10.0, 40.0, 20.0, 60.0]})
    >>> table = table.with_columns(I=pl.Series([3.0, 0.5, 2.0, 0.4]))
    >>> found = decompose(table, "E ~ Y[ind] * I[ind]")
    >>> found.effects["effect"].round(4).to_list(), found.totals["change"].round(4).to_list()
    ([32.9898, -18.9898], [14.0])
    """
    require_choice("method", method, ("lmdi1", "lmdi2", "shapley", "polar"))
    require_choice("form", form, ("additive", "multiplicative"))
    require_choice("missing", missing, ("refuse", "zero"))
    read = identity if isinstance(identity, Identity) else parse(identity)
    asked = (by,) if isinstance(by, str) else tuple(by)
    signed = method in ("shapley", "polar")
    cells = cells_of(df, read, asked, time=time, ends_only=not chain, missing=missing, signed=signed)
    pairs = tuple(pairwise(range(len(cells.times))))
    steps = [step(cells, pair, method, form) for pair in pairs]
    names = [period_name(cells.times[a], cells.times[b]) for a, b in pairs]
    effects = _effects(names, read.names, np.stack([one.whole for one in steps]))
    return Decomposition(
        effects=effects,
        totals=_totals(names, steps, form),
        groups=_group_effects(cells, names, read.names, steps),
        group_totals=_group_totals(cells, names, steps, form),
        cumulative=_cumulative(cells, read.names, steps, form),
        residual=max(one.residual(form) for one in steps),
        identity=read,
        method=method,
        form=form,
        chain=chain,
        pairs=pairs,
        cells=cells,
        notes=_notes(cells),
    )


def _notes(cells: Cells) -> tuple[Text, ...]:
    if not cells.filled:
        return ()
    said = Text(
        "{n} 个格子在某一期不在表中，按零处理。", "{n} cells of a period were not in the table and were taken as zero."
    )
    return (said.format(n=f"{cells.filled:,}"),)


def _effects(names: Sequence[str], factors: Sequence[str], values: Array) -> pl.DataFrame:
    """period, factor, effect of values (steps, k)."""
    period = pl.Series("period", [name for name in names for _ in factors], dtype=pl.String)
    return pl.DataFrame([period, pl.Series("factor", list(factors) * len(names)), pl.Series("effect", values.ravel())])


def _changed(start: Array, end: Array, form: Form) -> Array:
    return end - start if form == "additive" else end / start


def _totals(names: Sequence[str], steps: Sequence[Step], form: Form) -> pl.DataFrame:
    start = np.array([one.start.sum() for one in steps])
    end = np.array([one.end.sum() for one in steps])
    return pl.DataFrame({"period": list(names), "start": start, "end": end, "change": _changed(start, end, form)})


def _group_effects(cells: Cells, names: Sequence[str], factors: Sequence[str], steps: Sequence[Step]) -> pl.DataFrame:
    if cells.groups.width == 0:
        return _effects((), factors, np.empty((0, len(factors))))
    parts = []
    for name, one in zip(names, steps, strict=True):
        keys = cells.groups[np.repeat(np.arange(cells.groups.height), len(factors))]
        parts.append(pl.concat([keys, _effects([name] * cells.groups.height, factors, one.parts)], how="horizontal"))
    return pl.concat(parts)


def _group_totals(cells: Cells, names: Sequence[str], steps: Sequence[Step], form: Form) -> pl.DataFrame:
    parts = []
    for name, one in zip(names, steps, strict=True):
        numbers = {"start": one.start, "end": one.end, "change": _changed(one.start, one.end, form)}
        frame = pl.DataFrame({"period": [name] * len(one.start), **numbers})
        parts.append(pl.concat([cells.groups, frame], how="horizontal") if cells.groups.width else frame.clear())
    return pl.concat(parts)


def _cumulative(cells: Cells, factors: Sequence[str], steps: Sequence[Step], form: Form) -> pl.DataFrame:
    whole = np.stack([one.whole for one in steps])
    joined = np.asarray((np.cumsum if form == "additive" else np.cumprod)(whole, axis=0), dtype=np.float64)
    return _effects([period_name(cells.times[0], last) for last in cells.times[1:]], factors, joined)
