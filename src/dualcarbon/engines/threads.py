"""Blocks on the cores of this machine; compiled kernels and HiGHS release the interpreter while they run."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import reduce
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


class Threads:
    """A pool of threads, one per available core unless `workers` says otherwise."""

    def __init__(self, workers: int | None = None) -> None:
        available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
        self.workers = workers or available or 1

    def map(self, function: Callable[[T], R], blocks: Iterable[T]) -> list[R]:
        """The function of every block, in block order."""
        with ThreadPoolExecutor(self.workers) as pool:
            return list(pool.map(function, blocks))

    def reduce(self, function: Callable[[R, R], R], parts: Iterable[R]) -> R:
        """The parts folded from the left, in block order."""
        return reduce(function, parts)
