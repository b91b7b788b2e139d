"""Panel threshold regression: the sum of squares at every threshold in one pass over the rows ranked by it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dualcarbon.kernels.jit import jit

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

TOLERANCE = 1e-10
"""Share of its own variation that a column must keep beside the columns before it."""

ROUNDS = 50
"""Most rounds in which thresholds are found again given the others; each round lowers the sum of squares."""


class Ranked(NamedTuple):
    """A panel whose rows are sorted by the threshold variable.

    The slope of x differs by regime: the column added by a threshold is h, equal to x in the rows up to it and zero
    after it. M takes out the firms' means and the other regressors.

    Attributes
    ----------
    x : (n,)
    firms : (n,), codes 0..g-1
    sizes : (g,), rows of each firm
    basis : (n, k)
        Orthonormal; spans the other regressors, x among them, without the firms' means.
    ends : (c,), increasing
        Rows up to each candidate.
    norms : (c,)
        h'Mh at each candidate.
    floors : (c,)
        Value that h'Mh must exceed.
    least : int
        Rows that must lie between two thresholds.
    """

    x: Floats
    firms: Codes
    sizes: Floats
    basis: Floats
    ends: Codes
    norms: Floats
    floors: Floats
    least: int


def ranked(x: Floats, firms: Codes, sizes: Floats, basis: Floats, ends: Codes, least: int) -> Ranked:
    """The panel with h'Mh at every candidate; arguments as in `Ranked`.

    With S_i the sum of x over the rows of firm i up to the candidate and T_i all its rows,

        h'Mh = sum of x^2 - sum over firms of S_i^2 / T_i - |basis'h|^2,

    each term brought up to date row by row: O(k) per row, for balanced and unbalanced panels alike.
    """
    norms, raw = _norms(x, firms, sizes, basis, ends)
    return Ranked(x, firms, sizes, basis, ends, norms, TOLERANCE * raw, least)


@jit
def _norms(x: Floats, firms: Codes, sizes: Floats, basis: Floats, ends: Codes) -> tuple[Floats, Floats]:
    sums = np.zeros(sizes.shape[0])
    inner = np.zeros(basis.shape[1])
    norms = np.empty(ends.shape[0])
    raw = np.empty(ends.shape[0])
    squares, between, r = 0.0, 0.0, 0
    for c in range(ends.shape[0]):
        while r < ends[c]:
            f = firms[r]
            squares += x[r] * x[r]
            between += x[r] * (2.0 * sums[f] + x[r]) / sizes[f]
            sums[f] += x[r]
            for j in range(basis.shape[1]):
                inner[j] += x[r] * basis[r, j]
            r += 1
        explained = 0.0
        for j in range(basis.shape[1]):
            explained += inner[j] * inner[j]
        norms[c] = squares - between - explained
        raw[c] = squares
    return norms, raw


@jit
def _reduce(values: Floats, basis: Floats) -> None:
    """Take the columns of the basis (n, k) out of the values (n,), in place."""
    inner = np.zeros(basis.shape[1])
    for r in range(basis.shape[0]):
        for j in range(basis.shape[1]):
            inner[j] += values[r] * basis[r, j]
    for r in range(basis.shape[0]):
        for j in range(basis.shape[1]):
            values[r] -= inner[j] * basis[r, j]


@jit
def _take_out(values: Floats, unit: Floats) -> float:
    """Take a vector of norm one out of the values, in place; the share of it that they held."""
    share = 0.0
    for r in range(values.shape[0]):
        share += values[r] * unit[r]
    for r in range(values.shape[0]):
        values[r] -= share * unit[r]
    return share


@jit
def orthonormal(columns: Floats, least: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """Orthonormal columns that span those given, and which of those given added to the span.

    Gram-Schmidt, every column reduced twice. A column is left out if its squares do not exceed `least`, or if the
    columns before it leave at most `TOLERANCE` of them.

    Parameters
    ----------
    columns : (n, k)
    least : (k,)

    Returns
    -------
    basis : (n, r), kept : (k,)
    """
    n, k = columns.shape
    units = np.empty((k, n))
    kept = np.zeros(k, np.bool_)
    count = 0
    for j in range(k):
        values = columns[:, j].copy()
        before = np.sum(values * values)
        for _ in range(2):
            for i in range(count):
                _take_out(values, units[i])
        after = np.sum(values * values)
        if before > least[j] and after > TOLERANCE * before:
            units[count] = values / np.sqrt(after)
            kept[j] = True
            count += 1
    return np.ascontiguousarray(units[:count].T), kept


@jit
def without_basis(values: Floats, basis: Floats) -> Floats:
    """Values (n,), orthogonal to the firms, without the columns of the basis (n, k)."""
    left = values.copy()
    for _ in range(2):
        _reduce(left, basis)
    return left


@jit
def _directions(panel: Ranked, chosen: Codes) -> Floats:
    """Mh of the chosen candidates, orthonormalised in their order, (m, n)."""
    n = panel.x.shape[0]
    units = np.zeros((chosen.shape[0], n))
    for j in range(chosen.shape[0]):
        end = panel.ends[chosen[j]]
        means = np.zeros(panel.sizes.shape[0])
        for r in range(end):
            means[panel.firms[r]] += panel.x[r]
        means /= panel.sizes
        unit = units[j]
        unit[:end] = panel.x[:end]
        for r in range(n):
            unit[r] -= means[panel.firms[r]]
        for _ in range(2):
            _reduce(unit, panel.basis)
            for i in range(j):
                _take_out(unit, units[i])
        unit /= np.sqrt(np.sum(unit * unit))
    return units


@jit
def curve(panel: Ranked, left: Floats, others: Codes) -> Floats:
    """Sum of squared residuals, (c,), with a threshold at each candidate beside the others.

        S(c) = |e|^2 - (h'e)^2 / h'M'h

    where e are the residuals and M' takes out firms, regressors and the columns of the other thresholds. Infinite
    where fewer than `least` rows would lie between two thresholds, or h is determined by the rest.

    Parameters
    ----------
    left : (n,)
        The outcome, reduced by M.
    others : (m,)
        Candidates already taken.
    """
    units = _directions(panel, others)
    rest = left.copy()
    for j in range(others.shape[0]):
        _take_out(rest, units[j])
    base = np.sum(rest * rest)
    inner = np.zeros(others.shape[0])
    found = np.empty(panel.ends.shape[0])
    product, r = 0.0, 0
    for c in range(panel.ends.shape[0]):
        while r < panel.ends[c]:
            product += panel.x[r] * rest[r]
            for j in range(others.shape[0]):
                inner[j] += panel.x[r] * units[j, r]
            r += 1
        own = panel.norms[c]
        near = False
        for j in range(others.shape[0]):
            own -= inner[j] * inner[j]
            near = near or abs(panel.ends[c] - panel.ends[others[j]]) < panel.least
        found[c] = np.inf if near or own <= panel.floors[c] else max(base - product * product / own, 0.0)
    return found


@jit
def residuals(panel: Ranked, left: Floats, chosen: Codes) -> Floats:
    """What the thresholds leave of the outcome `left`, (n,); chosen (m,)."""
    units = _directions(panel, chosen)
    rest = left.copy()
    for _ in range(2):
        for j in range(chosen.shape[0]):
            _take_out(rest, units[j])
    return rest


@jit
def _refine(panel: Ranked, left: Floats, chosen: Codes) -> float:
    """Find each threshold again given the others, in place, until none moves; the sum of squares reached."""
    others = np.empty(chosen.shape[0] - 1, np.int64)
    reached = np.inf
    for _ in range(ROUNDS):
        moved = False
        for i in range(chosen.shape[0]):
            others[:i] = chosen[:i]
            others[i:] = chosen[i + 1 :]
            found = curve(panel, left, others)
            best = np.argmin(found)
            if found[best] < found[chosen[i]]:
                chosen[i] = best
                moved = True
            reached = float(found[chosen[i]])
        if not moved:
            break
    return reached


@jit
def sequence(panel: Ranked, left: Floats, count: int) -> tuple[Codes, float]:
    """Candidates chosen as `count` thresholds one after the other, and the sum of squared residuals with them.

    Each new threshold minimises the sum of squares given those before it; then each is found again given the others
    until none moves (Bai 1997; Hansen 1999, section 4). Of equal sums the smallest threshold is taken. The sum is
    infinite where no further threshold is admissible.
    """
    chosen = np.empty(count, np.int64)
    reached = float(np.sum(left * left))
    for j in range(count):
        found = curve(panel, left, chosen[:j])
        best = np.argmin(found)
        chosen[j] = best
        reached = found[best]
        if not np.isfinite(reached):
            break
        if j > 0:
            reached = _refine(panel, left, chosen[: j + 1])
    return chosen, reached


@jit
def statistic(panel: Ranked, left: Floats, count: int) -> float:
    """(S' - S) / S, S' with `count` - 1 thresholds and S with one more given them; 0 where none is admissible."""
    chosen, before = sequence(panel, left, count - 1)
    if not np.isfinite(before):
        return 0.0
    after = np.min(curve(panel, left, chosen))
    if not np.isfinite(after):
        return 0.0
    return (before - after) / after if after > 0.0 else np.inf


@jit
def redrawn(
    panel: Ranked, mean: Floats, residuals: Floats, starts: Codes, places: Codes, source: Codes, sign: Floats
) -> Floats:
    """Outcome reduced by M, (n,), in which firm i has `sign[i]` times the residuals of firm `source[i]`.

    Parameters
    ----------
    mean : (n,)
        What the null model fits, reduced by M.
    residuals : (n,)
        Sorted by firm; they sum to zero in each.
    starts : (g,)
        Where the residuals of each firm begin.
    places : (n,)
        Place of each ranked row within its firm.
    source, sign : (g,)
    """
    errors = np.empty(mean.shape[0])
    for r in range(mean.shape[0]):
        f = panel.firms[r]
        errors[r] = sign[f] * residuals[starts[source[f]] + places[r]]
    _reduce(errors, panel.basis)
    return mean + errors
