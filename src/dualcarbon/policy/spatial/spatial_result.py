"""What a spatial difference-in-differences found: a frozen result, its table, its figure, its words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.core.panel import Provenance
from dualcarbon.core.text import Text
from dualcarbon.policy.design import Design
from dualcarbon.policy.result import two_sided
from dualcarbon.policy.spatial.impacts import KINDS, Impacts
from dualcarbon.policy.spatial.variables import TREATMENT, Variables
from dualcarbon.policy.spatial.weights import Weights
from dualcarbon.policy.spatial.wording import signed

if TYPE_CHECKING:
    from dualcarbon.core.exhibit import Figure, Table
    from dualcarbon.policy.spatial.estimation import Fitted

Floats = NDArray[np.float64]

LABELS = {
    "sar": Text("空间滞后双重差分（SAR）", "Spatial lag DID (SAR)"),
    "sdm": Text("空间杜宾双重差分（SDM）", "Spatial Durbin DID (SDM)"),
    "sem": Text("空间误差双重差分（SEM）", "Spatial error DID (SEM)"),
}


@dataclass(frozen=True, slots=True)
class SpatialEffect:
    """A policy's effect on its own place and on its neighbours.

    Attributes
    ----------
    model : "sar", "sdm" or "sem"
    label : Text
    names : tuple of str, k
        Regressors: "treatment", the controls, and "W:..." for their spatial lags.
    coef, se : (k,)
    rho, rho_se : float
        Of the spatial lag, or of the spatial error in "sem".
    edge : bool
        Whether the likelihood is highest at the end of the interval of rho: the numbers are then not to be relied on.
    sigma2 : float
    vcov : (k + 2, k + 2)
        Of coefficients, rho and sigma2.
    impacts : polars.DataFrame
        variable, impact (direct, indirect, total), estimate, se, se_delta, low, high, p: errors and interval from the
        draws, `se_delta` by the delta method, p from estimate / se_delta.
    plain, plain_se : float
        Two-way least squares without neighbours, clustered by unit.
    loglik : float
    logliks : dict of str to float
        ols, sar, sdm, sem on the same sample.
    tests : polars.DataFrame
        test, name_zh, name_en, statistic, df (0: standard normal), p.
    moran : float
        Moran's I of the innovations.
    residuals : (N, T)
    draws : int
    weights : Weights
        Those of the sample.
    design : Design
    n, units, periods : int
    level : float
    notes : tuple of Text
    provenance : Provenance
    """

    model: str
    label: Text
    names: tuple[str, ...]
    coef: Floats
    se: Floats
    rho: float
    rho_se: float
    edge: bool
    sigma2: float
    vcov: Floats
    impacts: pl.DataFrame
    plain: float
    plain_se: float
    loglik: float
    logliks: dict[str, float]
    tests: pl.DataFrame
    moran: float
    residuals: Floats
    draws: int
    weights: Weights
    design: Design
    n: int
    units: int
    periods: int
    level: float
    notes: tuple[Text, ...]
    provenance: Provenance

    @property
    def direct(self) -> float:
        """Average effect of treating a unit on itself, feedback through neighbours included."""
        return self.impact("direct")[0]

    @property
    def indirect(self) -> float:
        """Average effect on a unit of treating all others."""
        return self.impact("indirect")[0]

    @property
    def total(self) -> float:
        """Average effect on a unit of treating everybody."""
        return self.impact("total")[0]

    def impact(self, kind: str, variable: str = TREATMENT) -> tuple[float, float, float, float]:
        """Estimate, error, and limits of an impact ("direct", "indirect", "total")."""
        row = self.impacts.filter((pl.col("impact") == kind) & (pl.col("variable") == variable))
        estimate, se, low, high = row.select("estimate", "se", "low", "high").row(0)
        return float(estimate), float(se), float(low), float(high)

    def words(self) -> Text:
        """What happened next door, with its interval."""
        if self.model == "sem":
            return Text(
                "空间误差模型不含邻近效应：间接效应按设定为零",
                "The spatial error model has no effect on neighbours: the indirect effect is zero by construction",
            )
        if self.edge:
            return EDGE
        estimate, _, low, high = self.impact("indirect")
        number = signed(estimate, low, high, self.level)
        verdict = _UP if low > 0 else _DOWN if high < 0 else _UNKNOWN
        return Text("间接效应 {n}：{v}", "Indirect effect {n}: {v}").format(n=number, v=verdict)

    def table(self) -> Table:
        """Coefficients, impacts and tests."""
        from dualcarbon.policy.spatial.spatial_exhibits import table

        return table(self)

    def figure(self) -> Figure:
        """Direct, indirect and total impact of the treatment, beside the plain DID."""
        from dualcarbon.policy.spatial.spatial_exhibits import figure

        return figure(self)

    def __repr__(self) -> str:
        mark = " [simulated]" if self.design.simulated else ""
        lines = [
            f"{self.label.en}: rho {self.rho:.4g} (se {self.rho_se:.3g}), {self.units:,} units, "
            f"{self.periods} periods{mark}; plain DID {self.plain:.6g} (se {self.plain_se:.4g})"
        ]
        for kind in KINDS:
            estimate, se, low, high = self.impact(kind)
            lines.append(
                f"  {kind:<8} {estimate:>12.6g} (se {se:.4g}, {100.0 * self.level:g} % [{low:.4g}, {high:.4g}])"
            )
        return "\n".join(lines)


EDGE = Text(
    "似然在 rho 区间的端点最大：这组权重不能识别邻近效应，各效应不可采信，请改用更稀疏的权重",
    "The likelihood is highest at the end of the interval of rho: these weights do not identify an effect on "
    "neighbours; do not rely on the impacts, try sparser weights",
)
_UP = Text(
    "处理使邻近地区的结果变量上升；若结果是排放，即污染转移到了隔壁",
    "treatment raised the outcome of neighbours; where the outcome is emissions, pollution moved next door",
)
_DOWN = Text(
    "处理使邻近地区的结果变量下降；若结果是排放，即减排惠及邻近地区，而非污染转移",
    "treatment lowered the outcome of neighbours; where the outcome is emissions, the cut spread and did not move away",
)
_UNKNOWN = Text(
    "数据不足以断定邻近地区受到影响，也不足以排除",
    "the data neither show an effect on neighbours nor rule one out",
)


def spatial_effect(
    sample: Design,
    provenance: Provenance,
    weights: Weights,
    model: str,
    data: Variables,
    found: Fitted,
    effects: Impacts,
    level: float,
    notes: tuple[Text, ...],
) -> SpatialEffect:
    """The result of the fits."""
    fit = found.chosen
    k = len(fit.coef)
    errors = np.sqrt(np.diag(found.vcov))
    tests = [(t.key, t.label.zh, t.label.en, t.statistic, t.df, t.p) for t in found.tests]
    kinds = [*[pl.String()] * 3, pl.Float64(), pl.Int64(), pl.Float64()]
    columns = ("test", "name_zh", "name_en", "statistic", "df", "p")
    return SpatialEffect(
        model=model,
        label=LABELS[model],
        names=data.names[:k],
        coef=fit.coef,
        se=errors[:k],
        rho=fit.rho,
        rho_se=float(errors[k]),
        edge=fit.edge,
        sigma2=fit.sigma2,
        vcov=found.vcov,
        impacts=_impact_frame(data, effects),
        plain=found.plain,
        plain_se=found.plain_se,
        loglik=fit.loglik,
        logliks=found.logliks,
        tests=pl.DataFrame(tests, schema=dict(zip(columns, kinds, strict=True)), orient="row").fill_nan(None),
        moran=found.moran,
        residuals=fit.residuals,
        draws=effects.drawn,
        weights=weights,
        design=sample,
        n=sample.n,
        units=len(sample.starts),
        periods=len(sample.periods),
        level=level,
        notes=(*notes, *sample.notes),
        provenance=provenance,
    )


def _impact_frame(data: Variables, effects: Impacts) -> pl.DataFrame:
    rows = []
    for v in range(data.own):
        for i, kind in enumerate(KINDS):
            estimate, delta = float(effects.estimate[v, i]), float(effects.se_delta[v, i])
            p = two_sided(estimate / delta, float("inf")) if delta > 0 else float("nan")
            rest = (float(part[v, i]) for part in (effects.se, effects.se_delta, effects.low, effects.high))
            rows.append((data.names[v], kind, estimate, *rest, p))
    columns = ("estimate", "se", "se_delta", "low", "high", "p")
    schema = {"variable": pl.String, "impact": pl.String} | dict.fromkeys(columns, pl.Float64)
    return pl.DataFrame(rows, schema=schema, orient="row").fill_nan(None)
