"""The whole country at its true size, for trying what one small server carries: `demo load --scale country`.

Cooperatives, people, terms, classes and certificates are written in bulk, several orders faster than through
the services, but every row is genuine: identities are sealed, certificates signed, logged and audited. What
no page at this scale needs is left out: class sessions, marks, verdicts and messages.
"""

from portal.operations.demo.country.making import Scale, make_country

__all__ = ["Scale", "make_country"]
