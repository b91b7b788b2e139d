"""What a regression is made of, free of any table."""

from __future__ import annotations

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
class Specification:
    """One regression: what explains what, which effects are absorbed, how rows are weighted and clustered.

    Without effects the regression has a constant. Terms, effects and clusters written twice count once.

    Raises
    ------
    ConfigError
        If the dependent variable is among the regressors, or effects are absorbed and no regressor is given.

    Examples
    --------
    >>> digital = Term((Factor("digital"),))
    >>> Specification(Factor("ln_co2"), (digital,), (Grouping(("firm_id",)), Grouping(("year",)))).formula
    'ln_co2 ~ digital | firm_id + year'
    """

    depvar: Factor
    regressors: tuple[Term, ...]
    effects: tuple[Grouping, ...] = field(default=())
    clusters: tuple[Grouping, ...] = ()
    weights: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "regressors", tuple(dict.fromkeys(self.regressors)))
        object.__setattr__(self, "effects", tuple(dict.fromkeys(self.effects)))
        object.__setattr__(self, "clusters", tuple(dict.fromkeys(self.clusters)))
        if Term((self.depvar,)) in self.regressors:
            raise ConfigError(
                Text("被解释变量同时是解释变量", "the dependent variable is also a regressor"),
                expected=Text("解释变量中没有 {d}", "regressors other than {d}").format(d=self.depvar.name),
                found=both(self.formula),
                remedy=Text("从右边删去 {d}", "remove {d} from the right-hand side").format(d=self.depvar.name),
            )
        if self.effects and not self.regressors:
            raise ConfigError(
                Text("没有解释变量", "there is no regressor"),
                expected=Text("至少一个解释变量", "at least one regressor"),
                found=both(self.formula),
                remedy=Text("在 ~ 与 | 之间写上解释变量", "name regressors between ~ and |"),
            )

    @property
    def formula(self) -> str:
        """The specification as a formula, without weights and cluster."""
        right = " + ".join(term.name for term in self.regressors) or "1"
        effects = " + ".join(effect.name for effect in self.effects)
        return f"{self.depvar.name} ~ {right}" + (f" | {effects}" if effects else "")

    @property
    def factors(self) -> tuple[Factor, ...]:
        """The numeric columns in the order of the formula, each once."""
        terms = (factor for term in self.regressors for factor in term.factors)
        return tuple(dict.fromkeys((self.depvar, *terms)))

    @property
    def groupings(self) -> tuple[Grouping, ...]:
        """The effects and then the clusters."""
        return (*self.effects, *self.clusters)
