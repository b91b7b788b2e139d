"""Did the policy do it: staggered difference-in-differences and its checks."""

from __future__ import annotations

from dualcarbon.policy.design import Asked, Design, design
from dualcarbon.policy.evaluation import did, evaluate
from dualcarbon.policy.model import Cohorts, Estimator, Fit, Path
from dualcarbon.policy.result import Effect, JointTest

__all__ = [
    "Asked",
    "Cohorts",
    "Design",
    "Effect",
    "Estimator",
    "Fit",
    "JointTest",
    "Path",
    "design",
    "did",
    "evaluate",
]
