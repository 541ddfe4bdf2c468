"""The use cases of people. Each runs inside the caller's `transaction()`."""

from portal.people.services.consents import give_consent, withdraw_consent
from portal.people.services.purposes import (
    CONSENT_CONTACT,
    CONSENT_COOPERATIVE,
    CONSENT_METHODS,
    CONSENT_PURPOSES,
    CONSENT_TRAINING,
    Purpose,
)
from portal.people.services.saving import (
    PersonRow,
    check_identity,
    hold_niks,
    save_contact,
    save_people,
    save_person,
)

__all__ = [
    "CONSENT_CONTACT",
    "CONSENT_COOPERATIVE",
    "CONSENT_METHODS",
    "CONSENT_PURPOSES",
    "CONSENT_TRAINING",
    "PersonRow",
    "Purpose",
    "check_identity",
    "give_consent",
    "hold_niks",
    "save_contact",
    "save_people",
    "save_person",
    "withdraw_consent",
]
