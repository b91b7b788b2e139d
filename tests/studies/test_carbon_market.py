"""Real plants and accounts when they lie beside the checkout: a market that clears, sizes that the source states."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from dualcarbon.core.errors import ConfigError, DataError, InputError, SchemaError
from dualcarbon.studies import run_study
from dualcarbon.studies.carbon_market import sizes
from dualcarbon.studies.carbon_market.main import MarketStudy, cleared
from dualcarbon.studies.config import shipped
from dualcarbon.studies.us_power.main import plants

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"
PLANTS, ACCOUNTS = DATA / "us_power_plant_panel_2016_2019.parquet", DATA / "eu_ets_verified_emissions_2005_2020.parquet"
needs_plants = pytest.mark.skipif(not PLANTS.is_file(), reason="the US plant panel does not lie beside the checkout")
needs_accounts = pytest.mark.skipif(not ACCOUNTS.is_file(), reason="the EU accounts do not lie beside the checkout")

CLEARED = 1e-10  # relative, of emissions and the cap
STATED = 0.5  # Mt, the source states totals of 2,014 and 1,353 Mt


@needs_plants
def test_the_plants_clear() -> None:
    found = cleared(plants(PLANTS), shipped("carbon_market", MarketStudy))
    trade = found.comparison.markets["cap_and_trade"]
    assert trade.price > 0.0
    assert trade.summary["emissions"][0] == pytest.approx(found.comparison.cap, rel=CLEARED)
    interior = trade.table.filter(pl.col("state") == "interior")
    assert interior["mac_star"].to_numpy() == pytest.approx(trade.price, rel=1e-8)
    output = dict(found.comparison.table.select("policy", "output_change").iter_rows())
    assert output["uniform"] < output["cap_and_trade"] < 0.0
    assert ("performance_standard" in found.comparison.markets) == (found.least is None)
    assert 0.0 < found.dear < 1.0
    assert found.least is None or "1,757," in found.least.en


@needs_accounts
def test_totals_are_those_of_the_source() -> None:
    found = sizes.sizes(ACCOUNTS, (2005, 2020, 1999), 25_000.0)
    assert found["year"].to_list() == [2005, 2020]
    assert found["total_mt"].to_list() == pytest.approx([2014.0, 1353.0], abs=STATED)
    assert (found["share_top1"] < found["share_top10"]).all()
    assert (found["small_share"] < found["small_accounts"]).all()


def test_a_file_of_accounts_that_does_not_fit(tmp_path: Path) -> None:
    pl.DataFrame({"year": [2001], "verified_tco2": [5]}).write_parquet(tmp_path / "a.p")
    with pytest.raises(DataError, match="2001"):
        sizes.sizes(tmp_path / "a.p", (2010,), 51.0)
    pl.DataFrame({"year": [2010]}).write_parquet(tmp_path / "b.p")
    with pytest.raises(SchemaError, match="verified_tco2"):
        sizes.sizes(tmp_path / "b.p", (2010,), 51.0)


def test_sizes_by_hand(tmp_path: Path) -> None:
    tonnes = [0, *range(1, 101)]
    pl.DataFrame({"account_id": range(101), "year": [2010] * 101, "verified_tco2": tonnes}).write_parquet(
        tmp_path / "a.p"
    )
    row = sizes.sizes(tmp_path / "a.p", (2010,), 51.0).row(0, named=True)
    assert row["accounts"] == 100 and row["q50"] == 50.5
    assert row["share_top1"] == pytest.approx(100 / 5050) and row["share_top10"] == pytest.approx(955 / 5050)
    assert row["small_accounts"] == 0.5 and row["small_share"] == pytest.approx(1275 / 5050)


@needs_plants
@needs_accounts
def test_the_study_ends_with_its_report(tmp_path: Path) -> None:
    done = run_study("carbon_market", data=PLANTS, out=tmp_path)
    assert done.exhibits == 9 and done.remarks == ()
    table = json.loads((done.folder / "exhibits" / "carbon_market_policies.json").read_text(encoding="utf-8"))
    assert len(table["rows"]) >= 4
    text = (done.folder / "report.en.html").read_text(encoding="utf-8")
    assert "kWh/t" in text and "CNY" not in text and "Simulated data" not in text


@needs_plants
def test_without_the_accounts_the_rest_is_done(tmp_path: Path) -> None:
    (tmp_path / PLANTS.name).symlink_to(PLANTS)
    done = run_study("carbon_market", data=tmp_path / PLANTS.name, out=tmp_path / "runs")
    assert done.exhibits == 7 and ACCOUNTS.name in done.remarks[0].en


def test_what_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="us_power_plant_panel"):
        run_study("carbon_market", out=tmp_path / "runs")
    with pytest.raises(ConfigError, match="simulates nothing"):
        run_study("carbon_market", rows=5_000, out=tmp_path / "runs")
