"""The did command as a stranger meets it: the printed tables, the files, what is found by itself, what is refused."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from dualcarbon.cli import app
from dualcarbon.core.panel import Panel
from dualcarbon.policy import did, match_places, policy_list
from dualcarbon.policy.simulated import simulate_cities

runner = CliRunner()
BROADBAND = ["--outcome", "ln_co2", "--policy", "broadband_china"]
CHINESE, ENGLISH = re.compile("[一-鿿]{4}"), re.compile(r"(Error|Expected|Found|Do): \S")


def cities() -> pl.DataFrame:
    """Forty cities; the planted dates come back by matching."""
    table = simulate_cities(40, (2010, 2018), seed=3).panel.frame.drop("first_treated")
    return table.with_columns(code=pl.col("city").rank("dense").cast(pl.Int64), zero=0, on=pl.col("year") % 2)


def firms() -> pl.DataFrame:
    """Five firms in every city."""
    table = pl.concat([cities().with_columns(firm_id=pl.col("code") * 10 + k) for k in range(5)])
    return table.with_columns(ln_co2=pl.col("ln_co2") + np.random.default_rng(0).normal(size=table.height))


def write(path: Path, table: pl.DataFrame) -> Path:
    if path.suffix == ".parquet":
        table.write_parquet(path)
    else:
        path.write_bytes(table.write_csv().encode("gb18030" if path.stem == "gb" else "utf-8"))
    return path


def dated(table: pl.DataFrame, unit: str = "city") -> Panel:
    match = match_places(policy_list("broadband_china"), table, "city", unit_is_place=False)
    return Panel.from_frame(match.frame, id=unit, time="year", schema="city")


def printed(value: float) -> str:
    return f"{value:.4f}".replace("-", "−")


def test_the_effect_is_printed_in_both_languages(tmp_path: Path) -> None:
    result = runner.invoke(app, ["did", str(write(tmp_path / "d.csv", cities())), *BROADBAND])
    assert result.exit_code == 0, result.stderr
    effect = did(dated(cities()), "ln_co2", "first_treated")
    assert result.output.count(printed(effect.att)) >= 2 and result.output.count(f"({effect.se:.4f})") >= 2
    match = match_places(policy_list("broadband_china"), cities(), "city")
    shown = " ".join(result.output.split())
    assert f"{match.named_matched} of the 119 places listed are in the data" in shown
    assert "匹配表" in shown and "Match table" in shown and "政策设计" in shown and "Policy design" in shown
    assert shown.count("119 places listed are in the data") == 1
    english = runner.invoke(app, ["did", str(tmp_path / "d.csv"), *BROADBAND, "--lang", "en"])
    assert "政策设计" not in english.output and printed(effect.att) in english.output


@pytest.mark.parametrize("name", ["gb.csv", "d.parquet"])
def test_encodings_and_kinds_give_the_same(tmp_path: Path, name: str) -> None:
    plain = runner.invoke(app, ["did", str(write(tmp_path / "d.csv", cities())), *BROADBAND, "--lang", "en"])
    other = runner.invoke(app, ["did", str(write(tmp_path / name, cities())), *BROADBAND, "--lang", "en"])
    assert other.exit_code == 0 and other.output.replace(name, "d.csv").split() == plain.output.split()


def test_files_are_written_and_never_replaced(tmp_path: Path) -> None:
    data, out = write(tmp_path / "d.csv", cities()), tmp_path / "out"
    arguments = ["did", str(data), *BROADBAND, "--method", "twfe", "--method", "imputation", "--out", str(out)]
    assert runner.invoke(app, arguments).exit_code == 0
    names = {path.name for path in out.iterdir()}
    tables = ("match_broadband_china", "policy_design", "estimators_compared")
    figures = ("figure_estimators_compared", "figure_event_study")
    for stem in (*tables, *figures):
        assert {f"{stem}.csv", f"{stem}.json", f"{stem}.zh.pdf", f"{stem}.en.pdf"} <= names
    assert not [path for path in out.iterdir() if path.name.startswith(".") or not path.stat().st_size]
    again = runner.invoke(app, arguments)
    assert again.exit_code == 2 and "exists already" in again.stderr and "已存在" in again.stderr
    assert runner.invoke(app, [*arguments, "--force"]).exit_code == 0


def test_firms_are_found_and_clustered_by_their_city(tmp_path: Path) -> None:
    data = write(tmp_path / "d.csv", firms())
    result = runner.invoke(app, ["did", str(data), *BROADBAND, "--method", "twfe", "--lang", "en"])
    assert result.exit_code == 0, result.stderr
    by_city = did(dated(firms(), "firm_id"), "ln_co2", "first_treated", method="twfe", cluster="city")
    assert f"({by_city.se:.4f})" in result.output and "clusters: city" in " ".join(result.output.split())
    own = runner.invoke(app, ["did", str(data), *BROADBAND, "--method", "twfe", "--cluster", "firm_id", "--lang", "en"])
    by_firm = did(dated(firms(), "firm_id"), "ln_co2", "first_treated", method="twfe")
    assert f"({by_firm.se:.4f})" in own.output and by_firm.se != by_city.se


def test_names_of_the_users_own(tmp_path: Path) -> None:
    chinese = write(tmp_path / "zh.csv", cities().rename({"city": "城市", "year": "年份"}))
    assert runner.invoke(app, ["did", str(chinese), *BROADBAND]).exit_code == 0
    taken = cities().with_columns(first_treated=pl.lit(1))
    result = runner.invoke(app, ["did", str(write(tmp_path / "d.csv", taken)), *BROADBAND, "--lang", "en"])
    assert result.exit_code == 0 and printed(did(dated(cities()), "ln_co2", "first_treated").att) in result.output


def test_provinces_are_places_of_their_own(tmp_path: Path) -> None:
    table = simulate_cities(seed=1).panel.frame.group_by("province", "year").agg(pl.col("co2_t").sum())
    data = write(tmp_path / "p.csv", table)
    result = runner.invoke(app, ["did", str(data), "--outcome", "ln(co2_t)", "--policy", "low_carbon", "--lang", "en"])
    assert result.exit_code == 0, result.stderr
    assert "below the province, the data are provinces" in " ".join(result.output.split())


def test_counties_by_the_column_of_their_cities(tmp_path: Path) -> None:
    parts = [cities().with_columns(county=pl.lit(f"县{k}") + pl.col("city"), part=k) for k in range(2)]
    data = write(tmp_path / "c.csv", pl.concat(parts))
    arguments = ["did", str(data), *BROADBAND, "--id", "county", "--place", "county", "--level", "county"]
    refused = runner.invoke(app, arguments)
    assert refused.exit_code == 2 and "--city" in refused.stderr
    result = runner.invoke(app, [*arguments, "--city", "city", "--lang", "en"])
    assert result.exit_code == 0 and "counties of the city" in result.output


def test_ambiguous_names_and_unverified_lists_are_used_only_when_asked_for(tmp_path: Path) -> None:
    table = cities().with_columns(city=pl.when(pl.col("code") == 5).then(pl.lit("吉林")).otherwise("city"))
    data = str(write(tmp_path / "d.csv", table))
    refused = runner.invoke(app, ["did", data, *BROADBAND])
    assert refused.exit_code == 2 and "--ambiguous leave_out" in refused.stderr
    left_out = runner.invoke(app, ["did", data, *BROADBAND, "--ambiguous", "leave_out", "--lang", "en"])
    assert left_out.exit_code == 0 and "place name is ambiguous: 9 rows" in left_out.output
    trading = ["did", str(write(tmp_path / "c.csv", simulate_cities(seed=1).panel.frame)), "--outcome", "ln_co2"]
    assert "--include unverified" in runner.invoke(app, [*trading, "--policy", "ets_start"]).stderr
    assert runner.invoke(app, [*trading, "--policy", "ets_start", "--include", "unverified"]).exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "zh", "en"),
    [
        (["--outcome", "ln_co2"], "处理时点不明", "--first-treated"),
        ([*BROADBAND, "--treated", "on"], "处理时点不明", "exactly one of"),
        (["--outcome", "ln_co2", "--policy", "nope"], "没有这份试点名单", "no such policy list"),
        (["--outcome", "ln_co2", "--policy", "smart_city_count"], "没有可用的条目", "--first-treated"),
        (["--outcome", "ln_co2", "--policy", "dual_transition_pilot"], "之后才受处理", "after the last period (2018)"),
        (["--outcome", "nope", "--policy", "broadband_china"], "没有列 nope", "no column nope"),
        (["--outcome", "ln(nope)", "--policy", "broadband_china"], "没有列 nope", "no column nope"),
        (["--outcome", "ln(zero)", "--policy", "broadband_china"], "没有可用的行", "no row can be used"),
        (["--outcome", "province", "--policy", "broadband_china"], "不是数值", "not numeric"),
        ([*BROADBAND, "--place", "nope"], "没有地名列 nope", "--place COLUMN"),
        ([*BROADBAND, "--place", "co2_t"], "不是文字", "not text"),
        ([*BROADBAND, "--within", "nope"], "没有地名列 nope", "no place column nope"),
        ([*BROADBAND, "--level", "town"], "选项 level", "option level"),
        ([*BROADBAND, "--county", "x"], "选项 county", "option county"),
        ([*BROADBAND, "--province", "x"], "选项 province", "option province"),
        ([*BROADBAND, "--ambiguous", "x"], "选项 ambiguous", "option ambiguous"),
        ([*BROADBAND, "--include", "count_only"], "不能使用", "cannot be used"),
        ([*BROADBAND, "--method", "nope"], "没有这个估计方法", "no such estimator"),
        ([*BROADBAND, "--comparison", "x"], "选项 comparison", "option comparison"),
        ([*BROADBAND, "--gaps", "x"], "选项 gaps", "option gaps"),
        ([*BROADBAND, "--controls", "nope"], "没有列 nope", "no column nope"),
        ([*BROADBAND, "--controls", "ln_co2"], "选项 controls", "the outcome not among them"),
        ([*BROADBAND, "--cluster", "year"], "切开了单位", "cut units"),
        ([*BROADBAND, "--window", "1", "5"], "选项 window", "option window"),
        ([*BROADBAND, "--anticipation", "30"], "没有受处理的单位", "no unit is treated"),
        ([*BROADBAND, "--id", "year"], "同一列", "the same column"),
        ([*BROADBAND, "--time", "co2_t"], "不是整数", "not whole numbers"),
        (["--outcome", "ln_co2", "--treated", "on"], "处理中途停止", "treatment switches off"),
        (["--outcome", "ln_co2", "--first-treated", "zero"], "没有受处理的单位", "no unit is treated"),
        ([*BROADBAND, "--window", "-5", "x"], "--window 的值不能用", "the value of --window"),
        ([*BROADBAND, "--anticipation", "-1"], "--anticipation 的值不能用", "the value of --anticipation"),
        ([*BROADBAND, "--lang", "fr"], "--lang 的值不能用", "the value of --lang"),
        ([*BROADBAND, "--nope"], "没有选项 --nope", "there is no option --nope"),
        (["--policy", "broadband_china"], "缺少 --outcome", "--outcome is missing"),
    ],
)
def test_refusals_in_both_languages(tmp_path: Path, arguments: list[str], zh: str, en: str) -> None:
    data, out = write(tmp_path / "d.csv", cities()), tmp_path / "out"
    result = runner.invoke(app, ["did", str(data), *arguments, "--out", str(out)])
    assert result.exit_code == 2 and not out.exists()
    assert zh in result.stderr and en in result.stderr
    assert CHINESE.search(result.stderr) and len(ENGLISH.findall(result.stderr)) >= 4


CITY = pl.col("city")
ROW = pl.int_range(pl.len())


@pytest.mark.parametrize(
    ("table", "zh", "en"),
    [
        (cities().with_columns(city=pl.lit("x") + CITY), "没有匹配到任何试点", "no pilot place was matched"),
        (cities().with_columns(city=pl.lit("Place ") + pl.col("code").cast(str)), "中文地名", "Chinese names"),
        (cities().with_columns(city="code"), "不是文字", "not text"),
        (cities().with_columns(city=pl.when(ROW > 0).then(CITY)), "city", "city"),
        (pl.concat([cities(), cities().head(2)]), "关键字重复", "duplicate keys"),
        (
            pl.concat([cities(), cities().filter(pl.col("code") == 1).with_columns(CITY.str.strip_suffix("市"))]),
            "同一地方对应数据中的多个单位",
            "several units of the data are one place",
        ),
        (cities().filter(ROW != 4), "有的单位缺少时期", "some units lack periods"),
        (cities().filter(pl.col("year") != 2012), "缺少整期", "whole periods are missing"),
        (cities().drop("city"), "关键列", "key column"),
        (cities().drop("year"), "关键列", "key column"),
        (cities().head(0), "只有表头", "no rows"),
        (
            firms().with_columns(
                city=pl.when((pl.col("firm_id") == 10) & (pl.col("year") > 2014)).then(pl.lit("北京市")).otherwise(CITY)
            ),
            "迁移",
            "move between places",
        ),
    ],
)
def test_refused_tables(tmp_path: Path, table: pl.DataFrame, zh: str, en: str) -> None:
    result = runner.invoke(app, ["did", str(write(tmp_path / "d.csv", table)), *BROADBAND])
    assert result.exit_code == 2 and zh in result.stderr and en in result.stderr
    assert CHINESE.search(result.stderr) and ENGLISH.search(result.stderr)


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    data = write(tmp_path / "d.csv", cities())
    result = runner.invoke(app, ["did", str(data), *BROADBAND, "--out", str(data)])
    assert result.exit_code == 2 and "写不下去" in result.stderr and "could not be written" in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["d.csv"]
