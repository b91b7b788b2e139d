"""Exhibits and documents as steps: rendered once, then copied into the run's folder."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Any

from dualcarbon.core.exhibit import Document, Exhibit
from dualcarbon.core.text import Text
from dualcarbon.report import render
from dualcarbon.studies.run import Run
from dualcarbon.studies.store import Done, code_version


class Rendered:
    """Writes an exhibit or document in every language and format; the files themselves are the value."""

    def __init__(self, item: Exhibit | Document) -> None:
        self.item = item

    def save(self, value: None, folder: Path) -> None:
        """Render into the folder."""
        render(self.item, folder)

    def load(self, folder: Path) -> None:
        """Nothing to read: the files lie in the folder."""


def render_step(run: Run, item: Exhibit | Document, needs: tuple[Done[Any], ...], weight: float) -> list[Path]:
    """The rendered files of an exhibit or document, from the steps it was built of."""
    name = item.title if isinstance(item, Document) else item.number
    done = run.step(
        f"render_{item.key}",
        Text("排版 {n}", "render {n}").format(n=name),
        lambda: None,
        Rendered(item),
        options={"item": item.key},
        needs=needs,
        weight=weight,
    )
    return done.files


def colophon(run: Run) -> tuple[Text, ...]:
    """How the report was made: version, code, options; no date, so equal inputs give equal bytes."""
    return (
        Text(
            "由 dualcarbon {v} 生成；代码 {c}，研究 {k}。输入文件的 SHA-256、各步用时与库版本见 manifest.json。",
            "Made by dualcarbon {v}; code {c}, study {k}. SHA-256 of the inputs, seconds by step and library versions "
            "are in manifest.json.",
        ).format(v=version("dualcarbon"), c=code_version()[:12], k=run.key[:8]),
    )
