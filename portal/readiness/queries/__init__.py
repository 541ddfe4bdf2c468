"""Reads of readiness: service lines, the standing of cooperatives, coverage."""

from __future__ import annotations
