"""What is produced from what, and the direction in which performance is measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from dualcarbon.core.errors import ConfigError
from dualcarbon.core.text import Text, both

Returns = Literal["constant", "variable", "bic"]
Disposability = Literal["kuosmanen", "weak", "shephard", "sum_z_one"]
Reference = Literal["contemporaneous", "pooled"]


def _one_of(name: str, value: object, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise ConfigError(
            Text("{n} 的取值不对", "{n} has a value that is not allowed").format(n=name),
            expected=both(" | ".join(allowed)),
            found=both(repr(value)),
            remedy=Text("改用所列取值之一", "use one of the values listed"),
        )


@dataclass(frozen=True, slots=True)
class Technology:
    """Inputs, one good and one bad output, and the assumptions on them.

    Parameters
    ----------
    inputs : sequence of str
        Input columns, at least one.
    good, bad : str
        Columns of the good output and of the bad output (CO2).
    returns : "variable", "constant" or "bic"
        Returns to scale; "bic" lets the data choose where a likelihood exists.
    disposability : "kuosmanen", "weak", "shephard" or "sum_z_one"
        Kuosmanen (2005) is the minimal convex weakly disposable technology. "weak" is Chung, Faere and
        Grosskopf (1997) under constant returns. "sum_z_one" is the form of some packages, not weakly disposable.
    group_by : sequence of str
        Columns whose combinations have a frontier each.
    reference : "contemporaneous" or "pooled"
        Whether each period has its own frontier or all periods share one.

    Raises
    ------
    ConfigError
        If a word is not allowed, no input is named, or a column plays two parts.
    """

    inputs: tuple[str, ...]
    good: str
    bad: str
    returns: Returns = "variable"
    disposability: Disposability = "kuosmanen"
    group_by: tuple[str, ...] = ()
    reference: Reference = "contemporaneous"

    def __init__(
        self,
        inputs: Sequence[str],
        good: str,
        bad: str,
        returns: Returns = "variable",
        disposability: Disposability = "kuosmanen",
        group_by: Sequence[str] = (),
        reference: Reference = "contemporaneous",
    ) -> None:
        _one_of("returns", returns, get_args(Returns))
        _one_of("disposability", disposability, get_args(Disposability))
        _one_of("reference", reference, get_args(Reference))
        parts = (*inputs, good, bad)
        if isinstance(group_by, str):
            raise ConfigError(
                Text("group_by 应是列名的序列", "group_by is a sequence of columns"),
                expected=both(f"group_by=[{group_by!r}]"),
                found=both(f"group_by={group_by!r}"),
                remedy=Text("用方括号括起列名", "put the column in brackets"),
            )
        if isinstance(inputs, str) or not inputs or len(set(parts)) != len(parts):
            raise ConfigError(
                Text("生产技术的列有误", "the columns of the technology are wrong"),
                expected=Text(
                    "至少一个投入，且投入、产出、排放互不相同", "at least one input; inputs, good and bad all different"
                ),
                found=both(f"inputs={inputs!r}, good={good!r}, bad={bad!r}"),
                remedy=Text("改正 Technology 的参数", "correct the arguments of Technology"),
            )
        for name, value in (
            ("inputs", tuple(inputs)),
            ("good", good),
            ("bad", bad),
            ("returns", returns),
            ("disposability", disposability),
            ("group_by", tuple(group_by)),
            ("reference", reference),
        ):
            object.__setattr__(self, name, value)


@dataclass(frozen=True, slots=True)
class Direction:
    """The direction (gx, gy, gb) in which inputs and the bad contract and the good expands.

    `inputs`, `good` and `bad` multiply the observed values (`observed` True) or are constants in units of the
    group means (`observed` False).
    """

    inputs: float
    good: float
    bad: float
    observed: bool

    @classmethod
    def proportional(cls) -> Direction:
        """(0, y, -b): expand the good and contract the bad in proportion; the default."""
        return cls(0.0, 1.0, 1.0, observed=True)

    @classmethod
    def all_proportional(cls) -> Direction:
        """(-x, y, -b): contract the inputs as well."""
        return cls(1.0, 1.0, 1.0, observed=True)

    @classmethod
    def bad_only(cls) -> Direction:
        """(0, 0, -b): contract the bad only."""
        return cls(0.0, 0.0, 1.0, observed=True)

    @classmethod
    def unit(cls) -> Direction:
        """(0, 1, -1) in units of the means, as in Faere et al. (2005)."""
        return cls(0.0, 1.0, 1.0, observed=False)
