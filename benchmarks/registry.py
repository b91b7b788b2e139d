"""One decorator: a benchmark file registers what it measures and needs no second edit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

Timed = Callable[[], object]


@dataclass(frozen=True)
class Benchmark:
    """A measured thing: `prepare` makes the data and gives the call that is timed.

    `rival`, if there is one, prepares the same work done by the other program in the same run.
    """

    name: str
    size: str
    prepare: Callable[[], Timed]
    rival_name: str = ""
    rival: Callable[[], Timed] | None = None
    repeats: int = 3


BENCHMARKS: list[Benchmark] = []


def benchmark(
    name: str,
    *,
    size: str,
    rival_name: str = "",
    rival: Callable[[], Timed] | None = None,
    repeats: int = 3,
) -> Callable[[Callable[[], Timed]], Callable[[], Timed]]:
    """Register the decorated zero-argument `prepare` function."""

    def register(prepare: Callable[[], Timed]) -> Callable[[], Timed]:
        BENCHMARKS.append(Benchmark(name, size, prepare, rival_name, rival, repeats))
        return prepare

    return register
