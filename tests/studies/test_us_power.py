"""Real US plants when they lie beside the checkout: finite results, reasons, nothing priced that is not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dualcarbon.core.errors import InputError
from dualcarbon.studies import run_study
from dualcarbon.studies.us_power.main import plants

FILE = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "us_power_plant_panel_2016_2019.parquet"
needs_file = pytest.mark.skipif(not FILE.is_file(), reason="the US plant panel does not lie beside the checkout")


@needs_file
def test_usable_rows_are_those_the_source_states() -> None:
    panel = plants(FILE)
    assert panel.n == 11_481
    assert panel.frame[panel.id].n_unique() == 3_134
    assert sum(d.rows for d in panel.drops) == 12_593 - 11_481


@needs_file
def test_the_study_ends_with_reasons(tmp_path: Path) -> None:
    done = run_study("us_power", data=FILE, out=tmp_path)
    table = json.loads((done.folder / "exhibits" / "table_us_power_models.json").read_text(encoding="utf-8"))
    assert len(table["rows"]) == 4
    text = (done.folder / "report.en.html").read_text(encoding="utf-8")
    assert "weakly identified" in text and "Simulated data" not in text
    for group in ("(coal) ", "(gas) ", "4 weakly identified", "and is not shown", "US EIA and WRI"):
        assert group in text
    assert "∞ log points" in text and "inf log points" not in text


def test_without_the_file_the_message_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="us_power_plant_panel"):
        run_study("us_power", out=tmp_path / "runs")
