"""Stepwise columns: what each adds, and on which rows."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from dualcarbon.core.errors import ConfigError
from dualcarbon.core.panel import Panel
from dualcarbon.effects import fit, stepwise


def panel() -> Panel:
    r = np.random.default_rng(0)
    f, t = np.repeat(np.arange(30), 6), np.tile(np.arange(6), 30)
    table = pl.DataFrame({"f": f, "t": t, "i": f % 4, "d": r.normal(size=180), "a": r.normal(size=180)})
    table = table.with_columns(b=pl.when(pl.col("t") == 0).then(None).otherwise(pl.col("a") ** 2))
    return Panel.from_frame(table.with_columns(y=pl.col("d") + r.normal(size=180)), id="f", time="t")


def test_each_column_adds_to_the_one_before() -> None:
    found = stepwise("y ~ d", panel(), ["a", "b", "| t", "a:b | f"], cluster="f")
    assert found.formulas == (
        "y ~ d", "y ~ d + a", "y ~ d + a + b", "y ~ d + a + b | t", "y ~ d + a + b + a:b | t + f",
    )  # fmt: skip
    assert {one.n for one in found.estimates} == {150}
    assert found.treatment == "d"


@pytest.mark.parametrize("same", [True, False])
def test_columns_are_those_of_fit(same: bool) -> None:
    data = panel()
    found = stepwise("y ~ d | f", data, ["a", "b"], same_rows=same, cluster="f")
    for formula, estimate in zip(found.formulas, found.estimates, strict=True):
        slow = fit(formula, data, cluster="f", sample=pl.col("b").is_not_null() if same else None)
        assert np.array_equal(estimate.coef, slow.coef) and np.array_equal(estimate.vcov, slow.vcov)
    assert [one.n for one in found.estimates] == ([150] * 3 if same else [180, 180, 150])


def test_table_and_figure() -> None:
    found = stepwise("y ~ d", panel(), ["a", "| t"], cluster="f")
    table = found.table(show=["d"])
    keys = dict(zip(table.row_keys, table.rows, strict=True))
    assert [cell.value.en for cell in keys["controls"][1:]] == ["no", "yes", "yes"]  # type: ignore[union-attr]
    assert [cell.value.en for cell in keys["effects.t"][1:]] == ["no", "no", "yes"]  # type: ignore[union-attr]
    assert len(found.figure().drawing.items) == 3  # type: ignore[union-attr]
    assert "y ~ d + a" in repr(found)


def test_an_empty_step_is_refused() -> None:
    with pytest.raises(ConfigError, match="adds nothing"):
        stepwise("y ~ d", panel(), [" "])
    with pytest.raises(ConfigError, match="no regressor"):
        stepwise("y ~ 1", panel(), ["d"])
