from __future__ import annotations

import subprocess
import sys

import pytest

from dualcarbon import panel


def test_every_name_is_there_and_no_other() -> None:
    for name in panel.__all__:
        assert getattr(panel, name) is not None
    assert dir(panel) == sorted(panel.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nope'"):
        _ = panel.nope  # type: ignore[attr-defined]


def test_the_room_opens_without_heavy_furniture() -> None:
    heavy = ("pandas", "numba", "scipy", "fastexcel", "pydantic")
    code = f"import sys, dualcarbon.panel; print([m for m in {heavy} if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def test_a_submodule_does_not_take_the_place_of_a_verb() -> None:
    from dualcarbon.panel import checking, conversion, reading

    assert panel.read is reading.read
    assert panel.check is checking.check
    assert panel.convert is conversion.convert
