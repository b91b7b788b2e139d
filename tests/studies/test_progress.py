"""The bar says step, rows and time; a watched engine changes no result."""

from __future__ import annotations

import io

from rich.console import Console

from dualcarbon.core.text import Text
from dualcarbon.engines.threads import Threads
from dualcarbon.studies.progress import Bar, Silent, Watched


class Counting(Silent):
    def __init__(self) -> None:
        self.shares: list[float] = []

    def tick(self, share: float) -> None:
        self.shares.append(share)


def test_a_finished_step_leaves_a_line_with_rows_and_seconds() -> None:
    stream = io.StringIO()
    with Bar(10.0, Console(file=stream, width=60)) as bar:
        bar.begin(Text("核算", "account"), 1_234_567, 5.0)
        bar.tick(0.4)
        bar.end(1.25, read_back=False)
        bar.begin(Text("排版", "render"), 0, 5.0)
        bar.end(0.0, read_back=True)
    lines = stream.getvalue().splitlines()
    assert len(lines) == 2
    assert "1.2 s" in lines[0] and "1,234,567 行 | rows" in lines[0] and "account" in lines[0]
    assert "读回" in lines[1] and "rows" not in lines[1]


def test_the_bar_on_a_terminal_shows_the_share_done() -> None:
    stream = io.StringIO()
    console = Console(file=stream, width=100, force_terminal=True)
    with Bar(4.0, console) as bar:
        bar.begin(Text("前沿", "frontier"), 9_000, 2.0)
        bar.tick(0.5)
        bar._progress.refresh()
    assert "25 %" in stream.getvalue() and "9,000" in stream.getvalue()


def test_watched_engine_ticks_once_per_block_and_keeps_the_results() -> None:
    reporter = Counting()
    engine = Watched(Threads(2), reporter, 0.5)
    assert engine.map(lambda b: b + 1, [1, 2, 3, 4]) == [2, 3, 4, 5]
    assert len(reporter.shares) == 4
    assert abs(sum(reporter.shares) - 0.5) < 1e-12
    assert engine.reduce(lambda a, b: a + b, [1, 2, 3]) == 6
