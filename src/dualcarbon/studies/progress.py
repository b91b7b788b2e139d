"""A progress bar with step, rows and time left; plain lines where there is no terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Protocol, Self, TypeVar

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Column

from dualcarbon.core.engine import Engine
from dualcarbon.core.text import Text

T = TypeVar("T")
R = TypeVar("R")


class Reporter(Protocol):
    """Who is told how far a run has come."""

    def begin(self, title: Text, rows: int, weight: float) -> None:
        """A step starts; `weight` is its expected share of the whole run's work."""
        ...

    def tick(self, share: float) -> None:
        """A share (0..1) of the step is done."""
        ...

    def end(self, seconds: float, read_back: bool) -> None:
        """The step is done."""
        ...


class Silent:
    """Tells nobody."""

    def begin(self, title: Text, rows: int, weight: float) -> None:
        """Nothing."""

    def tick(self, share: float) -> None:
        """Nothing."""

    def end(self, seconds: float, read_back: bool) -> None:
        """Nothing."""


class Bar:
    """A bar on a terminal, one line per finished step; only the lines where output is not a terminal."""

    def __init__(self, total: float, console: Console | None = None) -> None:
        self.console = console or Console(stderr=True)
        self._progress = Progress(
            TextColumn("{task.description}", table_column=Column(no_wrap=True, overflow="ellipsis", ratio=1)),
            BarColumn(bar_width=12, table_column=Column(width=12)),
            TextColumn("{task.percentage:3.0f} %", table_column=Column(no_wrap=True, min_width=5)),
            TextColumn("剩 left", table_column=Column(no_wrap=True, min_width=7)),
            TimeRemainingColumn(table_column=Column(no_wrap=True, min_width=7)),
            console=self.console,
            transient=True,
            expand=True,
            disable=not self.console.is_terminal,
        )
        self._task = self._progress.add_task("", total=total)
        self._title = Text("开始", "start")
        self._rows = 0
        self._weight = 0.0
        self._done = 0.0

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def begin(self, title: Text, rows: int, weight: float) -> None:
        """Show the step's name and rows."""
        self._title, self._rows, self._weight, self._done = title, rows, weight, 0.0
        self._progress.update(self._task, description=f"{rows:,}  {title}" if rows else str(title))

    def tick(self, share: float) -> None:
        """Move the bar within the step."""
        share = min(share, 1.0 - self._done)
        self._done += share
        self._progress.advance(self._task, share * self._weight)

    def end(self, seconds: float, read_back: bool) -> None:
        """Fill the step's part of the bar and leave a line."""
        self._progress.advance(self._task, (1.0 - self._done) * self._weight)
        how = "读回 read" if read_back else f"{seconds:.1f} s"
        rows = f"  {self._rows:,} 行 | rows" if self._rows else ""
        self.console.print(f"  {how:>8}  {self._title}{rows}", highlight=False, soft_wrap=True)


class Watched:
    """An engine that tells a reporter when a block is done; results are those of the engine it wraps."""

    def __init__(self, engine: Engine, reporter: Reporter, share: float = 1.0) -> None:
        self._engine = engine
        self._reporter = reporter
        self._share = share

    def map(self, function: Callable[[T], R], blocks: Iterable[T]) -> list[R]:
        """The function of every block, in block order."""
        items = list(blocks)
        step = self._share / max(len(items), 1)

        def watched(block: T) -> R:
            result = function(block)
            self._reporter.tick(step)
            return result

        return self._engine.map(watched, items)

    def reduce(self, function: Callable[[R, R], R], parts: Iterable[R]) -> R:
        """The parts folded from the left, in block order."""
        return self._engine.reduce(function, parts)
