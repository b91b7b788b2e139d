"""The whole report: 1,009,114 simulated firm-years, both languages, all formats, by part."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from registry import benchmark

ROWS = 1_009_114


@benchmark("study cmri2024, zh and en, all formats", size=f"{ROWS:,} firm-years", repeats=1)
def prepare() -> Callable[[], dict[str, float]]:
    """A run in a new folder each time, so that no step is read back."""
    from dualcarbon.studies import run_study

    def run() -> dict[str, float]:
        out = Path(tempfile.mkdtemp())
        try:
            done = run_study("cmri2024", rows=ROWS, out=out)
            steps = json.loads((done.folder / "manifest.json").read_text(encoding="utf-8"))["steps"]
        finally:
            shutil.rmtree(out)
        parts = {s["step"]: float(s["seconds"]) for s in steps if not s["step"].startswith("render_")}
        return parts | {"render": sum(float(s["seconds"]) for s in steps if s["step"].startswith("render_"))}

    return run
