"""A user's table with errors: what is said, and a remedy that cures it."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from dualcarbon.core.errors import ConfigError, DataError, InputError
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


@pytest.mark.parametrize(
    ("settings", "zh", "en"),
    [
        ("[market]\nfloor = 2", "market.floor = 2：应不大于 1.0", "market.floor = 2: should be at most 1.0"),
        ("[market]\ncap_share = 0", "market.cap_share = 0：应大于 0.0", "should be greater than 0.0"),
        ("[market]\nceiling = inf", "market.ceiling = inf：应为有限的数", "should be a finite number"),
        ("[market]\nfloor = true", "market.floor = true：应为数", "should be a number"),
        ("[market]\ndraws = 20.5", "market.draws = 20.5：应为整数", "should be a whole number"),
        ("[market]\ncap = 0.9", "market.cap：没有这个键；有 cap_share, floor, ceiling, draws", "there is no such key"),
        ("[adoption]\nslop = 1", "adoption.slop：没有这个键；是否指 slope？", "is slope meant?"),
        ("[adoption]\nreach = nan", "adoption.reach = nan", "adoption.reach = nan"),
        ("[effects]\ncontrols = 'size'", "应为列表", "should be a list"),
        ("[technology]\nreturns = 'up'", "应为 'constant', 'variable', 'bic' 之一", "should be one of 'constant'"),
        ("[markets]", "是否指 market？", "is market meant?"),
        ("[market]\n[market]", "第 4 行第 8 列", "at line 4, column 8"),
    ],
)
def test_wrong_settings_are_said_in_both_languages(settings: str, zh: str, en: str, tmp_path: Path) -> None:
    study = tmp_path / "study.toml"
    study.write_text(f'[data]\npath = "d.csv"\n{settings}\n', encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        _config(None, None, study)
    assert zh in caught.value.say("zh") and "nput" not in caught.value.say("zh")
    assert en in caught.value.say("en")


def test_a_study_file_of_another_encoding_names_the_byte(tmp_path: Path) -> None:
    study = tmp_path / "study.toml"
    study.write_bytes('[data]\npath = "企业.csv"\n'.encode("gb18030"))
    with pytest.raises(InputError) as caught:
        _config(None, None, study)
    assert "第 16 个字节起不是 UTF-8" in caught.value.say("zh") and "from byte 16 on" in caught.value.say("en")
