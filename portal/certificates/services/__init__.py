"""Use cases of certificates: issue, suspend, unsuspend, revoke, replace, always by two people."""

from portal.certificates.services.requests import (
    REASONS,
    decide_request,
    issue_chunk,
    prepare_change,
    prepare_issue,
)

__all__ = ["REASONS", "decide_request", "issue_chunk", "prepare_change", "prepare_issue"]
