"""How firms answer a price: on a quadratic frontier, with one elasticity, or step by step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from dualcarbon.core.options import require_choice
from dualcarbon.core.text import Text
from dualcarbon.kernels import permit_isoelastic, permit_quadratic, permit_steps
from dualcarbon.kernels.permit_price import Outcome, crossing
from dualcarbon.market.faults import bad_rows, columns_absent, option
from dualcarbon.market.firms import Firms, excluding
from dualcarbon.market.words import ResponseName

Array = NDArray[np.float64]
Bound = float | str

NO_BETA: Array = np.empty(0)
_SAMPLE = 64
_WORTH_SAMPLING = 50_000


@dataclass(frozen=True, slots=True)
class Solved:
    """A price; the share of their step that firms at it take (0 without steps); how it was found."""

    price: float
    share: float
    method: str
    evaluations: int
    converged: bool = True


class Curves(Protocol):
    """Firms with a price and how they answer it."""

    @property
    def size(self) -> int:
        """How many."""
        ...

    def position(self, price: float, beta: Array) -> float:
        """Sum of b - beta y at a price."""
        ...

    def demand(self, price: float) -> tuple[float, float]:
        """Emissions at a price and their derivative in it (0 for steps)."""
        ...

    def solve(self, beta: Array, available: float) -> Solved:
        """The price at which that is what is available."""
        ...

    def outcome(self, price: float, beta: Array, share: float) -> Outcome:
        """What every firm does at a price."""
        ...

    def mandated(self, co2: Array) -> Outcome:
        """What every firm does at given emissions."""
        ...


class Response(Protocol):
    """An answer to prices that firms can be fitted with."""

    @property
    def name(self) -> ResponseName: ...

    def curves(self, firms: Firms, floor: Bound, ceiling: Bound) -> tuple[Firms, Curves]:
        """The firms, less those the response cannot use, and their answers."""
        ...


@dataclass(frozen=True, slots=True)
class Quadratic:
    """The quadratic directional distance function; needs the columns mu and scale.

    Parameters
    ----------
    missing : "error" or "exclude"
        What is done where mu is missing or not negative: an error that names the firms, or the firms stay at today's
        emissions under the state missing_curvature.
    """

    missing: Literal["error", "exclude"] = "error"
    name: ResponseName = "quadratic"

    def curves(self, firms: Firms, floor: Bound, ceiling: Bound) -> tuple[Firms, Curves]:
        """Raise `SchemaError` without mu or scale, `DataError` where scale, or mu without leave, is unusable."""
        require_choice("missing", self.missing, ("error", "exclude"))
        columns_absent(
            firms.table,
            ("mu", "scale"),
            Text(
                "二次响应需要曲率 mu 与 scale（前沿模型 quadratic 给出）；没有曲率时用 response='step'，"
                "或用 response='isoelastic' 并给出 elasticity（命令行 --response、--elasticity）",
                "the quadratic response needs the curvature mu and scale, which the frontier model quadratic gives; "
                "without them use response='step', or response='isoelastic' with elasticity= (--response, --elasticity "
                "in the terminal)",
            ),
        )
        known = firms.column("mu")
        wrong = ~((known < 0.0) & np.isfinite(known))
        if wrong.any():
            if self.missing == "error":
                _no_curvature(firms, wrong)
            firms = excluding(firms, wrong, "missing_curvature")
        scale = firms.column("scale")
        _positive(firms, "scale", scale)
        lowest, highest = bounds(firms, floor, ceiling)
        made = permit_quadratic.quadratic(
            firms.take(firms.co2), firms.take(firms.output), firms.take(firms.mac), firms.column("mu"), scale,
            lowest, highest,
        )  # fmt: skip
        return firms, QuadraticCurves(made)


@dataclass(frozen=True, slots=True)
class Isoelastic:
    """b(q) = b (q / MAC)^(-elasticity); the elasticity is stated, a number or a column."""

    elasticity: float | str
    name: ResponseName = "isoelastic"

    def curves(self, firms: Firms, floor: Bound, ceiling: Bound) -> tuple[Firms, Curves]:
        """Raise `DataError` where the elasticity is not positive."""
        elasticity = per_firm(firms, "elasticity", self.elasticity)
        _positive(firms, "elasticity", elasticity)
        lowest, highest = (np.broadcast_to(one, firms.count).copy() for one in bounds(firms, floor, ceiling))
        co2, output, mac = (firms.take(part) for part in (firms.co2, firms.output, firms.mac))
        everyone = np.broadcast_to(elasticity, firms.count).copy()
        return firms, IsoelasticCurves(permit_isoelastic.Isoelastic(co2, output, mac, everyone, lowest, highest))


@dataclass(frozen=True, slots=True)
class Step:
    """One marginal abatement cost below today's emissions and one above.

    They are `mac_high` and `mac_low` where the table has them (the two prices of a kink), else `mac`. Where `mac_high`
    is infinite the firm cannot abate, where `mac_low` is not positive it does not expand at any price.
    """

    name: ResponseName = "step"

    def curves(self, firms: Firms, floor: Bound, ceiling: Bound) -> tuple[Firms, Curves]:
        """Every firm with a price can be used."""
        lowest, highest = (np.broadcast_to(one, firms.count).copy() for one in bounds(firms, floor, ceiling))
        co2, output, mac = (firms.take(part) for part in (firms.co2, firms.output, firms.mac))
        low, high = (_other(firms, name, mac) for name in ("mac_low", "mac_high"))
        lowest[np.isinf(high)] = 1.0
        highest[low <= 0.0] = 1.0
        high = np.maximum(np.where(np.isinf(high), mac, high), mac)
        low = np.clip(low, 0.0, mac)
        return firms, StepCurves(permit_steps.Steps(co2, output, low, high, lowest, highest))


@dataclass(frozen=True, slots=True, eq=False)
class QuadraticCurves:
    """See `kernels.permit_quadratic`."""

    firms: permit_quadratic.Quadratic

    @property
    def size(self) -> int:
        """How many."""
        return self.firms.co2.size

    def position(self, price: float, beta: Array) -> float:
        """Sum of b - beta y."""
        return permit_quadratic.position(self.firms, price, beta)[0]

    def demand(self, price: float) -> tuple[float, float]:
        """Emissions and their derivative."""
        return permit_quadratic.position(self.firms, price, NO_BETA)

    def solve(self, beta: Array, available: float) -> Solved:
        """In closed form where no bound binds and firms share scale and beta, else by safeguarded Newton."""
        price = permit_quadratic.interior_price(self.firms, beta, available)
        if price == price:
            return Solved(price, 0.0, "closed_form", 0)
        scale = float(self.firms.scale[:: max(self.size // 999, 1)].mean())
        first = self._sampled(beta, available, scale)
        found = crossing(
            lambda p: permit_quadratic.position(self.firms, p, beta), available, first, scale, _size(self.firms.co2)
        )
        return Solved(found.price, 0.0, "newton", found.evaluations, found.converged)

    def _sampled(self, beta: Array, available: float, scale: float) -> float:
        """The price of every 64th firm, where the first guess of a large market is taken from."""
        if self.size < _WORTH_SAMPLING:
            return scale
        parts = (getattr(self.firms, name)[::_SAMPLE].copy() for name in permit_quadratic.Quadratic.__slots__)
        few, rates = permit_quadratic.Quadratic(*parts), beta[::_SAMPLE].copy()
        wanted = available * float(few.co2.sum()) / float(self.firms.co2.sum())
        most, least = (permit_quadratic.position(few, price, rates)[0] for price in (0.0, np.inf))
        if not least < wanted < most:
            return scale
        size = _size(few.co2)
        return crossing(lambda p: permit_quadratic.position(few, p, rates), wanted, scale, scale, size).price

    def outcome(self, price: float, beta: Array, share: float) -> Outcome:
        """What every firm does at a price."""
        return permit_quadratic.outcome(self.firms, price, beta)

    def mandated(self, co2: Array) -> Outcome:
        """What every firm does at given emissions."""
        return permit_quadratic.mandated(self.firms, co2)


@dataclass(frozen=True, slots=True, eq=False)
class IsoelasticCurves:
    """See `kernels.permit_isoelastic`."""

    firms: permit_isoelastic.Isoelastic

    @property
    def size(self) -> int:
        """How many."""
        return self.firms.co2.size

    def position(self, price: float, beta: Array) -> float:
        """Sum of b - beta y."""
        return permit_isoelastic.position(self.firms, price, beta)[0]

    def demand(self, price: float) -> tuple[float, float]:
        """Emissions and their derivative."""
        return permit_isoelastic.position(self.firms, price, NO_BETA)

    def solve(self, beta: Array, available: float) -> Solved:
        """In closed form for one elasticity where no bound binds, else by safeguarded Newton."""
        price = permit_isoelastic.interior_price(self.firms, beta, available)
        if price == price:
            return Solved(price, 0.0, "closed_form", 0)
        first = float(np.median(self.firms.mac))
        found = crossing(
            lambda p: permit_isoelastic.position(self.firms, p, beta), available, first, 0.0, _size(self.firms.co2)
        )
        return Solved(found.price, 0.0, "newton", found.evaluations, found.converged)

    def outcome(self, price: float, beta: Array, share: float) -> Outcome:
        """What every firm does at a price."""
        return permit_isoelastic.outcome(self.firms, price, beta)

    def mandated(self, co2: Array) -> Outcome:
        """What every firm does at given emissions."""
        return permit_isoelastic.mandated(self.firms, co2)


@dataclass(frozen=True, slots=True, eq=False)
class StepCurves:
    """See `kernels.permit_steps`."""

    firms: permit_steps.Steps

    @property
    def size(self) -> int:
        """How many."""
        return self.firms.co2.size

    def position(self, price: float, beta: Array) -> float:
        """Sum of b - beta y."""
        return permit_steps.position(self.firms, price, beta)

    def demand(self, price: float) -> tuple[float, float]:
        """Emissions; steps have no derivative."""
        return permit_steps.position(self.firms, price, NO_BETA), 0.0

    def solve(self, beta: Array, available: float) -> Solved:
        """By sorting the steps; firms at the price take one share of theirs."""
        found = permit_steps.clearing_price(self.firms, beta, available)
        return Solved(found.price, found.share, "sorted_steps", 1)

    def outcome(self, price: float, beta: Array, share: float) -> Outcome:
        """What every firm does at a price."""
        return permit_steps.outcome(self.firms, price, beta, share)

    def mandated(self, co2: Array) -> Outcome:
        """What every firm does at given emissions."""
        return permit_steps.mandated(self.firms, co2)


def response_of(response: ResponseName | Response, elasticity: float | str | None) -> Response:
    """The response a word or an object names.

    Raises
    ------
    ConfigError
        For an unknown word, or "isoelastic" without an elasticity.
    """
    if not isinstance(response, str) and isinstance(getattr(response, "name", None), str):
        return response
    require_choice("response", response, ("quadratic", "isoelastic", "step"))
    if response == "isoelastic":
        if elasticity is None:
            option("elasticity", None, Text("等弹性响应须给出弹性，例如 0.5", "a stated elasticity, for example 0.5"))
        return Isoelastic(elasticity)
    return Quadratic() if response == "quadratic" else Step()


def bounds(firms: Firms, floor: Bound, ceiling: Bound) -> tuple[Array, Array]:
    """Lowest and highest emissions as multiples of today's, (k,) from a column or (1,) from a number.

    Raises
    ------
    ConfigError, DataError
        Unless 0 <= floor <= 1 <= ceiling < infinity everywhere.
    """
    low, high = per_firm(firms, "floor", floor), per_firm(firms, "ceiling", ceiling)
    for name, values, expected, wrong in (
        ("floor", low, "0 <= floor <= 1", ~((low >= 0.0) & (low <= 1.0))),
        ("ceiling", high, "1 <= ceiling < inf", ~((high >= 1.0) & (high < np.inf))),
    ):
        if wrong.any():
            option(
                name,
                float(values[wrong][0]),
                Text("{e}（当前 CO2 的倍数）", "{e}, a multiple of today's CO2").format(e=expected),
            )
    return low, high


def per_firm(firms: Firms, name: str, value: float | str) -> Array:
    """A number as (1,), or a column of the firms with a price."""
    if isinstance(value, str):
        columns_absent(firms.table, (value,), Text("补上 {n} 所指的列", "add the column that {n} names").format(n=name))
        return firms.column(value)
    if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)):
        option(name, value, Text("数值或列名", "a number or the name of a column"))
    return np.array([float(value)])


def _other(firms: Firms, name: str, mac: Array) -> Array:
    if name not in firms.table.columns:
        return mac
    found = firms.column(name)
    return np.where(np.isnan(found), mac, found)


def _size(co2: Array) -> float:
    return float(co2.sum())


def _no_curvature(firms: Firms, wrong: NDArray[np.bool_]) -> None:
    rows = np.zeros(firms.n, dtype=np.bool_)
    rows[np.flatnonzero(wrong) if firms.priced is None else firms.priced[wrong]] = True
    bad_rows(
        Text("曲率 mu 缺失或不为负", "the curvature mu is missing or not negative"),
        Text("每家有价格的企业都有 mu < 0", "mu < 0 for every firm with a price"),
        Text(
            "补上 mu；或用 Quadratic(missing='exclude')（命令行 --missing exclude）让这些企业留在当前排放；"
            "或改用 step、isoelastic 响应",
            "add mu, leave these firms at today's emissions by Quadratic(missing='exclude') (--missing exclude in the "
            "terminal), or use the step or isoelastic response",
        ),
        firms.table,
        rows,
    )


def _positive(firms: Firms, name: str, values: Array) -> None:
    wrong = ~((values > 0.0) & np.isfinite(values))
    if not wrong.any():
        return
    if values.size != firms.count:
        option(name, float(values[0]), Text("正的有限数", "positive and finite"))
    rows = np.zeros(firms.n, dtype=np.bool_)
    rows[np.flatnonzero(wrong) if firms.priced is None else firms.priced[wrong]] = True
    bad_rows(
        Text("{n} 不为正", "{n} is not positive").format(n=name),
        Text("每家有价格的企业的 {n} 为正", "{n} positive for every firm with a price").format(n=name),
        Text("补上或改正这些行", "complete or correct these rows"),
        firms.table,
        rows,
    )
