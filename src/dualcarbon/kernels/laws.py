"""The two laws of inefficiency, half-normal and exponential, each with everything an estimator asks of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from dualcarbon.kernels import exponential as ex
from dualcarbon.kernels import stochastic as hn
from dualcarbon.kernels.stochastic import ComposedFit

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Law:
    """u >= 0 with scale sigma_u, beside normal v with scale sigma_v.

    Attributes
    ----------
    unit_mean : E[u] / sigma_u
    fit : (A, r) to the maximum of the likelihood of r + A phi = u + v
    moments : variance and third central moment of u + v to (sigma_u, sigma_v)
    mean : (e, sigma_u, sigma_v) to E[u | e]
    interval : (e, sigma_u, sigma_v) to the 95 % interval of u given e
    limits : (sigma_u, sigma_v, score) to the values of u + v beyond each of which lies Phi(-score)
    draw : (generator, n) to draws of u at sigma_u = 1
    """

    unit_mean: float
    fit: Callable[[Array, Array], ComposedFit]
    moments: Callable[[float, float], tuple[float, float]]
    mean: Callable[[Array, float, float], Array]
    interval: Callable[[Array, float, float], tuple[Array, Array]]
    limits: Callable[[float, float, float], tuple[float, float]]
    draw: Callable[[np.random.Generator, int], Array]


LAWS: Mapping[str, Law] = MappingProxyType(
    {
        "half_normal": Law(
            math.sqrt(2.0 / math.pi),
            hn.half_normal_ml,
            hn.moments,
            hn.conditional_mean,
            hn.conditional_interval,
            hn.composed_limits,
            lambda random, n: np.abs(random.standard_normal(n)),
        ),
        "exponential": Law(
            1.0,
            ex.exponential_ml,
            ex.exponential_moments,
            ex.exponential_mean,
            ex.exponential_interval,
            ex.exponential_limits,
            lambda random, n: random.standard_exponential(n),
        ),
    }
)
