"""A report with eight tables and a figure into every format in both languages."""

from __future__ import annotations

import tempfile
from itertools import count

import numpy as np

from dualcarbon.core.exhibit import Cell, Chapter, Document, DotPlot, Figure, Header, Series, Table
from dualcarbon.core.text import Text, both
from dualcarbon.report import render
from registry import Timed, benchmark

TABLES, ROWS, COLUMNS = 8, 39, 9
SOURCE = Text("随机数", "Random numbers")


def _table(key: str, number: int) -> Table:
    rng = np.random.default_rng(number)
    headers = (
        Header("industry", Text("行业", "Industry")),
        *(Header(f"c{i}", Text(f"成本 {i}", f"Cost {i}"), Text("元/吨", "CNY/t")) for i in range(1, COLUMNS)),
    )
    rows = tuple(
        (Cell(Text(f"第 {i} 类制造业", f"Manufacturing {i}")), *(Cell(float(v), ",.2f") for v in values))
        for i, values in enumerate(rng.lognormal(5, 2, (ROWS, COLUMNS - 1)), start=1)
    )
    label = Text(f"表 {number}", f"Table {number}")
    return Table(key, label, Text("CO2 边际减排成本", "Cost of abating CO2"), headers, rows, (), SOURCE, True)


def _figure(key: str) -> Figure:
    values = tuple(map(float, np.sort(np.random.default_rng(9).lognormal(5, 2, ROWS))[::-1]))
    items = tuple(Text(f"第 {i} 类制造业", f"Manufacturing {i}") for i in range(1, ROWS + 1))
    drawing = DotPlot(items, (Series(both("MAC"), values),), Text("元/吨", "CNY/t"), log=True)
    title = Text("CO2 边际减排成本", "Cost of abating CO2")
    return Figure(key, Text("图 1", "Figure 1"), title, drawing, (), SOURCE, True)


def _document(run: int) -> Document:
    tables = tuple(_table(f"run{run}_table_{i}", i) for i in range(1, TABLES + 1))
    prose = Text("数字技术影响 CO2 边际减排成本。" * 20, "Digital technology moves the cost of abating CO2. " * 20)
    chapters = (
        Chapter(Text("成本", "Costs"), (prose,) * 4, (*tables[:4], _figure(f"run{run}_figure"))),
        Chapter(Text("回归", "Regressions"), (prose,) * 4, tables[4:]),
    )
    title = Text("报告", "Report")
    return Document(f"run{run}_report", title, title, (prose,), chapters, (SOURCE,), True)


@benchmark(
    "report: document, 8 tables, 1 figure, all formats", size=f"{TABLES} tables of {ROWS} x {COLUMNS}, zh and en"
)
def all_formats() -> Timed:
    runs = count()

    def write() -> int:
        document = _document(next(runs))
        with tempfile.TemporaryDirectory() as folder:
            exhibits = (exhibit for chapter in document.chapters for exhibit in chapter.exhibits)
            return sum(len(render(item, folder)) for item in (document, *exhibits))

    return write
