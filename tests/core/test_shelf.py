"""A folder of models is read by file names; a wrong name lists the right ones."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

import pytest

from dualcarbon.core.errors import ConfigError
from dualcarbon.core.shelf import names_on, taken_from
from dualcarbon.core.text import Text


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    folder = tmp_path / "a_shelf_of_models"
    folder.mkdir()
    for name, text in {
        "__init__": "",
        "_shared": "MODEL = 0\n",
        "b": "MODEL = 'B'\n",
        "a": "raise RuntimeError\n",
    }.items():
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    return folder.name


def test_names_are_files_without_underscore_and_only_one_is_imported(shelf: str) -> None:
    package = import_module(shelf)
    assert names_on(package) == ("a", "b")
    assert taken_from(package, "b", Text("无", "none")) == "B"
    assert f"{shelf}.a" not in sys.modules


@pytest.mark.parametrize("name", ["c", "_shared", ""])
def test_a_wrong_name_lists_the_right_ones(shelf: str, name: str) -> None:
    with pytest.raises(ConfigError, match=r"no such thing.*\n.*a \| b"):
        taken_from(import_module(shelf), name, Text("没有", "no such thing"))
