"""What a run leaves behind, in words."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from dualcarbon.core.text import Text


@dataclass(frozen=True, slots=True)
class Finished:
    """A complete run: its folder, its reports, what a reader should know first."""

    folder: Path
    reports: tuple[Path, ...]
    exhibits: int
    seconds: float
    remarks: tuple[Text, ...] = ()

    def summary(self) -> str:
        """Where the files lie, in both languages."""
        lines = [f"\n完成 | done: {self.seconds:.1f} s, {self.exhibits} 个图表 | exhibits"]
        lines += [f"  {path}" for path in self.reports]
        lines += [f"  {self.folder / 'exhibits'}", f"  {self.folder / 'manifest.json'}"]
        lines += [f"  {text}" for text in self.remarks]
        return "\n".join(lines)
