"""Models side by side: columns in their places, verdicts counted, reasons by group, no shares that say nothing."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import polars as pl
import pytest

from dualcarbon.core.panel import Panel, Provenance
from dualcarbon.core.text import Text, both
from dualcarbon.studies.panels import Labels, Rival, models_table, reasons, units_table, verdict

LABELS = Labels(
    "table_x", both("1"), both("Panel"), both("Plant"), both("kWh/t"), both("us"), {"coal": Text("煤", "coal")}
)


def rival(name: str, mac: list[float], room: list[float], verdicts: dict[str, str]) -> Rival:
    """A model's result on two plants in two years, and the verdicts on its frontiers by fuel."""
    table = pl.DataFrame({"mac": mac, "abatement_room": room, "status": ["ok"] * 4})
    diagnostics = pl.DataFrame(
        {
            "fuel": list(verdicts),
            "status": ["weakly_identified" if why else "identified" for why in verdicts.values()],
            "why_zh": [why or "无" for why in verdicts.values()],
            "why_en": [why or "none" for why in verdicts.values()],
        }
    )
    return Rival(
        both(name), both("by hand"), cast(Any, SimpleNamespace(table=table, diagnostics=diagnostics, warnings=()))
    )


@pytest.fixture(name="pair")
def fixture_pair() -> tuple[Rival, Rival]:
    return (
        rival("first", [1.0, 3.0, 10.0, 30.0], [0.1] * 4, {"coal": "a", "gas": "b", "oil": ""}),
        rival("second", [5.0, 7.0, 50.0, 70.0], [0.2, 0.4, 0.0, 9.0], {"coal": "a"}),
    )


def test_every_column_of_the_units_stands_under_its_head(pair: tuple[Rival, Rival]) -> None:
    frame = pl.DataFrame({"id": ["p", "p", "q", "q"], "year": [1, 2, 1, 2], "x": [1.0] * 4})
    panel = Panel.from_frame(frame, id="id", time="year", schema="firm", provenance=Provenance(both("by hand")))
    table = units_table(panel, pair, LABELS)
    assert [header.key for header in table.headers] == ["id", "mac_0", "mac_1", "room"]
    cells = [[cell.value for cell in row] for row in table.rows]
    assert cells == [[both("q"), 20.0, 60.0, 4.5], [both("p"), 2.0, 6.0, pytest.approx(0.3)]]


def test_verdicts_are_counted_and_reasons_name_their_groups(pair: tuple[Rival, Rival]) -> None:
    assert verdict(pair[0].result).en == "2 weakly identified; 1 identified"
    assert verdict(pair[1].result).en == "weakly identified"
    assert reasons(pair[0].result, groups=LABELS.groups) == Text("（煤）a；（gas）b", "(coal) a; (gas) b")
    many = rival("many", [1.0] * 4, [0.1] * 4, {f"g{k}": f"why {k // 4}" for k in range(14)})
    assert (
        reasons(many.result).en
        == "(g0, g1, g2 and 1 more) why 0; (g4, g5, g6 and 1 more) why 1; and 6 more, for reasons of their own"
    )


def test_a_room_beyond_own_emissions_is_no_share(pair: tuple[Rival, Rival]) -> None:
    table = models_table(pair, LABELS, simulated=False)
    assert [row[-1].value for row in table.rows] == [pytest.approx(0.1), None]
    notes = [note.en for note in table.notes]
    assert notes[0].startswith("Numbers before verdicts count frontiers")
    assert any(
        "in 1 of 4 rows the abatement room exceeds the row's CO2" in note and "not shown" in note for note in notes
    )


def test_a_mean_that_still_says_something_stays_beside_the_note(pair: tuple[Rival, Rival]) -> None:
    mild = rival("mild", [1.0] * 4, [0.1, 0.2, 0.1, 1.05], {"coal": ""})
    notes = [note.en for note in models_table((pair[0], mild), LABELS, simulated=False).notes]
    assert any(note.startswith("mild, by hand: in 1 of 4 rows") and note.endswith("zero there).") for note in notes)
