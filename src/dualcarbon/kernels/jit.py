"""The one typed door to numba: cached on disk, free of the interpreter lock."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., Any])


def jit(function: F) -> F:
    """Compile for this machine, keep the result on disk, release the interpreter lock; strict IEEE arithmetic."""
    return cast(F, numba.njit(cache=True, nogil=True)(function))
