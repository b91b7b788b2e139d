"""Formulas: `ln_co2 ~ log(size):soe | industry4^year + firm_id[trend] | digital ~ distance`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NoReturn

from dualcarbon.core.errors import ConfigError
from dualcarbon.core.text import Text, both
from dualcarbon.effects.specification import Factor, Grouping, Poisson, Specification, Term, Varying

_TOKEN = re.compile(r"`(?P<quoted>[^`]+)`|(?P<name>[^\W\d][\w.]*)|(?P<number>\d+)|(?P<sign>[~|+:^()\[\],])")
_END = "end"
_NAME = Text("列名", "a column name")


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    position: int


def parse(
    formula: str, *, cluster: str | None = None, weights: str | None = None, family: Poisson | None = None
) -> Specification:
    """The specification that a formula states.

    `depvar ~ regressors | effects | endogenous ~ instruments`, the order of R fixest. Regressors are joined by `+`;
    `a:b` is a product, `log(x)` the natural logarithm, `1` the constant. Effects are joined by `+`; `a^b` has one
    effect for each combination; `firm[trend]` has a constant and a slope on `trend` for each firm, `firm[[trend]]` the
    slope only, `firm[trend, size]` several. No bar, or `| 0`: no effect is absorbed and the regression has a constant;
    `y ~ x | 0 | d ~ z` or, shorter, `y ~ x | d ~ z` has instruments without effects. Names are letters of any script,
    digits, `_` and `.`; any other name stands between backticks.

    Parameters
    ----------
    formula : str
    cluster : str, optional
        Groupings written like effects: `firm_id`, `industry4^year`, or `firm_id + year` for clusters of two ways.
    weights : str, optional
        Column of weights.
    family : Poisson, optional
        Without it the regression is least squares.

    Raises
    ------
    ConfigError
        If the formula cannot be read: position, what was expected there and what was found.

    Examples
    --------
    >>> s = parse("log(co2_t) ~ digital + size:soe | industry4^year + firm_id", cluster="firm_id")
    >>> s.depvar.name, [t.name for t in s.regressors], [e.name for e in s.effects]
    ('log(co2_t)', ['digital', 'size:soe'], ['industry4^year', 'firm_id'])
    """
    _require_words(formula, cluster, weights, family)
    reader = _Reader(formula)
    depvar = reader.factor()
    reader.take("~", Text("「~」", "'~'"))
    regressors = reader.terms()
    effects: tuple[Grouping | Varying, ...] = ()
    endogenous: tuple[Term, ...] = ()
    instruments: tuple[Term, ...] = ()
    expected = Text("「+」、「:」、「|」或公式结束", "'+', ':', '|' or the end")
    bar = reader.next_is("|")
    if bar and not reader.states_instruments():
        effects, expected = reader.effects(), _AFTER_EFFECT
        bar = reader.next_is("|")
    if bar:
        endogenous = reader.terms()
        reader.take("~", Text("「+」、「:」或「~」", "'+', ':' or '~'"))
        instruments, expected = reader.terms(), Text("「+」、「:」或公式结束", "'+', ':' or the end")
    reader.finish(expected)
    clusters = () if cluster is None else _clusters(cluster)
    return Specification(depvar, regressors, effects, clusters, weights, endogenous, instruments, family)


def _require_words(formula: object, cluster: object, weights: object, family: object) -> None:
    wanted = (
        ("formula", formula, str),
        ("cluster", "" if cluster is None else cluster, str),
        ("weights", "" if weights is None else weights, str),
        ("family", Poisson() if family is None else family, Poisson),
    )
    wrong = [f"{name}={value!r}" for name, value, kind in wanted if not isinstance(value, kind)]
    if wrong:
        raise ConfigError(
            Text("选项的类型不对", "an option is of the wrong kind"),
            expected=Text(
                "公式、cluster、weights 为文字，family 为 Poisson(...)",
                "formula, cluster and weights as text, family as Poisson(...)",
            ),
            found=both(", ".join(wrong)),
            remedy=Text(
                '多维聚类写成 cluster="firm_id + year"，泊松写成 family=Poisson()',
                'write several ways as cluster="firm_id + year", and Poisson as family=Poisson()',
            ),
        )


_AFTER_EFFECT = Text("「+」、「^」、「[」、「|」或公式结束", "'+', '^', '[', '|' or the end")
_AFTER_CLUSTER = Text("「+」、「^」或公式结束", "'+', '^' or the end")


def _clusters(written: str) -> tuple[Grouping, ...]:
    reader = _Reader(written)
    groupings = [reader.grouping()]
    while reader.next_is("+"):
        groupings.append(reader.grouping())
    reader.finish(_AFTER_CLUSTER)
    return tuple(groupings)


class _Reader:
    """Reads one formula from left to right."""

    def __init__(self, formula: str) -> None:
        self.formula = formula
        self.tokens = list(self._split())
        self.at = 0

    @property
    def token(self) -> _Token:
        return self.tokens[self.at]

    def terms(self) -> tuple[Term, ...]:
        found: list[Term] = []
        while True:
            if self.token.kind == "number":
                self.take("1", Text("列名、log(…) 或 1", "a column name, log(...) or 1"))
            else:
                found.append(self.term())
            if not self.next_is("+"):
                return tuple(found)

    def term(self) -> Term:
        factors = [self.factor()]
        while self.next_is(":"):
            factors.append(self.factor())
        return Term(tuple(factors))

    def factor(self) -> Factor:
        word = self.name(Text("列名或 log(列名)", "a column name or log(column)"))
        if word.kind == "name" and word.text == "log" and self.next_is("("):
            inner = self.name(_NAME)
            self.take(")", Text("「)」", "')'"))
            return Factor(inner.text, log=True)
        return Factor(word.text)

    def effects(self) -> tuple[Grouping | Varying, ...]:
        if self.next_is("0"):
            return ()
        found = [self.effect()]
        while self.next_is("+"):
            found.append(self.effect())
        return tuple(found)

    def effect(self) -> Grouping | Varying:
        grouping = self.grouping()
        if not self.next_is("["):
            return grouping
        level = not self.next_is("[")
        slopes = [self.factor()]
        while self.next_is(","):
            slopes.append(self.factor())
        for _ in range(1 if level else 2):
            self.take("]", Text("「,」或「]」", "',' or ']'"))
        return Varying(grouping.columns, tuple(dict.fromkeys(slopes)), level)

    def states_instruments(self) -> bool:
        """Whether what follows up to the next bar holds a `~`."""
        for token in self.tokens[self.at :]:
            if token.kind == "sign" and token.text in "~|":
                return token.text == "~"
        return False

    def grouping(self) -> Grouping:
        columns = [self.name(_NAME).text]
        while self.next_is("^"):
            columns.append(self.name(_NAME).text)
        return Grouping(tuple(dict.fromkeys(columns)))

    def name(self, expected: Text) -> _Token:
        token = self.token
        if token.kind not in ("name", "quoted"):
            self.fail(token, expected)
        self.at += 1
        return token

    def take(self, text: str, expected: Text) -> None:
        if not self.next_is(text):
            self.fail(self.token, expected)

    def next_is(self, text: str) -> bool:
        """Whether the next token is this sign or number; if so it is read."""
        if self.token.kind not in ("sign", "number") or self.token.text != text:
            return False
        self.at += 1
        return True

    def finish(self, expected: Text) -> None:
        if self.token.kind != _END:
            self.fail(self.token, expected)

    def fail(self, token: _Token, expected: Text) -> NoReturn:
        where = (
            Text("「{t}」，见 {f}", "'{t}' in {f}") if token.kind != _END else Text("公式结束：{f}", "the end of {f}")
        )
        raise ConfigError(
            Text("公式第 {p} 个字符处无法理解", "the formula cannot be read at character {p}").format(
                p=token.position + 1
            ),
            expected=expected,
            found=where.format(t=token.text, f=self.formula),
            remedy=Text(
                "写成如 ln_co2 ~ digital + size | firm_id + year；其他变换先另存为一列",
                "write it like ln_co2 ~ digital + size | firm_id + year; add other transformations as columns first",
            ),
        )

    def _split(self) -> list[_Token]:
        found: list[_Token] = []
        at = 0
        while at < len(self.formula):
            if self.formula[at].isspace():
                at += 1
                continue
            match = _TOKEN.match(self.formula, at)
            if match is None:
                self.fail(
                    _Token("unknown", self.formula[at], at),
                    Text("列名或 ~ | + : ^ ( ) [ ] ,", "a name or ~ | + : ^ ( ) [ ] ,"),
                )
            kind = str(match.lastgroup)
            found.append(_Token(kind, match.group(kind), at))
            at = match.end()
        return [*found, _Token(_END, "", len(self.formula))]
