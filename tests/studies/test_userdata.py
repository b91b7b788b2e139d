"""A user's table with errors: what is said, and a remedy that cures it."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from dualcarbon.core.errors import ConfigError, DataError
from dualcarbon.studies.cmri2024.main import _config
from dualcarbon.studies.userdata import sound_panel

FIRMS = 20


def table(path: Path, **changes: object) -> Path:
    columns: dict[str, object] = {
        "firm_id": [f"f{i:02d}" for i in range(FIRMS)],
        "year": [2010] * FIRMS,
        "output_cny": [1e7 + i for i in range(FIRMS)],
        "employees_person": [50.0 + i for i in range(FIRMS)],
    }
    pl.DataFrame(columns | changes).write_csv(path)
    return path


def test_negative_rows_may_be_dropped_and_the_message_says_how(tmp_path: Path) -> None:
    data = table(tmp_path / "d.csv", output_cny=[-1.0] * 3 + [1e7] * (FIRMS - 3))
    with pytest.raises(DataError) as caught:
        sound_panel(data, drop=False)
    for language in ("zh", "en"):
        said = caught.value.say(language)
        assert "[3; f00, 2010; f01, 2010; f02, 2010]" in said
        assert "--drop-invalid" in said
    assert [d.rows for d in sound_panel(data, drop=True).drops] == [3]


@pytest.mark.parametrize("drop", [False, True])
def test_a_wrong_unit_is_not_cured_by_dropping_rows(drop: bool, tmp_path: Path) -> None:
    data = table(tmp_path / "d.csv", output_cny=[1e3] * FIRMS)
    with pytest.raises(DataError) as caught:
        sound_panel(data, drop=drop)
    assert "[data.units]" in caught.value.remedy.en and "[data.units]" in caught.value.remedy.zh
    assert "--drop-invalid" not in str(caught.value)


def test_a_study_file_of_another_study_is_refused(tmp_path: Path) -> None:
    study = tmp_path / "study.toml"
    study.write_text('[data]\npath = "d.csv"\n[study]\nname = "other"\n', encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        _config(None, None, study)
    assert 'name = "other"' in caught.value.found.en and "另一项研究" in caught.value.what.zh


def test_warnings_do_not_stop_but_are_written_down(tmp_path: Path) -> None:
    panel = sound_panel(table(tmp_path / "d.csv", coal_t=[0.0] * FIRMS), drop=False)
    (note,) = [n for n in panel.notes if "warnings" in n.en]
    assert "all_zero coal_t: 20" in note.zh
    assert "all_zero coal_t: 20" in note.en
