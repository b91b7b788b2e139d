"""The two words that let the same blocks run on one core, all cores or a cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class Engine(Protocol):
    """Runs a function over blocks; results come in block order, so workers never change a number."""

    def map(self, function: Callable[[T], R], blocks: Iterable[T]) -> list[R]:
        """The function of every block, in block order."""
        ...

    def reduce(self, function: Callable[[R, R], R], parts: Iterable[R]) -> R:
        """The parts folded from the left, in block order."""
        ...


class InOrder:
    """One block after the other in this thread: the engine a room uses when none is given."""

    def map(self, function: Callable[[T], R], blocks: Iterable[T]) -> list[R]:
        """The function of every block, in block order."""
        return [function(block) for block in blocks]

    def reduce(self, function: Callable[[R, R], R], parts: Iterable[R]) -> R:
        """The parts folded from the left, in block order."""
        from functools import reduce

        return reduce(function, parts)
