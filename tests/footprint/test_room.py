"""The room opens lightly and holds what it promises."""

from __future__ import annotations

import subprocess
import sys

import dualcarbon.footprint as footprint

HEAVY = ("numba", "scipy", "pandas", "matplotlib", "highspy", "pvlib")


def test_the_door_is_light() -> None:
    code = (
        "import sys, dualcarbon.footprint as f; f.stations(); f.data_centres('china'); f.report_checks(); "
        f"print([m for m in {HEAVY!r} if m in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.strip() == "[]"


def test_names_of_functions_are_not_hidden_by_modules() -> None:
    for name in ("stations", "data_centres", "trend", "trends", "totals", "monte_carlo", "report_checks", "scenario"):
        assert callable(getattr(footprint, name)), name
    assert set(footprint.__all__) >= {"stations", "size_station", "break_even_efficiency"}
