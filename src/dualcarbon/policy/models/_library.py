"""The one edge to the difference-in-differences library: a design as its table, its answers as our arrays."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dualcarbon.core.text import Text, both
from dualcarbon.policy.design import Design
from dualcarbon.policy.model import Cohorts, Path

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

_WARNINGS = {
    "(group, time) cell(s) could not be": Text(
        "{k} 个组别-时期没有可比较的单位，未估计",
        "{k} cohort-by-period effects have nobody to compare with and are not estimated",
    ),
    "Low Events Per Variable": Text(
        "有的批次处理单位不足控制变量个数的 10 倍，倾向得分不稳；可用 CallawaySantAnna('reg')",
        "some cohort has fewer than ten units per control: its propensity is unstable; consider "
        "CallawaySantAnna('reg')",
    ),
    "will be trimmed": Text(
        "有的批次有倾向得分小于 0.01 或大于 0.99，已截到该界：两组少有重叠",
        "some cohort has propensities below 0.01 or above 0.99, which are cut there: the groups hardly overlap",
    ),
    "Rank-deficient": Text(
        "控制变量在某批处理前一期为常数或共线，多余者略去",
        "controls are constant or collinear before some cohort's treatment: the redundant ones are left out",
    ),
    "Propensity score estimation failed": Text(
        "有的批次倾向得分不存在（控制变量完全分离两组），该处倾向得分不含控制变量",
        "some cohort has no propensity (the controls separate the groups): it enters there without controls",
    ),
}
"""Parts of the library's usual warnings, and what they say."""

UNIT, PERIOD, FIRST, OUTCOME, CLUSTER = "unit", "period", "first", "outcome", "cluster"


def table(design: Design) -> pd.DataFrame:
    """The design as the library's long table; 0 stands for never treated, so that periods are made positive."""
    import pandas as pd

    columns: dict[str, Any] = {
        UNIT: design.unit,
        PERIOD: design.period + shift(design),
        FIRST: np.where(design.ever, design.first + np.where(design.ever, shift(design), 0), 0),
        OUTCOME: design.outcome,
        CLUSTER: design.cluster,
    }
    columns |= {control(j): design.controls[:, j] for j in range(design.controls.shape[1])}
    return pd.DataFrame(columns)


def shift(design: Design) -> int:
    """What is added to periods so that the first is positive; 0 where it is."""
    return max(0, 1 - int(design.periods[0]))


def control(j: int) -> str:
    """The library's name of control j: names of the user's table never reach it."""
    return f"control_{j}"


def roles(design: Design) -> dict[str, Any]:
    """The column names every estimator of the library asks for."""
    named: dict[str, Any] = {"outcome": OUTCOME, "unit": UNIT, "time": PERIOD, "first_treat": FIRST}
    width = design.controls.shape[1]
    return named | ({"covariates": [control(j) for j in range(width)]} if width else {})


def clustered(design: Design) -> str | None:
    """The cluster column, None where it is the unit itself."""
    return CLUSTER if len(np.unique(design.cluster)) < len(design.starts) else None


@contextmanager
def heard() -> Iterator[list[Text]]:
    """Collects what the library warns of, as notes, each once."""
    notes: list[Text] = []
    said: dict[Text, None] = {}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield notes
    for warned in caught:
        if not issubclass(warned.category, FutureWarning):
            said[_translated(str(warned.message))] = None
    notes.extend(said)


def _translated(message: str) -> Text:
    """What the library warns of in both languages; as it is where it is none of the usual warnings."""
    for start, text in _WARNINGS.items():
        if start in message:
            return text.format(k=message.split(" ", 1)[0])
    return both(f"diff-diff: {message}")


def path(found: Any) -> Path:
    """An event study of the library; effects it left open are left out."""
    reference = int(found.reference_period) if found.reference_period is not None else None
    relative, estimate = np.asarray(found.event_time, dtype=np.int64), np.asarray(found.att, dtype=np.float64)
    known = np.isfinite(estimate)
    vcov = _joint(found.vcov, found.vcov_index, relative[known])
    return Path(relative[known], estimate[known], np.asarray(found.se, dtype=np.float64)[known], vcov, reference)


def _joint(vcov: Any, index: Any, relative: Codes) -> Floats | None:
    """The library's covariance with a row and column for every effect, NaN at the reference."""
    if vcov is None or index is None:
        return None
    at = {int(e): j for j, e in enumerate(index)}
    kept = [i for i, e in enumerate(relative.tolist()) if e in at]
    positions = [at[int(relative[i])] for i in kept]
    whole = np.full((len(relative), len(relative)), np.nan)
    whole[np.ix_(kept, kept)] = np.asarray(vcov, dtype=np.float64)[np.ix_(positions, positions)]
    return whole


def cohorts(found: Any, shift: int) -> Cohorts:
    """Effects by first treated period, from the library's aggregation by group of periods that were shifted."""
    labels = np.array([int(g) - shift for g in found.label], dtype=np.int64)
    return Cohorts(labels, np.asarray(found.att, dtype=np.float64), np.asarray(found.se, dtype=np.float64))
