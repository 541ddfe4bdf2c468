"""The use cases of enrollment. Each runs inside the caller's `transaction()`."""

from portal.enrollment.services.apply import enroll_person
from portal.enrollment.services.contact import record_contact
from portal.enrollment.services.drafts import drop_draft, save_draft
from portal.enrollment.services.moves import Moved, answer_move, cancel_batch, postpone_batch
from portal.enrollment.services.outcomes import close_enrollments
from portal.enrollment.services.overdue import expire_offers
from portal.enrollment.services.placing import Placement, place_people
from portal.enrollment.services.printing import note_letters, refuse_again, refuse_empty
from portal.enrollment.services.seats import (
    confirm_seat,
    expire,
    let_go,
    make_reserve,
    move_to_waitlist,
    offer_seat,
    offer_seats,
    open_offer,
    promote_next,
    reconsider,
    reject,
    withdraw,
)
from portal.enrollment.services.submit import (
    Application,
    Submission,
    assist_application,
    nik_is_foreign,
    submit_application,
)

__all__ = [
    "Application",
    "Moved",
    "Placement",
    "Submission",
    "answer_move",
    "assist_application",
    "cancel_batch",
    "close_enrollments",
    "confirm_seat",
    "drop_draft",
    "enroll_person",
    "expire",
    "expire_offers",
    "let_go",
    "make_reserve",
    "move_to_waitlist",
    "nik_is_foreign",
    "note_letters",
    "offer_seat",
    "offer_seats",
    "open_offer",
    "place_people",
    "postpone_batch",
    "promote_next",
    "reconsider",
    "record_contact",
    "refuse_again",
    "refuse_empty",
    "reject",
    "save_draft",
    "submit_application",
    "withdraw",
]
