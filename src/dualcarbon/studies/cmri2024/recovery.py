"""Does the chain find the truth it was given? Every check says what it compared and whether it held."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dualcarbon.core.text import Text
from dualcarbon.studies.cmri2024.results import Results

MEDIAN_ERROR_NOISY = 0.08
MEDIAN_ERROR_CLEAN = 0.03
RANK_CORRELATION = 0.98
INTERVAL = 0.95


@dataclass(frozen=True, slots=True)
class Check:
    """A planted quantity, what came out, the bound it must keep, and whether it did."""

    name: Text
    truth: float
    estimate: float
    low: float
    high: float

    @property
    def held(self) -> bool:
        """Whether the estimate lies within its bounds."""
        return bool(self.low <= self.estimate <= self.high)


def checks(results: Results, noisy: bool = True) -> tuple[Check, ...]:
    """All checks of a run on simulated data: industry medians, their ranks, every planted effect.

    The error of the median industry and the rank correlation have fixed bounds; an effect's truth must lie in the
    estimate's 95 % interval, written here as the truth being within the interval's half width of the estimate.

    Raises
    ------
    ValueError
        On real data, where no truth is known.
    """
    if results.truth is None:
        raise ValueError("recovery needs a simulated survey: real data have no known truth")
    return (*_industry_checks(results, noisy), *_effect_checks(results))


def _industry_checks(results: Results, noisy: bool) -> tuple[Check, ...]:
    frame = results.industries.drop_nulls(["default_mac_median", "truth_mac_median"])
    ours = frame["default_mac_median"].to_numpy()
    truth = frame["truth_mac_median"].to_numpy()
    error = float(np.median(np.abs(ours / truth - 1.0)))
    rank = float(np.corrcoef(np.argsort(np.argsort(ours)), np.argsort(np.argsort(truth)))[0, 1])
    return (
        Check(
            Text("行业中位边际减排成本的相对误差（取行业中位）", "relative error of the median MAC, median industry"),
            0.0,
            error,
            0.0,
            MEDIAN_ERROR_NOISY if noisy else MEDIAN_ERROR_CLEAN,
        ),
        Check(
            Text("行业位次的等级相关系数", "rank correlation of the industries"),
            1.0,
            rank,
            RANK_CORRELATION,
            1.0,
        ),
    )


def _effect_checks(results: Results) -> tuple[Check, ...]:
    assert results.truth is not None
    found = []
    for row in results.truth.effects.to_dicts():
        estimate = results.regressions[str(row["name"])]
        low, high = estimate.interval(INTERVAL)[0]
        half = float(high - low) / 2.0
        truth = float(row["estimand"])
        label = Text(str(row["label_zh"]), str(row["label_en"]))
        found.append(Check(label, truth, float(estimate.coef[0]), truth - half, truth + half))
    return tuple(found)
