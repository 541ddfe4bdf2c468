"""The use cases of accounts. Each runs inside the caller's `transaction()` unless it says otherwise."""

from portal.accounts.passwords import HashedPassword, protect
from portal.accounts.services.access import (
    begin_sign_in,
    change_password,
    end_other_sessions,
    end_sessions,
    forgive_sign_in,
    open_session,
    sign_in,
    sign_out,
    touch_session,
    verify_password,
)
from portal.accounts.services.claims import (
    begin_claim,
    claim_record,
    forgive_claim,
    issue_claim_codes,
    reset_access,
)
from portal.accounts.services.roles import end_role, grant_role
from portal.accounts.services.throttle import count_try, forget_try
from portal.accounts.services.users import (
    create_user,
    link_person,
    set_account_active,
    sign_out_account,
)

__all__ = [
    "HashedPassword",
    "begin_claim",
    "begin_sign_in",
    "change_password",
    "claim_record",
    "count_try",
    "create_user",
    "end_other_sessions",
    "end_role",
    "end_sessions",
    "forget_try",
    "forgive_claim",
    "forgive_sign_in",
    "grant_role",
    "issue_claim_codes",
    "link_person",
    "open_session",
    "protect",
    "reset_access",
    "set_account_active",
    "sign_in",
    "sign_out",
    "sign_out_account",
    "touch_session",
    "verify_password",
]
