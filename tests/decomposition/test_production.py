"""Production-theoretical decomposition: it multiplies and adds up exactly, and says what it could not split."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from dualcarbon.core.errors import ConfigError, DataError, SchemaError
from dualcarbon.decomposition import production_theoretical
from dualcarbon.decomposition.production import FACTORS

EXACT = 1e-12
PROVINCES = Path(__file__).resolve().parents[3] / "shared" / "data" / "deabook" / "china_provinces_2003_2019.xlsx"


def table(seed: int = 1, units: int = 14, years: int = 3) -> pl.DataFrame:
    r = np.random.default_rng(seed)
    n = units * years
    energy = r.uniform(1, 3, n)
    return pl.DataFrame(
        {
            "unit": np.tile(np.arange(units), years),
            "year": np.repeat(2000 + np.arange(years), units),
            "energy": energy,
            "gdp": energy * r.uniform(0.6, 1.0, n),
            "co2": energy * r.uniform(0.8, 1.6, n),
        }
    )


def run(data: Any, **options: Any) -> Any:
    return production_theoretical(data, id="unit", energy="energy", good="gdp", bad="co2", **options)


@pytest.mark.parametrize("of", ["bad", "energy"])
@pytest.mark.parametrize("returns", ["constant", "variable"])
@pytest.mark.parametrize("chain", [True, False])
def test_it_closes(of: Any, returns: Any, chain: bool) -> None:
    found = run(table(), of=of, returns=returns, chain=chain)
    ok = found.units.filter(status="ok")
    names = found.effects["factor"].unique(maintain_order=True).to_list()
    assert len(names) == (8 if of == "bad" else 5) and set(names) <= set(FACTORS)
    product = ok.select(pl.fold(1.0, lambda a, b: a * b, [pl.col(name) for name in names[:-1]])).to_series()
    np.testing.assert_allclose(product, ok["ratio"], rtol=EXACT)
    sums = found.effects.group_by("period", maintain_order=True).agg(pl.col("effect").sum())["effect"]
    np.testing.assert_allclose(sums, found.totals["change"], rtol=EXACT, atol=EXACT)
    assert found.residual < EXACT and ok.height > 3
    counted = found.counts.select(pl.sum_horizontal(pl.exclude("period"))).to_series()
    assert counted.to_list() == [14] * found.totals.height


def test_what_is_not_split_is_said_and_kept() -> None:
    data = table().with_columns(gdp=pl.when(pl.col("year") == 2001).then(3.0).otherwise(1.0) * pl.col("gdp"))
    data = data.with_columns(co2=pl.when((pl.col("unit") == 3) & (pl.col("year") == 2002)).then(0.0).otherwise("co2"))
    found = run(data)
    infeasible = found.counts["infeasible"].to_list()
    assert min(infeasible) >= 10 and found.counts["zero"].to_list() == [0, 1]
    lost = found.units.filter(pl.col("status") != "ok")
    assert lost["carbon_efficiency"].null_count() == lost.height
    change = lost.group_by("period", maintain_order=True).agg((pl.col("end") - pl.col("start")).sum().alias("d"))["d"]
    np.testing.assert_allclose(found.effects.filter(factor="not_split")["effect"], change, rtol=EXACT)
    assert found.residual < EXACT
    printed = found.table(unit=("百万吨", "Mt"))
    assert "infeasible" in printed.notes[0].en and len(printed.rows) == 2 and len(printed.headers) == 10


def test_an_improvement_shared_by_all_is_technology() -> None:
    """Everybody emits a fifth less at equal energy and output: carbon technology 0.8, nothing else but ones."""
    first = table(2, years=1)
    data = pl.concat([first, first.with_columns(year=pl.lit(2001, pl.Int64), co2=0.8 * pl.col("co2"))])
    units = run(data).units
    assert units["status"].to_list().count("ok") >= 10
    ok = units.filter(status="ok")
    for name, truth in (("output", 1.0), ("carbon_efficiency", 1.0), ("potential_carbon_factor", 1.0)):
        np.testing.assert_allclose(ok[name], truth, rtol=1e-8)
    np.testing.assert_allclose(ok["carbon_technology"], 0.8, rtol=1e-8)


def test_further_inputs_and_provinces() -> None:
    if not PROVINCES.exists():
        pytest.skip("shared/data/deabook is not beside the checkout")
    data = pl.read_excel(PROVINCES)
    found = production_theoretical(
        data, id="省份", energy="E", good="Y", bad="CO2", inputs=("K", "L"), returns="constant", chain=True
    )
    assert found.residual < EXACT and found.counts["failed"].sum() == found.counts["zero"].sum() == 0
    assert found.counts["ok"].sum() == 323 and found.counts["infeasible"].sum() == 157
    plain = production_theoretical(data, id="省份", energy="E", good="Y", bad="CO2")
    assert plain.counts["ok"].sum() == 457


def test_bad_input() -> None:
    data = table()
    with pytest.raises(SchemaError, match="no power"):
        production_theoretical(data, id="unit", energy="power", good="gdp", bad="co2")
    with pytest.raises(DataError, match="lack values"):
        run(data.filter((pl.col("unit") != 2) | (pl.col("year") != 2001)))
    with pytest.raises(DataError, match="negative"):
        run(data.with_columns(gdp=-pl.col("gdp")))
    with pytest.raises(ConfigError, match="'output'"):
        run(data, of="output")
    with pytest.raises(ConfigError, match="'increasing'"):
        run(data, returns="increasing")


@pytest.mark.parametrize("name", ["ratio", "output", "carbon_00"])
def test_a_unit_column_cannot_bear_the_name_of_a_result(name: str) -> None:
    table = pl.DataFrame({name: ["a", "a"], "year": [1, 2], "e": [1.0, 2.0], "y": [1.0, 2.0], "c": [1.0, 2.0]})
    with pytest.raises(ConfigError, match=name):
        production_theoretical(table, id=name, energy="e", good="y", bad="c")
