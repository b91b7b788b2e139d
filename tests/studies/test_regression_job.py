"""The regress command as a stranger meets it: the printed table, the files, what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from dualcarbon.cli import app
from dualcarbon.effects import fit
from dualcarbon.panel.plain import read_plain

runner = CliRunner()


def write(path: Path) -> Path:
    r = np.random.default_rng(0)
    f, t = np.repeat(np.arange(1, 61), 6), np.tile(np.arange(2010, 2016), 60)
    d = r.random(360)
    table = pl.DataFrame({"firm_id": f, "year": t, "digital": d, "size": r.normal(size=360), "fixed": f % 3})
    y = -0.6 * d + r.normal(size=360)
    table.with_columns(twice=2 * pl.col("digital"), ln_co2=pl.Series(y), one=pl.lit(1)).write_csv(path)
    return path


FORMULA = "ln_co2 ~ digital | firm_id + year"


def test_the_table_is_printed_in_both_languages(tmp_path: Path) -> None:
    data = write(tmp_path / "d.csv")
    result = runner.invoke(app, ["regress", str(data), FORMULA, "--cluster", "firm_id"])
    assert result.exit_code == 0, result.stderr
    estimate = fit(FORMULA, read_plain(data), cluster="firm_id")
    number = f"{estimate.coef[0]:.4f}".replace("-", "−") + estimate.stars("digital")
    assert result.output.count(number) == 2 and result.output.count(f"({estimate.se[0]:.4f})") == 2
    assert "被解释变量：ln_co2" in result.output and "Dependent variable: ln_co2" in result.output
    assert "观测数" in result.output and "Observations" in result.output
    english = runner.invoke(app, ["regress", str(data), FORMULA, "--cluster", "firm_id", "--lang", "en"])
    assert "观测数" not in english.output and number in english.output


def test_files_are_written_in_every_format_and_never_replaced(tmp_path: Path) -> None:
    data, out = write(tmp_path / "d.csv"), tmp_path / "out"
    arguments = ["regress", str(data), FORMULA, "ln_co2 ~ digital + size | year", "--cluster", "firm_id"]
    assert runner.invoke(app, [*arguments, "--out", str(out)]).exit_code == 0
    names = {path.name for path in out.iterdir()}
    spoken = {f"regression.{lang}.{kind}" for lang in ("zh", "en") for kind in ("xlsx", "docx", "tex", "html", "pdf")}
    assert names == spoken | {"regression.csv", "regression.json"}
    found = json.loads((out / "regression.json").read_text(encoding="utf-8"))
    assert "coef.digital" in json.dumps(found)
    again = runner.invoke(app, [*arguments, "--out", str(out)])
    assert again.exit_code == 2 and "exists already" in again.stderr
    assert runner.invoke(app, [*arguments, "--out", str(out), "--force"]).exit_code == 0


def test_other_keys_weights_and_columns_shown(tmp_path: Path) -> None:
    data = tmp_path / "d.parquet"
    pl.read_csv(write(tmp_path / "d.csv")).rename({"firm_id": "county", "year": "when"}).write_parquet(data)
    arguments = ["regress", str(data), "ln_co2 ~ digital + size | when", "--vcov", "hc1", "--show", "digital"]
    assert runner.invoke(app, arguments).exit_code == 2
    result = runner.invoke(app, [*arguments, "--id", "county", "--time", "when", "--weights", "one", "--lang", "en"])
    assert result.exit_code == 0, result.stderr
    assert "Other controls" in result.output and "HC1" in result.output


@pytest.mark.parametrize(
    ("arguments", "zh", "en"),
    [
        (["ln_co2 ~ digita | year"], "缺 digita", "missing digita"),
        (["ln_co2 ~ digital | | year"], "公式第", "cannot be read at character"),
        (["ln_co2 ~ fixed | firm_id"], "没有可识别的系数", "no coefficient is identified"),
        (["ln_co2 ~ digital + fixed | firm_id"], "共线：fixed", "collinear regressors: fixed"),
        (["ln_co2 ~ digital + twice | year"], "--drop-collinear", "--drop-collinear"),
        (["ln_co2 ~ digital", "--vcov", "nope"], "不认识的协方差", "unknown covariance"),
        (["ln_co2 ~ digital", "--cluster", "one"], "聚类", "clusters"),
        (["ln_co2 ~ digital", "--show", "size"], "不在任何一列", "in no column"),
        (["ln_co2 ~ digital", "--weights", "absent"], "absent", "absent"),
        (["ln_co2 ~ digital", "--id", "county"], "county", "county"),
    ],
)
def test_bad_input_leaves_with_two_and_both_languages(arguments: list[str], zh: str, en: str, tmp_path: Path) -> None:
    data = write(tmp_path / "d.csv")
    result = runner.invoke(app, ["regress", str(data), *arguments])
    assert result.exit_code == 2
    assert zh in result.stderr and en in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["d.csv"]


def test_collinear_regressors_may_be_left_out_aloud(tmp_path: Path) -> None:
    data = write(tmp_path / "d.csv")
    result = runner.invoke(app, ["regress", str(data), "ln_co2 ~ digital + twice | year", "--drop-collinear"])
    assert result.exit_code == 0 and "Left out as collinear" in result.output and "因共线而略去" in result.output


def test_a_study_file_accounts_for_co2_and_names_units(tmp_path: Path) -> None:
    from dualcarbon.accounting import account
    from dualcarbon.panel import simulate_survey

    survey = simulate_survey(2_000, 3, factors="cn_2015").panel
    survey.frame.write_parquet(tmp_path / "firms.parquet")
    study = tmp_path / "study.toml"
    study.write_text('[data]\npath = "firms.parquet"\n\n[co2]\nboundary = "coal"\n', encoding="utf-8")
    formula = "log(co2_t) ~ digital_share | firm_id + year"
    result = runner.invoke(app, ["regress", str(study), formula, "--cluster", "firm_id"])
    assert result.exit_code == 0, result.stderr
    estimate = fit(formula, account(survey, boundary="coal", factors="cn_2015"), cluster="firm_id")
    assert f"{estimate.coef[0]:.4f}".replace("-", "−") in result.output
    assert "的单位为份额" in result.output and "is measured in share" in result.output
    study.write_text('[data]\npath = "firms.parquet"\n\n[co2]\nbordary = "coal"\n', encoding="utf-8")
    wrong = runner.invoke(app, ["regress", str(study), formula])
    assert wrong.exit_code == 2 and "bordary" in wrong.stderr
