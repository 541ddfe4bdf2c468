"""Certificates: eligibility, issue, signature, drawing, status and the transparency log."""
