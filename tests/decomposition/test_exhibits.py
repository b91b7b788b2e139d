"""Table, waterfall and stacked figure: their numbers, their words, and that every writer takes them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dualcarbon.core.errors import ConfigError
from dualcarbon.core.exhibit import Stacked, Waterfall
from dualcarbon.core.text import Text
from dualcarbon.decomposition import decompose
from dualcarbon.report import render

from .conftest import IDENTITY, world

LABELS = {"C": ("碳排放", "CO2"), "Y": Text("产出", "Output"), "S": "structure"}


def found(**options: Any) -> Any:
    return decompose(world(1), IDENTITY, **options)


def test_the_table_has_every_effect_and_their_sum() -> None:
    one = found(chain=True)
    table = one.table(LABELS, unit=("百万吨", "Mt"))
    numbers = np.array([[cell.value for cell in row[1:]] for row in table.rows])
    assert numbers.shape == (3, 6) and table.rules_after == (2,)
    np.testing.assert_allclose(numbers[:, :5].sum(axis=1), numbers[:, 5], rtol=1e-12)
    np.testing.assert_allclose(numbers[:2].sum(axis=0), numbers[2], rtol=1e-12)
    assert [header.label.en for header in table.headers[:4]] == ["Period", "Output", "structure", "I"]
    assert table.headers[1].unit == Text("百万吨", "Mt") and table.title == Text(
        "碳排放变化的因素分解", "What changed CO2"
    )
    assert table.rows[2][0].value == "2010-2012"
    ratios = found(form="multiplicative").table(unit="Mt")
    values = [cell.value for cell in ratios.rows[0][1:]]
    assert np.prod(values[:-1]) == pytest.approx(values[-1], rel=1e-12)
    assert ratios.headers[1].unit is None and len(ratios.rows) == 1


def test_the_waterfall_goes_from_total_to_total() -> None:
    one = found(chain=True)
    drawing = one.waterfall(LABELS).drawing
    assert isinstance(drawing, Waterfall)
    assert drawing.levels[0] == one.totals["start"][0]
    assert drawing.levels[-1] == pytest.approx(one.totals["end"][-1], rel=1e-12)
    assert drawing.steps == pytest.approx(one.cumulative["effect"].tail(5).to_list(), rel=1e-9)
    assert [item.en for item in drawing.items] == ["2010", "Output", "structure", "I", "M", "F", "2012"]
    part = one.waterfall(period="2011-2012").drawing
    assert isinstance(part, Waterfall) and part.levels[0] == one.totals["start"][1]
    with pytest.raises(ConfigError, match="2010-2011, 2011-2012"):
        one.waterfall(period="2010-2012")
    ratios = found(form="multiplicative").waterfall().drawing
    assert isinstance(ratios, Waterfall) and ratios.levels[0] == 1.0 and ratios.marks[1].startswith("×")


@pytest.mark.parametrize("form", ["additive", "multiplicative"])
def test_the_stack_adds_up(form: Any) -> None:
    one = found(chain=True, form=form)
    for areas, places in ((False, (0.0, 1.0)), (True, (2010.0, 2011.0, 2012.0))):
        drawing = one.stacked(LABELS, areas=areas).drawing
        assert isinstance(drawing, Stacked) and drawing.x == places and drawing.total is not None
        stack = np.sum([layer.values for layer in drawing.layers], axis=0)
        np.testing.assert_allclose(stack, drawing.total.values, rtol=1e-12, atol=1e-14)
    change = one.totals["end"][-1] - one.totals["start"][0]
    truth = change if form == "additive" else np.log(one.totals["end"][-1] / one.totals["start"][0])
    assert drawing.total.values[-1] == pytest.approx(truth, rel=1e-10)


def test_every_writer_takes_them(tmp_path: Path) -> None:
    one = found(chain=True)
    for exhibit in (one.table(LABELS), one.waterfall(LABELS), one.stacked(LABELS, areas=True, key="areas")):
        names = {path.name for path in render(exhibit, tmp_path)}
        assert {f"{exhibit.key}.{lang}.{kind}" for lang in ("zh", "en") for kind in ("pdf", "html", "docx")} <= names
        assert {f"{exhibit.key}.csv", f"{exhibit.key}.json"} <= names


def test_it_says_what_it_is() -> None:
    assert repr(found(chain=True)).startswith("Decomposition(C ~ Y[region] * S[region,ind]")
    note = found().table().notes[0]
    assert "LMDI-I, additive" in note.en and "加法形式" in note.zh
