"""The kinds of objects that routes name: whose they are, and which must look as if they were not there."""

from __future__ import annotations

from dataclasses import dataclass

CENTER = ("center_admin", "center_head")
ROSTER = ("regency_officer", "center_admin", "other_admin")
HELPERS = ("chair", "companion", "other_chair")


@dataclass(frozen=True)
class Kind:
    """What a route's parameters name: world ids of the own and the foreign object, and who may reach them.

    `own` and `foreign` map a parameter to a name in World.ids; more foreign ones are further refusals.
    """

    own: dict[str, str]
    foreign: tuple[dict[str, str], ...] = ()
    owners: tuple[str, ...] = ()
    foreign_owners: tuple[str, ...] = ("other_admin", "other_instructor")


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
    "attendance correction": _pair(
        "correction_id", "attendance_correction", "away_attendance_correction", *CENTER
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
WORDS = {"level": {"certificates.log_tile": 0}, "number": {"certificates.status_list": 1},
         "place": dict.fromkeys(("certificates.log_entries", "certificates.log_tile"), "000.p/1"),
         "kind": {"assessment.bank_export": "xlsx"},
         "slug": {"certificates.change": "tangguhkan"}, "action": {"enrollment.act": "tunggu"},
         "word": {f"desks.helpdesk_{page}": "akun" for page in ("act", "case", "see")}}  # fmt: skip

ROUTES = {
    "": """
        assessment.my_tests
        assessment.appeal_desk assessment.appeal_list assessment.own_results
        assessment.bank_home assessment.bank_template
        assessment.verdict_correction_list
        accounts.begin_totp accounts.confirm_totp accounts.factor_setup accounts.passkey_challenge
        accounts.passkey_new accounts.passkey_new_challenge accounts.passkey_new_post accounts.passkey_sign_in
        accounts.prove accounts.prove_post accounts.recovery_codes_kept accounts.remove_totp
        accounts.renew_codes accounts.second_step accounts.second_step_post accounts.security
        accounts.show_codes accounts.totp_setup
        accounts.claim_record accounts.claim_record_post accounts.new_account accounts.new_account_post
        accounts.password accounts.password_post accounts.sign_in accounts.sign_in_post accounts.sign_out
        accounts.sign_out_everywhere accounts.sign_out_others
        accounts.activate accounts.activate_account accounts.activate_account_post accounts.activate_code
        accounts.activate_code_post accounts.activate_post accounts.code accounts.code_check
        accounts.code_check_post accounts.code_post accounts.contact_code accounts.contact_code_post
        accounts.contact_new accounts.contact_new_post accounts.forgot accounts.forgot_code
        accounts.forgot_code_post accounts.forgot_post accounts.new_password accounts.new_password_post
        accounts.recover accounts.recover_post accounts.recoveries accounts.who accounts.who_post
        accounts.oidc_connect accounts.oidc_connect_post accounts.oidc_return accounts.oidc_start
        accounts.messages accounts.messages_post
        attendance.arrive attendance.arrived attendance.code_page
        attendance.correction_list
        batches.board batches.copy_wave batches.create batches.create_post batches.manage batches.home
        catalog.programs catalog.rule_list
        certificates.decree_list certificates.decree_new certificates.decree_new_post
        certificates.renewals certificates.renewals_prepare
        centers.add_holiday centers.add_leave centers.add_room centers.add_staff centers.directory
        centers.holidays centers.leaves centers.rooms centers.staff
        certificates.log_checkpoint certificates.log_consistency certificates.log_entries
        certificates.log_tile certificates.reports certificates.requests
        certificates.did_document certificates.jwks certificates.key_list certificates.status_list
        certificates.trust
        desks.admin_messages desks.admin_messages_retry desks.center_messages desks.center_messages_retry
        desks.access_search desks.account_list desks.admin desks.audit_trail desks.breach_list
        desks.data_keys desks.data_keys_rotate desks.breach_new desks.breach_new_post desks.center
        desks.consent_post desks.contact_post
        desks.consent_end desks.consent_end_post desks.consents desks.correction_list desks.correction_post
        desks.corrections desks.erasure desks.erasure_list desks.erasure_post desks.erasure_withdraw
        desks.hold_post
        desks.holds desks.my_data desks.retention_rules desks.retention_run
        desks.cooperatives desks.download_my_data desks.facilitator desks.help_page desks.helpdesk
        desks.home desks.me desks.my_reads
        desks.offline desks.offline_worker desks.queue_file desks.queue_file_post desks.queue_post
        desks.queue_state
        desks.my_certificates desks.oversight desks.partner desks.privacy desks.profile desks.role_new
        desks.role_new_post desks.roles desks.teaching
        enrollment.contacts enrollment.contacts_reveal enrollment.roster_list enrollment.roster_upload
        operations.health operations.style_page
        verification.api_many verification.bulk verification.bulk_post verification.lookup
        verification.openapi verification.receipt verification.receipt_post
        verification.offline verification.offline_data verification.service_worker verification.web_manifest
    """,
    "batch": """
        attendance.guests assessment.overview attendance.overview
        batches.copy batches.edit batches.edit_post batches.parallel
        batches.workspace
        enrollment.cancel enrollment.cancel_post enrollment.center_roll
        enrollment.expire_overdue enrollment.letters_pdf enrollment.offer_many enrollment.postpone
        enrollment.postpone_post enrollment.promote enrollment.roll_pdf enrollment.roll_reveal
    """,
    "roster": """
        enrollment.roster_import enrollment.roster_save enrollment.roster_discard enrollment.roster_retry
    """,
    "file of a roster": "enrollment.roster_bad_rows",
    "saved roster": "enrollment.roster_spread enrollment.roster_confirm enrollment.roster_reset",
    "class of a roster": "enrollment.roster_class enrollment.roster_move",
    "printed batch": "enrollment.cards_pdf",
    "draft": "batches.publish",
    "signed batch": "certificates.batch certificates.batch_files certificates.prepare",
    "helped batch": "enrollment.assist enrollment.assist_post",
    "helped seat": "enrollment.assisted",
    "taught batch": "assessment.results assessment.record assessment.closing assessment.close",
    "seat of a batch": "assessment.person assessment.record_person assessment.judge_rest",
    "session": """
        attendance.sheet attendance.record attendance.bulk attendance.record_bulk attendance.mark_rest
        attendance.undo_rest attendance.scan attendance.scan_card attendance.paper attendance.paper_print
        attendance.walk_ins attendance.walk_in_post
        attendance.projector attendance.checkpoint_list attendance.checkpoint_save attendance.not_back
        attendance.record_left_early attendance.device_list attendance.device_review
    """,
    "prepared session": "desks.offline_pack",
    "seat of a session": "attendance.hours attendance.record_hours attendance.undo_mark",
    "correctable seat": "attendance.correction_ask attendance.correction_post",
    "printed sheet": "attendance.paper_sheet attendance.paper_reconcile attendance.paper_pdf",
    "walk-in": "attendance.guest_admit attendance.guest_refuse",
    "attendance correction": "attendance.correction_page attendance.correction_decide",
    "judged batch": "assessment.second assessment.record_second",
    "unit of a seat": """
        assessment.observation assessment.record_observation assessment.retest assessment.retest_post
    """,
    "result of a seat": "assessment.verdict_correction assessment.verdict_correction_post",
    "own unit": "assessment.appeal assessment.appeal_post",
    "own appeal": "assessment.appeal_withdraw",
    "assigned appeal": "assessment.appeal_case assessment.appeal_decide",
    "appeal": "assessment.appeal_page assessment.appeal_assign",
    "verdict correction": """
        assessment.verdict_correction_page assessment.verdict_correction_decide
    """,
    "own seat": """
        assessment.own_result desks.why_not_yet
        enrollment.accept enrollment.answer enrollment.card enrollment.mine enrollment.withdraw
        enrollment.withdraw_post
    """,
    "seat": """
        desks.correction_new desks.correction_new_post
        desks.access_person desks.access_person_post desks.access_reveal enrollment.act
        enrollment.contact_post enrollment.let_go
        enrollment.let_go_post enrollment.reject enrollment.reject_post
    """,
    "certificate": """
        certificates.detail certificates.change certificates.renewal certificates.renewal_prepare
    """,
    "paper": "certificates.badge_json certificates.badge_jwt certificates.pdf",
    "request": "certificates.request_page certificates.decide certificates.retry",
    "forgery report": "certificates.report_close certificates.report_page",
    "room": "centers.room centers.edit_room",
    "staff": "centers.person centers.edit_staff",
    "leave": "centers.remove_leave",
    "holiday": "centers.remove_holiday",
    "cooperative": "desks.cooperative",
    "device": "accounts.end_device",
    "passkey": "accounts.remove_passkey",
    "correction": "desks.correction_page desks.correction_decide desks.correction_evidence",
    "own correction": "desks.correction_withdraw",
    "erasure": "desks.erasure_page desks.erasure_decide",
    "hold": "desks.hold_lift",
    "grant": "desks.role_end desks.role_end_post",
    "account": "desks.account desks.account_close desks.account_reopen desks.account_sign_out",
    "colleague": "accounts.recovery_ask accounts.recovery_ask_post",
    "recovery": "accounts.recovery_request accounts.recovery_approve accounts.recovery_refuse",
    "own contact": "accounts.contact_use accounts.contact_remove",
    "breach": """
        desks.breach desks.breach_close desks.breach_measure desks.breach_notice desks.breach_told
    """,
    "message": "desks.center_message desks.center_message_act",
    "any message": "desks.admin_message desks.admin_message_act desks.helpdesk_send",
    "helped account": "desks.helpdesk_act desks.helpdesk_case desks.helpdesk_see",
    "public batch": """
        batches.calendar batches.short enrollment.cooperative enrollment.cooperative_post enrollment.done
        enrollment.identity enrollment.identity_post enrollment.known enrollment.requirements
        enrollment.review enrollment.review_post enrollment.start
    """,
    "public slug": "batches.show",
    "program": "catalog.program",
    "edited program": "catalog.rule catalog.rule_post",
    "decree": """
        certificates.decree certificates.decree_adopt certificates.decree_discard certificates.decree_edit
        certificates.decree_edit_post certificates.decree_reached certificates.decree_retry
        certificates.decree_undo certificates.decree_undo_decide
    """,
    "center": "centers.show",
    "code": """
        certificates.log_proof
        verification.api verification.match_name verification.proof verification.report
        verification.report_post verification.report_thanks verification.show verification.show_lower
    """,
    "card": "enrollment.card_token",
    "planned tests": "assessment.tests assessment.test_new assessment.test_new_post",
    "planned test": """
        assessment.test assessment.test_edit assessment.test_edit_post assessment.test_publish
        assessment.test_cancel assessment.test_allowance
    """,
    "watched test": """
        assessment.test_results assessment.test_results_apply
        assessment.watch assessment.watch_extend assessment.watch_void assessment.answer_file
        assessment.answer_file_post
    """,
    "printed test": "assessment.papers assessment.papers_pdf assessment.papers_prepare",
    "sheet of a test": "assessment.paper_entry assessment.paper_key_in assessment.paper_withdraw",
    "differing sheet": "assessment.paper_differences assessment.paper_settle",
    "corrected question": "assessment.key_correction",
    "own test": "assessment.test_intro assessment.test_start",
    "own sitting": """
        assessment.sit assessment.sit_post assessment.save_answer assessment.all_questions assessment.report
        assessment.review_test assessment.submit_test
    """,
    "unit of the bank": """
        assessment.bank_unit assessment.bank_unit_statistics assessment.bank_new assessment.bank_create
        assessment.bank_files assessment.bank_upload assessment.bank_export
    """,
    "question": """
        assessment.bank_question assessment.bank_versions assessment.bank_statistics assessment.bank_state
        assessment.bank_copy assessment.bank_edit assessment.bank_edit_post
        assessment.key_adopt assessment.key_form assessment.key_preview
    """,
    "case": "assessment.bank_part_new assessment.bank_part_create",
    "part of a case": "assessment.bank_part assessment.bank_part_post",
    "picture": "assessment.question_image",
    "questions read": "assessment.bank_reading assessment.bank_take_over assessment.bank_bad_rows",
    "shown token": "attendance.scanned attendance.scanned_in_capitals",
}
