"""What a cooperative lacks for a service, who could close it and in which batch: sentences for the page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from portal.cooperatives.labels import post_label
from portal.core.formatting import date_range, long_date
from portal.core.words import gettext as _
from portal.readiness.labels import all_of, any_of, posts_or
from portal.readiness.queries.nearest import Course, Upcoming
from portal.readiness.queries.page import Board, Item
from portal.readiness.queries.sources import TrainingRow
from portal.readiness.rules import Gap, GapReason

#: How near a training is: of several of one person the nearest is told.
_NEARNESS = ("completed", "confirmed", "offered", "reserve", "waitlisted", "applied", "consented", "proposed")


@dataclass(frozen=True, slots=True)
class Missing:
    """One sentence: its subject in bold, the rest, the nearest batch, and where to go: [(address, words)]."""

    subject: str
    text: str
    links: tuple[tuple[str, str], ...] = ()
    near: str = ""


@dataclass(frozen=True)
class Ways:
    """The addresses the sentences lead to; each may answer None where there is no such page.

    nominate: (program code, batch id or None, person ids) -> address.
    """

    nominate: Callable[[str, int | None, Sequence[int]], str | None]
    batch: Callable[[Upcoming], str | None]
    board: str | None
    institution: str | None


@dataclass(frozen=True)
class Known:
    """What the sentences draw on. `names`: person id -> name, empty where names are hidden."""

    names: Mapping[int, str]
    training: Mapping[int, Sequence[TrainingRow]]
    courses: Mapping[int, Course]
    items: Mapping[str, Item]
    holders: frozenset[str]
    ways: Ways
    lang: str
    tells_batches: bool = True

    def person(self, gap: Gap) -> str:
        """The post, with the name where it may be said."""
        post = post_label(gap.post)
        name = self.names.get(gap.person_id or 0)
        return f"{post} ({name})" if name else post


def known(
    board: Board, courses: Mapping[int, Course], ways: Ways, lang: str, *, tells_batches: bool = True
) -> Known:
    """What the sentences of a cooperative's page draw on. tells_batches: whether courses carry theirs."""
    training: dict[int, list[TrainingRow]] = {}
    for row in board.training:
        training.setdefault(row.person_id, []).append(row)
    return Known(
        names={} if board.head.hides_names else {term.person_id: term.name for term in board.terms},
        training=training,
        courses=courses,
        items={item.code: item for item in board.items},
        holders=frozenset(term.post for term in board.today),
        ways=ways,
        lang=lang,
        tells_batches=tells_batches,
    )


def sentences(gaps: Sequence[Gap], about: Known) -> list[Missing]:
    """What is missing, as few sentences as say it all: people first, papers last."""
    people = [gap for gap in gaps if gap.person_id is not None]
    vacant = [gap for gap in gaps if gap.reason == GapReason.VACANT]
    papers = [gap for gap in gaps if gap.item]
    return [*_people(people, about, len(gaps) == 1), *_vacant(vacant, about), *_papers(papers, about)]


def _people(gaps: Iterable[Gap], about: Known, is_last: bool) -> list[Missing]:
    """Those on their way, each; then the others, together where they need the same. is_last: nothing else is
    missing."""
    found: list[Missing] = []
    waiting: dict[frozenset[int], list[Gap]] = {}
    for gap in gaps:
        row = _nearest_training(gap, about)
        if row is None:
            waiting.setdefault(gap.programs, []).append(gap)
        else:
            found.append(Missing(about.person(gap), _on_the_way(row, is_last)))
    return found + [_untrained(group, about) for group in waiting.values()]


def _nearest_training(gap: Gap, about: Known) -> TrainingRow | None:
    fitting = [row for row in about.training.get(gap.person_id or 0, ()) if row.program_id in gap.programs]
    return min(fitting, key=lambda row: _NEARNESS.index(row.state), default=None)


def _on_the_way(row: TrainingRow, is_last: bool) -> str:
    if row.ends_on is None or row.starts_on is None:
        return _("sudah diusulkan ke “%(program)s”, belum mendapat angkatan.", program=row.program)
    last, when = long_date(row.ends_on), date_range(row.starts_on, row.ends_on, weekday=False)
    if row.state == "completed":
        return _("lulus pelatihan pada %(day)s; sertifikatnya sedang diproses.", day=last)
    if row.state == "confirmed" and is_last:
        return _("selesai pelatihan %(day)s. Sesudah sertifikatnya terbit, layanan ini siap.", day=last)
    if row.state == "confirmed":
        return _("selesai pelatihan %(day)s. Sesudah sertifikatnya terbit, tiang ini berdiri.", day=last)
    if row.state == "offered":
        return _(
            "ditawari kursi di “%(program)s”, %(when)s; tinggal menjawab.", program=row.program, when=when
        )
    if row.state == "applied":
        return _("sedang diseleksi untuk “%(program)s”, %(when)s.", program=row.program, when=when)
    return _("menunggu kursi di “%(program)s”, %(when)s.", program=row.program, when=when)


def _untrained(gaps: Sequence[Gap], about: Known) -> Missing:
    """People who need the same training, with the nearest batch that takes their posts."""
    courses = [about.courses[number] for number in sorted(gaps[0].programs) if number in about.courses]
    posts = {gap.post for gap in gaps}
    fitting = [(course, _batch_for(course, posts)) for course in courses]
    fitting.sort(key=lambda pair: (pair[1] is None, pair[1].starts_on if pair[1] else None))
    subject = all_of(about.person(gap) for gap in gaps)
    if not fitting:
        return Missing(subject, _("perlu sertifikat yang belum ada programnya untuk jenis koperasi ini."))
    named = any_of(f"“{course.name}”" for course, _batch in fitting[:2])
    course, batch = fitting[0]
    text = _("perlu pelatihan %(programs)s.", programs=named)
    nominate = about.ways.nominate(
        course.code, batch.id if batch else None, [gap.person_id for gap in gaps if gap.person_id]
    )
    links = [(nominate, _("Usulkan sekarang"))]
    if not about.tells_batches:
        return Missing(subject, text)
    if batch is None:
        return Missing(
            subject, text, _present(links), _("Belum ada angkatan yang dibuka untuk koperasi ini.")
        )
    links.append((about.ways.batch(batch), _("Lihat angkatan terdekat")))
    return Missing(subject, text, _present(links), _nearest(batch))


def _batch_for(course: Course, posts: set[str]) -> Upcoming | None:
    return next((b for b in course.batches if not b.posts or posts <= set(b.posts)), None)


def _nearest(batch: Upcoming) -> str:
    when = date_range(batch.starts_on, batch.ends_on, weekday=False)
    where = _("daring") if batch.mode == "online" else batch.city
    return _(
        "Angkatan terdekat: %(when)s, %(center)s, %(place)s, sisa %(free)s kursi.",
        when=when, center=batch.center, place=where, free=batch.free,
    )  # fmt: skip


def _vacant(gaps: Sequence[Gap], about: Known) -> list[Missing]:
    counted: dict[tuple[str, ...], int] = {}
    for gap in gaps:
        counted[gap.posts] = counted.get(gap.posts, 0) + 1
    links = _present([(about.ways.board, _("Isi jabatan"))])
    found = []
    for posts, count in counted.items():
        if about.holders.isdisjoint(posts) and count == 1:
            text = _("belum ada pemegangnya.")
        elif about.holders.isdisjoint(posts):
            text = _("belum ada pemegangnya; perlu %(n)s orang.", n=count)
        else:
            text = _("belum cukup; perlu %(n)s orang lagi.", n=count)
        found.append(Missing(posts_or(posts), text, links))
    return found


def _papers(gaps: Sequence[Gap], about: Known) -> list[Missing]:
    never = [gap for gap in gaps if gap.reason == GapReason.ITEM_MISSING]
    links = _present([(about.ways.institution, _("Catat dokumen"))])
    found = []
    if never:
        found.append(Missing(all_of(_paper(gap, about) for gap in never), _("belum dicatat."), links))
    for gap in gaps:
        if gap.until is not None:
            text = _("hanya berlaku sampai %(day)s.", day=long_date(gap.until, weekday=False))
            found.append(Missing(_paper(gap, about), text, links))
    return found


def _paper(gap: Gap, about: Known) -> str:
    item = about.items.get(gap.item)
    return item.title(about.lang) if item else _("Dokumen yang tidak diminta lagi")


def _present(links: Iterable[tuple[str | None, str]]) -> tuple[tuple[str, str], ...]:
    return tuple((href, words) for href, words in links if href)
