"""The training programs the portal starts with, read from the files beside this module.

One TOML file a program under `programs/`, labels in `vocabulary.toml`. The loaders are pure: they read, check
and return frozen values; whoever fills the database keeps the field names. A file that does not hold together
raises `ReferenceDataError` with its name and the place in it.

Program codes are the portal's own abbreviations for certificate numbers, not codes of an official scheme.
Competency units carry no official code until one is confirmed; `reference` may name a confirmed standard.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from itertools import pairwise
from types import MappingProxyType
from typing import Any

from portal.cooperatives.models import Kind, Post

#: How sure the source of a value is: `confirmed` in public sources, `general` knowledge, `portal` = this
#: portal's own choice, `unconfirmed` = to be settled by an administrator.
SOURCE_STATUSES = frozenset({"confirmed", "general", "portal", "unconfirmed"})
#: The only texts a unit may name as its reference.
CONFIRMED_REFERENCES = frozenset({"SKKNI, Kepmenaker 189/2019", "Permenkop 8/2021"})
#: Longest short name in bytes: it travels inside the certificate's QR code.
SHORT_NAME_BYTES = 48


class ReferenceDataError(ValueError):
    """A reference file contradicts itself or the vocabulary."""


@dataclass(frozen=True, slots=True)
class LabelRef:
    """An identifier with its name in Indonesian and English."""

    key: str
    name: str
    name_en: str


@dataclass(frozen=True, slots=True)
class VocabularyRef:
    """The labels programs may use, each in the order of the file."""

    vocations: tuple[LabelRef, ...]
    tracks: tuple[LabelRef, ...]
    sectors: tuple[LabelRef, ...]


@dataclass(frozen=True, slots=True)
class ElementRef:
    """An element of a unit; `criteria` are its performance criteria (KUK) in order."""

    position: int
    title: str
    criteria: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UnitRef:
    """A competency unit; `key` names the same subject across versions, `hours` are lesson hours (JP)."""

    position: int
    key: str
    title: str
    title_en: str
    code: str | None
    source_status: str
    reference: str
    hours: int
    is_required: bool
    elements: tuple[ElementRef, ...]


@dataclass(frozen=True, slots=True)
class CurriculumRef:
    """One version of a program's content. `retired_on` is None for the version now in force.

    `sources` says for hours, min_attendance_pct and validity_months how sure the value is; `source_status` is
    the least sure of them.
    """

    version: int
    published_on: date
    retired_on: date | None
    hours: int
    min_attendance_pct: int
    excused_counts: bool
    validity_months: int | None
    second_assessor: bool
    separate_assessor: bool
    sources: Mapping[str, str]
    source_status: str
    note: str
    units: tuple[UnitRef, ...]


@dataclass(frozen=True, slots=True)
class RuleRef:
    """An example of a renewal rule, ours and no official one; `counted` are slugs of programs."""

    in_force_from: date
    grace_months: int
    renewal_hours: int
    window_months: int
    counted: tuple[str, ...]
    source_status: str
    note: str


@dataclass(frozen=True, slots=True)
class ProgramRef:
    """A training program with all its curriculum versions, oldest first."""

    slug: str
    code: str
    name: str
    short_name: str
    name_en: str
    summary: str
    summary_en: str
    track: str
    vocation: str
    kinds: tuple[str, ...]
    posts: tuple[str, ...]
    sectors: tuple[str, ...]
    curricula: tuple[CurriculumRef, ...]
    rule: RuleRef | None = None

    @property
    def current(self) -> CurriculumRef:
        """The version in force."""
        return self.curricula[-1]


@cache
def load_vocabulary() -> VocabularyRef:
    """Vocations, tracks and sectors. Raises ReferenceDataError on a repeated key."""
    data = _toml(_folder() / "vocabulary.toml")

    def labels(kind: str) -> tuple[LabelRef, ...]:
        found = tuple(LabelRef(**entry) for entry in data[kind])
        _unique([label.key for label in found], f"vocabulary.toml: {kind}")
        return found

    return VocabularyRef(labels("vocation"), labels("track"), labels("sector"))


@cache
def load_programs() -> tuple[ProgramRef, ...]:
    """All programs in the order of the tracks. Raises ReferenceDataError naming the file and the place."""
    files = sorted(_folder().joinpath("programs").iterdir(), key=lambda file: file.name)
    programs = [_program(file) for file in files if file.name.endswith(".toml")]
    for field in ("slug", "code", "name", "short_name", "name_en"):
        _unique([getattr(program, field) for program in programs], f"programs: {field}")
    slugs = {program.slug for program in programs}
    for program in programs:
        if program.rule is not None:
            _known(program.rule.counted, slugs, f"{program.slug}.toml: rule")
    order = [track.key for track in load_vocabulary().tracks]
    return tuple(sorted(programs, key=lambda program: (order.index(program.track), program.code)))


def _program(file: Traversable) -> ProgramRef:
    data, where = _toml(file), file.name
    audience = data.pop("audience")
    curricula = tuple(_curriculum(entry, where) for entry in data.pop("curriculum"))
    sectors = tuple(data.pop("sectors"))
    rule = data.pop("rule", None)
    try:
        program = ProgramRef(
            **data,
            kinds=tuple(audience["kinds"]),
            posts=tuple(audience["posts"]),
            sectors=sectors,
            curricula=curricula,
            rule=RuleRef(**{**rule, "counted": tuple(rule["counted"])}) if rule else None,
        )
    except (KeyError, TypeError) as error:
        raise ReferenceDataError(f"{where}: {error}") from error
    words = load_vocabulary()
    _check(file.name == f"{program.slug}.toml", where, "the file is named after the slug")
    _check(len(program.short_name.encode()) <= SHORT_NAME_BYTES, where, "short_name is too long for the QR")
    _known(program.kinds, set(Kind), f"{where}: kinds")
    _known(program.posts, set(Post), f"{where}: posts")
    _known((program.track,), {label.key for label in words.tracks}, f"{where}: track")
    _known((program.vocation,), {label.key for label in words.vocations}, f"{where}: vocation")
    if sectors:
        _known(sectors, {label.key for label in words.sectors}, f"{where}: sectors")
    _check_versions(curricula, where)
    if program.rule is not None:
        _check(program.rule.source_status == "unconfirmed", where, "an example of a rule is unconfirmed")
        _check(program.rule.window_months > 0, where, "the window is at least a month")
    return program


def _check_versions(curricula: Sequence[CurriculumRef], where: str) -> None:
    versions = [curriculum.version for curriculum in curricula]
    _check(versions == list(range(1, len(versions) + 1)), where, f"versions are 1, 2, ...: {versions}")
    for older, newer in pairwise(curricula):
        follows = older.retired_on is not None and older.published_on < older.retired_on < newer.published_on
        _check(follows, where, f"version {newer.version} begins after version {older.version} has ended")
    _check(curricula[-1].retired_on is None, where, "the last version is in force")


def _curriculum(entry: dict[str, Any], where: str) -> CurriculumRef:
    where = f"{where}, version {entry.get('version')}"
    units = tuple(_unit(unit, number, where) for number, unit in enumerate(entry.pop("unit"), start=1))
    sources: dict[str, str] = entry.pop("sources")
    _check(
        set(sources) == {"hours", "min_attendance_pct", "validity_months"}, where, "sources are incomplete"
    )
    _known(tuple(sources.values()), SOURCE_STATUSES, f"{where}: sources", repeats=True)
    doubts = ("unconfirmed", "portal", "general", "confirmed")
    try:
        curriculum = CurriculumRef(
            **{"retired_on": None, "validity_months": None, "note": "", **entry},
            sources=MappingProxyType(sources),
            source_status=min(sources.values(), key=doubts.index),
            units=units,
        )
    except TypeError as error:
        raise ReferenceDataError(f"{where}: {error}") from error
    _unique([unit.key for unit in units], f"{where}: unit keys")
    total = sum(unit.hours for unit in units)
    _check(total == curriculum.hours, where, f"units add up to {total} hours, not {curriculum.hours}")
    _check(0 <= curriculum.min_attendance_pct <= 100, where, "min_attendance_pct is a percentage")
    _check(any(unit.is_required for unit in units), where, "at least one unit is required")
    return curriculum


def _unit(entry: dict[str, Any], position: int, where: str) -> UnitRef:
    where = f"{where}, unit {position}"
    elements = tuple(
        ElementRef(number, element["title"], tuple(element["criteria"]))
        for number, element in enumerate(entry.pop("element"), start=1)
    )
    defaults = {"title_en": "", "code": None, "source_status": "unconfirmed", "reference": ""}
    try:
        unit = UnitRef(position=position, elements=elements, **{**defaults, **entry})
    except TypeError as error:
        raise ReferenceDataError(f"{where}: {error}") from error
    _known((unit.source_status,), SOURCE_STATUSES, f"{where}: source_status")
    _check(unit.code is None or unit.source_status == "confirmed", where, "a code needs a confirmed source")
    _check(not unit.reference or unit.reference in CONFIRMED_REFERENCES, where, "reference is not confirmed")
    _check(unit.hours > 0, where, "hours are positive")
    _check(
        all(element.criteria for element in elements) and bool(elements), where, "an element has no criteria"
    )
    return unit


def _folder() -> Traversable:
    return resources.files(__name__)


def _toml(file: Traversable) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ReferenceDataError(f"{file.name}: {error}") from error


def _check(holds: bool, where: str, message: str) -> None:
    if not holds:
        raise ReferenceDataError(f"{where}: {message}")


def _unique(values: Sequence[str], where: str) -> None:
    repeated = sorted({value for value in values if values.count(value) > 1})
    _check(not repeated, where, f"repeated: {', '.join(repeated)}")


def _known(
    values: Sequence[str], allowed: set[Any] | frozenset[str], where: str, *, repeats: bool = False
) -> None:
    unknown = sorted(set(values) - allowed)
    _check(bool(values) and not unknown, where, f"unknown or empty: {', '.join(unknown)}")
    if not repeats:
        _unique(values, where)
