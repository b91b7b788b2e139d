"""Residuals within cells and given controls, for regressions whose regressors are known in advance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dualcarbon.panel.survey_technology import Floats

_COLLINEAR = 1e-10


def dot(a: Floats, b: Floats) -> float:
    """Inner product by pairwise summation: the same bits whatever the number of threads."""
    return float(np.add.reduce(a * b))


@dataclass(frozen=True, slots=True)
class Within:
    """A projection: off cell means, then off the controls.

    Attributes
    ----------
    rows : (m,) int64
        Rows of the survey in the sample.
    cells : (m,) int64
    inverse : (g,)
        One over the number of rows of each cell.
    basis : tuple of (m,)
        Orthonormal residuals of the controls.
    """

    rows: NDArray[np.int64]
    cells: NDArray[np.int64]
    inverse: Floats
    basis: tuple[Floats, ...]

    @classmethod
    def fit(cls, rows: NDArray[np.int64], cells: NDArray[np.int64], controls: Sequence[Floats]) -> Within:
        """The projection for a sample; `cells` and `controls` are over all rows of the survey."""
        used = cells[rows]
        count = np.bincount(used).astype(np.float64)
        inverse = np.divide(1.0, count, out=np.zeros_like(count), where=count > 0)
        plain = cls(rows, used, inverse, ())
        basis: list[Floats] = []
        for control in controls:
            left = plain(control)
            before = dot(left, left)
            for vector in basis:
                left = left - dot(left, vector) * vector
            size = dot(left, left)
            if size > _COLLINEAR * before:
                basis.append(left / np.sqrt(size))
        return cls(rows, used, inverse, tuple(basis))

    def __call__(self, values: Floats) -> Floats:
        """Residuals (m,) of values (n,)."""
        left = values[self.rows]
        mean = np.bincount(self.cells, left, minlength=len(self.inverse)) * self.inverse
        left = left - mean[self.cells]
        for vector in self.basis:
            left = left - dot(left, vector) * vector
        return left


def remove(values: Floats, directions: Sequence[Floats]) -> Floats:
    """Values (n,) less their least-squares projection on the directions, each (n,): sum over n is then zero."""
    kept = [d / np.sqrt(size) for d in directions if (size := dot(d, d)) > 0.0]
    if not kept:
        return values
    gram = np.array([[dot(a, b) for b in kept] for a in kept])
    for _ in range(2):
        weight = np.linalg.lstsq(gram, np.array([dot(d, values) for d in kept]), rcond=1e-12)[0]
        for w, direction in zip(weight, kept, strict=True):
            values = values - w * direction
    return values
