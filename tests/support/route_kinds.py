"""The kinds of objects that routes name: whose they are, and which must look as if they were not there."""

from __future__ import annotations

from dataclasses import dataclass

CENTER = ("center_admin", "center_head")
ROSTER = ("regency_officer", "center_admin", "other_admin")
HELPERS = ("chair", "companion", "other_chair")
EVERYBODY = (
    "trainee_a", "trainee_b", "chair", "other_chair", "companion", "instructor", "other_instructor",
    "assessor", "center_admin", "center_head", "other_admin", "regency_officer", "regulator", "facilitator",
    "partner", "platform_admin",
)  # fmt: skip


@dataclass(frozen=True)
class Kind:
    """What a route's parameters name: world ids of the own and the foreign object, and who may reach them.

    `own` and `foreign` map a parameter to a name in World.ids; more foreign ones are further refusals.
    """

    own: dict[str, str]
    foreign: tuple[dict[str, str], ...] = ()
    owners: tuple[str, ...] = ()
    foreign_owners: tuple[str, ...] = ("other_admin", "other_instructor")


# The registry of a region is its office's; the platform keeps the registry of the country.
_FAR = ({"cooperative_id": "far_cooperative"},)
_REGISTRY = ("regency_officer", "platform_admin")
BOARD_KINDS = {
    "service line": Kind({"line_id": "service_line"}, (), ("platform_admin",)),
    "board": Kind({"cooperative_id": "cooperative"}, _FAR, ("chair", "companion", *_REGISTRY), _REGISTRY[1:]),
    "edited board": Kind({"cooperative_id": "cooperative"}, _FAR, ("chair", *_REGISTRY), _REGISTRY[1:]),
    "cooperative paper": Kind(
        {"cooperative_id": "cooperative", "document_id": "minutes"},
        ({"cooperative_id": "far_cooperative", "document_id": "far_minutes"},),
        ("chair", "companion", *_REGISTRY), _REGISTRY[1:],
    ),
    # An institution is written by its chair and its registrar; who accompanies it may look.
    "village served": Kind(
        {"cooperative_id": "cooperative", "code": "further_village"},
        ({"cooperative_id": "far_cooperative", "code": "further_village"},),
        ("chair", *_REGISTRY), _REGISTRY[1:],
    ),
    "member group": Kind(
        {"cooperative_id": "cooperative", "group_id": "member_group"},
        (
            {"cooperative_id": "far_cooperative", "group_id": "far_member_group"},
            {"cooperative_id": "cooperative", "group_id": "far_member_group"},
        ),
        ("chair", *_REGISTRY), _REGISTRY[1:],
    ),
    "checklist item": Kind(
        {"cooperative_id": "cooperative", "item_code": "checklist_item"},
        ({"cooperative_id": "far_cooperative", "item_code": "checklist_item"},),
        ("chair", *_REGISTRY), _REGISTRY[1:],
    ),
    "checklist entry": Kind(
        {"cooperative_id": "cooperative", "entry_id": "checklist_entry"},
        (
            {"cooperative_id": "far_cooperative", "entry_id": "far_checklist_entry"},
            {"cooperative_id": "cooperative", "entry_id": "far_checklist_entry"},
        ),
        ("chair", *_REGISTRY), _REGISTRY[1:],
    ),
    "registered cooperative": Kind({"cooperative_id": "cooperative"}, _FAR, _REGISTRY, _REGISTRY[1:]),
    "register": Kind({"import_id": "register"}, ({"import_id": "far_register"},), _REGISTRY, _REGISTRY[1:]),
    # Whoever says that they speak for one may say so of any.
    "claimed cooperative": Kind({"cooperative_id": "cooperative"}, (), EVERYBODY),
    "chair code": Kind({"cooperative_id": "cooperative"}, _FAR, ("regency_officer",), ()),
    "chair claim": Kind(
        {"claim_id": "chair_claim"}, ({"claim_id": "far_chair_claim"},), ("regency_officer",), ()
    ),
    "founding": Kind(
        {"cooperative_id": "founding"}, ({"cooperative_id": "far_founding"},), _REGISTRY, _REGISTRY[1:]
    ),
    "person of a founding": Kind(
        {"cooperative_id": "founding", "term_id": "founder_term"},
        ({"cooperative_id": "far_founding", "term_id": "far_founder_term"},), _REGISTRY, _REGISTRY[1:],
    ),
}  # fmt: skip


def _pair(parameter: str, own: str, foreign: str, *owners: str) -> Kind:
    return Kind({parameter: own}, ({parameter: foreign},), owners)


KINDS = {
    "": Kind({}),
    "batch": _pair("batch_id", "open_batch", "away_batch", *CENTER),
    # A companion prints the cards of those who agreed to be helped, here of nobody.
    "printed batch": Kind(
        {"batch_id": "open_batch"}, ({"batch_id": "away_batch"},), ("center_admin", "companion"),
        ("other_admin", "companion"),
    ),
    "prepared batch": _pair("batch_id", "open_batch", "away_batch", "center_admin"),
    "draft": _pair("batch_id", "draft_batch", "away_batch", *CENTER),
    "signed batch": _pair("batch_id", "issued_batch", "away_batch", *CENTER),
    "helped batch": Kind(
        {"batch_id": "open_batch"}, ({"batch_id": "away_batch"},), ("center_admin", *HELPERS),
        ("other_admin", *HELPERS),
    ),
    "taught batch": _pair("batch_id", "running_batch", "away_batch", "instructor", "assessor"),
    "session": _pair("session_id", "running_session", "away_session", "instructor"),
    "prepared session": _pair("session_id", "running_session", "away_session", "instructor", "assessor"),
    "seat of a session": Kind(
        {"session_id": "running_session", "enrollment_id": "running_enrollment"},
        (
            {"session_id": "away_session", "enrollment_id": "away_enrollment"},
            {"session_id": "running_session", "enrollment_id": "away_enrollment"},
        ),
        ("instructor",),
    ),
    # Who teaches the class or administers its center asks for a correction.
    "correctable seat": Kind(
        {"session_id": "running_session", "enrollment_id": "running_enrollment"},
        (
            {"session_id": "away_session", "enrollment_id": "away_enrollment"},
            {"session_id": "running_session", "enrollment_id": "away_enrollment"},
        ),
        ("instructor", "center_admin"),
    ),
    "printed sheet": Kind(
        {"session_id": "running_session", "code": "sheet_code"},
        (
            {"session_id": "away_session", "code": "away_sheet_code"},
            {"session_id": "running_session", "code": "away_sheet_code"},
        ),
        ("instructor",),
    ),
    "walk-in": _pair("walk_in_id", "walk_in", "away_walk_in", "center_admin"),
    "attendance correction": Kind(
        {"correction_id": "attendance_correction"}, ({"correction_id": "away_attendance_correction"},),
        CENTER, ("other_admin",),
    ),
    "seat of a batch": Kind(
        {"batch_id": "running_batch", "enrollment_id": "running_enrollment"},
        (
            {"batch_id": "away_batch", "enrollment_id": "away_enrollment"},
            {"batch_id": "running_batch", "enrollment_id": "away_enrollment"},
        ),
        ("instructor", "assessor"),
    ),
    "judged batch": Kind({"batch_id": "running_batch"}, ({"batch_id": "away_batch"},), ("assessor",), ()),
    "unit of a seat": Kind(
        {"batch_id": "running_batch", "enrollment_id": "running_enrollment", "unit_id": "running_unit"},
        (
            {"batch_id": "away_batch", "enrollment_id": "away_enrollment", "unit_id": "away_unit"},
            {"batch_id": "running_batch", "enrollment_id": "away_enrollment", "unit_id": "away_unit"},
            {"batch_id": "running_batch", "enrollment_id": "running_enrollment", "unit_id": "away_unit"},
        ),
        ("instructor", "assessor"),
    ),
    # Who judges the class, or administers its center.
    "result of a seat": Kind(
        {"batch_id": "running_batch", "enrollment_id": "running_enrollment", "unit_id": "running_unit"},
        (
            {"batch_id": "away_batch", "enrollment_id": "away_enrollment", "unit_id": "away_unit"},
            {"batch_id": "running_batch", "enrollment_id": "away_enrollment", "unit_id": "away_unit"},
        ),
        ("instructor", "assessor", "center_admin"),
    ),
    "own unit": Kind(
        {"enrollment_id": "issued_enrollment", "unit_id": "running_unit"},
        ({"enrollment_id": "running_other_enrollment", "unit_id": "running_unit"},), ("trainee_a",), (),
    ),
    "own appeal": Kind({"appeal_id": "appeal"}, ({"appeal_id": "away_appeal"},), ("trainee_a",), ()),
    "assigned appeal": Kind({"appeal_id": "appeal"}, ({"appeal_id": "away_appeal"},), ("assessor",), ()),
    "appeal": _pair("appeal_id", "appeal", "away_appeal", "center_admin"),
    "verdict correction": _pair(
        "correction_id", "verdict_correction", "away_verdict_correction", *CENTER
    ),
    "own seat": Kind(
        {"enrollment_id": "open_enrollment"}, ({"enrollment_id": "running_other_enrollment"},),
        ("trainee_a",), ("trainee_b",),
    ),
    "helped seat": Kind(
        {"enrollment_id": "helped_enrollment"}, ({"enrollment_id": "away_enrollment"},), ("companion",), ()
    ),
    "seat": _pair("enrollment_id", "open_enrollment", "away_enrollment", "center_admin"),
    "certificate": _pair("code", "code", "away_code", *CENTER),
    "paper": Kind({"code": "code"}, ({"code": "away_code"},), ("trainee_a", *CENTER), ("other_admin",)),
    "decree": Kind({"decree_id": "decree"}, (), ("platform_admin",)),
    # National figures, for whoever watches a region and for those who keep them.
    "coverage report": Kind({"report_id": "coverage_report"}, (), ("platform_admin", "regulator")),
    "target": Kind({"target_id": "coverage_target"}, (), ("platform_admin",)),
    "outside figure": Kind({"figure_id": "outside_figure"}, (), ("platform_admin",)),
    "edited program": Kind({"slug": "program_slug"}, (), ("platform_admin",)),
    "request": _pair("request_id", "request", "away_request", *CENTER),
    "forgery report": _pair("report_id", "report", "away_report", *CENTER),
    "room": _pair("room_id", "room", "away_room", "center_admin"),
    "staff": _pair("staff_id", "staff", "away_staff", "center_admin"),
    "leave": _pair("leave_id", "leave", "away_leave", "center_admin"),
    "holiday": _pair("holiday_id", "holiday", "away_holiday", "center_admin"),
    "cooperative": Kind(
        {"cooperative_id": "cooperative"}, ({"cooperative_id": "away_cooperative"},), ("chair", "companion"),
        ("other_chair",),
    ),
    **BOARD_KINDS,
    # A public class, for whoever proposes people at all.
    "proposed batch": Kind({"batch_id": "open_batch"}, (), HELPERS),
    "nomination": Kind(
        {"cooperative_id": "cooperative", "nomination_id": "nomination"},
        (
            {"cooperative_id": "away_cooperative", "nomination_id": "away_nomination"},
            {"cooperative_id": "cooperative", "nomination_id": "away_nomination"},
        ),
        ("chair", "companion"), ("other_chair",),
    ),
    "nomination group": Kind(
        {"cooperative_id": "cooperative", "group_id": "nomination_group"},
        (
            {"cooperative_id": "away_cooperative", "group_id": "away_nomination_group"},
            {"cooperative_id": "cooperative", "group_id": "away_nomination_group"},
        ),
        ("chair", "companion"), ("other_chair",),
    ),
    "nominee's link": Kind({"token": "nominee_token"}),
    "own nomination": Kind(
        {"nomination_id": "own_nomination"}, ({"nomination_id": "other_nomination"},), ("trainee_a",),
        ("trainee_b",),
    ),
    # A roster is its regency's, and of the centers of its province.
    "roster": Kind({"import_id": "preview"}, ({"import_id": "away_import"},), ROSTER, ()),
    "saved roster": Kind({"import_id": "import"}, ({"import_id": "away_import"},), ROSTER, ()),
    "class of a roster": Kind(
        {"import_id": "import", "batch_id": "open_batch"},
        (
            {"import_id": "away_import", "batch_id": "open_batch"},
            {"import_id": "import", "batch_id": "away_batch"},
        ),
        ROSTER[:2],
        (),
    ),
    "file of a roster": Kind(
        {"import_id": "preview"}, ({"import_id": "away_import"},), ("regency_officer",), ()
    ),
    "outside record": _pair(
        "record_id", "external", "away_external", "center_admin", "regency_officer"
    ),
    "outside record to remove": _pair(
        "record_id", "external_gone", "away_external_gone", "center_admin", "regency_officer"
    ),
    "own outside record": Kind(
        {"record_id": "own_external"}, ({"record_id": "away_own_external"},), ("trainee_a",), ("trainee_b",)
    ),
    "outside list": Kind(
        {"import_id": "external_list"}, ({"import_id": "away_external_list"},), ("regency_officer",), ()
    ),
    "correction": _pair("correction_id", "correction", "away_correction", *CENTER),
    "own correction": Kind(
        {"correction_id": "correction"}, ({"correction_id": "away_correction"},), ("trainee_a",), ()
    ),
    "erasure": Kind({"erasure_id": "erasure"}, (), ("platform_admin",)),
    "hold": Kind({"hold_id": "hold"}, (), ("platform_admin",)),
    "grant": Kind({"grant_id": "grant"}, (), ("platform_admin",)),
    "device": Kind({"device_id": "device"}, ({"device_id": "away_device"},), ("trainee_a",), ("trainee_b",)),
    "passkey": Kind(
        {"passkey_id": "passkey"}, ({"passkey_id": "away_passkey"},), ("trainee_a",), ("trainee_b",)
    ),
    "account": Kind({"user_id": "colleague"}, (), ("platform_admin",)),
    # A platform administrator recovers any account, a center those of its own.
    "colleague": Kind(
        {"user_id": "colleague"}, ({"user_id": "away_colleague"},), (*CENTER, "platform_admin"),
        ("other_admin", "platform_admin"),
    ),
    "recovery": Kind(
        {"request_id": "recovery"}, ({"request_id": "away_recovery"},), (*CENTER, "platform_admin"),
        ("other_admin", "platform_admin"),
    ),
    "own contact": Kind(
        {"contact_id": "contact"}, ({"contact_id": "away_contact"},), ("trainee_a",), ("trainee_b",)
    ),
    "breach": Kind({"breach_id": "breach"}, (), ("platform_admin",)),
    "message": Kind(
        {"message_id": "message"}, ({"message_id": "away_message"},), (*CENTER, "platform_admin"),
        ("other_admin", "platform_admin"),
    ),
    "any message": Kind({"message_id": "message"}, (), ("platform_admin",)),
    "helped account": Kind({"number": "owner"}, (), ("platform_admin",)),
    # Public objects: everybody reaches them.
    "public batch": Kind({"batch_id": "open_batch"}),
    "public slug": Kind({"batch_id": "open_batch", "slug": "batch_slug"}),
    "program": Kind({"slug": "program_slug"}),
    "center": Kind({"slug": "center_slug"}),
    "unit of the bank": Kind({"unit_id": "running_unit"}, (), ("assessor", "platform_admin")),
    "question": Kind({"question_id": "question"}, ({"question_id": "away_question"},), ("assessor",), ()),
    "case": Kind({"question_id": "case"}, ({"question_id": "away_case"},), ("assessor",), ()),
    "part of a case": Kind(
        {"question_id": "case", "part": "first"}, ({"question_id": "away_case", "part": "first"},),
        ("assessor",), (),
    ),
    "picture": Kind({"sha256": "picture"}, ({"sha256": "away_picture"},), ("assessor",), ()),
    "questions read": Kind({"job_id": "reading"}, ({"job_id": "away_reading"},), ("assessor",), ()),
    "planned tests": Kind(
        {"batch_id": "running_batch"}, ({"batch_id": "away_batch"},), ("assessor", "center_admin"),
    ),
    "planned test": Kind(
        {"batch_id": "running_batch", "test_id": "draft_test"},
        (
            {"batch_id": "away_batch", "test_id": "away_test"},
            {"batch_id": "running_batch", "test_id": "away_test"},
        ),
        ("assessor", "center_admin"),
    ),
    "watched test": _pair("test_id", "written_test", "away_test", "instructor", "assessor"),
    "printed test": _pair("test_id", "paper_test", "away_test", "instructor", "assessor"),
    "sheet of a test": Kind(
        {"test_id": "paper_test", "enrollment_id": "sheet"},
        (
            {"test_id": "away_test", "enrollment_id": "away_sheet"},
            {"test_id": "paper_test", "enrollment_id": "away_sheet"},
        ),
        ("instructor", "assessor"),
    ),
    # What differs is shown to the second person alone.
    "differing sheet": Kind(
        {"test_id": "paper_test", "enrollment_id": "differing_sheet"},
        (
            {"test_id": "away_test", "enrollment_id": "away_sheet"},
            {"test_id": "paper_test", "enrollment_id": "away_sheet"},
        ),
        ("assessor",), (),
    ),
    "corrected question": Kind(
        {"question_id": "keyed_question", "correction_id": "key_correction"},
        (
            {"question_id": "away_keyed_question", "correction_id": "away_key_correction"},
            {"question_id": "keyed_question", "correction_id": "away_key_correction"},
        ),
        ("assessor",), (),
    ),
    "own test": Kind(
        {"test_id": "coming_test"}, ({"test_id": "away_test"}, {"test_id": "draft_test"}), ("trainee_a",), ()
    ),
    "own sitting": Kind(
        {"attempt_id": "sitting"}, ({"attempt_id": "away_sitting"},), ("trainee_a",), ("trainee_b",)
    ),
    "code": Kind({"code": "code"}),
    "card": Kind({"token": "card_token"}),
    "shown token": Kind({"token": "shown_token"}),
}  # fmt: skip

# Parameters that are words of the address and name no object
