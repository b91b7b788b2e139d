"""Tables in the terminal: straight lines with Chinese, no markup read."""

from __future__ import annotations

from io import StringIO
from types import SimpleNamespace

import pytest
from rich.cells import cell_len
from rich.console import Console

from dualcarbon.core.text import Language
from dualcarbon.report import terminal_table


def shown(table: object, width: int = 160) -> list[str]:
    stream = StringIO()
    Console(file=stream, width=width, color_system=None).print(table)
    return stream.getvalue().splitlines()


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("name", ["long", "regression", "wide", "hostile"])
def test_lines_are_equally_wide(sample: SimpleNamespace, name: str, language: Language) -> None:
    lines = shown(terminal_table(getattr(sample, name)(), language))
    rules = [i for i, line in enumerate(lines) if line and set(line) == {"━"}]
    assert len(rules) == 2
    assert len({cell_len(line) for line in lines[rules[0] : rules[1] + 1]}) == 1


def test_content(sample: SimpleNamespace) -> None:
    text = "\n".join(shown(terminal_table(sample.regression(), "zh")))
    for piece in (
        "表 4-2",
        "[模拟数据]",
        "0.0028***",
        "(0.0004)",
        "−0.0019***",
        "1,009,114",
        "企业-年份",
        "数据来源：",
    ):
        assert piece in text
    assert "CO₂ emissions" in "\n".join(shown(terminal_table(sample.long(), "en")))
    assert "Simulated" not in "\n".join(shown(terminal_table(sample.wide(), "en"))).splitlines()[0]


def test_brackets_are_not_markup(sample: SimpleNamespace) -> None:
    text = "".join(shown(terminal_table(sample.hostile(), "en"), 400))
    assert "[z]" in text and "[y]" in text
