from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from dualcarbon.core.errors import ConfigError, SchemaError
from dualcarbon.core.panel import Panel
from dualcarbon.panel import drop_invalid, winsorise


def panel_of(**columns: list[object]) -> Panel:
    n = len(next(iter(columns.values())))
    frame = pl.DataFrame({"firm_id": [f"{k:04d}" for k in range(n)], "year": [2015] * n, **columns}, strict=False)
    return Panel.from_frame(frame, id="firm_id", time="year")


@pytest.mark.parametrize("share", [0.0, 0.01, 0.05, 0.25])
def test_winsorise_equals_numpy(share: float) -> None:
    x = np.random.default_rng(5).standard_t(2, 997)
    done = winsorise(panel_of(x=x.tolist()), ["x"], share)
    low, high = np.quantile(x, [share, 1 - share])
    expected = np.clip(x, low, high)
    assert np.array_equal(done.panel.arrays("x")[0], expected)
    assert done.counts == {"x": int((expected != x).sum())}


def test_winsorise_leaves_missing_values_and_the_given_panel_alone() -> None:
    panel = panel_of(x=[1.0, None, 3.0, 100.0, 2.0], y=[1, 2, 3, 4, 5])
    done = winsorise(panel, ["x"], 0.25)
    assert done.panel.frame["x"].to_list() == [1.75, None, 3.0, 27.25, 2.0]
    assert done.counts == {"x": 2}
    assert panel.frame["x"].to_list() == [1.0, None, 3.0, 100.0, 2.0]


def test_winsorise_twice_is_once_for_the_extremes() -> None:
    panel = panel_of(x=[float(k) for k in range(101)])
    once = winsorise(panel, ["x"], 0.1)
    assert once.counts == {"x": 20}
    assert once.panel.frame["x"].min() == 10.0


@pytest.mark.parametrize("share", [-0.1, 0.5, 1.0])
def test_winsorise_share(share: float) -> None:
    with pytest.raises(ConfigError, match="share to winsorise"):
        winsorise(panel_of(x=[1.0]), ["x"], share)
    with pytest.raises(SchemaError, match="no column z"):
        winsorise(panel_of(x=[1.0]), ["z"], 0.1)


def test_the_default_screen_counts_every_reason_once() -> None:
    panel = panel_of(
        output_cny=[1.0, None, -1.0, 0.0, 5.0, float("nan"), 7.0, 8.0],
        employees_person=[1, 2, 0, 4, -5, 6, None, 8],
        coal_t=[None, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, -2.0],
    )
    kept = drop_invalid(panel)
    assert kept.frame["firm_id"].to_list() == ["0000"]
    assert [(d.reason.en, d.rows) for d in kept.drops] == [
        ("Employees (employees_person) missing", 1),
        ("Employees (employees_person) negative", 1),
        ("Employees (employees_person) zero", 1),
        ("Output (output_cny) missing", 2),
        ("Output (output_cny) zero", 1),
        ("Coal (coal_t) negative", 1),
    ]
    assert kept.drops[3].reason.zh == "工业总产值（output_cny）缺失"
    assert panel.n == kept.n + sum(d.rows for d in kept.drops)


def test_columns_of_ones_choice() -> None:
    panel = panel_of(output_cny=[0.0, 1.0], x=[1.0, 0.0])
    kept = drop_invalid(panel, positive=["x"], nonnegative=[])
    assert kept.frame["x"].to_list() == [1.0]
    assert [d.reason.en for d in kept.drops] == ["x (x) zero"]
    with pytest.raises(SchemaError, match="no column nope"):
        drop_invalid(panel, positive=["nope"])
