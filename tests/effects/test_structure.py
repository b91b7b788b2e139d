"""The split with industry structure against loops over firms."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from dualcarbon.core.errors import DataError, SchemaError
from dualcarbon.core.panel import Panel
from dualcarbon.effects import Split, split, structure
from dualcarbon.effects.structure import FACTORS

SUM = 1e-9  # relative, sums over rows
SLOW = 1e-9  # the same sums in another order


def simulated(firms: int = 60, seed: int = 1) -> Panel:
    r = np.random.default_rng(seed)
    f, t = np.nonzero(r.random((firms, 4)) < 0.85)
    industry = f % 5
    d = r.random(len(f)) * (1.0 + industry)
    output = np.exp(0.3 * d + r.normal(size=len(f)))
    energy = output * np.exp(-0.4 * d + 0.5 * industry + 0.2 * r.normal(size=len(f)))
    co2 = energy * np.exp(-0.1 * d + 0.1 * r.normal(size=len(f)))
    table = {"firm_id": f, "year": 2008 + t, "industry2": [f"{13 + i}" for i in industry], "digital": d}
    more = {"output_cny": output, "energy_tce": energy, "co2_t": co2}
    return Panel.from_frame(pl.DataFrame(table | more), id="firm_id", time="year")


def channels(panel: Panel, **options: float) -> Split:
    names = {"co2": "co2_t", "output": "output_cny", "energy": "energy_tce"}
    return split(panel, treatment="digital", cluster="firm_id", **names, **options)  # type: ignore[arg-type]


def test_factors_are_the_loop_over_firms() -> None:
    panel = simulated()
    found = channels(panel, baseline=0.1)
    b = dict(found.table.select("channel", "coef").rows())
    rows = [r for i, r in enumerate(panel.frame.iter_rows(named=True)) if i in set(found.rows.tolist())]
    for row in rows:
        d = row["digital"] - 0.1
        row["output_0"] = row["output_cny"] * np.exp(-b["scale"] * d)
        row["energy_0"] = row["output_0"] * row["energy_tce"] / row["output_cny"] * np.exp(-b["technique"] * d)
        row["co2_0"] = row["energy_0"] * row["co2_t"] / row["energy_tce"] * np.exp(-b["structure"] * d)
    slow = dict.fromkeys(FACTORS, 0.0)
    for row in rows:
        year = [r for r in rows if r["year"] == row["year"]]
        peers = [r for r in year if r["industry2"] == row["industry2"]]
        terms = []
        for y, e, c in (("output_cny", "energy_tce", "co2_t"), ("output_0", "energy_0", "co2_0")):
            whole, own = sum(r[y] for r in year), sum(r[y] for r in peers)
            terms.append([whole, own / whole, row[y] / own, row[e] / row[y], row[c] / row[e]])
        mean = (row["co2_t"] - row["co2_0"]) / np.log(row["co2_t"] / row["co2_0"])
        for name, now, then in zip(FACTORS, *terms, strict=True):
            slow[name] += mean * np.log(now / then)
    result = structure(found, panel, industry="industry2")
    effects = dict(result.table.select("factor", "effect_t").rows())
    gap = sum(row["co2_t"] - row["co2_0"] for row in rows)
    for name in FACTORS:
        assert effects[name] == pytest.approx(slow[name], rel=SLOW, abs=SLOW * abs(gap))
    assert effects["total"] == pytest.approx(gap, rel=SUM)
    assert effects["industry_structure"] != 0.0


def test_factors_sum_in_every_period_and_match_the_level_split() -> None:
    panel = simulated(seed=2)
    found = channels(panel)
    result = structure(found, panel, industry="industry2")
    by = result.by_period
    gaps = (by["actual_t"] - by["counterfactual_t"]).to_numpy()
    np.testing.assert_allclose(by.select(FACTORS).sum_horizontal(), gaps, rtol=SUM)
    levels = dict(found.levels.table.select("channel", "effect_t").rows())
    effects = dict(result.table.select("factor", "effect_t").rows())
    assert effects["technique"] == pytest.approx(levels["technique"], rel=SUM)
    assert effects["energy_structure"] == pytest.approx(levels["structure"], rel=SUM)
    moved = effects["scale"] + effects["industry_structure"] + effects["firm_structure"]
    assert moved == pytest.approx(levels["scale"], rel=SUM)


def test_one_industry_has_no_industry_structure() -> None:
    panel = simulated().with_columns(pl.lit("06").alias("industry2"))
    result = structure(channels(panel), panel, industry="industry2")
    effects = dict(result.table.select("factor", "effect_t").rows())
    assert abs(effects["industry_structure"]) <= SUM * abs(effects["total"])


def test_wrong_panels_and_columns_are_named() -> None:
    panel = simulated()
    found = channels(panel)
    with pytest.raises(SchemaError, match="industry9"):
        structure(found, panel, industry="industry9")
    holes = panel.with_columns(pl.when(pl.col("year") > 2008).then("industry2").alias("industry2"))
    with pytest.raises(DataError, match="missing on"):
        structure(found, holes, industry="industry2")
    short = Panel.from_frame(panel.frame.head(20), id="firm_id", time="year")
    with pytest.raises(DataError, match="20"):
        structure(found, short, industry="industry2")


def test_exhibit_has_the_factors_in_order() -> None:
    panel = simulated()
    table = structure(channels(panel), panel, industry="industry2").exhibit()
    assert table.row_keys == ("total", *FACTORS) and "industry2" in table.notes[0].zh


def test_a_longer_panel_is_not_taken_for_the_one_that_was_split() -> None:
    found = channels(simulated())
    with pytest.raises(DataError, match="not of this panel"):
        structure(found, simulated(firms=80, seed=2), industry="industry2")


def test_an_industry_that_is_not_a_number_is_missing() -> None:
    panel = simulated()
    holes = panel.with_columns(pl.when(pl.col("firm_id") > 3).then(1.0).otherwise(float("nan")).alias("i"))
    with pytest.raises(DataError, match="industry is missing"):
        structure(channels(panel), holes, industry="i")
