"""Registers of cooperatives as files: read in a stream, judged and matched in blocks of rows."""
