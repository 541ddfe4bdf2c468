"""Reads of oversight: the coverage of regions, the funnel from nomination to certificate, dated reports."""

from portal.oversight.queries.funnel import (
    STEPS,
    Area,
    Coverage,
    cooperatives_by_kind,
    coverage,
    region_names,
)

__all__ = ["STEPS", "Area", "Coverage", "cooperatives_by_kind", "coverage", "region_names"]
