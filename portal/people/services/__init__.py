"""The use cases of people. Each runs inside the caller's `transaction()`."""

from portal.people.services.consents import give_consent, withdraw_consent, withdrawal_ends
from portal.people.services.corrections import (
    check_correction,
    decide_correction,
    file_correction,
    withdraw_correction,
)
from portal.people.services.erasure import (
    anonymize,
    ask_erasure,
    carry_out_erasure,
    open_request,
    preview_erasure,
    refuse_erasure,
    withdraw_erasure,
)
from portal.people.services.evidence import open_evidence, read_evidence
from portal.people.services.holds import in_force, is_held, lift_hold, place_hold
from portal.people.services.inclusion import save_inclusion
from portal.people.services.purposes import (
    CONSENT_CONTACT,
    CONSENT_COOPERATIVE,
    CONSENT_INCLUSION,
    CONSENT_METHODS,
    CONSENT_PURPOSES,
    CONSENT_TRAINING,
    Purpose,
)
from portal.people.services.saving import (
    PersonRow,
    check_identity,
    check_name,
    hold_niks,
    introduce_person,
    save_contact,
    save_people,
    save_person,
)
from portal.people.services.unmasking import reveal, reveal_many

__all__ = [
    "CONSENT_CONTACT",
    "CONSENT_COOPERATIVE",
    "CONSENT_INCLUSION",
    "CONSENT_METHODS",
    "CONSENT_PURPOSES",
    "CONSENT_TRAINING",
    "PersonRow",
    "Purpose",
    "anonymize",
    "ask_erasure",
    "carry_out_erasure",
    "check_correction",
    "check_identity",
    "check_name",
    "decide_correction",
    "file_correction",
    "give_consent",
    "hold_niks",
    "in_force",
    "introduce_person",
    "is_held",
    "lift_hold",
    "open_evidence",
    "open_request",
    "place_hold",
    "preview_erasure",
    "read_evidence",
    "refuse_erasure",
    "reveal",
    "reveal_many",
    "save_contact",
    "save_inclusion",
    "save_people",
    "save_person",
    "withdraw_consent",
    "withdraw_correction",
    "withdraw_erasure",
    "withdrawal_ends",
]
