"""The terminal as a stranger meets it: exit codes and words in both languages."""

from __future__ import annotations

import errno
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from typer.core import TyperGroup
from typer.testing import CliRunner

from dualcarbon.cli import app

runner = CliRunner()


def write_firms(path: Path, **changes: object) -> Path:
    columns: dict[str, object] = {
        "firm_id": ["a", "b", "c", "d"],
        "year": [2010, 2010, 2010, 2010],
        "industry2": ["13", "13", "13", "13"],
        "output_cny": [1e7, 2e7, 3e7, 4e7],
        "employees_person": [50.0, 60.0, 70.0, 80.0],
        "fixed_assets_cny": [1e6, 2e6, 3e6, 4e6],
        "coal_t": [10.0, 20.0, 30.0, 40.0],
        "power_kwh": [1e5, 2e5, 3e5, 4e5],
    }
    pl.DataFrame(columns | changes).write_csv(path)
    return path


def test_help_is_in_both_languages_and_lists_the_commands() -> None:
    result = runner.invoke(app, ["--help"])
    assert result.exit_code == 0
    assert "企业台账" in result.output and "firms' accounts" in result.output
    for command in ("init", "check", "convert", "run", "list"):
        assert command in result.output


def test_list_names_studies_models_and_factor_sets() -> None:
    result = runner.invoke(app, ["list"])
    assert result.exit_code == 0
    for word in ("cmri2024", "us_power", "translog_ml", "envelopment", "cn_2015", "firm"):
        assert word in result.output


def test_every_setting_that_init_comments_out_can_be_taken_up(tmp_path: Path) -> None:
    from dualcarbon.studies.cmri2024.main import _config
    from dualcarbon.studies.config import FirmStudy, shipped

    out = tmp_path / "study.toml"
    assert runner.invoke(app, ["init", str(write_firms(tmp_path / "d.csv")), "--out", str(out)]).exit_code == 0
    head, marked, tail = out.read_text(encoding="utf-8").partition("# [effects]")
    taken = (marked + tail).replace("\n# ", "\n").removeprefix("# ")
    out.write_text(head + taken.replace("floor = 0.5", "floor = 0.25"), encoding="utf-8")
    asked, own = _config(None, None, out), shipped("cmri2024", FirmStudy)
    assert asked.market == own.market.model_copy(update={"floor": 0.25})
    assert asked.effects == own.effects and asked.adoption == own.adoption


def test_rows_are_not_asked_of_a_table(tmp_path: Path) -> None:
    data = write_firms(tmp_path / "d.csv")
    asked = ["run", "cmri2024", "--data", str(data), "--rows", "5000", "--out", str(tmp_path / "runs")]
    refused = runner.invoke(app, asked)
    assert refused.exit_code == 2 and "不能并用" in refused.stderr and "do not go together" in refused.stderr
    assert not (tmp_path / "runs").exists()


def test_what_convert_refuses_to_replace_can_be_forced(tmp_path: Path) -> None:
    data, out = write_firms(tmp_path / "d.csv"), tmp_path / "d.parquet"
    assert runner.invoke(app, ["convert", str(data), str(out)]).exit_code == 0
    assert "--force" in runner.invoke(app, ["convert", str(data), str(out)]).stderr
    assert runner.invoke(app, ["convert", str(data), str(out), "--force"]).exit_code == 0


def test_init_writes_a_study_file_and_never_overwrites(tmp_path: Path) -> None:
    data = write_firms(tmp_path / "d.csv")
    out = tmp_path / "study.toml"
    assert runner.invoke(app, ["init", str(data), "--out", str(out)]).exit_code == 0
    text = out.read_text(encoding="utf-8")
    assert 'output_cny = "output_cny"' in text
    assert "# [market]" in text and "# floor = 0.5" in text and "# [adoption]" in text and "# [effects]" in text
    again = runner.invoke(app, ["init", str(data), "--out", str(out)])
    assert again.exit_code == 2
    assert "已存在" in again.stderr and "exists already" in again.stderr
    assert out.read_text(encoding="utf-8") == text


def test_init_writes_the_path_as_seen_from_the_study_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    write_firms(tmp_path / "data" / "d.csv")
    assert runner.invoke(app, ["init", "data/d.csv", "--out", "studies/study.toml"]).exit_code == 0
    assert 'path = "../data/d.csv"' in (tmp_path / "studies" / "study.toml").read_text(encoding="utf-8")
    assert runner.invoke(app, ["check", "studies/study.toml"]).exit_code in (0, 1)


def test_a_separator_nobody_guesses_can_be_named(tmp_path: Path) -> None:
    data = tmp_path / "d.csv"
    data.write_text(write_firms(data).read_text(encoding="utf-8").replace(",", "^"), encoding="utf-8")
    before = data.read_bytes()
    refused = runner.invoke(app, ["init", str(data), "--out", str(tmp_path / "no.toml")])
    assert refused.exit_code == 2 and "--separator" in refused.stderr
    study = tmp_path / "study.toml"
    assert runner.invoke(app, ["init", str(data), "--out", str(study), "--separator", "^"]).exit_code == 0
    assert 'separator = "^"' in study.read_text(encoding="utf-8")
    for arguments in (["check", str(study)], ["check", str(data), "--separator", "^"]):
        assert runner.invoke(app, arguments).exit_code in (0, 1)
    assert runner.invoke(app, ["convert", str(data), str(tmp_path / "d.parquet"), "--separator", "^"]).exit_code == 0
    assert data.read_bytes() == before


@pytest.mark.parametrize("separator", [";;", "，", ""])
def test_a_separator_is_one_character(separator: str, tmp_path: Path) -> None:
    result = runner.invoke(app, ["check", str(write_firms(tmp_path / "d.csv")), "--separator", separator])
    assert result.exit_code == 2
    assert "分隔符" in result.stderr and "cannot be a separator" in result.stderr


def test_check_exit_codes_follow_the_findings(tmp_path: Path) -> None:
    broken = write_firms(tmp_path / "broken.csv", output_cny=[-1.0, 2e7, 3e7, 4e7])
    result = runner.invoke(app, ["check", str(broken)])
    assert result.exit_code == 2
    assert "output_cny" in result.output
    for form in ("json", "csv"):
        assert runner.invoke(app, ["check", str(broken), "--format", form]).exit_code == 2


@pytest.mark.parametrize(
    ("arguments", "zh", "en"),
    [
        (["run", "nope"], "没有这项研究", "no such study"),
        (["run", "cmri2024", "--data", "absent.csv"], "没有这个文件", "no such file"),
        (["check", "absent.csv"], "absent.csv", "absent.csv"),
        (["run", "us_power", "--rows", "5000"], "不模拟数据", "simulates nothing"),
    ],
)
def test_errors_leave_with_two_and_both_languages(
    arguments: list[str], zh: str, en: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = runner.invoke(app, arguments)
    assert result.exit_code == 2
    assert zh in result.stderr and en in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_said_in_both_languages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = write_firms(tmp_path / "d.csv")

    def full(self: Path, data: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    result = runner.invoke(app, ["init", str(data), "--out", str(tmp_path / "s.toml")])
    assert result.exit_code == 2
    assert "腾出磁盘空间" in result.stderr and "free some space" in result.stderr
    assert sorted(p.name for p in tmp_path.iterdir()) == ["d.csv"]


@pytest.mark.parametrize(
    "arguments", [["check"], ["init", "--out", "s.toml"], ["run", "cmri2024", "--data"], ["run", "us_power", "--data"]]
)
def test_a_file_that_may_not_be_read_is_said_in_both_languages(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    data = write_firms(tmp_path / "secret.csv")
    plain = Path.open

    def denied(self: Path, *how: object, **named: object) -> object:
        if self.name == data.name:
            raise PermissionError(errno.EACCES, "Permission denied")
        return plain(self, *how, **named)

    monkeypatch.setattr(Path, "open", denied)
    result = runner.invoke(app, [*arguments, "secret.csv"])
    assert result.exit_code == 2
    assert "无权读取" in result.stderr and "may not be read" in result.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["secret.csv"]


def test_stopping_before_the_command_has_begun_is_said_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(TyperGroup, "make_context", stopped)
    result = runner.invoke(app, ["list"])
    assert result.exit_code == 2
    assert "已停止" in result.stderr and "Stopped" in result.stderr


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys, dualcarbon.cli, dualcarbon, dualcarbon.panel, dualcarbon.frontier, dualcarbon.effects;"
        "heavy = {'numba', 'scipy', 'pandas', 'matplotlib', 'highspy', 'typst', 'docx', 'openpyxl'} & set(sys.modules);"
        "print(sorted(heavy))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
