"""Averages of effects by cohort and relative period, with their joint covariance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.policy.model import Path

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Cells:
    """Effects by cohort and relative period: arrays of shape (k,); vcov (k, k); count: rows behind each."""

    cohort: Codes
    relative: Codes
    count: Floats
    estimate: Floats
    vcov: Floats


def weights_of(cells: Cells, groups: Sequence[NDArray[np.bool_]]) -> Floats:
    """Weights, (g, k), by rows within each group of cells."""
    raw = np.array([np.where(group, cells.count, 0.0) for group in groups]).reshape(len(groups), len(cells.count))
    return np.asarray(raw / raw.sum(axis=1, keepdims=True), dtype=np.float64)


def averaged(cells: Cells, groups: Sequence[NDArray[np.bool_]]) -> tuple[Floats, Floats]:
    """Means and standard errors, (g,) each, of groups of cells, weighted by rows."""
    weight = weights_of(cells, groups)
    variance = np.einsum("gk,kl,gl->g", weight, cells.vcov, weight)
    return weight @ cells.estimate, np.sqrt(np.maximum(variance, 0.0))


def path_of(cells: Cells, reference: int, window: tuple[int, int] | None) -> Path:
    """Effects by relative period, the reference among them with 0; only those inside the window, if there is one."""
    relative = np.unique(cells.relative)
    if window is not None:
        relative = relative[(relative >= window[0]) & (relative <= window[1])]
    weight = weights_of(cells, [cells.relative == e for e in relative])
    estimate, vcov = weight @ cells.estimate, weight @ cells.vcov @ weight.T
    return with_reference(relative, estimate, vcov, reference)


def with_reference(relative: Codes, estimate: Floats, vcov: Floats, reference: int) -> Path:
    """The path with its reference period put in: effect 0, error and covariances NaN."""
    at = int(np.searchsorted(relative, reference))
    joint = np.insert(np.insert(vcov, at, np.nan, axis=0), at, np.nan, axis=1)
    se = np.insert(np.sqrt(np.diag(vcov)), at, np.nan)
    return Path(np.insert(relative, at, reference), np.insert(estimate, at, 0.0), se, joint, reference)


def mean_of(path: Path, weight: Codes | NDArray[np.bool_]) -> tuple[float, float]:
    """Weighted mean of a path with joint covariance, and its error; weights (e,), 0 at the references."""
    share = weight / weight.sum()
    variance = share @ np.nan_to_num(np.asarray(path.vcov, dtype=np.float64)) @ share
    return float(share @ path.estimate), max(float(variance), 0.0) ** 0.5


def mean_after(path: Path) -> tuple[float, float]:
    """Unweighted mean of the effects from treatment on, with its error."""
    return mean_of(path, path.relative >= 0)


def group_time(cells: Cells) -> pl.DataFrame:
    """Cohort, period, estimate, se of each cell; null where the error is not estimated."""
    error = np.sqrt(np.diag(cells.vcov))
    periods = cells.cohort + cells.relative
    table = pl.DataFrame({"cohort": cells.cohort, "period": periods, "estimate": cells.estimate, "se": error})
    return table.with_columns(pl.when(pl.col("se") > 0).then("se"))
