"""`dualcarbon frontier` as a user meets it: files, words, exit codes; the user's own files are never touched."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner, Result

from dualcarbon import frontier
from dualcarbon.cli import app
from dualcarbon.core.text import LANGUAGES
from dualcarbon.panel.embedded import US_POWER_COLUMNS, US_POWER_UNITS

runner = CliRunner()
US = Path(__file__).resolve().parents[3].parent / "shared" / "data" / "us_power_plant_panel_2016_2019.parquet"
SETTINGS = """
[technology]
group_by = ["industry2"]
returns = "constant"
[model]
name = "envelopment"
level_shift = false
"""


def write_firms(path: Path, n: int = 120, **changes: object) -> Path:
    rng = np.random.default_rng(7)
    x, r = rng.uniform(50, 500, n), rng.uniform(0.5, 2.0, n)
    columns: dict[str, object] = {
        "firm_id": [f"f{i:03d}" for i in range(n)],
        "year": [2010 + i % 2 for i in range(n)],
        "industry2": [("13", "16", "44")[i % 3] for i in range(n)],
        "employees_person": np.round(x),
        "fixed_assets_cny": 1e6 * x,
        "output_cny": 1e6 * x * r**0.3 * rng.uniform(0.6, 1.0, n),
        "co2_t": 10.0 * x * r,
        "word": ["a"] * n,
    }
    pl.DataFrame({k: v for k, v in (columns | changes).items() if v is not None}).write_csv(path)
    return path


def call(*arguments: object) -> Result:
    return runner.invoke(app, ["frontier", *map(str, arguments)])


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    folder = tmp_path_factory.mktemp("job")
    data, config = write_firms(folder / "firms.csv"), folder / "settings.toml"
    config.write_text(SETTINGS, encoding="utf-8")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    result = call(data, "--config", config, "--out", folder / "runs", "--quiet")
    assert result.exit_code == 0, result.output
    assert {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()} == before
    (run,) = (p for p in (folder / "runs").iterdir() if p.name != ".steps")
    return run, result


def test_every_file_is_there(finished: tuple[Path, Result]) -> None:
    run, _ = finished
    names = {path.name for path in run.iterdir()}
    reports = {f"report.{lang}.{kind}" for lang in LANGUAGES for kind in ("pdf", "html", "docx", "xlsx")}
    assert names == reports | {
        "results.parquet", "results.csv", "diagnostics.csv", "model.toml", "manifest.json", "exhibits",
    }  # fmt: skip
    exhibits = {path.name.split(".")[0] for path in (run / "exhibits").iterdir()}
    assert exhibits == {
        "table_verdicts", "table_statuses", "table_groups",
        "figure_mac_by_group", "figure_mac_against_intensity", "figure_abatement_cost_curve",
    }  # fmt: skip
    assert not list(run.parent.rglob(".draft*"))
    manifest = json.loads((run / "manifest.json").read_text(encoding="utf-8"))
    assert set(manifest["inputs_sha256"]) == {"firms.csv", "settings.toml"}


def test_results_are_those_of_the_library(finished: tuple[Path, Result]) -> None:
    import dualcarbon as dc
    from dualcarbon.frontier.models.envelopment import EnvelopmentModel

    run, _ = finished
    found = pl.read_parquet(run / "results.parquet")
    panel = dc.read(run.parent.parent / "firms.csv")
    technology = dc.Technology(
        ["employees_person", "fixed_assets_cny"], "output_cny", "co2_t", returns="constant", group_by=["industry2"]
    )
    direct = frontier.fit(panel, technology, dc.Direction.proportional(), EnvelopmentModel(level_shift=False))
    assert found.columns[:4] == ["firm_id", "year", "industry2", "co2_t"]
    assert found.select(direct.table.columns).equals(direct.table)
    table = pl.read_csv(run / "results.csv", schema_overrides={"industry2": pl.String})
    assert table.height == found.height and table["status"].equals(found["status"])
    assert pl.read_csv(run / "diagnostics.csv").height == direct.diagnostics.height == 6
    room = json.loads((run / "exhibits" / "figure_abatement_cost_curve.json").read_text(encoding="utf-8"))
    used = found.filter(pl.col("status").is_in(["ok", "kink"]), pl.col("mac") > 0)
    assert sum(room["widths"]) == pytest.approx((used["abatement_room"] * used["co2_t"]).sum(), rel=1e-12)


def test_the_terminal_says_what_came_of_it(finished: tuple[Path, Result]) -> None:
    run, result = finished
    for word in ("rows by status: ok", "状态：ok", "verdicts on the frontiers", "results.parquet", "report.zh.pdf"):
        assert word in result.output
    assert "[technology]" not in result.output
    text = (run / "report.zh.html").read_text(encoding="utf-8")
    assert "能否识别" in text and "烟草制品业" in text and "模拟数据" not in text
    assert "Is it identified?" in (run / "report.en.html").read_text(encoding="utf-8")


def test_settings_are_proposed_written_and_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    data = write_firms(tmp_path / "firms.csv")
    assert call(data, "--propose").exit_code == 0
    text = (tmp_path / "model.toml").read_text(encoding="utf-8")
    assert 'inputs = ["employees_person", "fixed_assets_cny"]' in text and 'name = "translog_ml"' in text
    again = call(data, "--propose")
    assert again.exit_code == 2 and "已存在" in again.stderr
    assert call(data, "--propose", "--force", "--model", "quadratic").exit_code == 0
    assert 'name = "quadratic"' in (tmp_path / "model.toml").read_text(encoding="utf-8")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["firms.csv", "model.toml"]


@pytest.mark.skipif(not US.is_file(), reason="the US plant panel does not lie beside the checkout")
def test_us_plants_by_a_study_file(tmp_path: Path) -> None:
    frame = pl.read_parquet(US)
    frame.filter(pl.col("state").is_in(["TX", "CA", "PA"])).write_parquet(tmp_path / "plants.parquet")
    parts = ["[data]", 'path = "plants.parquet"', 'schema = "plant"', "[data.columns]"]
    parts += [f'{name} = "{source}"' for name, source in US_POWER_COLUMNS.items()]
    parts += ["[data.units]", *(f'{name} = "{unit}"' for name, unit in US_POWER_UNITS.items())]
    study = tmp_path / "study.toml"
    study.write_text("\n".join([*parts, "[technology]", 'group_by = ["region"]']), encoding="utf-8")
    refused = call(study, "--model", "quadratic", "--out", tmp_path / "runs")
    assert refused.exit_code == 2 and "--drop-invalid" in refused.stderr and not (tmp_path / "runs").exists()
    done = call(study, "--model", "quadratic", "--out", tmp_path / "runs", "--quiet", "--drop-invalid")
    assert done.exit_code == 0, done.output
    assert 'good = "power_kwh"' in done.output and 'group_by = ["region"]' in done.output
    (run,) = (p for p in (tmp_path / "runs").iterdir() if p.name != ".steps")
    text = (run / "report.en.html").read_text(encoding="utf-8")
    assert "kWh/t" in text and "Dropped: " in text and "TX" in text


BAD_SETTINGS = {
    "no_toml": ("[technology", "不是合法的 TOML", "is not valid TOML"),
    "section": ('[data]\npath = "x"', "不认识的部分", "parts that are not known"),
    "loose_key": ('model = "quadratic"', "不认识的部分", "parts that are not known"),
    "key": ("[technology]\ninput = []", "有 1 处错误", "mistakes in settings.toml: 1"),
    "column": ('[technology]\ninputs = ["capital"]', "缺少 1 列", "1 columns are missing"),
    "group": ('[technology]\ngroup_by = ["city"]', "缺少 1 列", "1 columns are missing"),
    "text": ('[technology]\ninputs = ["word"]', "不是数值", "is not numeric"),
    "returns": ('[technology]\nreturns = "rising"', "returns 的取值不对", "not allowed"),
    "reference": ('[technology]\nreference = "then"', "reference 的取值不对", "not allowed"),
    "twice": ('[technology]\ngood = "co2_t"', "生产技术的列有误", "columns of the technology are wrong"),
    "direction": ('[direction]\nkind = "up"', "有 1 处错误", "mistakes in settings.toml: 1"),
    "steps": ('[direction]\nkind = "custom"', "kind 与 columns 不符", "do not go together"),
    "model": ('[model]\nname = "nope"', "没有这个前沿模型", "no such frontier model"),
    "option": ('[model]\nname = "quadratic"\nspeed = 3', "的选项有误", "options of the model"),
    "value": ('[model]\nname = "quadratic"\nscreen = "yes"', "的选项有误", "options of the model"),
    "support": ('[technology]\nreturns = "bic"\n[model]\nname = "envelopment"', "错误", "Error"),
    "factors": ('[co2]\nboundary = "coal"\nfactors = "nope"', "错误", "Error"),
    "boundary": ('[co2]\nboundary = "all"\nfactors = "cn_2015"', "没有这个核算边界", "no such accounting boundary"),
    "moves": (
        '[direction]\nkind = "custom"\n[direction.columns]\nco2_t = 1.0\nword = 1.0\n[model]\nname = "envelopment"',
        "错误", "Error",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_SETTINGS)
def test_bad_settings_leave_with_two_and_both_languages(name: str, tmp_path: Path) -> None:
    text, zh, en = BAD_SETTINGS[name]
    data, config = write_firms(tmp_path / "firms.csv"), tmp_path / "settings.toml"
    config.write_text(text, encoding="utf-8")
    refuses(tmp_path, zh, en, data, "--config", config)


BAD_TABLES = {
    "all_zero": ({"output_cny": [0.0] * 120}, "错误", "Error"),
    "never_together": (
        {
            "output_cny": [1e7] * 60 + [None] * 60,
            "employees_person": [None] * 60 + [50.0] * 60,
        },
        "错误", "Error",
    ),
    "negative_co2": ({"co2_t": [-5.0] * 3 + [10.0] * 117}, "错误", "Error"),
    "no_output": ({"output_cny": None}, "没有可作投入或产出的列", "no column for an input or the good"),
    "no_energy": ({"co2_t": None}, "错误", "Error"),
    "words": ({"co2_t": ["many"] * 120}, "不合列类型", "not of their column's kind"),
    "twice": ({"firm_id": ["a"] * 120}, "错误", "Error"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_TABLES)
def test_bad_tables_leave_with_two_and_both_languages(name: str, tmp_path: Path) -> None:
    changes, zh, en = BAD_TABLES[name]
    refuses(tmp_path, zh, en, write_firms(tmp_path / "firms.csv", **changes))


def test_files_and_folders_that_are_not_there(tmp_path: Path) -> None:
    data = write_firms(tmp_path / "firms.csv")
    refuses(tmp_path, "没有这个文件", "no such file", tmp_path / "absent.csv")
    refuses(tmp_path, "没有这个文件", "no such file", data, "--config", tmp_path / "absent.toml")
    refuses(tmp_path, "没有这个表结构", "no such schema", data, "--schema", "nope")
    refuses(tmp_path, "没有这个前沿模型", "no such frontier model", data, "--model", "nope")
    (tmp_path / "runs").write_text("taken", encoding="utf-8")
    refuses(tmp_path, "结果写不下去", "could not be written", data, "--model", "quadratic")
    (tmp_path / "empty.csv").write_text("", encoding="utf-8")
    refuses(tmp_path, "错误", "Error", tmp_path / "empty.csv")


def refuses(folder: Path, zh: str, en: str, *arguments: object) -> None:
    before = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    result = call(*arguments, "--out", folder / "runs", "--quiet")
    assert result.exit_code == 2, result.output
    assert zh in result.stderr and en in result.stderr
    assert {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()} == before
    left = [path for path in folder.rglob("*") if path.is_file() and path.parent != folder]
    assert left == []


def test_ctrl_c_in_the_fit_leaves_nothing_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(frontier, "fit", stopped)
    refuses(tmp_path, "已停止", "Stopped", write_firms(tmp_path / "firms.csv"), "--model", "quadratic")
