"""Checks of a policy evaluation: placebos, samples without a cohort, estimators and other policies beside it."""

from __future__ import annotations
