"""What a regression is made of, free of any table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from dualcarbon.core.errors import ConfigError
from dualcarbon.core.text import Text, both

INTERCEPT = "(Intercept)"
"""Name of the constant of a regression without absorbed effects."""


@dataclass(frozen=True, slots=True)
class Factor:
    """A numeric column, or its natural logarithm."""

    column: str
    log: bool = False

    @property
    def name(self) -> str:
        """`x` or `log(x)`."""
        return f"log({self.column})" if self.log else self.column


@dataclass(frozen=True, slots=True)
class Term:
    """A regressor: the product of its factors."""

    factors: tuple[Factor, ...]

    @property
    def name(self) -> str:
        """`a:b` for the product of a and b."""
        return ":".join(factor.name for factor in self.factors)


@dataclass(frozen=True, slots=True)
class Grouping:
    """The groups of rows that agree in all columns: an absorbed effect, or the clusters."""

    columns: tuple[str, ...]

    @property
    def name(self) -> str:
        """`industry4^year` for the combinations of the two."""
        return "^".join(self.columns)


@dataclass(frozen=True, slots=True)
class Varying:
    """An absorbed effect with slopes of its own for each group; with `level` each group has its own constant too."""

    columns: tuple[str, ...]
    slopes: tuple[Factor, ...]
    level: bool = True

    @property
    def name(self) -> str:
        """`firm_id[trend]`; `firm_id[[trend]]` for the slope without the constant."""
        inner = ", ".join(slope.name for slope in self.slopes)
        return "^".join(self.columns) + (f"[{inner}]" if self.level else f"[[{inner}]]")


@dataclass(frozen=True, slots=True)
class Poisson:
    """The dependent variable, not negative, has mean exp(x b + effects + offset): pseudo-maximum likelihood.

    Parameters
    ----------
    offset : str, optional
        Column added to the index with coefficient 1.
    exposure : str, optional
        Positive column whose logarithm is added to the index with coefficient 1.

    Raises
    ------
    ConfigError
        If both are given.
    """

    offset: str | None = None
    exposure: str | None = None

    def __post_init__(self) -> None:
        if self.offset is not None and self.exposure is not None:
            raise ConfigError(
                Text("offset 与 exposure 同时给出", "offset and exposure are both given"),
                expected=Text("二者至多其一", "at most one of them"),
                found=both(f"offset={self.offset}, exposure={self.exposure}"),
                remedy=Text("把二者合成一列 offset", "add them up in one offset column"),
            )

    @property
    def factor(self) -> Factor | None:
        """The offset as a factor."""
        if self.exposure is not None:
            return Factor(self.exposure, log=True)
        return None if self.offset is None else Factor(self.offset)


@dataclass(frozen=True, slots=True)
class Specification:
    """One regression: what explains what, which effects are absorbed, how rows are weighted and clustered.

    Without effects the regression has a constant; it has one too where slopes are all that is absorbed. Terms, effects
    and clusters written twice count once. With `endogenous` terms the regression is two-stage least squares; with a
    `family` it is that family's pseudo-maximum likelihood, otherwise least squares.

    Raises
    ------
    ConfigError
        If the dependent variable is among the regressors, a term has two roles, effects are absorbed and no regressor
        is given, there are fewer instruments than endogenous regressors, or a family meets instruments.

    Examples
    --------
    >>> digital = Term((Factor("digital"),))
    >>> Specification(Factor("ln_co2"), (digital,), (Grouping(("firm_id",)), Grouping(("year",)))).formula
    'ln_co2 ~ digital | firm_id + year'
    """

    depvar: Factor
    regressors: tuple[Term, ...]
    effects: tuple[Grouping | Varying, ...] = field(default=())
    clusters: tuple[Grouping, ...] = ()
    weights: str | None = None
    endogenous: tuple[Term, ...] = ()
    instruments: tuple[Term, ...] = ()
    family: Poisson | None = None

    def __post_init__(self) -> None:
        for name in ("regressors", "effects", "clusters", "endogenous", "instruments"):
            object.__setattr__(self, name, tuple(dict.fromkeys(getattr(self, name))))
        self._require_roles()
        self._require_instruments()
        if self.effects and not self.terms:
            raise ConfigError(
                Text("没有解释变量", "there is no regressor"),
                expected=Text("至少一个解释变量", "at least one regressor"),
                found=both(self.formula),
                remedy=Text("在 ~ 与 | 之间写上解释变量", "name regressors between ~ and |"),
            )

    @property
    def terms(self) -> tuple[Term, ...]:
        """The terms with a coefficient, in the order of the estimate: endogenous ones first."""
        return (*self.endogenous, *self.regressors)

    @property
    def formula(self) -> str:
        """The specification as a formula, without weights, cluster and family."""
        right = _joined(self.regressors) or "1"
        effects = _joined(self.effects)
        stated = f"{self.depvar.name} ~ {right}"
        if self.endogenous:
            return f"{stated} | {effects or '0'} | {_joined(self.endogenous)} ~ {_joined(self.instruments)}"
        return stated + (f" | {effects}" if effects else "")

    @property
    def factors(self) -> tuple[Factor, ...]:
        """The numeric columns in the order of the formula, each once."""
        terms = (f for term in (*self.regressors, *self.endogenous, *self.instruments) for f in term.factors)
        slopes = (slope for effect in self.varying for slope in effect.slopes)
        offset = None if self.family is None else self.family.factor
        return tuple(dict.fromkeys((self.depvar, *terms, *slopes, *(() if offset is None else (offset,)))))

    @property
    def varying(self) -> tuple[Varying, ...]:
        """The effects with slopes."""
        return tuple(effect for effect in self.effects if isinstance(effect, Varying))

    @property
    def groupings(self) -> tuple[Grouping | Varying, ...]:
        """The effects and then the clusters."""
        return (*self.effects, *self.clusters)

    def _require_roles(self) -> None:
        if Term((self.depvar,)) in (*self.terms, *self.instruments):
            raise ConfigError(
                Text("被解释变量同时是解释变量", "the dependent variable is also a regressor"),
                expected=Text("解释变量中没有 {d}", "regressors other than {d}").format(d=self.depvar.name),
                found=both(self.formula),
                remedy=Text("从右边删去 {d}", "remove {d} from the right-hand side").format(d=self.depvar.name),
            )
        named = [term.name for term in (*self.terms, *self.instruments)]
        twice = sorted({name for name in named if named.count(name) > 1})
        if twice:
            raise ConfigError(
                Text("同一变量有两种角色", "a term has two roles"),
                expected=Text("外生、内生、工具变量互不重复", "exogenous, endogenous and instruments without overlap"),
                found=Text("{t}（{f}）", "{t} in {f}").format(t=", ".join(twice), f=self.formula),
                remedy=Text(
                    "每个变量只写一处；外生变量自动充当自己的工具",
                    "write each once; exogenous regressors are their own instruments",
                ),
            )

    def _require_instruments(self) -> None:
        if len(self.instruments) < len(self.endogenous) or (self.instruments and not self.endogenous):
            raise ConfigError(
                Text("工具变量与内生变量不配", "instruments and endogenous regressors do not match"),
                expected=Text(
                    "至少一个内生变量，工具变量不少于内生变量",
                    "an endogenous regressor, and at least as many instruments as endogenous regressors",
                ),
                found=Text("内生 {m} 个，工具 {z} 个", "{m} endogenous, {z} instruments").format(
                    m=len(self.endogenous), z=len(self.instruments)
                ),
                remedy=Text("增加工具变量或减少内生变量", "add instruments or treat fewer regressors as endogenous"),
            )
        if self.family is not None and self.endogenous:
            raise ConfigError(
                Text("泊松回归不接受工具变量", "the Poisson regression takes no instruments"),
                expected=Text("最小二乘配工具变量，或泊松不配", "least squares with instruments, or Poisson without"),
                found=both(self.formula),
                remedy=Text("删去 family= 或工具变量", "leave out family= or the instruments"),
            )


def _joined(parts: Iterable[Term | Grouping | Varying]) -> str:
    return " + ".join(part.name for part in parts)
