"""The market command as a stranger meets it: the printed price, the files, columns found or named, what is refused."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from dualcarbon.cli import app
from dualcarbon.market import clear

runner = CliRunner()
LABELS = re.compile(r"(Error|Expected|Found|Do): \S|(错误|应为|实为|请)：\S")
CHINESE = {"co2": "碳排放", "output": "总产值", "mac": "边际减排成本", "mu": "曲率", "firm": "企业"}


def firms(n: int = 60) -> pl.DataFrame:
    rng = np.random.default_rng(4)
    scale = rng.choice([100.0, 900.0], n)
    co2, m = rng.lognormal(8.0, 1.0, n), -rng.uniform(0.3, 0.9, n)
    return pl.DataFrame(
        {
            "firm": [f"f{i}" for i in range(n)],
            "industry": np.where(scale > 500.0, "b", "a"),
            "co2": co2,
            "output": 2.0 * scale * co2,
            "mac": -scale * (1.0 + m) / m,
            "mu": np.full(n, -3e-5),
            "scale": scale,
        }
    )


def call(path: Path, *options: str) -> tuple[int, str, str]:
    result = runner.invoke(app, ["market", str(path), *options])
    return result.exit_code, " ".join(result.output.split()), result.stderr


@pytest.fixture
def file(tmp_path: Path) -> Path:
    firms().write_csv(tmp_path / "firms.csv")
    return tmp_path / "firms.csv"


def test_the_price_is_printed_in_both_languages(file: Path) -> None:
    code, shown, _ = call(file, "--cap", "90%", "--by", "industry", "--compare")
    known = clear(firms(), cap=0.9 * firms()["co2"].sum())
    form = ",.1f" if known.price >= 100 else ",.2f"
    assert code == 0
    assert shown.count(format(known.price, form)) >= 4
    for words in ("市场概要", "Who buys and who sells, by industry", "同一总量下的各项政策", "Cost savings"):
        assert words in shown


def test_a_number_and_a_percentage_are_the_same_cap(file: Path) -> None:
    number = f"{0.9 * firms()['co2'].sum()!r}"
    assert call(file, "--cap", "90%", "--lang", "en")[1] == call(file, "--cap", number, "--lang", "en")[1]


def test_files(file: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    code, shown, _ = call(file, "--cap", "90%", "--by", "industry", "--compare", "--out", str(out), "--lang", "zh")
    assert code == 0 and "market_firms.csv" in shown
    table = pl.read_csv(out / "market_firms.csv")
    known = clear(firms(), cap=0.9 * firms()["co2"].sum()).table
    assert table["co2_star"].to_list() == pytest.approx(known["co2_star"].to_list())
    assert (out / "market_supply_demand.zh.png").is_file() and (out / "market_savings_figure.zh.pdf").is_file()
    code, _, error = call(file, "--cap", "90%", "--out", str(out))
    assert code == 2 and "market_firms.csv" in error
    assert call(file, "--cap", "90%", "--out", str(out), "--force")[0] == 0


def test_chinese_columns_are_found_and_a_scale_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "企业.csv"
    path.write_bytes(firms().drop("scale").rename(CHINESE).write_csv().encode("gb18030"))
    code, _, error = call(path, "--cap", "90%")
    assert code == 2 and "scale" in error
    code, shown, _ = call(path, "--cap", "90%", "--scale-by", "industry")
    table = firms().with_columns((pl.col("output").sum() / pl.col("co2").sum()).over("industry").alias("scale"))
    price = clear(table, cap=0.9 * table["co2"].sum()).price
    assert code == 0 and format(price, ",.1f" if price >= 100 else ",.2f") in shown and "mean output" in shown


def test_named_columns_and_one_period(tmp_path: Path) -> None:
    both = pl.concat([firms().with_columns(year=y, co2=pl.col("co2") * k) for y, k in ((2015, 1.0), (2016, 2.0))])
    path = tmp_path / "p.parquet"
    both.rename({"co2": "tonnes"}).write_parquet(path)
    code, _, error = call(path, "--cap", "90%")
    assert code == 2 and "--column" in error
    code, _, error = call(path, "--cap", "90%", "--column", "co2=tonnes")
    assert code == 2 and "--period" in error
    code, shown, _ = call(path, "--cap", "90%", "--column", "co2=tonnes", "--period", "2015", "--lang", "en")
    (tmp_path / "one.csv").write_text(firms().write_csv())
    alone = call(tmp_path / "one.csv", "--cap", "90%", "--lang", "en")[1]
    assert code == 0 and shown.replace("p.parquet", "one.csv") == alone


def test_a_year_stored_with_decimals(tmp_path: Path) -> None:
    both = pl.concat([firms().with_columns(year=float(y)) for y in (2015, 2016)])
    path = tmp_path / "years.parquet"
    both.write_parquet(path)
    assert call(path, "--cap", "90%", "--period", "2015")[0] == 0
    code, _, error = call(path, "--cap", "90%", "--period", "2019")
    assert code == 2 and "2015, 2016" in error
    both.drop("firm").write_parquet(path)
    code, _, error = call(path, "--cap", "90%")
    assert code == 2 and "--period" in error


def test_columns_that_have_the_name_of_a_result_stay_those_of_the_file(tmp_path: Path) -> None:
    states = np.where(np.arange(60) % 2 == 0, "CA", "TX")
    path, out = tmp_path / "f.csv", tmp_path / "out"
    firms().with_columns(state=pl.Series(states), cost=pl.lit(7.0), firms=pl.lit("z")).write_csv(path)
    code, shown, error = call(path, "--cap", "90%", "--by", "state", "--compare", "--lang", "en", "--out", str(out))
    assert code == 0, error
    assert "CA 30" in shown and "state → state_given" in shown
    table = pl.read_csv(out / "market_firms.csv")
    assert table["state_given"].to_list() == states.tolist()
    assert table["cost_given"].unique().to_list() == [7.0]
    assert {"interior", "at_ceiling"} <= set(table["state"])
    assert call(path, "--cap", "90%", "--by", "firms")[0] == 0


def test_groups_in_chinese_are_written(tmp_path: Path) -> None:
    path, out = tmp_path / "f.csv", tmp_path / "out"
    firms().rename(CHINESE | {"industry": "行业"}).rename({"scale": "尺度"}).write_csv(path)
    options = ("--cap", "90%", "--by", "行业", "--compare", "--out", str(out), "--lang", "zh")
    code, _, error = call(path, *options)
    assert code == 0, error
    assert (out / "market_policies_cost_by_group_1.zh.pdf").is_file()
    assert call(path, "--cap", "90%", "--by", "企业")[0] == 0


def test_units_are_short_and_said(tmp_path: Path) -> None:
    large = firms().with_columns(pl.col("co2", "output") * 1e3)
    large.write_csv(tmp_path / "l.csv")
    shown = call(tmp_path / "l.csv", "--cap", "90%", "--response", "step", "--lang", "en")[1]
    assert "kt" in shown and "CNY million" in shown and "Units are labelled" in shown
    large.rename({"co2": "co2_t", "output": "output_cny"}).write_csv(tmp_path / "n.csv")
    shown = call(tmp_path / "n.csv", "--cap", "90%", "--response", "step", "--lang", "en")[1]
    assert "kt" in shown and "Units are labelled" not in shown


def test_a_price_ceiling_and_an_auction_are_said(file: Path) -> None:
    code, shown, _ = call(file, "--cap", "90%", "--price-ceiling", "1", "--by", "industry", "--compare", "--lang", "en")
    assert code == 0 and "No price floor or ceiling here" in shown and "from the government" in shown
    assert shown.count(" 1.00 ") >= 2  # the price of the market, and of cap and trade at its emissions
    code, shown, _ = call(file, "--cap", "90%", "--allocation", "auction", "--by", "industry", "--lang", "en")
    assert code == 0 and "from the government" in shown and "Flows of permits" not in shown


def test_a_standard_that_does_not_reach_the_cap_is_left_out(file: Path) -> None:
    code, shown, error = call(file, "--cap", "55%", "--compare", "--lang", "en")
    assert code == 0, error
    assert "A performance standard does not reach this cap" in shown and "Performance standard " not in shown
    assert call(file, "--cap", "55%", "--scheme", "performance_standard", "--compare")[0] == 2


def test_a_standard_may_sell_a_share(file: Path) -> None:
    asked = ("--cap", "90%", "--scheme", "performance_standard", "--lang", "en")
    free, sold = (call(file, *asked, *more) for more in ((), ("--auctioned", "0.2")))
    assert free[0] == sold[0] == 0 and free[1] != sold[1]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--cap", "10%"), "at least"),
        (("--cap", "much"), "percentage"),
        ((), "cap"),
        (("--cap", "90%", "--scheme", "auction"), "scheme"),
        (("--cap", "90%", "--response", "isoelastic"), "elasticity"),
        (("--cap", "90%", "--floor", "2"), "floor"),
        (("--cap", "90%", "--auctioned", "0.1"), "auctioned"),
        (("--cap", "90%", "--scheme", "performance_standard", "--auctioned", "1"), "auctioned"),
        (("--cap", "90%", "--response", "step", "--missing", "drop"), "--missing"),
        (("--cap", "90%", "--by", "region"), "region"),
        (("--cap", "90%", "--column", "co2"), "NAME=COLUMN"),
        (("--cap", "90%", "--column", "price=mac"), "price"),
        (("--cap", "90%", "--column", "co2=output"), "missing output"),
        (("--cap", "90%", "--column", "co2=output", "--column", "output=output"), "twice output"),
        (("--cap", "90%", "--by", "co2", "--compare"), "industry"),
        (("--cap", "90%", "--benchmark-by", "region"), "region"),
        (("--cap", "90%", "--period", "1900"), "period"),
        (("--cap", "90%", "--scale-by", "region"), "scale"),
    ],
)
def test_what_is_refused(file: Path, tmp_path: Path, options: tuple[str, ...], said: str) -> None:
    path = file
    if "--scale-by" in options:
        path = tmp_path / "unscaled.csv"
        firms().drop("scale").write_csv(path)
    code, _, error = call(path, *options)
    assert code == 2 and said in error
    assert len(LABELS.findall(error)) == 8


@pytest.mark.parametrize("name", ["accounts.csv", "study.toml"])
def test_without_prices_the_frontier_is_named(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    firms().drop("mac").write_csv(path)
    code, _, error = call(path, "--cap", "90%")
    assert code == 2 and error.count("dualcarbon frontier study.toml --model quadratic") == 2


def test_words_in_a_column_of_numbers(tmp_path: Path) -> None:
    path = tmp_path / "w.csv"
    firms().with_columns(mac=pl.when(pl.col("firm") == "f3").then(pl.lit("dear")).otherwise(pl.col("mac").cast(str)))\
        .write_csv(path)  # fmt: skip
    code, _, error = call(path, "--cap", "90%")
    assert code == 2 and "dear" in error and "mac" in error


def test_a_cap_that_does_not_bind_and_firms_without_a_price(tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    firms().with_columns(mac=pl.when(pl.col("firm") == "f3").then(0.0).otherwise("mac")).write_csv(path)
    code, shown, _ = call(path, "--cap", "110%", "--lang", "en")
    assert code == 0 and "does not bind" in shown
    code, shown, _ = call(path, "--cap", "90%", "--lang", "en")
    assert code == 0 and "Marginal abatement cost of zero: 1 firms" in shown


def test_a_frontier_can_be_cleared_as_it_was_written(tmp_path: Path) -> None:
    from dualcarbon.panel import simulate_survey

    survey = simulate_survey(2_000, 3).panel.frame
    survey.write_parquet(tmp_path / "firms.parquet")
    asked = [
        "frontier",
        str(tmp_path / "firms.parquet"),
        "--model",
        "quadratic",
        "--quiet",
        "--out",
        str(tmp_path / "runs"),
    ]
    done = runner.invoke(app, asked)
    assert done.exit_code == 0, done.stderr
    (results,) = (tmp_path / "runs").glob("*/results.parquet")
    options = ("--cap", "95%", "--period", "2016", "--by", "industry2", "--lang", "en")
    code, shown, error = call(results, *options, "--missing", "exclude")
    assert code == 0, error
    assert "Who buys and who sells, by industry2" in shown and "have no price" in shown
    assert call(results, *options, "--missing", "guess")[0] == 2
    assert call(results, *options, "--response", "step")[0] == 0
