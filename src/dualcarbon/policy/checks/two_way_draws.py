"""Two-way coefficients of many reassigned treatments at once, by Frisch and Waugh."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dualcarbon.policy.design import Design
from dualcarbon.policy.model import Estimator
from dualcarbon.policy.models.twfe import TwoWay
from dualcarbon.policy.within import dense, within
from dualcarbon.policy.words import cluster_word

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


def answers_all_at_once(sample: Design, estimator: Estimator) -> bool:
    """Whether the estimator is the two-way regression on rows that do not depend on who is treated."""
    return isinstance(estimator, TwoWay) and not sample.asked.anticipation


@dataclass(frozen=True, slots=True)
class TwoWayDraws:
    """What all draws share.

    Attributes
    ----------
    outcome : (n,)
        Without effects and controls.
    controls : (n, k)
        Without effects, orthonormal.
    unit, period : (n,)
        Codes of the design's units; periods.
    effects : two of (n,)
        Dense codes of the units and periods used.
    cluster : (n,)
    factor : float
        (N-1)/(N-K) G/(G-1) with the treatment and the controls.
    """

    outcome: Floats
    controls: Floats
    unit: Codes
    period: Codes
    effects: tuple[Codes, Codes]
    cluster: Codes
    factor: float

    @classmethod
    def of(cls, sample: Design) -> TwoWayDraws:
        """From a design; rows alone in a unit or period are left out, as the regression leaves them out."""
        from dualcarbon.kernels.absorb import partial_out

        dummy = sample.treated.astype(np.float64)
        columns = np.column_stack([dummy, sample.controls])
        true = within(sample.outcome, columns, (sample.unit, sample.period), sample.cluster, cluster_word(sample))
        used = true.used
        effects = (dense(sample.unit[used]), dense(sample.period[used]))
        kept = sample.controls[used][:, true.kept[1:]]
        both = np.column_stack([sample.outcome[used], kept])
        left = partial_out(both - both.mean(axis=0), effects, np.ones(len(both))).values
        basis = np.linalg.qr(left[:, 1:])[0] if kept.shape[1] else np.empty((len(left), 0))
        factor = (true.n - 1) / (true.n - true.parameters) * true.groups / (true.groups - 1)
        return cls(
            left[:, 0] - basis @ (basis.T @ left[:, 0]), basis, sample.unit[used], sample.period[used], effects,
            dense(sample.cluster[used]), factor,
        )  # fmt: skip

    def solve(self, unit_first: Codes) -> tuple[Floats, Floats]:
        """Coefficients and t statistics, (m,) each, for first treated periods of the units, (u, m).

        NaN where effects and controls determine the treatment.
        """
        from dualcarbon.kernels.absorb import partial_out
        from dualcarbon.kernels.groups import group_sums
        from dualcarbon.kernels.least_squares import least_variation
        from dualcarbon.kernels.moments import centred, sums_of_squares

        ones = np.ones(len(self.period))
        dummies = (self.period[:, None] >= unit_first[self.unit]).astype(np.float64)
        deviations, means = centred(dummies, ones)
        least = least_variation(sums_of_squares(deviations, ones), means, float(len(ones)))
        left = partial_out(deviations, self.effects, ones).values
        left -= self.controls @ (self.controls.T @ left)
        squares = sums_of_squares(left, ones)
        known = squares > least
        safe = np.where(known, squares, 1.0)
        coef = (self.outcome @ left) / safe
        scores = left * (self.outcome[:, None] - left * coef)
        sums = group_sums(scores, ones, self.cluster, int(self.cluster.max()) + 1)
        errors = np.sqrt(self.factor * sums_of_squares(sums, np.ones(len(sums)))) / safe
        t = np.divide(coef, errors, out=np.full(len(coef), np.nan), where=errors > 0)
        return np.where(known, coef, np.nan), np.where(known, t, np.nan)
