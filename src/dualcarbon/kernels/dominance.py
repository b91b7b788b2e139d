"""Which units of a reference set no other unit makes superfluous."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def undominated(quantities: NDArray[np.float64]) -> NDArray[np.int64]:
    """Rows that no other row equals or undercuts in every column.

    Parameters
    ----------
    quantities : (n, p)
        Less is better: inputs and bads as they are, goods negative.

    Returns
    -------
    (k,) int64, ascending
        Of equal rows the first.

    Examples
    --------
    >>> undominated(np.array([[1.0, 2.0], [2.0, 1.0], [2.0, 2.0], [1.0, 2.0]])).tolist()
    [0, 1]
    """
    order = np.lexsort((np.arange(len(quantities)), *quantities.T[::-1]))
    kept = np.empty_like(quantities)
    rows: list[int] = []
    for i in order:
        if not (kept[: len(rows)] <= quantities[i]).all(axis=1).any():
            kept[len(rows)] = quantities[i]
            rows.append(int(i))
    return np.sort(np.array(rows, dtype=np.int64))
