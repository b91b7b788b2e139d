"""A policy evaluation as cubes of units by periods, with spatial lags of what is to have them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dualcarbon.core.options import bad_option
from dualcarbon.core.text import Text, both
from dualcarbon.policy.design import Design
from dualcarbon.policy.spatial import faults
from dualcarbon.policy.spatial.weights import Weights

Floats = NDArray[np.float64]

TREATMENT = "treatment"


@dataclass(frozen=True, slots=True)
class Variables:
    """Outcome (N, T), regressors (N, T, k) and their names; `durbin[j]` is the place of the lag of regressor j, or -1.

    The first `own` regressors are the treatment and the controls, the others spatial lags of them.
    """

    y: Floats
    x: Floats
    names: tuple[str, ...]
    own: int
    durbin: tuple[int, ...]
    collinear: tuple[str, ...]

    def without_lags(self) -> Variables:
        """The same without spatial lags of regressors."""
        k = self.own
        return Variables(self.y, self.x[:, :, :k], self.names[:k], k, (-1,) * k, self.collinear)


def variables(sample: Design, weights: Weights, durbin: Sequence[str] | None) -> Variables:
    """The cubes of a balanced design; regressors that the effects or others before them determine left out, named.

    Raises
    ------
    ConfigError
        A name among `durbin` is neither the treatment nor a control.
    NotIdentifiedError
        The effects determine the treatment.
    """
    from dualcarbon.kernels.spatial_likelihood import lagged

    units, periods = len(sample.starts), len(sample.periods)
    columns = [sample.treated.astype(np.float64)[:, None], sample.controls]
    own = np.concatenate(columns, axis=1).reshape(units, periods, -1)
    names = (TREATMENT, *sample.asked.controls)
    chosen = names if durbin is None else tuple(durbin)
    unknown = [name for name in chosen if name not in names]
    if unknown:
        raise bad_option("durbin", both(", ".join(names)), ", ".join(unknown))
    at = [names.index(name) for name in dict.fromkeys(chosen)]
    lags = lagged(weights.matrix, np.ascontiguousarray(own[:, :, at]))
    whole = np.concatenate([own, lags], axis=2)
    kept = _independent(whole)
    if not kept[0]:
        raise faults.few(
            Text("固定效应完全决定处理变量", "unit and period effects determine the treatment"), 0,
            Text("检查处理时点", "check when treatment begins"),
        )  # fmt: skip
    labels = (*names, *(f"W:{names[j]}" for j in at))
    places = np.cumsum(kept) - 1
    lag_of = {j: int(places[len(names) + i]) for i, j in enumerate(at) if kept[len(names) + i]}
    left = [j for j in range(len(names)) if kept[j]]
    return Variables(
        y=sample.outcome.reshape(units, periods),
        x=np.ascontiguousarray(whole[:, :, kept]),
        names=tuple(label for label, keep in zip(labels, kept, strict=True) if keep),
        own=len(left),
        durbin=tuple(lag_of.get(j, -1) for j in left),
        collinear=tuple(label for label, keep in zip(labels, kept, strict=True) if not keep),
    )


def _independent(x: Floats) -> NDArray[np.bool_]:
    from dualcarbon.kernels.least_squares import independent, least_variation
    from dualcarbon.kernels.spatial_likelihood import without_effects

    flat, within = x.reshape(-1, x.shape[2]), without_effects(x).reshape(-1, x.shape[2])
    means = flat.mean(axis=0)
    least = least_variation(np.sum((flat - means) ** 2, axis=0), means, float(len(flat)))
    return independent(within.T @ within, least)
