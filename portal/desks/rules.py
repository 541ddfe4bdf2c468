"""Which desk belongs to whom: pure facts about roles and addresses."""

from __future__ import annotations

from portal.core.permissions import Actor, Permission, Role
from portal.core.words import gettext as _

# The first role of this list that an account holds decides where signing in leads.
_HOMES: tuple[tuple[Role, str], ...] = (
    (Role.PLATFORM_ADMIN, "/admin"),
    (Role.CENTER_ADMIN, "/balai"),
    (Role.CENTER_HEAD, "/balai"),
    (Role.INSTRUCTOR, "/instruktur"),
    (Role.ASSESSOR, "/instruktur"),
    (Role.REGENCY_OFFICER, "/pengusulan"),
    (Role.REGULATOR, "/pemantauan"),
    (Role.FACILITATOR, "/fasilitator"),
    (Role.PARTNER, "/mitra"),
    (Role.CHAIR, "/koperasi"),
    (Role.COMPANION, "/koperasi"),
)


def home_path(actor: Actor) -> str:
    """The desk (a path without language prefix) that an account works at; a trainee's is the default."""
    return next((path for role, path in _HOMES if actor.has_role(role)), "/saya")


def desk_links(actor: Actor) -> list[tuple[str, str]]:
    """(path, label) of every desk that the actor may open, the most used first. Paths carry no prefix."""
    may = actor.may
    found: list[tuple[str, str]] = []
    if may(Permission.ROLES_GRANT):
        found += [("/admin", _("Pengelolaan")), ("/admin/peran", _("Peran"))]
    if may(Permission.AUDIT_READ):
        found.append(("/admin/audit", _("Catatan audit")))
    if may(Permission.BATCH_VIEW):
        found += [
            ("/balai", _("Hari ini")),
            ("/balai/jadwal", _("Jadwal")),
            ("/balai/angkatan", _("Angkatan")),
        ]
    if may(Permission.ENROLL_SCREEN):
        found.append(("/balai/hubungi", _("Hubungi")))
    if may(Permission.CERTIFICATE_VIEW):
        found.append(("/balai/sertifikat", _("Sertifikat")))
    if may(Permission.MESSAGES_READ):
        found.append(("/admin/pesan" if may(Permission.HELPDESK) else "/balai/pesan", _("Pesan")))
    if may(Permission.TEACH):
        found.append(("/instruktur", _("Mengajar")))
    if may(Permission.QUESTION_EDIT):
        found.append(("/soal", _("Bank soal")))
    if may(Permission.ROSTER_IMPORT):
        found.append(("/pengusulan", _("Pengusulan")))
    if may(Permission.EXTERNAL_RECORD) or may(Permission.EXTERNAL_VERIFY):
        found.append(("/catatan-luar", _("Catatan luar")))
    if may(Permission.REGISTRY_EDIT):
        found.append(("/registri", _("Registri")))
    if may(Permission.OVERSIGHT_READ):
        found.append(("/pemantauan", _("Pemantauan")))
    if may(Permission.DIALOGUE_VIEW):
        found.append(("/fasilitator", _("Koperasi di wilayah")))
    if may(Permission.PARTNER_VIEW):
        found.append(("/mitra", _("Mitra")))
    if may(Permission.COOPERATIVE_VIEW):
        found.append(("/koperasi", _("Koperasi")))
    if may(Permission.ENROLL_SELF):
        found += [("/saya", _("Pelatihan saya")), ("/saya/sertifikat", _("Sertifikat saya"))]
    return found
