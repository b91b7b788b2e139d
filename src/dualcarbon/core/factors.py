"""Emission factors are named tables with source, year and unit; a set is chosen by name, never by default."""

from __future__ import annotations
