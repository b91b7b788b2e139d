"""Who is whose neighbour: sparse weights tied to units by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from dualcarbon.core.options import require_choice
from dualcarbon.core.text import Text
from dualcarbon.policy.faults import SHOWN
from dualcarbon.policy.place_notes import unit_label
from dualcarbon.policy.spatial import faults

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Normalisation = Literal["row", "spectral", "none"]
Floats = NDArray[np.float64]

EQUAL = 1e-12
"""Relative difference up to which two weights are the same."""


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """Weights of neighbours.

    Attributes
    ----------
    ids : tuple, N
        The units, in the order of rows and columns.
    raw : scipy.sparse.csr_array, (N, N)
        As given, not negative, zero on the diagonal.
    matrix : scipy.sparse.csr_array, (N, N)
        Normalised; read-only.
    normalisation : "row" (rows sum to 1), "spectral" (spectral radius 1) or "none"
    radius : float
        Spectral radius of `matrix`: rho is looked for within 1 / radius.
    label : Text
        How the weights were made.

    Notes
    -----
    Units without neighbours (`islands`) keep rows of zeros. Row normalisation makes W v the mean over neighbours;
    spectral normalisation keeps the weights symmetric and the strength of a neighbour the same for all (Kelejian &
    Prucha 2010, https://doi.org/10.1016/j.jeconom.2009.10.025).
    """

    ids: tuple[object, ...]
    raw: csr_array
    matrix: csr_array
    normalisation: Normalisation
    radius: float
    label: Text

    @property
    def n(self) -> int:
        """Units."""
        return len(self.ids)

    @property
    def degrees(self) -> NDArray[np.int64]:
        """Neighbours of each unit, (N,)."""
        return np.diff(self.raw.indptr).astype(np.int64)

    @property
    def islands(self) -> tuple[object, ...]:
        """Units without neighbours."""
        return tuple(self.ids[i] for i in np.flatnonzero(self.degrees == 0))

    def symmetric(self) -> bool:
        """Whether the weights before normalisation are symmetric."""
        gap = abs(self.raw - self.raw.T)
        return bool(gap.nnz == 0 or gap.max() <= EQUAL * abs(self.raw).max())

    def only(self, ids: Sequence[object]) -> Weights:
        """The weights among these units, in this order, normalised anew.

        Raises
        ------
        DataError
            A unit is not among the weights, or named twice.
        NotIdentifiedError
            None of them has a neighbour among them.
        """
        place = {one: i for i, one in enumerate(self.ids)}
        absent = [one for one in ids if one not in place]
        if absent:
            raise faults.names_differ(absent, (), self.ids)
        at = np.array([place[one] for one in ids], dtype=np.int64)
        return weights_of(self.raw[at][:, at], tuple(ids), self.normalisation, self.label)

    def normalised(self, normalisation: Normalisation) -> Weights:
        """The same weights, normalised otherwise."""
        return weights_of(self.raw, self.ids, normalisation, self.label)

    def __mul__(self, other: Weights) -> Weights:
        """Entry by entry product of the weights before normalisation, normalised like the first.

        Raises
        ------
        DataError
            The two name different units.
        """
        require_same_units(other, self.ids)
        label = Text("{a}×{b}", "{a} times {b}").format(a=self.label, b=other.label)
        product = self.raw * other.only(self.ids).raw
        return weights_of(product, self.ids, self.normalisation, label)

    def __repr__(self) -> str:
        alone = len(self.islands)
        return (
            f"Weights({self.label.en}: {self.n:,} units, {self.raw.nnz:,} links, "
            f"{self.degrees.mean():.1f} neighbours on average, {alone} islands, {self.normalisation})"
        )

    def note(self) -> Text:
        """One line for the foot of a table, islands counted and named."""
        line = Text(
            "空间权重：{l}，{n} 个单位，平均 {d} 个邻居，{m}",
            "Weights: {l}, {n} units, {d} neighbours on average, {m}",
        ).format(l=self.label, n=self.n, d=f"{self.degrees.mean():.1f}", m=_NORMALISED[self.normalisation])
        if not self.islands:
            return line
        names = [unit_label(str(one)) for one in self.islands[:SHOWN]]
        alone = Text("；孤岛 {k} 个：{f}", "; without neighbours {k}: {f}").format(
            k=len(self.islands), f=Text("、".join(n.zh for n in names), ", ".join(n.en for n in names))
        )
        return Text(line.zh + alone.zh, line.en + alone.en)


_NORMALISED = {
    "row": Text("行标准化", "row-normalised"),
    "spectral": Text("谱半径标准化", "normalised by the spectral radius"),
    "none": Text("未标准化", "not normalised"),
}


def from_matrix(
    matrix: Any,
    ids: Sequence[object],
    *,
    normalise: Normalisation = "row",
    directed: bool = False,
    label: Text | None = None,
) -> Weights:
    """Weights from a matrix that the user gives.

    Parameters
    ----------
    matrix : array or scipy.sparse array, (N, N)
        Entry (i, j): how much j counts for i. Not negative, zero on the diagonal.
    ids : sequence, N
        The unit of each row and column, as written in the panel's id column.
    normalise : {"row", "spectral", "none"}
    directed : bool
        Whether i may be a neighbour of j without j being one of i.
    label : Text, optional

    Raises
    ------
    DataError
        Not square, ids that do not fit or repeat, negative or missing entries, entries on the diagonal, or links in
        one direction only although `directed` is False.
    NotIdentifiedError
        Nobody has a neighbour.

    Examples
    --------
    >>> w = from_matrix([[0, 1, 0], [1, 0, 1], [0, 1, 0]], ["a", "b", "c"])
    >>> w.matrix.toarray().tolist(), w.islands
    ([[0.0, 1.0, 0.0], [0.5, 0.0, 0.5], [0.0, 1.0, 0.0]], ())
    """
    from scipy.sparse import csr_array

    raw = csr_array(matrix, dtype=np.float64, copy=True)
    _require_usable(raw, tuple(ids), directed)
    return weights_of(raw, tuple(ids), normalise, label or Text("用户给定的矩阵", "matrix given by the user"))


def weights_of(raw: csr_array, ids: tuple[object, ...], normalise: Normalisation, label: Text) -> Weights:
    """Weights from a matrix known to be right.

    Raises
    ------
    DataError
        An id occurs twice.
    NotIdentifiedError
        Nobody has a neighbour.
    """
    from scipy.sparse import csr_array, diags_array

    require_choice("normalise", normalise, get_args(Normalisation))
    if len(set(ids)) < len(ids):
        seen: set[object] = set()
        raise faults.repeated([one for one in ids if one in seen or seen.add(one)])  # type: ignore[func-returns-value]
    clean = csr_array(raw, copy=True)
    clean.sum_duplicates()
    clean.eliminate_zeros()
    if not clean.nnz:
        raise faults.no_neighbours(len(ids))
    sums = np.asarray(clean.sum(axis=1)).ravel()
    radius = 1.0 if normalise == "row" else _radius(clean)
    scale = 1.0 / np.where(sums > 0, sums, 1.0) if normalise == "row" else np.ones(len(ids))
    scale = scale / radius if normalise == "spectral" else scale
    matrix = csr_array(diags_array(scale) @ clean)
    matrix.sum_duplicates()
    for part in (clean, matrix):
        part.data.flags.writeable = False
    return Weights(ids, clean, matrix, normalise, 1.0 if normalise == "spectral" else radius, label)


def require_same_units(weights: Weights, ids: Sequence[object]) -> None:
    """Raise `DataError` unless the weights name these units and no others, in whatever order."""
    known, wanted = set(weights.ids), set(ids)
    absent, further = [one for one in ids if one not in known], [one for one in weights.ids if one not in wanted]
    if absent or further:
        raise faults.names_differ(absent, further, weights.ids)


def product(*weights: Weights) -> Weights:
    """Entry by entry product of several weights, normalised like the first."""
    return reduce(Weights.__mul__, weights)


def _radius(raw: csr_array) -> float:
    """Largest eigenvalue of a matrix that is not negative."""
    from scipy.sparse.linalg import ArpackNoConvergence, eigs

    if raw.shape[0] <= 200:
        return float(np.abs(np.linalg.eigvals(raw.toarray())).max())
    try:
        return float(np.abs(eigs(raw, k=1, which="LM", v0=np.ones(raw.shape[0]), return_eigenvectors=False)[0]))
    except ArpackNoConvergence:
        return float(np.abs(np.linalg.eigvals(raw.toarray())).max())


def _require_usable(raw: csr_array, ids: tuple[object, ...], directed: bool) -> None:
    if raw.ndim != 2 or raw.shape[0] != raw.shape[1] or raw.shape[0] != len(ids):
        raise faults.bad_matrix(
            Text("形状不符", "its shape"),
            Text("方阵，行数等于编号数", "square, as many rows as ids"),
            Text("{s}，{k} 个编号", "{s}, {k} ids").format(s=raw.shape, k=len(ids)),
            Text("检查矩阵与编号", "check the matrix and the ids"),
        )
    rules = (
        (~np.isfinite(raw.data), Text("有缺失值", "entries are missing"), Text("填 0 或删去", "write 0 for no link")),
        (raw.data < 0, Text("有负权重", "entries are negative"), Text("权重须不小于 0", "weights are 0 or positive")),
    )
    rows = np.repeat(np.arange(raw.shape[0]), np.diff(raw.indptr))
    for wrong, what, remedy in rules:
        _require_none(wrong, rows, raw.indices, ids, what, remedy)
    _require_none(
        (rows == raw.indices) & (raw.data != 0), rows, raw.indices, ids,
        Text("对角线不为 0", "the diagonal is not zero"),
        Text("单位不是自己的邻居：把对角线置 0", "no unit is its own neighbour: set the diagonal to 0"),
    )  # fmt: skip
    support = raw.copy()
    support.data = (raw.data != 0).astype(np.float64)
    single = (support - support.T).tocoo()
    if not directed:
        _require_none(
            single.data > 0, single.row, single.col, ids,
            Text("只有单向的邻居", "neighbours in one direction only"),
            Text("补上反向的权重，或用 directed=True", "add the other direction, or pass directed=True"),
        )  # fmt: skip


def _require_none(
    wrong: NDArray[np.bool_], rows: Any, columns: Any, ids: tuple[object, ...], what: Text, remedy: Text
) -> None:
    if not wrong.any():
        return
    pairs = [(ids[i], ids[j]) for i, j in zip(rows[wrong][:SHOWN], columns[wrong][:SHOWN], strict=True)]
    raise faults.bad_matrix(
        what,
        Text("有限、非负、对角线为 0 的权重", "finite weights, 0 or positive, zero on the diagonal"),
        Text("{k} 处，前几处 {p}", "{k} entries, first {p}").format(k=int(wrong.sum()), p=pairs),
        remedy,
    )
