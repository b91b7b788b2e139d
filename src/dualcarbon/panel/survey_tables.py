"""The simulated survey and its truth as tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.panel.survey_firms import Firms, Inputs, industry_codes, mix
from dualcarbon.panel.survey_noise import KINDS, Fuels
from dualcarbon.panel.survey_plant import Planted
from dualcarbon.panel.survey_technology import Floats
from dualcarbon.panel.truth import EFFECTS, ReportTruth, printed, printed_by_industry

_OUTPUT_SCALE = 1e7


def _medians(values: Floats, industry: NDArray[np.int64], industries: int) -> Floats:
    """Median by industry, (39,); NaN where an industry has no row."""
    order = np.argsort(industry, kind="stable")
    edges = np.searchsorted(industry[order], np.arange(industries + 1))
    slices = [values[order[low:high]] for low, high in pairwise(edges)]
    return np.array([float(np.median(v)) if v.size else np.nan for v in slices])


@dataclass(frozen=True, slots=True)
class Scales:
    """Units of output (CNY) and CO2 (t) by industry, (39,)."""

    output: Floats
    co2: Floats

    @classmethod
    def for_medians(cls, planted: Planted, firms: Firms, target: Floats) -> Scales:
        """Units in which the median of MAC = price x output unit / CO2 unit over an industry's rows is the target."""
        output = np.full(len(target), _OUTPUT_SCALE)
        return cls(output, _medians(planted.price, firms.industry, len(target)) * output / target)


def _gather(values: tuple[str, ...], codes: NDArray[np.int64]) -> pl.Series:
    return pl.Series(values, dtype=pl.String).gather(pl.Series(codes))


def firm_names(firms: Firms) -> pl.Series:
    """Firm codes that sort as the firms are numbered."""
    width = max(7, len(str(firms.count)))
    names = pl.select(pl.format("F{}", pl.int_range(firms.count).cast(pl.String).str.zfill(width))).to_series()
    return names.gather(pl.Series(firms.firm))


def _class_names(firms: Firms) -> pl.Series:
    """Four-digit codes: the two-digit code and the class number."""
    codes = industry_codes()
    widest = int(firms.class4.max()) + 1
    names = tuple(f"{code}{10 + k}" for code in codes for k in range(widest))
    return _gather(names, firms.industry * widest + firms.class4)


def survey_frame(firms: Firms, inputs: Inputs, digital: Floats, output: Floats, fuels: Fuels) -> pl.DataFrame:
    """The survey's columns in the order of the firm schema."""
    return pl.DataFrame(
        {
            "firm_id": firm_names(firms),
            "year": firms.year,
            "industry2": _gather(industry_codes(), firms.industry),
            "industry4": _class_names(firms),
            "province": _gather(mix("province")[0], firms.province),
            "ownership": _gather(mix("ownership")[0], firms.ownership),
            "employees_person": inputs.employees,
            "fixed_assets_cny": inputs.assets,
            "output_cny": output,
            "coal_t": fuels.coal_t,
            "oil_t": fuels.oil_t,
            "power_kwh": fuels.power_kwh,
            "digital_share": digital,
            "age_year": firms.age.astype(np.float64),
        }
    )


def truth_rows(
    frame: pl.DataFrame,
    firms: Firms,
    planted: Planted,
    scales: Scales,
    large: NDArray[np.bool_],
    kinds: NDArray[np.int8],
) -> pl.DataFrame:
    """The truth of every row; see `Truth.rows`."""
    output, co2 = scales.output[firms.industry], scales.co2[firms.industry]
    kind = pl.Series(KINDS, dtype=pl.Enum(KINDS)).gather(pl.Series(kinds.astype(np.int64)))
    return frame.select("firm_id", "year", "industry2").with_columns(
        inefficiency=planted.inefficiency,
        abatement_room=planted.room,
        mac_cny_per_t=planted.price * (output / co2),
        elasticity=planted.elasticity,
        log_intensity=planted.intensity,
        output_clean_cny=planted.good * output,
        co2_clean_t=planted.bad * co2,
        large=large,
        contamination=kind,
        contaminated=kinds > 0,
    )


def truth_industries(rows: pl.DataFrame, firms: Firms, truth: ReportTruth, scales: Scales) -> pl.DataFrame:
    """The truth by industry; see `Truth.industries`."""
    codes = industry_codes()
    mac, room, co2 = (rows[name].to_numpy() for name in ("mac_cny_per_t", "abatement_room", "co2_clean_t"))
    count = np.bincount(firms.industry, minlength=len(codes))

    def total(values: Floats) -> Floats:
        return np.asarray(np.bincount(firms.industry, values, minlength=len(codes)), dtype=np.float64)

    mac_target, room_target = truth.mac_target(), truth.room_target()
    mac_printed, room_printed = printed_by_industry("mac"), printed_by_industry("room")
    return pl.DataFrame(
        {
            "industry2": codes,
            "rows": count,
            "mac_median": _medians(mac, firms.industry, len(codes)),
            "mac_mean": total(mac) / count,
            "mac_co2_weighted": total(mac * co2) / total(co2),
            "room_mean": total(room) / count,
            "mac_target": [mac_target[c] for c in codes],
            "room_target": [room_target[c] for c in codes],
            "mac_printed": [mac_printed.get(c) for c in codes],
            "room_printed": [room_printed.get(c) for c in codes],
            "mac_planted": [c in truth.mac_cny_per_t for c in codes],
            "room_planted": [c in truth.abatement_room for c in codes],
            "output_scale_cny": scales.output,
            "co2_scale_t": scales.co2,
        }
    )


def effect_targets(truth: ReportTruth) -> dict[str, float | None]:
    """What the truth asks for, per unit of digital_share, by column; None where only a ratio is asked."""
    one, two, three = truth.mac_effect
    pooled, small, large = truth.co2_effect
    return {
        "mac_firm": one,
        "mac_industry": two,
        "mac_controls": three,
        "co2": pooled,
        "coal": truth.coal_effect,
        "co2_small": small,
        "co2_large": large,
        "coal_small": None,
        "coal_large": None,
    }


def truth_effects(
    found: Mapping[str, float], rows: Mapping[str, int], truth: ReportTruth, follows: tuple[str, ...]
) -> pl.DataFrame:
    """The truth by regression column; see `Truth.effects`."""
    targets = effect_targets(truth)
    table = []
    for name, column in EFFECTS.items():
        value = printed(column.exhibit, f"effect.{column.column}")
        estimand, target = found[name] * column.unit_share, targets[name]
        same_unit = target is not None
        table.append(
            {
                "name": name,
                "exhibit": column.exhibit,
                "column": column.column,
                "label_zh": column.label.zh,
                "label_en": column.label.en,
                "unit_share": column.unit_share,
                "estimand": estimand,
                "target": None if target is None or name in follows else target * column.unit_share,
                "printed": value,
                "distance": estimand - value if same_unit else None,
                "printed_unit_share": column.unit_share if same_unit else value / found[name] if found[name] else None,
                "status": "follows" if name in follows or not same_unit else "planted",
                "rows": rows[name],
            }
        )
    return pl.DataFrame(table, infer_schema_length=None)
