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
from dualcarbon.policy.timing import NEVER

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

UNIT, PERIOD, FIRST, OUTCOME, CLUSTER = "unit", "period", "first", "outcome", "cluster"


def table(design: Design) -> pd.DataFrame:
    """The design as the library's long table; 0 stands for never treated."""
    import pandas as pd

    columns: dict[str, Any] = {
        UNIT: design.unit,
        PERIOD: design.period,
        FIRST: np.where(design.first == NEVER, 0, design.first),
        OUTCOME: design.outcome,
        CLUSTER: design.cluster,
    }
    columns |= {control(j): design.controls[:, j] for j in range(design.controls.shape[1])}
    return pd.DataFrame(columns)


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
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield notes
    for said in dict.fromkeys(str(w.message) for w in caught if not issubclass(w.category, FutureWarning)):
        notes.append(both(f"diff-diff: {said}"))


def path(found: Any) -> Path:
    """An event study of the library; effects it left open are left out."""
    reference = int(found.reference_period) if found.reference_period is not None else None
    relative, estimate = np.asarray(found.event_time, dtype=np.int64), np.asarray(found.att, dtype=np.float64)
    known = np.isfinite(estimate)
    vcov = _joint(found.vcov, found.vcov_index, relative[known])
    return Path(relative[known], estimate[known], np.asarray(found.se, dtype=np.float64)[known], vcov, reference)


def mean_after(path: Path) -> tuple[float, float] | None:
    """Unweighted mean of the effects from treatment on, with its error; None without a joint covariance."""
    if path.vcov is None:
        return None
    weight = (path.relative >= 0) / np.count_nonzero(path.relative >= 0)
    variance = float(weight @ np.nan_to_num(path.vcov) @ weight)
    return float(weight @ path.estimate), variance**0.5


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


def cohorts(found: Any) -> Cohorts:
    """Effects by first treated period, from the library's aggregation by group."""
    labels = np.array([int(g) for g in found.label], dtype=np.int64)
    return Cohorts(labels, np.asarray(found.att, dtype=np.float64), np.asarray(found.se, dtype=np.float64))
