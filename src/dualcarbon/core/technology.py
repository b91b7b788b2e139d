"""What is produced from what, and the direction in which performance is measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from dualcarbon.core.errors import ConfigError
from dualcarbon.core.text import Text, both

Returns = Literal["constant", "variable", "bic"]
Disposability = Literal["kuosmanen", "weak", "shephard", "sum_z_one", "bad_as_input"]
Reference = Literal["contemporaneous", "sequential", "window", "biennial", "global"]

_SYNONYMS = {"pooled": "global"}


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
    """Inputs, good and bad outputs, and the assumptions on them.

    Parameters
    ----------
    inputs : sequence of str
        Input columns, at least one.
    good, bad : str or sequence of str
        Columns of the good and of the bad outputs. The first good is the one whose price is known, the first bad
        the one that is priced (CO2); `good` and `bad` are these two, `goods` and `bads` all of them.
    returns : "variable", "constant" or "bic"
        Returns to scale; "bic" lets the data choose where a likelihood exists.
    disposability : "kuosmanen", "weak", "shephard", "sum_z_one" or "bad_as_input"
        Kuosmanen (2005) is the minimal convex weakly disposable technology. "weak" is Chung, Faere and
        Grosskopf (1997) under constant returns. "sum_z_one" is the form of some packages, not weakly disposable.
        "bad_as_input" treats the bads as inputs that can be thrown away freely.
    group_by : sequence of str
        Columns whose combinations have a frontier each.
    reference : "contemporaneous", "sequential", "window", "biennial" or "global"
        Whose observations make the frontier of a period: those of the period; of it and all before; of the
        `window` periods that end in it; of it and the next; of all periods. "pooled" is another word for "global".
    window : int
        Periods in a window, at least 2.
    polluting : mapping from input to float, or sequence of str
        Inputs that cause the bad, for by-production; with the tonnes of the bad in one unit of each, for the
        materials balance.

    Raises
    ------
    ConfigError
        If a word is not allowed, no input is named, a column plays two parts, a polluting input is not an input or
        its content is not positive.

    Examples
    --------
    >>> Technology(["capital", "labour"], "output_cny", ["co2_t", "so2_t"]).bads
    ('co2_t', 'so2_t')
    """

    inputs: tuple[str, ...]
    goods: tuple[str, ...]
    bads: tuple[str, ...]
    returns: Returns
    disposability: Disposability
    group_by: tuple[str, ...]
    reference: Reference
    window: int
    polluting: tuple[str, ...]
    content: tuple[float, ...]

    def __init__(
        self,
        inputs: Sequence[str],
        good: str | Sequence[str],
        bad: str | Sequence[str],
        returns: Returns = "variable",
        disposability: Disposability = "kuosmanen",
        group_by: Sequence[str] = (),
        reference: Reference | Literal["pooled"] = "contemporaneous",
        window: int = 3,
        polluting: Mapping[str, float] | Sequence[str] = (),
    ) -> None:
        periods = _SYNONYMS.get(reference, reference)
        _one_of("returns", returns, get_args(Returns))
        _one_of("disposability", disposability, get_args(Disposability))
        _one_of("reference", periods, get_args(Reference))
        goods, bads = _several(good), _several(bad)
        _check_parts(inputs, goods, bads)
        _check_sequence("group_by", group_by)
        _check_window(window)
        _check_polluting(polluting, inputs)
        for name, value in (
            ("inputs", tuple(inputs)),
            ("goods", goods),
            ("bads", bads),
            ("returns", returns),
            ("disposability", disposability),
            ("group_by", tuple(group_by)),
            ("reference", periods),
            ("window", window),
            ("polluting", tuple(polluting)),
            ("content", tuple(float(v) for v in polluting.values()) if isinstance(polluting, Mapping) else ()),
        ):
            object.__setattr__(self, name, value)

    @property
    def good(self) -> str:
        """The first good output, in whose price the marginal abatement cost is given."""
        return self.goods[0]

    @property
    def bad(self) -> str:
        """The first bad output, the one that is priced."""
        return self.bads[0]


def _several(names: str | Sequence[str]) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else tuple(names)


def _check_parts(inputs: Sequence[str], goods: tuple[str, ...], bads: tuple[str, ...]) -> None:
    parts = (*inputs, *goods, *bads)
    if isinstance(inputs, str) or not inputs or not goods or not bads or len(set(parts)) != len(parts):
        raise ConfigError(
            Text("生产技术的列有误", "the columns of the technology are wrong"),
            expected=Text(
                "投入、好产出、坏产出各至少一列，且互不相同",
                "at least one input, one good and one bad output; all different",
            ),
            found=both(f"inputs={inputs!r}, good={goods!r}, bad={bads!r}"),
            remedy=Text("改正 Technology 的参数", "correct the arguments of Technology"),
        )


def _check_sequence(name: str, columns: Sequence[str]) -> None:
    if isinstance(columns, str):
        raise ConfigError(
            Text("{n} 应是列名的序列", "{n} is a sequence of columns").format(n=name),
            expected=both(f"{name}=[{columns!r}]"),
            found=both(f"{name}={columns!r}"),
            remedy=Text("用方括号括起列名", "put the column in brackets"),
        )


def _check_window(window: int) -> None:
    if window < 2:
        raise ConfigError(
            Text("窗口太短", "the window is too short"),
            expected=both("window >= 2"),
            found=both(str(window)),
            remedy=Text(
                "只用当期请取 reference='contemporaneous'", "for one period alone use reference='contemporaneous'"
            ),
        )


def _check_polluting(polluting: Mapping[str, float] | Sequence[str], inputs: Sequence[str]) -> None:
    _check_sequence("polluting", tuple(polluting) if isinstance(polluting, Mapping) else polluting)
    strange = [name for name in polluting if name not in inputs]
    wrong = {k: v for k, v in polluting.items() if not 0.0 < v < float("inf")} if isinstance(polluting, Mapping) else {}
    if strange or wrong:
        raise ConfigError(
            Text("polluting 有误", "polluting is wrong"),
            expected=Text("inputs 中的列，含量为正", "columns of inputs, with positive contents"),
            found=both(", ".join(map(str, strange or wrong.items()))),
            remedy=Text("改正 Technology 的 polluting", "correct the argument polluting of Technology"),
        )


@dataclass(frozen=True, slots=True)
class Direction:
    """The direction (gx, gy, gb) in which inputs and bads contract and goods expand.

    `inputs`, `good` and `bad` multiply the observed values (`observed` True) or are constants in units of the
    group means (`observed` False). `columns`, if any, replace them: pairs of a column of the technology and the
    column, or the constant in its own unit, by which it moves.
    """

    inputs: float
    good: float
    bad: float
    observed: bool
    columns: tuple[tuple[str, str | float], ...] = ()

    @classmethod
    def proportional(cls) -> Direction:
        """(0, y, -b): expand the goods and contract the bads in proportion; the default."""
        return cls(0.0, 1.0, 1.0, observed=True)

    @classmethod
    def all_proportional(cls) -> Direction:
        """(-x, y, -b): contract the inputs as well."""
        return cls(1.0, 1.0, 1.0, observed=True)

    @classmethod
    def bad_only(cls) -> Direction:
        """(0, 0, -b): contract the bads only."""
        return cls(0.0, 0.0, 1.0, observed=True)

    @classmethod
    def unit(cls) -> Direction:
        """(0, 1, -1) in units of the means, as in Faere et al. (2005)."""
        return cls(0.0, 1.0, 1.0, observed=False)

    @classmethod
    def custom(cls, steps: Mapping[str, str | float]) -> Direction:
        """A step per column: another column, or a constant in the column's own unit; columns not named stand still.

        Steps are nonnegative: inputs and bads go down by them, goods go up.

        Examples
        --------
        >>> Direction.custom({"output_cny": 0.0, "co2_t": "allowance_t"}).columns
        (('output_cny', 0.0), ('co2_t', 'allowance_t'))
        """
        return cls(0.0, 0.0, 0.0, observed=False, columns=tuple(steps.items()))
