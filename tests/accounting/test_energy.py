"""Energy content in GJ and tce."""

from __future__ import annotations

import polars as pl
import pytest

from dualcarbon.accounting import account, energy
from dualcarbon.core.errors import DataError
from dualcarbon.core.panel import Panel

EXACT = 1e-12  # a few products in double precision


def panel_of(**columns):
    frame = pl.DataFrame({"firm_id": ["a"], "year": [2010], **{k: [v] for k, v in columns.items()}})
    return Panel.from_frame(frame, id="firm_id", time="year")


def test_standard_coal_by_hand():
    f = energy(panel_of(coal_t=1000.0, oil_t=10.0, power_kwh=1e6), boundary="coal_oil_power", factors="cn_2015").frame
    gj = 1000 * 20.908 + 10 * 42.652 + 3600
    assert f["energy_gj"][0] == pytest.approx(gj, rel=EXACT)
    assert f["energy_tce"][0] == pytest.approx(gj / 29.3076, rel=EXACT)


@pytest.mark.parametrize(
    ("carrier", "quantity", "tce"),
    [("coal_t", 1.0, 0.7134), ("oil_t", 1.0, 1.4553), ("gas_m3", 1.0, 1.3284e-3), ("power_kwh", 1e4, 1.2284)],
)
def test_national_conversion_coefficients(carrier, quantity, tce):
    """China's statistics print 0.7143, 1.4571, 1.33e-3 and 1.229: they divide by 29.27 to 29.31 GJ and round."""
    f = energy(panel_of(**{carrier: quantity}), boundary="by_fuel", factors="cn_2015").frame
    assert f["energy_tce"][0] == pytest.approx(tce, rel=1e-4)


def test_heat_counts_as_delivered():
    f = energy(panel_of(heat_gj=29.3076), boundary="by_fuel", factors="cn_2015").frame
    assert f["energy_tce"][0] == pytest.approx(1.0, rel=EXACT)


def test_negative_energy_is_refused():
    with pytest.raises(DataError):
        energy(panel_of(coal_t=-1.0), boundary="coal", factors="cn_2015")


def test_energy_leaves_an_account_as_it_is():
    p = account(panel_of(coal_t=5.0), boundary="coal", factors="cn_2015")
    f = energy(p, boundary="coal", factors="cn_2015")
    assert f.frame["co2_t"].equals(p.frame["co2_t"]) and f.notes[: len(p.notes)] == p.notes
