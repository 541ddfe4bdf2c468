"""Words for what accounts keeps."""

from __future__ import annotations

from portal.accounts.rules import device_name
from portal.core.words import gettext as _


def device_label(agent: str) -> str:
    """ "Chrome di Android"."""
    browser, system = device_name(agent)
    if browser and system:
        return _("%(browser)s di %(system)s", browser=browser, system=system)
    return browser or system or _("Perangkat lain")
