"""Every endpoint by the kind of object that it names; a new route joins here."""

from __future__ import annotations

WORDS = {"level": {"certificates.log_tile": 0}, "number": {"certificates.status_list": 1},
         "place": dict.fromkeys(("certificates.log_entries", "certificates.log_tile"), "000.p/1"),
         "kind": {"assessment.bank_export": "xlsx", "oversight.export": "csv",
                  "cooperatives.registry_export": "csv"},
         "answer": {"cooperatives.institution_pilot": "ya"},
         "slug": {"certificates.change": "tangguhkan"}, "action": {"enrollment.act": "tunggu"},
         "word": {f"desks.helpdesk_{page}": "akun" for page in ("act", "case", "see")}}  # fmt: skip

ROUTES = {
    "": """
        cooperatives.claim cooperatives.claim_post cooperatives.claims
        cooperatives.founding_new cooperatives.founding_new_post
        cooperatives.registry cooperatives.registry_export cooperatives.registry_import
        cooperatives.registry_import_post cooperatives.registry_new cooperatives.registry_new_post
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
        certificates.external certificates.external_imports certificates.external_mapping
        certificates.external_mapping_post certificates.external_new certificates.external_new_post
        certificates.external_sample certificates.external_upload
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
        desks.home desks.inclusion desks.inclusion_post desks.inclusion_withdraw desks.me
        desks.my_reads
        desks.offline desks.offline_worker desks.queue_file desks.queue_file_post desks.queue_post
        desks.queue_state
        desks.my_certificates desks.oversight desks.partner desks.privacy desks.profile desks.role_new
        desks.role_new_post desks.roles desks.teaching
        enrollment.contacts enrollment.contacts_reveal enrollment.roster_list enrollment.roster_upload
        operations.health operations.style_page
        oversight.coverage oversight.coverage_file oversight.export oversight.funnel oversight.inclusion
        oversight.prepare oversight.report_make oversight.reports
        readiness.guide readiness.line_new readiness.line_new_post readiness.lines
        readiness.figures readiness.target_set readiness.figure_keep readiness.remote_set
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
        enrollment.waitlist
    """,
    "roster": """
        enrollment.roster_import enrollment.roster_save enrollment.roster_discard enrollment.roster_retry
    """,
    "file of a roster": "enrollment.roster_bad_rows",
    "saved roster": "enrollment.roster_spread enrollment.roster_confirm enrollment.roster_reset",
    "class of a roster": "enrollment.roster_class enrollment.roster_move",
    "prepared batch": "desks.preparations",
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
        enrollment.contact_post enrollment.let_go enrollment.queue_move enrollment.queue_move_post
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
    "proposed batch": "enrollment.nominate_to",
    "nomination": """
        enrollment.nominee_link enrollment.nominee_link_shown enrollment.nominee_swap
        enrollment.nominee_swap_post enrollment.nominee_withdraw
    """,
    "nomination group": "enrollment.assignment_letter enrollment.nomination_letter",
    "nominee's link": "enrollment.nominee enrollment.nominee_decline enrollment.nominee_post",
    "own nomination": """
        enrollment.own_nomination enrollment.own_nomination_decline enrollment.own_nomination_post
    """,
    "cooperative": """
        enrollment.nominate enrollment.nominate_post enrollment.nominate_review enrollment.nominate_send
        enrollment.nominations
    """,
    "board": "cooperatives.board cooperatives.institution desks.cooperative desks.cooperative_print",
    "service line": "readiness.line readiness.line_post",
    "edited board": """
        cooperatives.board_change cooperatives.board_change_post cooperatives.institution_group
        cooperatives.institution_legal cooperatives.institution_legal_post cooperatives.institution_village
    """,
    "village served": "cooperatives.institution_village_end",
    "member group": "cooperatives.institution_group_end",
    "checklist item": "cooperatives.institution_item cooperatives.institution_item_post",
    "checklist entry": "cooperatives.institution_entry_end cooperatives.institution_entry_end_post",
    "registered cooperative": """
        cooperatives.institution_pilot cooperatives.registry_edit cooperatives.registry_edit_post
    """,
    "register": """
        cooperatives.registry_file cooperatives.registry_file_bad_rows cooperatives.registry_file_discard
        cooperatives.registry_file_resume cooperatives.registry_file_save
    """,
    "cooperative paper": "cooperatives.document",
    "claimed cooperative": "cooperatives.claim_decree",
    "chair code": """
        cooperatives.claim_code cooperatives.claim_code_post cooperatives.claim_code_revoke
    """,
    "chair claim": "cooperatives.claim_page cooperatives.claim_decide",
    "founding": """
        cooperatives.founding cooperatives.founding_note cooperatives.founding_note_post
        cooperatives.founding_person cooperatives.founding_stand cooperatives.founding_stand_post
    """,
    "person of a founding": "cooperatives.founding_person_remove",
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
    "coverage report": "oversight.report_file",
    "target": "readiness.target_remove",
    "outside figure": "readiness.figure_remove",
    "decree": """
        certificates.decree certificates.decree_adopt certificates.decree_discard certificates.decree_edit
        certificates.decree_edit_post certificates.decree_reached certificates.decree_retry
        certificates.decree_undo certificates.decree_undo_decide
    """,
    "outside record": """
        certificates.external_decide certificates.external_edit certificates.external_edit_post
        certificates.external_record certificates.external_settle
    """,
    "outside record to remove": "certificates.external_remove",
    "own outside record": "certificates.external_own certificates.external_own_post",
    "outside list": """
        certificates.external_bad_rows certificates.external_import certificates.external_import_discard
        certificates.external_import_retry certificates.external_import_save
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
