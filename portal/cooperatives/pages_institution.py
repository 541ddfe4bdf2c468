"""The page of an institution as prepared values."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from portal.cooperatives.forms.institution import GroupForm, VillageForm
from portal.cooperatives.labels import kind_label
from portal.cooperatives.labels_register import role_label
from portal.cooperatives.links import cooperative_tabs
from portal.cooperatives.models import Cooperative
from portal.cooperatives.queries import claims
from portal.cooperatives.queries.checklist import checklist_of
from portal.cooperatives.queries.cooperatives import is_registrar, may_edit
from portal.cooperatives.queries.institution import groups_of, villages_of
from portal.cooperatives.queries.warnings import board_warnings
from portal.core.clock import local_date
from portal.core.forms import TokenForm
from portal.core.permissions import Actor
from portal.regions.queries import path_of

ZONE = "Asia/Jakarta"


def institution_context(
    actor: Actor, cooperative: Cooperative, now: datetime, **forms: Any
) -> dict[str, Any]:
    """What the page shows to this actor. forms: village_form, group_form or form, where one was refused."""
    on = local_date(now, ZONE)
    hides = claims.hides_names(actor, cooperative.id)
    path = path_of(cooperative.region_code)
    refused = next(iter(forms.values()), None)
    return {
        "cooperative": cooperative,
        "kind": kind_label(cooperative.kind),
        "place": ", ".join(reversed(path)),
        "tabs": cooperative_tabs(cooperative.id, "kelembagaan", cooperative.kind, actor),
        "villages": villages_of(cooperative.id),
        "groups": [(group, role_label(group.role)) for group in groups_of(cooperative.id)],
        "has_groups": cooperative.kind == "multi_stakeholder" or "group_form" in forms,
        "checklist": checklist_of(cooperative, on),
        "warnings": board_warnings(cooperative.id, on, with_names=not hides),
        "may_edit": may_edit(actor, cooperative) and not hides,
        "is_registrar": is_registrar(actor, cooperative),
        "village_form": forms.get("village_form") or VillageForm(),
        "group_form": forms.get("group_form") or GroupForm(),
        "token_form": TokenForm(),
        "form": refused or TokenForm(),
        "on": on,
    }
