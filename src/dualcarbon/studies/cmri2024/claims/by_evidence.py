"""Numbers against facts of other publishers, each shipped with its source."""

from __future__ import annotations

from functools import cache

from dualcarbon.core.tables import reference_rows
from dualcarbon.core.text import Text
from dualcarbon.footprint import report_checks
from dualcarbon.studies.cmri2024.claims.by_reason import no_source
from dualcarbon.studies.cmri2024.claims.claim import FOLDER, Claim, Finding, of

_PERSONS_PER_1E4 = 1e4
_CHONGQING = "chongqing"


@cache
def _facts() -> dict[str, dict[str, str]]:
    return {row["key"]: row for row in reference_rows("evidence", FOLDER)}


def _source(row: dict[str, str]) -> Text:
    return Text(row["source_zh"], row["source_en"])


def _series(name: str) -> list[dict[str, str]]:
    return [row for row in _facts().values() if row["series"] == name]


def evidence(claim: Claim) -> Finding:
    """The fact of this key."""
    row = _facts()[claim.argument]
    return Finding(float(row["value"]), Text(row["note_zh"], row["note_en"]), _source(row))


def evidence_peak(claim: Claim) -> Finding:
    """The year in which a series is largest."""
    rows = _series(claim.argument)
    top = max(rows, key=lambda row: float(row["value"]))
    return Finding(
        float(top["year"]),
        Text(
            "{a}–{b} 年间 {y} 年最高，为 {v} 万辆",
            "of the years {a} to {b}, {y} is the highest, {v} (1e4 vehicles)",
        ).format(a=rows[0]["year"], b=rows[-1]["year"], y=top["year"], v=top["value"]),
        _source(top),
    )


def evidence_sum(claim: Claim) -> Finding:
    """The sum of a series."""
    rows = _series(claim.argument)
    value = sum(float(row["value"]) for row in rows)
    return Finding(
        value,
        Text(
            "通关统计三年合计 {v} 兆日元；国际收支口径较小，报告未注明口径",
            "the customs statistics of three years add up to {v} trillion JPY; on the balance-of-payments basis it is "
            "less, and the report does not say which it takes",
        ).format(v=f"{value:.1f}"),
        Text("；".join(r["source_zh"] for r in rows), "; ".join(r["source_en"] for r in rows)),
    )


def pilot_gdp(claim: Claim) -> Finding:
    """GDP of a pilot; that of Chongqing's zone against the municipality's."""
    persons = _implied_1e4(claim.argument)
    if claim.argument != _CHONGQING:
        told = Text("{n}；与人均 GDP 合起来意味着人口 {p} 万", "{n}; with GDP per head it implies {p} (1e4 persons)")
        return Finding(None, told.format(n=no_source(claim).reason, p=f"{persons:,.1f}"))
    return _of_municipality(claim, float(_facts()["chongqing_municipality_gdp"]["value"]))


def pilot_gdp_per_head(claim: Claim) -> Finding:
    """GDP per head of a pilot; that of Chongqing's zone against the municipality's."""
    if claim.argument != _CHONGQING:
        return no_source(claim)
    gdp, persons = (float(_facts()[f"chongqing_municipality_{k}"]["value"]) for k in ("gdp", "persons"))
    return _of_municipality(claim, gdp * _PERSONS_PER_1E4 / persons)


def _implied_1e4(pilot: str) -> float:
    """Persons (1e4) that GDP over GDP per head comes to."""
    return of(f"{pilot}_gdp").printed / of(f"{pilot}_gdp_per_head").printed


def _of_municipality(claim: Claim, value: float) -> Finding:
    """A number given for the zone that is the whole municipality's: the two imply its population."""
    gdp, census = _facts()["chongqing_municipality_gdp"], _facts()["chongqing_municipality_persons"]
    implied, counted = _implied_1e4(claim.argument), float(census["value"]) / _PERSONS_PER_1E4
    return Finding(
        value,
        Text(
            "所印的是重庆全市的数值（GDP {g} 亿元，2023 年），不是高新区的：印出的两个数意味着 {p} 万人，"
            "全市 2020 年普查为 {c} 万人；未附高新区自身的公开数值",
            "what is printed is the whole municipality's (GDP {g} in 1e8 CNY, 2023), not the zone's: the two printed "
            "numbers imply {p} (1e4 persons), and the municipality's census of 2020 counted {c}; no public number of "
            "the zone itself is shipped",
        ).format(g=gdp["value"], p=f"{implied:,.0f}", c=f"{counted:,.0f}"),
        Text("；".join((gdp["source_zh"], census["source_zh"])), "; ".join((gdp["source_en"], census["source_en"]))),
        abs(implied / counted - 1.0) > 0.5,
    )


def station_saving(claim: Claim) -> Finding:
    """Tonnes a year that 65 kWh a day come to under the latest national average factor."""
    found = report_checks()
    return Finding(
        found.latest_t,
        found.said,
        Text("生态环境部、国家统计局电力二氧化碳排放因子", "MEE and NBS, CO2 emission factors of electricity"),
    )
