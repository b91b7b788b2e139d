"""Errors correlated between places near each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.core.codes import dense_codes
from dualcarbon.core.errors import ConfigError, DataError, SchemaError
from dualcarbon.core.text import Text, both
from dualcarbon.effects.covariance import Covariance, Fitted, Rows, require_rows
from dualcarbon.effects.semidefinite import require_variance, semidefinite

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Conley:
    """Errors of rows whose places lie within a distance of each other may be correlated.

    With S_a the sum of the scores at place a, d the great-circle distance and kernel(d) = 1 (uniform) or 1 - d / cutoff
    (Bartlett) for d <= cutoff,

        (N-1)/(N-K) bread [sum over a, b of kernel(d_ab) S_a S_b'] bread;   t with N - K degrees of freedom.

    Rows at the same place are at distance 0 in whatever period: errors at one place may be correlated over time
    without limit, and so may those of neighbouring places across periods. K counts all effects.

    Parameters
    ----------
    lat, lon : str
        Columns of latitude and longitude in degrees.
    cutoff_km : float
        Distance from which errors are taken to be uncorrelated.
    kernel : "uniform" or "bartlett"
        On the globe neither is sure to give a covariance. Negative eigenvalues are set to zero, and a note says so.

    Notes
    -----
    Conley (1999), https://doi.org/10.1016/S0304-4076(98)00084-0. The earth is a sphere of radius 6371.0088 km.
    """

    lat: str = "lat"
    lon: str = "lon"
    cutoff_km: float = 100.0
    kernel: Literal["uniform", "bartlett"] = "uniform"
    name = "conley"
    clustered = False

    def __post_init__(self) -> None:
        if not (0.0 < self.cutoff_km < np.inf) or self.kernel not in ("uniform", "bartlett"):
            raise ConfigError(
                Text("Conley 协方差的选项无效", "the options of the Conley covariance are not valid"),
                expected=Text(
                    "cutoff_km 为正，kernel 为 uniform 或 bartlett", "cutoff_km positive, kernel uniform or bartlett"
                ),
                found=both(f"cutoff_km={self.cutoff_km}, kernel={self.kernel}"),
                remedy=Text("改正选项", "correct the option"),
            )

    def compute(self, fitted: Fitted) -> Covariance:
        """The covariance.

        Raises
        ------
        SchemaError
            If a coordinate is absent or not numeric.
        DataError
            If a coordinate is missing or off the globe.
        NotIdentifiedError
            If the cutoff spans so much of the sample that the scores within it cancel.
        """
        from dualcarbon.kernels.groups import group_sums
        from dualcarbon.kernels.proximity import proximity_meat, unit_vectors

        rows = require_rows(fitted, self.name)
        lat, lon = self._degrees(rows, self.lat, 90.0), self._degrees(rows, self.lon, 360.0)
        codes = dense_codes([pl.Series(lat), pl.Series(lon)])
        places = int(codes.max()) + 1
        first = np.full(places, fitted.n)
        np.minimum.at(first, codes, np.arange(fitted.n))
        sums = group_sums(fitted.scores(), np.ones(fitted.n), codes, places)
        meat = proximity_meat(sums, unit_vectors(lat[first], lon[first]), self.cutoff_km, self.kernel == "bartlett")
        n, k = fitted.n, fitted.parameters
        rule = self._rule(places, k)
        vcov, cut = semidefinite(fitted.bread @ meat @ fitted.bread, fitted.bread)
        require_variance(vcov, fitted.bread, fitted.squares(), rule)
        return Covariance((n - 1) / (n - k) * vcov, float(n - k), rule, (NOT_SEMIDEFINITE,) if cut else (), cut=cut)

    def _degrees(self, rows: Rows, name: str, most: float) -> Floats:
        column = rows.column(name)
        if not column.dtype.is_numeric():
            raise SchemaError(
                Text("坐标列不是数值", "a coordinate is not numeric"),
                expected=Text("以度表示的 {c}", "{c} in degrees").format(c=name),
                found=both(str(column.dtype)),
                remedy=Text("换算为十进制度", "convert it to decimal degrees"),
            )
        degrees = column.cast(pl.Float64).to_numpy()
        off = np.flatnonzero(~(np.abs(degrees) <= most))
        if len(off):
            raise DataError(
                Text("坐标不在地球上", "coordinates off the globe"),
                expected=Text("{c} 的绝对值不超过 {m} 度", "{c} at most {m} degrees in absolute value").format(
                    c=name, m=int(most)
                ),
                found=Text("{k} 行，前几个 {v}", "{k} rows, first {v}").format(k=len(off), v=degrees[off[:5]].tolist()),
                remedy=Text("检查单位，以及经纬度是否颠倒", "check the unit, and whether the two are exchanged"),
            )
        return np.asarray(degrees, dtype=np.float64)

    def _rule(self, places: int, k: int) -> Text:
        return Text(
            "Conley（{p} 个地点，{c:g} 千米以内，{kz}）：(N-1)/(N-K)，K = {k}",
            "Conley ({p} places, within {c:g} km, {ke} kernel): (N-1)/(N-K), K = {k}",
        ).format(
            p=places, c=self.cutoff_km, k=k, kz="均匀核" if self.kernel == "uniform" else "Bartlett 核", ke=self.kernel
        )


NOT_SEMIDEFINITE = Text(
    "Conley 矩阵不是半正定的：负特征值已置零，换用 Bartlett 核或较小的距离更稳妥",
    "the Conley matrix was not positive semidefinite: negative eigenvalues were set to zero; "
    "a Bartlett kernel or a smaller cutoff is safer",
)

RULE = Conley()
