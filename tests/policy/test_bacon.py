"""The Goodman-Bacon decomposition: anchors, and that it adds up to the two-way coefficient."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dualcarbon.core.errors import DataError
from dualcarbon.core.exhibit import Scatter
from dualcarbon.core.panel import Panel
from dualcarbon.policy.bacon import TYPES, Decomposition, bacon

DATA = Path(__file__).resolve().parents[2] / "../shared/data"
PRINTED = 5e-7  # the anchors are stored with six decimals
EXACT = 1e-10  # algebra, nothing but rounding


def two_way(found: Decomposition) -> float:
    """The coefficient by least squares on all dummies."""
    d = found.design
    dummies = np.column_stack([d.unit[:, None] == np.arange(d.unit.max() + 1), d.period[:, None] == d.periods[1:]])
    x = np.column_stack([d.treated, dummies]).astype(float)
    return float(np.linalg.lstsq(x, d.outcome, rcond=None)[0][0])


def two_by_two(found: Decomposition, treated: int, comparison: int | None, kind: str) -> float:
    """One comparison by a two-way regression on its own rows."""
    d = found.design
    other = ~d.ever if comparison is None else d.first == comparison
    rows = (d.first == treated) | other
    if kind == TYPES[1]:
        rows &= d.period < comparison
    if kind == TYPES[2]:
        rows &= d.period >= comparison
    on = (d.first == treated) & (d.period >= treated)
    unit, period = (np.unique(v[rows], return_inverse=True)[1] for v in (d.unit, d.period))
    x = np.column_stack([on[rows], unit[:, None] == np.arange(unit.max() + 1), period[:, None] == np.arange(1, 30)])
    return float(np.linalg.lstsq(x.astype(float), d.outcome[rows], rcond=None)[0][0])


@pytest.mark.skipif(not DATA.exists(), reason="the shared data are not beside the checkout")
def test_mpdta_equals_r() -> None:
    panel = Panel.from_frame(pl.read_csv(DATA / "mpdta.csv"), id="countyreal", time="year")
    found = bacon(panel, "lemp", "first.treat")
    expected = {
        "never_vs_treated": (0.862774, -0.04074),
        "earlier_vs_later": (0.083301, -0.019784),
        "later_vs_earlier": (0.053924, 0.004604),
    }
    assert found.summary["type"].to_list() == list(TYPES)
    for kind, weight, estimate, count in found.summary.iter_rows():
        assert (weight, estimate) == pytest.approx(expected[kind], abs=PRINTED)
        assert count == 3
    assert found.coefficient == pytest.approx(-0.03654893667, abs=EXACT)
    assert found.forbidden == pytest.approx(0.053924, abs=PRINTED)


@settings(max_examples=25, deadline=None)
@given(
    cohorts=st.lists(st.integers(2, 7), min_size=1, max_size=4, unique=True),
    sizes=st.lists(st.integers(1, 6), min_size=4, max_size=4),
    never=st.integers(0, 5),
    seed=st.integers(0, 2**20),
)
def test_it_adds_up_to_the_two_way_coefficient(cohorts: list[int], sizes: list[int], never: int, seed: int) -> None:
    if len(cohorts) == 1 and not never:
        never = 2
    draw = np.random.default_rng(seed)
    first = np.repeat([*cohorts, 0], [*sizes[: len(cohorts)], never])
    unit, period = np.repeat(np.arange(len(first)), 7), np.tile(np.arange(1, 8), len(first))
    frame = pl.DataFrame({"i": unit, "t": period, "g": first[unit], "y": draw.normal(size=len(unit))})
    found = bacon(Panel.from_frame(frame, id="i", time="t"), "y", "g")
    assert found.table["weight"].sum() == pytest.approx(1.0, abs=EXACT)
    assert (found.table["weight"] > 0).all()
    assert found.coefficient == pytest.approx(two_way(found), abs=EXACT)
    for kind, treated, comparison, _, estimate in found.table.iter_rows():
        assert estimate == pytest.approx(two_by_two(found, treated, comparison, kind), abs=EXACT)


def staggered() -> pl.DataFrame:
    first = np.repeat([3, 5, 0], [4, 5, 6])
    unit, period = np.repeat(np.arange(15), 6), np.tile(np.arange(1, 7), 15)
    start = first[unit]
    y = (start > 0) * np.maximum(period - start + 1, 0) + 0.1 * unit + 0.3 * period
    return pl.DataFrame({"i": unit, "t": period, "g": start, "y": y.astype(float)})


def test_growing_effects_bias_the_late_comparisons() -> None:
    found = bacon(Panel.from_frame(staggered(), id="i", time="t"), "y", "g")
    by_type = dict(found.summary.select("type", "estimate").iter_rows())
    assert by_type["later_vs_earlier"] < 0 < by_type["earlier_vs_later"]
    assert any("already treated" in note.en for note in found.notes)


def test_exhibits_and_frozen() -> None:
    found = bacon(Panel.from_frame(staggered(), id="i", time="t"), "y", "g")
    table, figure = found.exhibit()
    assert len(table.rows) == 3 + 1 + 4
    assert table.rows[3][4].value == found.coefficient
    assert isinstance(figure.drawing, Scatter)
    assert sum(len(points.x) for points in figure.drawing.points) == found.table.height
    with pytest.raises(FrozenInstanceError):
        found.coefficient = 0.0  # type: ignore[misc]


def test_gaps_are_refused_or_dropped() -> None:
    gappy = Panel.from_frame(staggered().slice(1), id="i", time="t")
    for gaps in ("refuse", "keep"):
        with pytest.raises(DataError):
            bacon(gappy, "y", "g", gaps=gaps)  # type: ignore[arg-type]
    assert bacon(gappy, "y", "g", gaps="drop_units").table["weight"].sum() == pytest.approx(1.0, abs=EXACT)
