"""What is unusual about a cooperative's institution: warnings with their source, never blocks. Pure rules."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations

from portal.cooperatives.rules.hall import OTHER_HALL, VILLAGE_HALL
from portal.cooperatives.rules.naming import VILLAGE_KINDS
from portal.core.words import gettext as _

BOARD_POSTS = ("chair", "vice_chair_business", "vice_chair_membership", "secretary", "treasurer")
SUPERVISOR_POSTS = ("supervisor_chair", "supervisor_member")
#: Posts of which a cooperative has one holder at a time.
SOLE_POSTS = frozenset({*BOARD_POSTS, "supervisor_chair"})
BOARD_LEAST, SUPERVISORS_LEAST, GROUPS_LEAST, TERM_YEARS = 5, 3, 2, 5
#: The roles a member group plays in a multi-stakeholder cooperative; a group of no known role is "other".
GROUP_ROLES = ("worker", "service_user", "platform_provider", "other")


@dataclass(frozen=True, slots=True)
class BoardWarning:
    """Something to look at. `code` is stable, `message` a sentence, `source` where the rule is from,
    `status` how sure that source is: confirmed or general."""

    code: str
    message: str
    source: str
    status: str

    @property
    def status_text(self) -> str:
        """How sure the source is, in words."""
        return _("terkonfirmasi") if self.status == "confirmed" else _("umum")


@dataclass(frozen=True, slots=True)
class TermRow:
    """A post held from a day to a day (None: no end yet), the days included."""

    person_id: int
    post: str
    starts_on: date
    ends_on: date | None = None
    is_ex_officio: bool = False

    def covers(self, on: date) -> bool:
        """Whether the post is held on a day."""
        return self.starts_on <= on and (self.ends_on is None or self.ends_on >= on)


@dataclass(frozen=True, slots=True)
class Words:
    """How the sentences call people and posts. A person without a name is "seseorang"."""

    names: Mapping[int, str]
    posts: Mapping[str, str]

    def person(self, person_id: int) -> str:
        """The name, or that there is somebody."""
        return self.names.get(person_id) or _("seseorang")

    def post(self, post: str) -> str:
        """The post on screen."""
        return str(self.posts.get(post, post))


def board_warnings(
    *,
    kind: str,
    terms: Sequence[TermRow],
    on: date,
    group_roles: Sequence[str] = (),
    elsewhere: Mapping[int, Sequence[str]] | None = None,
    declared_no_relatives: bool = False,
    names: Mapping[int, str] | None = None,
    posts: Mapping[str, str] | None = None,
) -> list[BoardWarning]:
    """What is unusual on a day, the weightiest first.

    terms: every term of the cooperative, past ones too. group_roles: the roles of its member groups.
    elsewhere: person id -> names of other cooperatives where that person is on the board. names and posts:
    what the sentences call people and posts. A cooperative that is not yet founded has no board to look at.
    """
    if kind == "prospective":
        return []
    words = Words(names or {}, posts or {})
    held = [term for term in terms if term.covers(on)]
    return [
        *_groups(kind, group_roles),
        *_sizes(kind, held),
        *_empty_posts(kind, held, words),
        *_sole_posts(held, words),
        *_village_head(kind, held),
        *_relatives(held, declared_no_relatives),
        *_long_terms(held, words),
        *_overlaps(terms, words),
        *_two_boards(held, elsewhere or {}, words),
    ]


def _of_village(kind: str) -> tuple[str, str]:
    """(source, status) of the sizes: confirmed for village cooperatives, general for the others."""
    if kind in VILLAGE_KINDS:
        return _("Ketentuan susunan Koperasi Desa/Kelurahan Merah Putih"), "confirmed"
    return _("Ketentuan susunan Koperasi Desa/Kelurahan Merah Putih, dipakai sebagai ukuran"), "general"


def _groups(kind: str, roles: Sequence[str]) -> list[BoardWarning]:
    if kind != "multi_stakeholder":
        return []
    source = "Permenkop 8/2021"
    if len(roles) < GROUPS_LEAST:
        message = _(
            "Baru %(count)s kelompok pihak anggota tercatat; koperasi multipihak memerlukan paling sedikit "
            "dua.",
            count=len(roles),
        )
        return [BoardWarning("groups_few", message, source, "confirmed")]
    known = {role for role in roles if role != "other"}
    if len(known) < GROUPS_LEAST:
        message = _(
            "Kelompok pihak belum menunjukkan dua peran yang berbeda: pekerja, pengguna jasa, atau penyedia "
            "platform."
        )
        return [BoardWarning("groups_one_role", message, source, "confirmed")]
    return []


def _sizes(kind: str, held: Sequence[TermRow]) -> list[BoardWarning]:
    source, status = _of_village(kind)
    board = _count(held, BOARD_POSTS)
    supervisors = _count(held, SUPERVISOR_POSTS)
    found = []
    if board < BOARD_LEAST:
        found.append(
            ("board_small", _("Pengurus baru %(n)s orang; seharusnya ganjil dan paling sedikit 5.", n=board))
        )
    elif board % 2 == 0:
        found.append(("board_even", _("Pengurus berjumlah genap (%(n)s orang); seharusnya ganjil.", n=board)))
    if supervisors < SUPERVISORS_LEAST:
        message = _("Pengawas baru %(n)s orang; seharusnya ganjil dan paling sedikit 3.", n=supervisors)
        found.append(("supervisors_few", message))
    elif supervisors % 2 == 0:
        message = _("Pengawas berjumlah genap (%(n)s orang); seharusnya ganjil.", n=supervisors)
        found.append(("supervisors_even", message))
    return [BoardWarning(code, message, source, status) for code, message in found]


def _count(held: Sequence[TermRow], posts: Collection[str]) -> int:
    return len({term.person_id for term in held if term.post in posts})


def _empty_posts(kind: str, held: Sequence[TermRow], words: Words) -> list[BoardWarning]:
    wanted = dict.fromkeys(VILLAGE_HALL if kind in VILLAGE_KINDS else OTHER_HALL)
    filled = {term.post for term in held}
    empty = [words.post(post) for post in wanted if post not in filled]
    if not empty:
        return []
    source, status = _of_village(kind)
    message = _("Belum ada pemegang jabatan: %(posts)s.", posts=", ".join(empty))
    return [BoardWarning("post_empty", message, source, status)]


def _sole_posts(held: Sequence[TermRow], words: Words) -> list[BoardWarning]:
    found = []
    for post in (*BOARD_POSTS, "supervisor_chair"):
        people = sorted({term.person_id for term in held if term.post == post})
        if len(people) < 2:
            continue
        named = [words.names[p] for p in people if words.names.get(p)]
        who = f" ({', '.join(named)})" if named else ""
        message = _(
            "%(post)s tercatat dipegang %(n)s orang sekaligus%(who)s.",
            post=words.post(post), n=len(people), who=who,
        )  # fmt: skip
        code = "two_chairs" if post == "chair" else "two_holders"
        found.append(BoardWarning(code, message, _("Satu orang untuk tiap jabatan ini"), "general"))
    return found


def _village_head(kind: str, held: Sequence[TermRow]) -> list[BoardWarning]:
    heads = [term for term in held if term.post == "supervisor_chair"]
    if kind not in VILLAGE_KINDS or not heads or any(term.is_ex_officio for term in heads):
        return []
    leader = _("kepala desa") if kind == "village" else _("lurah")
    message = _(
        "Ketua Pengawas seharusnya %(leader)s karena jabatannya (ex officio); yang tercatat belum bertanda "
        "demikian.",
        leader=leader,
    )
    source, status = _of_village(kind)
    return [BoardWarning("village_head", message, source, status)]


def _relatives(held: Sequence[TermRow], is_declared: bool) -> list[BoardWarning]:
    if is_declared or not any(term.post in (*BOARD_POSTS, *SUPERVISOR_POSTS) for term in held):
        return []
    message = _(
        "Belum ada pernyataan bahwa pengurus dan pengawas tidak berhubungan keluarga derajat pertama "
        "(orang tua, anak, suami, istri)."
    )
    source = _("Syarat pengurus dan pengawas Koperasi Desa/Kelurahan Merah Putih")
    return [BoardWarning("relatives_undeclared", message, source, "general")]


def _long_terms(held: Sequence[TermRow], words: Words) -> list[BoardWarning]:
    found = []
    for term in sorted(held, key=lambda t: (t.starts_on, t.person_id)):
        if term.post not in (*BOARD_POSTS, *SUPERVISOR_POSTS) or not _is_long(term):
            continue
        message = _(
            "Masa jabatan %(who)s sebagai %(post)s lebih dari lima tahun.",
            who=words.person(term.person_id), post=words.post(term.post),
        )  # fmt: skip
        source = _("Masa jabatan paling lama lima tahun; periksa anggaran dasar")
        found.append(BoardWarning("term_long", message, source, "general"))
    return found


def _is_long(term: TermRow) -> bool:
    """More than five years from the first day to the last. A term without an end is not called long."""
    if term.ends_on is None:
        return False
    first = term.starts_on
    try:
        limit = first.replace(year=first.year + TERM_YEARS)
    except ValueError:  # 29 February
        limit = date(first.year + TERM_YEARS, 3, 1)
    return term.ends_on > limit


def _overlaps(terms: Sequence[TermRow], words: Words) -> list[BoardWarning]:
    """Terms of one person that overlap. Two holders of one post today are told of by their own warning."""
    by_person: dict[int, list[TermRow]] = {}
    for term in terms:
        by_person.setdefault(term.person_id, []).append(term)
    found = []
    for person_id, own in sorted(by_person.items()):
        pair = next((pair for pair in combinations(own, 2) if _meet(*pair)), None)
        if pair is None:
            continue
        message = _(
            "Masa jabatan %(who)s tumpang tindih: %(first)s dan %(second)s pada hari yang sama.",
            who=words.person(person_id), first=words.post(pair[0].post), second=words.post(pair[1].post),
        )  # fmt: skip
        source = _("Satu orang memegang satu jabatan di koperasi yang sama")
        found.append(BoardWarning("terms_overlap", message, source, "general"))
    return found


def _meet(one: TermRow, two: TermRow) -> bool:
    return (two.ends_on is None or one.starts_on <= two.ends_on) and (
        one.ends_on is None or two.starts_on <= one.ends_on
    )


def _two_boards(
    held: Sequence[TermRow], elsewhere: Mapping[int, Sequence[str]], words: Words
) -> list[BoardWarning]:
    found = []
    ours = {term.person_id for term in held if term.post in (*BOARD_POSTS, *SUPERVISOR_POSTS)}
    for person_id in sorted(ours & set(elsewhere)):
        if not elsewhere[person_id]:
            continue
        message = _(
            "%(who)s juga tercatat di pengurus atau pengawas %(cooperatives)s.",
            who=words.person(person_id).capitalize()
            if not words.names.get(person_id)
            else words.person(person_id),
            cooperatives=", ".join(elsewhere[person_id]),
        )
        source = _("Satu orang duduk di satu koperasi; periksa anggaran dasar")
        found.append(BoardWarning("two_boards", message, source, "general"))
    return found
