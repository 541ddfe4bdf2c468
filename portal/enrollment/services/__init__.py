"""The use cases of enrollment. Each runs inside the caller's `transaction()`."""

from portal.enrollment.services.apply import enroll_person
from portal.enrollment.services.contact import record_contact
from portal.enrollment.services.drafts import drop_draft, save_draft
from portal.enrollment.services.moves import Moved, answer_move, cancel_batch, postpone_batch
from portal.enrollment.services.outcomes import close_enrollments
from portal.enrollment.services.overdue import expire_offers
from portal.enrollment.services.placing import Placement, place_people
from portal.enrollment.services.printing import note_letters, refuse_again, refuse_empty
from portal.enrollment.services.roster import (
    CheckedFile,
    check_roster_file,
    discard_import,
    keep_preview,
    retry_import,
    start_import,
    take_bad_rows,
)
from portal.enrollment.services.seats import (
    confirm_seat,
    expire,
    let_go,
    make_reserve,
    move_to_waitlist,
    offer_seat,
    offer_seats,
    open_offer,
    reconsider,
    reject,
    withdraw,
)
from portal.enrollment.services.spread import (
    Proposal,
    SpreadResult,
    confirm_import_spread,
    confirm_spread,
    move_people,
    propose_spread,
    reset_spread,
)
from portal.enrollment.services.submit import (
    Application,
    Submission,
    assist_application,
    nik_is_foreign,
    submit_application,
)
from portal.enrollment.services.waitlist import move_in_queue, offer_next, promote_next, raise_group

__all__ = [
    "Application",
    "CheckedFile",
    "Moved",
    "Placement",
    "Proposal",
    "SpreadResult",
    "Submission",
    "answer_move",
    "assist_application",
    "cancel_batch",
    "check_roster_file",
    "close_enrollments",
    "confirm_import_spread",
    "confirm_seat",
    "confirm_spread",
    "discard_import",
    "drop_draft",
    "enroll_person",
    "expire",
    "expire_offers",
    "keep_preview",
    "let_go",
    "make_reserve",
    "move_in_queue",
    "move_people",
    "move_to_waitlist",
    "nik_is_foreign",
    "note_letters",
    "offer_next",
    "offer_seat",
    "offer_seats",
    "open_offer",
    "place_people",
    "postpone_batch",
    "promote_next",
    "propose_spread",
    "raise_group",
    "reconsider",
    "record_contact",
    "refuse_again",
    "refuse_empty",
    "reject",
    "reset_spread",
    "retry_import",
    "save_draft",
    "start_import",
    "submit_application",
    "take_bad_rows",
    "withdraw",
]
