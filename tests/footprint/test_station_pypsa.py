"""Sizes against PyPSA on the same inputs: its stored answers always, PyPSA itself where it is installed."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path

import numpy as np
import pytest

from dualcarbon.kernels.sizing_lp import ENERGY, POWER, PV, SOLVED, WIND, Sized, Sizing, size

COST = 1e-7
"""Both solve the same linear program with HiGHS to its tolerance; the promise is 1e-3."""
SIZE = 1e-5
"""Where the optimum is one vertex, sizes agree as far as the tolerances of both runs."""
BALANCE = 1e-9
"""An hour's energy balance relative to the mean load."""

SCRIPT = Path(__file__).parent / "data" / "station_pypsa.py"


def script():
    spec = importlib.util.spec_from_file_location("station_pypsa", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


ORACLE = script()
STORED = json.loads(SCRIPT.with_suffix(".json").read_text(encoding="utf-8"))["answers"]
CASES = {case.name: case for case in ORACLE.CASES}
NAMES = [pytest.param(name, marks=pytest.mark.long) if name.endswith("_year") else name for name in CASES]


def asked(name: str) -> Sizing:
    case = CASES[name]
    data = ORACLE.series(case.hours)
    flat = np.full(case.hours, 0.75)
    return Sizing(
        pv=data["pv"],
        wind=data["wind"],
        load=data["load"],
        cost=np.array(case.cost),
        limits=np.full(4, np.inf),
        charging=0.95,
        discharging=0.95,
        floor=case.floor,
        hours=case.battery_hours,
        price=(data["tariff"] if case.tariff else flat) if case.grid else None,
        co2=np.full(case.hours, case.t_per_mwh / 1000.0) if case.grid else None,
        grid_kw=case.grid_kw if case.grid else 0.0,
        co2_cap=case.co2_cap,
        lost_cap=None if case.lost_share is None else case.lost_share * float(data["load"].sum()),
    )


def compare(question: Sizing, found: Sized, answer: dict[str, float]) -> None:
    weight = 8760 / question.load.size
    assert found.status == SOLVED
    assert found.cost == pytest.approx(answer["cost"], rel=COST)
    names = {"pv_kw": PV, "wind_kw": WIND, "battery_kwh": ENERGY, "converter_kw": POWER}
    for name, place in names.items():
        assert found.sizes[place] == pytest.approx(answer[name], rel=SIZE, abs=SIZE), name
    assert weight * found.hours.grid_kwh.sum() == pytest.approx(answer["grid_kwh"], rel=SIZE, abs=1e-3)
    assert weight * found.hours.lost_kwh.sum() == pytest.approx(answer["lost_kwh"], rel=SIZE, abs=1e-3)
    own = question.pv * found.sizes[PV] + question.wind * found.sizes[WIND]
    h = found.hours
    used = own - h.curtailed_kwh + h.discharged_kwh - h.charged_kwh + h.grid_kwh + h.lost_kwh
    assert np.abs(used - question.load).max() / question.load.mean() < BALANCE


@pytest.mark.parametrize("name", NAMES)
def test_sizes_and_cost_are_those_pypsa_stored(name):
    stored = STORED[name]
    assert stored["inputs"] == json.loads(json.dumps(ORACLE.asdict(CASES[name])))
    question = asked(name)
    compare(question, size(question), stored["pypsa"])


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", [name for name in CASES if not name.endswith("_year")])
def test_sizes_and_cost_are_those_of_pypsa_now(name):
    pytest.importorskip("pypsa", reason="PyPSA is not installed (optional extra pypsa)")
    question = asked(name)
    compare(question, size(question), ORACLE.solve(CASES[name]))
