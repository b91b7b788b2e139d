"""The productivity indices a user can choose: which measure, against which technology."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from dualcarbon.core.errors import ConfigError
from dualcarbon.core.technology import Direction, Technology
from dualcarbon.core.text import Text, both
from dualcarbon.frontier import registry

Base = Literal["adjacent", "biennial", "global"]


_BASES = {
    "adjacent": Text("{n}", "{n}"),
    "biennial": Text("{n}（双期）", "{n}, biennial"),
    "global": Text("{n}（全局）", "{n}, global"),
}


def _label(name: Text, base: Base) -> Text:
    return _BASES[base].format(n=name)


def _check_base(base: str) -> None:
    if base not in get_args(Base):
        raise ConfigError(
            Text("指数的基准技术有误", "the base technology of the index is wrong"),
            expected=both(" | ".join(get_args(Base))),
            found=both(repr(base)),
            remedy=Text("改用所列取值之一", "use one of the values listed"),
        )


@dataclass(frozen=True, slots=True)
class MalmquistLuenberger:
    """The ratio index: above 1 is growth; index = efficiency change x technical change.

    Parameters
    ----------
    base : "adjacent", "biennial" or "global"
        The technology that measures both periods: those of the two periods in turn, geometric mean (Chung, Faere &
        Grosskopf 1997); that of both periods together (Pastor, Asmild & Lovell 2011, with undesirable output); that
        of all periods (Oh 2010).

    Examples
    --------
    >>> MalmquistLuenberger("global").label.en
    'Malmquist-Luenberger index, global'
    """

    base: Base = "adjacent"

    def __post_init__(self) -> None:
        _check_base(self.base)

    @property
    def label(self) -> Text:
        """Name in both languages."""
        return _label(Text("Malmquist-Luenberger 指数", "Malmquist-Luenberger index"), self.base)

    @property
    def ratio(self) -> bool:
        """True: neutral at 1, averaged geometrically."""
        return True


@dataclass(frozen=True, slots=True)
class Luenberger:
    """The difference indicator: above 0 is growth; index = efficiency change + technical change.

    Parameters
    ----------
    base : "adjacent", "biennial" or "global"
        As for `MalmquistLuenberger`; the arithmetic mean of the two under "adjacent" (Chambers 1996).
    nonradial : bool
        Measure by the non-radial directional distance function: the weighted sum of the proportions by which each
        input, good and bad could move by itself (Zhou, Ang & Wang 2012).
    weights : mapping from column to float, or None
        For the non-radial measure, a positive weight for every column that the direction moves. None: inputs, goods
        and bads share one equally, as far as the direction moves them, and the columns inside each share equally.

    Examples
    --------
    >>> Luenberger(nonradial=True, weights={"output_cny": 1.0, "co2_t": 1.0}).ratio
    False
    """

    base: Base = "adjacent"
    nonradial: bool = False
    weights: Mapping[str, float] | None = None

    def __post_init__(self) -> None:
        _check_base(self.base)
        if self.weights is not None and not self.nonradial:
            raise ConfigError(
                Text("权重只用于非径向指标", "weights belong to the non-radial indicator"),
                expected=both("nonradial=True"),
                found=both(f"nonradial=False, weights={dict(self.weights)}"),
                remedy=Text("加上 nonradial=True，或去掉权重", "add nonradial=True, or leave the weights out"),
            )

    @property
    def label(self) -> Text:
        """Name in both languages."""
        if self.nonradial:
            return _label(Text("非径向 Luenberger 指标", "non-radial Luenberger indicator"), self.base)
        return _label(Text("Luenberger 指标", "Luenberger indicator"), self.base)

    @property
    def ratio(self) -> bool:
        """False: neutral at 0, averaged arithmetically."""
        return False


Index = MalmquistLuenberger | Luenberger

NAMES: dict[str, Index] = {
    "malmquist_luenberger": MalmquistLuenberger(),
    "biennial_malmquist_luenberger": MalmquistLuenberger("biennial"),
    "global_malmquist_luenberger": MalmquistLuenberger("global"),
    "luenberger": Luenberger(),
    "biennial_luenberger": Luenberger("biennial"),
    "global_luenberger": Luenberger("global"),
    "nonradial_luenberger": Luenberger(nonradial=True),
    "biennial_nonradial_luenberger": Luenberger("biennial", nonradial=True),
    "global_nonradial_luenberger": Luenberger("global", nonradial=True),
}
"""Indices by the word a user writes."""


def index_of(index: str | Index) -> Index:
    """The index of that name, or the object itself.

    Raises
    ------
    ConfigError
        If there is none; the message lists those that exist.
    """
    if isinstance(index, (MalmquistLuenberger, Luenberger)):
        return index
    if index not in NAMES:
        raise ConfigError(
            Text("没有这个生产率指数", "no such productivity index"),
            expected=both(" | ".join(NAMES)),
            found=both(repr(index)),
            remedy=Text("改用所列名称之一，或直接传入指数对象", "use one of the names listed, or pass an index object"),
        )
    return NAMES[index]


def check(index: Index, technology: Technology, direction: Direction) -> None:
    """Raise `ConfigError` if the index does not go with the technology or the direction."""
    if isinstance(index, Luenberger) and index.nonradial:
        from dualcarbon.frontier.models.nonradial import NonradialModel

        NonradialModel(index.weights).check(technology, direction)
    else:
        registry.model("envelopment").check(technology, direction)
    if technology.reference in ("biennial", "global"):
        raise ConfigError(
            Text("各期的前沿不能含以后各期", "the frontier of a period cannot hold later periods"),
            expected=both('reference="contemporaneous" | "sequential" | "window"'),
            found=both(f'reference="{technology.reference}"'),
            remedy=Text(
                '共同的基准技术由指数给出，例如 MalmquistLuenberger("global")',
                'the index names the common technology, as in MalmquistLuenberger("global")',
            ),
        )
    if index.ratio and not (direction.observed and direction.good > 0.0):
        raise ConfigError(
            Text("Malmquist-Luenberger 指数不支持这个方向", "the Malmquist-Luenberger index has no such direction"),
            expected=Text("以观测值为单位且扩张好产出的方向", "a direction in observed values that expands the goods"),
            found=both(repr(direction)),
            remedy=Text(
                "改用 Direction.proportional()，或改用 luenberger", "use Direction.proportional(), or luenberger"
            ),
        )
