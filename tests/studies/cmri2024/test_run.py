"""The whole study on a small survey: files, truth, resumption byte by byte, the user's own table."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from dualcarbon.core.errors import ConfigError, InputError
from dualcarbon.report import formats
from dualcarbon.studies import run_study, study_names
from dualcarbon.studies.cmri2024.document import exhibit_names
from dualcarbon.studies.finished import Finished

ROWS = 30_000


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    return run_study("cmri2024", rows=ROWS, out=tmp_path_factory.mktemp("runs"))


def outputs(folder: Path) -> dict[str, bytes]:
    """Every file of a run but the manifest, which carries timings."""
    files = (p for p in folder.rglob("*") if p.is_file() and p.name != "manifest.json")
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in files}


def test_every_exhibit_lies_in_every_format_and_both_languages(finished: Finished) -> None:
    names = {p.name for p in (finished.folder / "exhibits").iterdir()}
    for key in sorted(exhibit_names()):
        kinds = ("svg", "png") if key.startswith("figure") else ("csv", "json", "xlsx", "docx", "tex", "html", "pdf")
        for kind in kinds:
            both = {f"{key}.{kind}"} if kind in ("csv", "json") else {f"{key}.zh.{kind}", f"{key}.en.{kind}"}
            assert both <= names, (key, kind)
    reports = {p.name for p in finished.folder.iterdir()}
    assert {f"report.{lang}.{kind}" for lang in ("zh", "en") for kind in ("pdf", "html", "docx")} <= reports
    assert len(formats()) >= 8


def test_manifest_names_versions_seed_steps_and_memory(finished: Finished) -> None:
    manifest = json.loads((finished.folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["options"]["config"]["study"] == {"name": "cmri2024", "seed": 2024, "rows": ROWS}
    assert {"numpy", "polars", "python", "dualcarbon"} <= set(manifest["versions"])
    assert {"source", "accounts", "frontier_translog_ml", "frontier_quadratic", "effects"} <= {
        s["step"] for s in manifest["steps"]
    }
    assert manifest["peak_memory_mib"] > 100
    assert len(manifest["code_sha256"]) == 64


def test_firm_results_align_with_their_keys(finished: Finished) -> None:
    firms = pl.read_parquet(finished.folder / "firms.parquet")
    assert firms.height == ROWS
    assert firms.select(pl.struct("firm_id", "year").n_unique()).item() == ROWS
    priced = firms.filter(pl.col("status") == "ok")
    assert priced.height > 0.9 * ROWS
    assert priced.filter(~(pl.col("mac_low") <= pl.col("mac")) | ~(pl.col("mac") <= pl.col("mac_high"))).height == 0


def test_every_page_says_simulated(finished: Finished) -> None:
    import pypdfium2

    for language, word in (("zh", "模拟数据"), ("en", "Simulated data")):
        document = pypdfium2.PdfDocument(finished.folder / f"report.{language}.pdf")
        pages = [document[i].get_textpage().get_text_range() for i in range(len(document))]
        document.close()
        assert len(pages) > 8
        assert [i for i, text in enumerate(pages) if word not in text] == []


def test_a_repeated_run_reads_every_step_and_gives_the_same_bytes(finished: Finished) -> None:
    again = run_study("cmri2024", rows=ROWS, out=finished.folder.parent)
    assert again.folder != finished.folder
    manifest = json.loads((again.folder / "manifest.json").read_text(encoding="utf-8"))
    assert all(step["read_back"] for step in manifest["steps"])
    assert outputs(again.folder) == outputs(finished.folder)


def test_a_killed_run_resumes_and_ends_byte_equal(finished: Finished, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "dualcarbon.cli", "run", "cmri2024", "--rows", str(ROWS), "--out", str(tmp_path)]
    process = subprocess.Popen([*command, "--quiet"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 120.0
    while not list(tmp_path.glob(".steps/frontier_translog_ml-*")) and time.monotonic() < deadline:
        assert process.poll() is None, process.communicate()[1].decode()
        time.sleep(0.05)
    process.kill()
    process.communicate()
    halted = [p for p in tmp_path.iterdir() if p.name != ".steps"]
    assert len(halted) == 1 and not (halted[0] / "manifest.json").exists()
    resumed = run_study("cmri2024", rows=ROWS, out=tmp_path)
    assert resumed.folder == halted[0]
    steps = json.loads((resumed.folder / "manifest.json").read_text(encoding="utf-8"))["steps"]
    assert [s["read_back"] for s in steps if s["step"] in ("source", "accounts", "frontier_translog_ml")] == [True] * 3
    assert outputs(resumed.folder) == outputs(finished.folder)


def test_ctrl_c_says_so_in_both_languages_and_leaves_no_half_file(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "dualcarbon.cli", "run", "cmri2024", "--rows", "60000", "--out", str(tmp_path)]
    process = subprocess.Popen([*command, "--quiet"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 120.0
    while not list(tmp_path.glob(".steps/accounts-*")) and time.monotonic() < deadline:
        assert process.poll() is None, process.communicate()[1].decode()
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 2
    assert "已停止" in errors.decode() and "run the same command again" in errors.decode()
    assert [p.name for p in tmp_path.rglob(".draft*")] == []


def test_the_users_own_table_runs_without_a_truth(tmp_path: Path) -> None:
    import dualcarbon as dc

    table = tmp_path / "firms.csv"
    dc.simulate_survey(rows=6_000, seed=5).panel.frame.write_csv(table)
    before = table.read_bytes()
    done = run_study("cmri2024", data=table, out=tmp_path / "runs")
    names = {p.name for p in (done.folder / "exhibits").iterdir()}
    assert "table_4_1.csv" in names and "table_truth.csv" not in names
    assert table.read_bytes() == before
    manifest = json.loads((done.folder / "manifest.json").read_text(encoding="utf-8"))
    assert list(manifest["inputs_sha256"]) == ["firms.csv"]


def test_a_study_file_says_what_is_asked_and_the_report_says_it_too(tmp_path: Path) -> None:
    """Other factors, effects, clusters and sizes; a table without provinces."""
    import dualcarbon as dc

    table = tmp_path / "firms.parquet"
    dc.simulate_survey(rows=6_000, seed=6).panel.frame.drop("province").write_parquet(table)
    study = tmp_path / "study.toml"
    study.write_text(
        '[data]\npath = "firms.parquet"\nschema = "firm"\n[co2]\nfactors = "cn_ndrc"\n[effects]\n'
        'size = "employees_person"\nindustry_effects = "industry2 + year"\ncluster = "industry4"\n'
        'controls = ["ln_assets"]\n[market]\ncap_share = 0.95\n',
        encoding="utf-8",
    )
    done = run_study("cmri2024", data=study, out=tmp_path / "runs")
    text = (done.folder / "report.en.html").read_text(encoding="utf-8")
    assert "cn_ndrc" in text and "Simulated data" not in text
    assert "two-digit industry, year" in text and "clustered by industry" in text
    assert "industry × year" not in text and "clustered by firm" not in text and "Industries are four-digit" in text
    assert "Controls: ln employees." in text and "Split at the median of employees" in text
    assert "with a cap 5" in text and not (done.folder / "exhibits" / "table_market_provinces.csv").exists()
    chinese = (done.folder / "report.zh.html").read_text(encoding="utf-8")
    assert "按行业聚类" in chinese and "按从业人数的中位数" not in chinese and "以从业人数的中位数" in chinese


def test_unknown_study_missing_file_and_wrong_key(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cmri2024"):
        run_study("nope", out=tmp_path)
    with pytest.raises(InputError, match="no such file"):
        run_study("cmri2024", data=tmp_path / "absent.csv", out=tmp_path)
    wrong = tmp_path / "s.toml"
    wrong.write_text('[data]\npath = "x.csv"\n[effects]\nclusters = "firm_id"\n', encoding="utf-8")
    with pytest.raises(ConfigError, match="clusters"):
        run_study("cmri2024", data=wrong, out=tmp_path)
    assert study_names() == ("broadband_china", "carbon_market", "cmri2024", "us_power")
    assert replace(Finished(tmp_path, (), 0, 0.0)).summary()
