"""Structural decomposition: the change of a product of matrices shared out to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import prod
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from dualcarbon.core.errors import ConfigError, DataError
from dualcarbon.core.exhibit import Figure
from dualcarbon.core.options import require_choice
from dualcarbon.core.text import Text, both
from dualcarbon.decomposition.steps import Form
from dualcarbon.decomposition.words import Label

Array = NDArray[np.float64]
MatrixMethod = Literal["shapley", "polar", "lmdi", "first", "last"]

_MOST_PARTS, _MOST_PATHS = 12, 10_000_000


@dataclass(frozen=True, slots=True)
class Structural:
    """What each matrix adds to the change of a product.

    Attributes
    ----------
    names : tuple of str, k
    values : (k, r, c)
        Effects on every entry of the product: changes, or ratios.
    start, end : (r, c)
        The product in the two periods; 1 x 1 for a number.
    method, form : str
    residual : float
        The largest difference between effects and change over the entries, relative to the largest entry (additive) or
        to the ratio (multiplicative).
    """

    names: tuple[str, ...]
    values: Array
    start: Array
    end: Array
    method: MatrixMethod
    form: Form
    residual: float

    @property
    def effects(self) -> pl.DataFrame:
        """row, column, factor, effect."""
        k, r, c = self.values.shape
        row, column = np.divmod(np.arange(r * c), c)
        return pl.DataFrame(
            {
                "row": np.repeat(row, k),
                "column": np.repeat(column, k),
                "factor": list(self.names) * (r * c),
                "effect": self.values.reshape(k, -1).T.ravel(),
            }
        )

    def waterfall(
        self, labels: Mapping[str, Label] | None = None, *, quantity: Label = ("合计", "Total"), key: str = "waterfall"
    ) -> Figure:
        """From the sum of the product's entries to that of the other period; additive effects only."""
        from dualcarbon.decomposition.exhibits import waterfall_of_matrices

        return waterfall_of_matrices(self, labels, quantity, key)

    def __repr__(self) -> str:
        return (
            f"Structural({' @ '.join(self.names)}, {self.method}, {self.form}: {self.start.shape[0]} x "
            f"{self.start.shape[1]}, residual {self.residual:.1e})"
        )


def structural(
    parts_0: Sequence[ArrayLike],
    parts_1: Sequence[ArrayLike],
    *,
    names: Sequence[str] | None = None,
    method: MatrixMethod = "shapley",
    form: Form = "additive",
) -> Structural:
    """What each part adds to the change of a product of matrices, such as e' L y with L = (I - A)^-1.

        shapley   mean over all n! orders in which the parts may change
        polar     mean of the order given and its reverse
        first     the order given: [parts of 1 before k] dP_k [parts of 0 behind k];   last: its reverse
        lmdi      sum over the paths e_i L_ij y_j of L(v_1, v_0) ln(x_1 / x_0)

    Multiplicative: geometric means of the ratios of the entries of the product over the same orders, or
    exp(effect / L(end, start)).

    Parameters
    ----------
    parts_0, parts_1 : sequences of k arrays
        The matrices of the two periods from left to right; a vector at the left is a row, at the right a column.
    names : sequence of str, optional
    method, form : str

    Raises
    ------
    ConfigError
        Shapes that do not fit, an unknown word, more than 12 parts (shapley, multiplicative) or too many paths (lmdi).
    DataError
        Entries that are not finite, negative entries (lmdi), an entry of a product that is not positive
        (multiplicative).

    Notes
    -----
    Dietzenbacher & Los (1998), Economic Systems Research 10, 307-324, doi:10.1080/09535319800000023; Wood & Lenzen
    (2006), Energy Policy 34, 1326-1331, doi:10.1016/j.enpol.2004.11.010 (LMDI).

    Examples
    --------
    >>> found = structural([[2.0], [[3.0]]], [[4.0], [[5.0]]], names=("e", "y"))
    >>> found.values.ravel().tolist()
    [8.0, 6.0]
    """
    require_choice("method", method, ("shapley", "polar", "lmdi", "first", "last"))
    require_choice("form", form, ("additive", "multiplicative"))
    before, after = _parts(parts_0), _parts(parts_1)
    _require_shapes(before, after)
    called = tuple(names) if names is not None else tuple(f"part_{j}" for j in range(1, len(before) + 1))
    if len(called) != len(before) or len(set(called)) != len(called):
        _misfit(Text("names= 每部分一个名称，互不相同", "names= needs one name per part, no name twice"), str(called))
    _require_entries(called, before, after, method)
    from dualcarbon.kernels.shapley import chain

    start, end = chain(before), chain(after)
    values = _additive(before, after, method) if form == "additive" else _ratios(before, after, method, start, end)
    return Structural(called, values, start, end, method, form, _residual(values, start, end, form))


def _parts(given: Sequence[ArrayLike]) -> list[Array]:
    """Matrices: a first vector is a row, a last one a column."""
    try:
        found = [np.asarray(part, dtype=np.float64) for part in given]
    except (TypeError, ValueError) as error:
        _misfit(Text("由数组成的矩阵", "matrices of numbers"), str(error))
    if found and found[0].ndim == 1:
        found[0] = found[0][None, :]
    if found and found[-1].ndim == 1:
        found[-1] = found[-1][:, None]
    return found


def _misfit(expected: Text, found: str) -> None:
    raise ConfigError(
        Text("矩阵的形状不符", "the matrices do not fit"),
        expected=expected,
        found=both(found),
        remedy=Text(
            "从左到右给出两期相同形状的矩阵；中间的向量写成 np.diag(v)",
            "give matrices of one shape in both periods, from left to right; a vector in the middle as np.diag(v)",
        ),
    )


def _require_shapes(before: list[Array], after: list[Array]) -> None:
    shapes = [part.shape for part in before]
    fits = all(len(shape) == 2 for shape in shapes) and all(a[1] == b[0] for a, b in pairwise(shapes))
    if not before or not fits or shapes != [part.shape for part in after] or not all(part.size for part in before):
        _misfit(
            Text(
                "相邻矩阵的维数相接，两期形状相同，没有空矩阵",
                "neighbours of matching dimensions, equal shapes in both periods, no matrix without entries",
            ),
            f"{shapes}, {[part.shape for part in after]}",
        )


def _require_entries(names: Sequence[str], before: list[Array], after: list[Array], method: MatrixMethod) -> None:
    for name, *parts in zip(names, before, after, strict=True):
        for period, part in enumerate(parts):
            wrong = ~np.isfinite(part) if method != "lmdi" else ~(np.isfinite(part) & (part >= 0.0))
            if wrong.any():
                row, column = np.argwhere(wrong)[0]
                raise DataError(
                    Text("{n} 有不能用的元素", "{n} has entries that cannot be used").format(n=name),
                    expected=Text("有限且不为负的数", "finite numbers that are not negative")
                    if method == "lmdi"
                    else Text("有限的数", "finite numbers"),
                    found=Text(
                        "第 {p} 期 {c} 个，首先是 [{i}, {j}] = {v}", "period {p}: {c}, first [{i}, {j}] = {v}"
                    ).format(p=period, c=int(wrong.sum()), i=row, j=column, v=f"{part[row, column]:g}"),
                    remedy=Text(
                        '改正数据；有负值时用 method="shapley"', 'correct the data; method="shapley" takes negatives'
                    )
                    if method == "lmdi"
                    else Text("改正数据", "correct the data"),
                )


def _additive(before: list[Array], after: list[Array], method: MatrixMethod) -> Array:
    from dualcarbon.kernels.shapley import ordered_of_matrices, shapley_of_matrices

    order = range(len(before))
    if method == "shapley":
        return shapley_of_matrices(before, after)
    if method == "lmdi":
        return _of_paths(before, after)
    if method == "first":
        return ordered_of_matrices(before, after, order)
    back = ordered_of_matrices(before, after, order[::-1])
    return back if method == "last" else (ordered_of_matrices(before, after, order) + back) / 2.0


def _of_paths(before: list[Array], after: list[Array]) -> Array:
    """LMDI-I over the paths from a row of the first matrix to a column of the last."""
    from dualcarbon.kernels.log_mean import log_mean_effects

    dims = (before[0].shape[0], *(part.shape[1] for part in before))
    if prod(dims) > _MOST_PATHS:
        raise ConfigError(
            Text("LMDI 的路径太多", "LMDI has too many paths"),
            expected=Text("至多 {m} 条", "at most {m}").format(m=f"{_MOST_PATHS:,}"),
            found=both(f"{prod(dims):,}"),
            remedy=Text(
                '用 method="shapley"，或先相乘相邻的矩阵', 'use method="shapley", or multiply neighbours first'
            ),
        )

    def spread(parts: list[Array]) -> Array:
        shaped = [
            part.reshape(tuple(size if axis in (j, j + 1) else 1 for axis, size in enumerate(dims)))
            for j, part in enumerate(parts)
        ]
        return np.stack([np.broadcast_to(part, dims).ravel() for part in shaped])

    effects = log_mean_effects(spread(before), spread(after)).effects
    inner = tuple(range(2, len(dims)))
    return np.asarray(effects.reshape(len(before), *dims).sum(axis=inner), dtype=np.float64)


def _ratios(before: list[Array], after: list[Array], method: MatrixMethod, start: Array, end: Array) -> Array:
    _require_positive(np.minimum(start, end))
    if method == "lmdi":
        from dualcarbon.kernels.log_mean import log_mean

        return np.exp(_of_paths(before, after) / log_mean(end, start))
    from dualcarbon.kernels.shapley import matrices_of_subsets, path_of_subsets, shapley_of_subsets

    if len(before) > _MOST_PARTS:
        _misfit(Text("至多 {m} 部分", "at most {m} parts").format(m=_MOST_PARTS), str(len(before)))
    products = matrices_of_subsets(before, after)
    _require_positive(products.min(axis=0))
    logs, order = np.log(products), range(len(before))
    ways: dict[str, Callable[[], Array]] = {
        "shapley": lambda: shapley_of_subsets(logs),
        "first": lambda: path_of_subsets(logs, order),
        "last": lambda: path_of_subsets(logs, order[::-1]),
        "polar": lambda: (path_of_subsets(logs, order) + path_of_subsets(logs, order[::-1])) / 2.0,
    }
    return np.exp(ways[method]())


def _require_positive(least: Array) -> None:
    wrong = np.argwhere(least <= 0.0)
    if len(wrong):
        raise DataError(
            Text("乘积不为正，没有比值可分解", "a product is not positive: it has no ratio to decompose"),
            expected=Text("各次序中每个元素都大于零", "entries above zero on the way of every order"),
            found=Text("{n} 个元素，首先是 {f}", "{n} entries, first {f}").format(n=len(wrong), f=wrong[0].tolist()),
            remedy=Text('用 form="additive"', 'use form="additive"'),
        )


def _residual(values: Array, start: Array, end: Array, form: Form) -> float:
    if form == "multiplicative":
        return float(np.abs(values.prod(axis=0) * start / end - 1.0).max())
    scale = float(max(np.abs(start).max(), np.abs(end).max()))
    return float(np.abs(values.sum(axis=0) - (end - start)).max() / scale) if scale > 0.0 else 0.0
