"""Industries in numbers: medians, brackets and shares of the two frontiers, beside the truth where it is known."""

from __future__ import annotations

import polars as pl

from dualcarbon.core.panel import Panel
from dualcarbon.core.results import FrontierResult

GROUP = "industry2"
_BRACKET = ("mac_pooled", "mac_noise", "mac_within", "mac_iv")


def _by_industry(panel: Panel, frontier: FrontierResult, prefix: str) -> pl.DataFrame:
    """Median and CO2-weighted mean of the MAC, mean abatement room, share of rows with status ok."""
    ok = pl.col("status") == "ok"
    table = frontier.table.with_columns(panel.frame[GROUP], panel.frame["co2_t"])
    return table.group_by(GROUP).agg(
        pl.len().alias(f"{prefix}_rows"),
        ok.mean().alias(f"{prefix}_ok_share"),
        pl.col("mac").filter(ok).median().alias(f"{prefix}_mac_median"),
        ((pl.col("mac") * pl.col("co2_t")).filter(ok).sum() / pl.col("co2_t").filter(ok).sum()).alias(
            f"{prefix}_mac_weighted"
        ),
        pl.col("abatement_room").filter(ok).mean().alias(f"{prefix}_room_mean"),
    )


def summary(panel: Panel, default: FrontierResult, quadratic: FrontierResult) -> pl.DataFrame:
    """One row per industry, sorted by industry code.

    The bracket `mac_low`, `mac_high` is the span of the industry's median MAC over its priced rows and over the pooled
    fit with and without measurement noise, the within-firm and the instrumented fits: what the data leave open, not
    sampling error alone.
    """
    brackets = default.diagnostics.select(
        GROUP,
        pl.col("status").alias("default_status"),
        "why_zh",
        "why_en",
        pl.min_horizontal(_BRACKET).alias("mac_low"),
        pl.max_horizontal(_BRACKET).alias("mac_high"),
        "noise_removed",
    )
    other = quadratic.diagnostics.select(
        GROUP, pl.col("status").alias("quadratic_status"), pl.col("bad_per_good_p99_p1").alias("intensity_spread")
    )
    return (
        _by_industry(panel, default, "default")
        .join(_by_industry(panel, quadratic, "quadratic"), on=GROUP, how="left", validate="1:1")
        .join(brackets, on=GROUP, how="left", validate="1:1")
        .join(other, on=GROUP, how="left", validate="1:1")
        .with_columns(
            pl.min_horizontal("mac_low", "default_mac_median"), pl.max_horizontal("mac_high", "default_mac_median")
        )
        .sort(GROUP)
    )
