"""What the simulated survey is told to show, and what it then holds."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files

import polars as pl

from dualcarbon.core.errors import ConfigError
from dualcarbon.core.tables import industries
from dualcarbon.core.text import Text
from dualcarbon.panel.survey_technology import SurveyTechnology

PER_MILLE = 1e-3


@cache
def survey_rows(name: str) -> tuple[dict[str, str], ...]:
    """The rows of `panel/data/<name>.csv`, every cell as text."""
    text = (files("dualcarbon.panel") / "data" / f"{name}.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))


def printed(exhibit: str, key: str) -> float:
    """The value the report prints, in the report's unit; `key` as in `report_targets.csv`."""
    (row,) = (r for r in survey_rows("report_targets") if (r["exhibit"], r["key"]) == (exhibit, key))
    return float(row["printed"])


def printed_by_industry(kind: str) -> dict[str, float]:
    """Printed values by two-digit industry; `kind` is ``mac`` (CNY/t) or ``room`` (share)."""
    keys = ((r["key"].split("."), float(r["printed"])) for r in survey_rows("report_targets"))
    return {code: value for (head, code), value in keys if head == kind}


def _mac() -> Mapping[str, float]:
    return printed_by_industry("mac")


def _room() -> Mapping[str, float]:
    return printed_by_industry("room")


def _mac_rest() -> tuple[float, float]:
    return printed("text_4_1", "mac.33"), printed("table_4_1", "mac.18")


def _mac_effect() -> tuple[float, float, float]:
    one, two, three = (printed("table_4_2", f"effect.{i}") / PER_MILLE for i in (1, 2, 3))
    return one, two, three


def _co2_effect() -> tuple[float, float, float]:
    return printed("table_4_3", "effect.1"), printed("table_4_4", "effect.1"), printed("table_4_4", "effect.2")


def _coal_ratio() -> float:
    return printed("table_4_4", "effect.3") / printed("table_4_4", "effect.4")


@dataclass(frozen=True, slots=True)
class ReportTruth:
    """The numbers planted in the simulated survey; by default those the report prints.

    Attributes
    ----------
    mac_cny_per_t : mapping of industry2 to CNY/t
        Industry median of the true marginal abatement cost.
    abatement_room : mapping of industry2 to share
        Industry mean of 1 - exp(-u).
    mac_rest, room_rest : (low, high)
        The industries not named are interpolated strictly inside: geometrically, and evenly, in the assumed
        orders of `survey_industries.csv`.
    mac_effect : three floats
        Effect of digital_share (0 to 1) on ln MAC: firm and year effects; industry4-year effects; the latter
        with controls.
    co2_effect : three floats
        Effect on ln CO2 with controls: all, small, large firms. The first lies strictly between the others.
    coal_effect : float
        Effect on ln CO2 of coal among firms that burn coal.
    coal_ratio : float
        The same for small firms over that for large firms.

    Raises
    ------
    ConfigError
        If an industry is unknown, a cost is not positive, a room is outside (0, 1), or the pooled CO2 effect is not
        between those of the groups.
    """

    mac_cny_per_t: Mapping[str, float] = field(default_factory=_mac)
    abatement_room: Mapping[str, float] = field(default_factory=_room)
    mac_rest: tuple[float, float] = field(default_factory=_mac_rest)
    room_rest: tuple[float, float] = (0.08, 0.17)
    mac_effect: tuple[float, float, float] = field(default_factory=_mac_effect)
    co2_effect: tuple[float, float, float] = field(default_factory=_co2_effect)
    coal_effect: float = field(default_factory=lambda: printed("table_4_3", "effect.2"))
    coal_ratio: float = field(default_factory=_coal_ratio)

    def __post_init__(self) -> None:
        unknown = sorted({*self.mac_cny_per_t, *self.abatement_room} - set(industries()))
        bad_mac = [v for v in (*self.mac_cny_per_t.values(), *self.mac_rest) if not v > 0.0]
        bad_room = [v for v in (*self.abatement_room.values(), *self.room_rest) if not 0.0 < v < 1.0]
        pooled, small, large = self.co2_effect
        between = min(small, large) < pooled < max(small, large) or small == pooled == large
        if unknown or bad_mac or bad_room or not between:
            raise ConfigError(
                Text("真值设定有误", "the truth asked for is impossible"),
                expected=Text(
                    "已知的两位数行业；成本为正；减排空间在 (0, 1) 内；合并的 CO2 效应介于小、大企业之间",
                    "known two-digit industries; positive costs; rooms in (0, 1); the pooled CO2 effect between those "
                    "of small and large firms",
                ),
                found=Text(
                    "未知行业 {u}；成本有误 {m}；空间有误 {r}；效应 {e}",
                    "unknown industries {u}; wrong costs {m}; wrong rooms {r}; effects {e}",
                ).format(u=unknown, m=bad_mac, r=bad_room, e=self.co2_effect),
                remedy=Text("改正 ReportTruth 的参数", "correct the arguments of ReportTruth"),
            )

    def scaled(self, *, mac: float = 1.0, room: float = 1.0, effects: float = 1.0) -> ReportTruth:
        """Another truth: costs, rooms and effects multiplied.

        Examples
        --------
        >>> ReportTruth().scaled(mac=2.0).mac_cny_per_t["25"]
        45.38
        """
        return replace(
            self,
            mac_cny_per_t={k: mac * v for k, v in self.mac_cny_per_t.items()},
            mac_rest=(mac * self.mac_rest[0], mac * self.mac_rest[1]),
            abatement_room={k: room * v for k, v in self.abatement_room.items()},
            room_rest=(room * self.room_rest[0], room * self.room_rest[1]),
            mac_effect=_times(effects, self.mac_effect),
            co2_effect=_times(effects, self.co2_effect),
            coal_effect=effects * self.coal_effect,
        )

    def mac_target(self) -> dict[str, float]:
        """Median MAC by industry, CNY/t: as given, the others geometric between the bounds of `mac_rest`."""
        low, high = self.mac_rest
        return _filled(self.mac_cny_per_t, "mac_order", lambda share: low * (high / low) ** share)

    def room_target(self) -> dict[str, float]:
        """Mean abatement room by industry: as given, the others evenly between the bounds of `room_rest`."""
        low, high = self.room_rest
        return _filled(self.abatement_room, "room_order", lambda share: low + (high - low) * share)


def _times(factor: float, values: tuple[float, float, float]) -> tuple[float, float, float]:
    return factor * values[0], factor * values[1], factor * values[2]


def _filled(given: Mapping[str, float], order: str, between: Callable[[float], float]) -> dict[str, float]:
    """Given values, and for the other industries values at equal steps of their assumed rank."""
    rows = [r for r in survey_rows("survey_industries") if r["industry2"] not in given]
    rows.sort(key=lambda r: (r[order] == "", float(r[order] or 0.0), r["industry2"]))
    filled = {r["industry2"]: between((k + 1) / (len(rows) + 1)) for k, r in enumerate(rows)}
    return {code: given.get(code, filled.get(code, 0.0)) for code in industries()}


@dataclass(frozen=True, slots=True)
class Truth:
    """The known truth behind a simulated survey.

    Attributes
    ----------
    rows : polars.DataFrame, one row per row of the panel, in its order
        `firm_id`, `year`; `industry2`; `inefficiency` (u, hyperbolic: good x exp(u), bad x exp(-u) is on the
        frontier; additive in industry units under the quadratic technology); `abatement_room` (share of own CO2);
        `mac_cny_per_t` at the projection; `elasticity` (d ln y / d ln b there); `log_intensity` (ln of CO2 per
        composite input, deviation); `output_clean_cny`, `co2_clean_t` without measurement error; `large` (fixed
        assets at or above the median); `contamination` (none, outlier, zero, tiny); `contaminated`.
    industries : polars.DataFrame, one row per industry
        `industry2`, `rows`, `mac_median`, `mac_mean`, `mac_co2_weighted`, `room_mean`; `mac_target`,
        `room_target`; `mac_printed`, `room_printed` (null where the report prints none); `mac_planted`,
        `room_planted`; `output_scale_cny`, `co2_scale_t`.
    effects : polars.DataFrame, one row per column of Tables 4-2 to 4-4
        `name`, `exhibit`, `column`, `label_zh`, `label_en`; `estimand` per `unit_share` of digital_share;
        `target`; `printed` in the report's unit; `distance` (estimand - printed, null where the units differ);
        `printed_unit_share` (the unit in which printed and estimand agree); `status` (planted or follows);
        `rows`.
    constants : mapping of str to float
        The constants solved for: rho, lambda, kappa, spreads and effects on carbon intensity.
    technology : SurveyTechnology
        The technology with every constant resolved.
    """

    rows: pl.DataFrame
    industries: pl.DataFrame
    effects: pl.DataFrame
    constants: Mapping[str, float]
    technology: SurveyTechnology

    def __repr__(self) -> str:
        counts = f"{self.rows.height:,} rows, {self.industries.height} industries, {self.effects.height} effects"
        return f"Truth({counts}, {self.technology!r})"


@dataclass(frozen=True, slots=True)
class EffectColumn:
    """A column of the report's regressions: where it stands, its unit, and its label."""

    exhibit: str
    column: int
    unit_share: float
    label: Text


def _label(zh: str, en: str) -> Text:
    return Text(f"数字应用对 {zh}", f"digital use on {en}")


EFFECTS: Mapping[str, EffectColumn] = {
    "mac_firm": EffectColumn("table_4_2", 1, PER_MILLE, _label("ln MAC：企业、年份效应", "ln MAC: firm, year effects")),
    "mac_industry": EffectColumn(
        "table_4_2", 2, PER_MILLE, _label("ln MAC：行业-年份效应", "ln MAC: industry-year effects")
    ),
    "mac_controls": EffectColumn(
        "table_4_2", 3, PER_MILLE, _label("ln MAC：行业-年份效应与控制", "ln MAC: industry-year effects, controls")
    ),
    "co2": EffectColumn("table_4_3", 1, 1.0, _label("ln CO2：煤、油、电力", "ln CO2: coal, oil, power")),
    "coal": EffectColumn("table_4_3", 2, 1.0, _label("ln CO2：煤炭", "ln CO2: coal")),
    "co2_small": EffectColumn("table_4_4", 1, 1.0, _label("ln CO2：小企业", "ln CO2: small firms")),
    "co2_large": EffectColumn("table_4_4", 2, 1.0, _label("ln CO2：大企业", "ln CO2: large firms")),
    "coal_small": EffectColumn("table_4_4", 3, 1.0, _label("ln CO2（煤炭）：小企业", "ln CO2 of coal: small firms")),
    "coal_large": EffectColumn("table_4_4", 4, 1.0, _label("ln CO2（煤炭）：大企业", "ln CO2 of coal: large firms")),
}
"""The nine columns of Tables 4-2 to 4-4 by name."""
