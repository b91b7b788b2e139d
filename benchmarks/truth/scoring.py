"""How near a fit comes to the truth of its case, and what its flag was worth."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from dualcarbon.frontier.model import CODE, GroupFit
from truth.designs import Case

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

WRONG, RIGHT = math.log(1.5), 0.15
"""|ln(median MAC / true median)| beyond which a fit is wrong, and within which it is right."""
_FEWEST = 20
_PASSES = 100


@dataclass(frozen=True)
class Score:
    """One run of one model on one draw of a design; NaN where no row is priced.

    Attributes
    ----------
    usable : share of uncontaminated rows with CO2 that have a positive, finite MAC
    firm : median |ln(MAC / true MAC)| over rows
    rank : rank correlation with the true MAC within the industry, mean over industries
    median, mean : ln of the ratio of the industry's medians, and of its means; of several industries the median |.|
    share : recovered share of a planted coefficient on ln MAC, firm and year effects taken out
    room : aggregate room over the true one, less 1
    seconds : of the fit
    verdicts : of the industries
    """

    usable: float
    firm: float
    rank: float
    median: float
    mean: float
    share: float
    room: float
    seconds: float
    verdicts: tuple[str, ...]


def priced(case: Case, fit: GroupFit) -> Mask:
    """Uncontaminated rows with a price."""
    status = np.isin(fit.status, (CODE["ok"], CODE["kink"], CODE["edge"]))
    with np.errstate(invalid="ignore"):
        return np.asarray(case.clean & status & (fit.mac > 0.0) & np.isfinite(fit.mac), dtype=np.bool_)


def error_of_median(case: Case, fit: GroupFit) -> float:
    """ln(median MAC / median true MAC) over priced rows."""
    rows = priced(case, fit)
    if np.count_nonzero(rows) < _FEWEST:
        return math.nan
    return float(np.log(np.median(fit.mac[rows]) / np.median(case.mac[rows])))


def coefficient(values: Array, case: Case, rows: Mask) -> float:
    """Of values on the treatment with firm and year effects, by alternating projections."""
    v, d = values[rows].copy(), case.d[rows].copy()
    codes = [case.data.unit[rows], case.data.time[rows]]
    for _ in range(_PASSES):
        for code in codes:
            count = np.maximum(np.bincount(code), 1)
            v -= (np.bincount(code, v) / count)[code]
            d -= (np.bincount(code, d) / count)[code]
    return float(v @ d / (d @ d))


def _one(case: Case, fit: GroupFit) -> tuple[float, ...]:
    """usable, firm, rank, median, mean, share, room of one industry."""
    rows, wanted = priced(case, fit), case.clean & (case.data.b > 0.0)
    usable = float(np.count_nonzero(rows) / np.count_nonzero(wanted))
    if np.count_nonzero(rows) < _FEWEST:
        return (usable, *(math.nan,) * 6)
    mac, true, b = fit.mac[rows], case.mac[rows], case.data.b[rows]
    ln = np.log(np.where(rows, fit.mac, 1.0))
    every = np.ones(rows.size, dtype=np.bool_)
    return (
        usable,
        float(np.median(np.abs(np.log(mac / true)))),
        float(np.corrcoef(rankdata(mac), rankdata(true))[0, 1]),
        float(np.log(np.median(mac) / np.median(true))),
        float(np.log(mac.mean() / true.mean())),
        coefficient(ln, case, rows) / coefficient(np.log(case.mac), case, every),
        float((fit.abatement_room[rows] @ b) / (case.room[rows] @ b)) - 1.0,
    )


def score(cases: Sequence[Case], fits: Sequence[GroupFit], seconds: float) -> Score:
    """Of one draw: its industries weigh alike, their errors of median and mean count without sign if there are more."""
    table = np.array([_one(case, fit) for case, fit in zip(cases, fits, strict=True)])
    if len(table) > 1:
        table[:, 3:5] = np.abs(table[:, 3:5])
    known = ~np.isnan(table)
    means = [float(np.mean(column[ok])) if ok.any() else math.nan for column, ok in zip(table.T, known.T, strict=True)]
    return Score(*means, seconds, tuple(fit.verdict for fit in fits))


def middle(scores: Sequence[Score]) -> dict[str, float]:
    """Median of every figure over draws, those without a price left out."""
    names = ("usable", "firm", "rank", "median", "mean", "share", "room", "seconds")
    table = np.array([[getattr(one, name) for name in names] for one in scores])
    return {
        name: float(np.median(column[~np.isnan(column)])) if not np.isnan(column).all() else math.nan
        for name, column in zip(names, table.T, strict=True)
    }


@dataclass(frozen=True)
class Flags:
    """How often a flag went with an error: fits, wrong, right, and shares flagged of the wrong, between and right."""

    fits: int
    wrong: int
    right: int
    detected: float
    between: float
    false: float


def flags(errors: Array, flagged: Mask) -> Flags:
    """errors (n,) ln of the ratio of medians, NaN (no price) left out; flagged (n,): not identified."""
    known = ~np.isnan(errors)
    size, raised = np.abs(errors[known]), flagged[known]
    wrong, right = size > WRONG, size <= RIGHT

    def share(rows: Mask) -> float:
        return float(raised[rows].mean()) if rows.any() else math.nan

    return Flags(size.size, int(wrong.sum()), int(right.sum()), share(wrong), share(~wrong & ~right), share(right))
