"""The settings of the regressions in words: the shipped ones as the report says them, a user's as asked."""

from __future__ import annotations

import pytest

from dualcarbon.studies.cmri2024 import asked
from dualcarbon.studies.config import FirmStudy, shipped

SHIPPED = shipped("cmri2024", FirmStudy).effects


@pytest.mark.parametrize(
    ("formula", "zh", "en"),
    [
        ("firm_id + year", "企业、年份", "firm, year"),
        ("industry4^year", "行业×年份", "industry × year"),
        ("industry2^year + province", "两位数行业×年份、省份", "two-digit industry × year, province"),
        ("my_group", "my_group", "my_group"),
    ],
)
def test_effects(formula: str, zh: str, en: str) -> None:
    assert (asked.effects(formula).zh, asked.effects(formula).en) == (zh, en)


def test_the_shipped_study_is_said_as_in_the_report() -> None:
    assert "clustered by firm. Industries are four-digit." in asked.stars(SHIPPED).en
    assert asked.controls(SHIPPED).en == "ln fixed assets, ln fixed assets per worker"
    assert asked.measured(SHIPPED).zh == "企业数字应用以比例（0 到 1）为单位。"
    assert asked.split_at(SHIPPED, 2.5e7).en.startswith("Split at median fixed assets, CNY 25.000 million;")


def test_other_settings_are_said_as_asked() -> None:
    other = SHIPPED.model_copy(
        update={"treatment": "patents", "size": "employees_person", "controls": (), "industry_effects": "year"}
    )
    assert "column patents" in asked.measured(other).en and not asked.is_share(other)
    assert asked.controls(other).zh == "无"
    assert "four-digit" not in asked.stars(other.model_copy(update={"firm_effects": "firm_id"})).en
    assert "employees, 120;" in asked.split_at(other, 120.0).en
