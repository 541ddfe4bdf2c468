"""What is taught in the demo, relative to today: every phase of a batch, at centers in three time zones."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum


class Act(StrEnum):
    """What a batch of the demo is there to show."""

    ISSUED = "issued"
    SIGNED = "signed"
    REQUESTED = "requested"
    ASSESSING = "assessing"
    RUNNING = "running"
    CLOSED = "closed"
    WAITLIST = "waitlist"
    FEW = "few"
    OPEN = "open"
    NOT_OPEN = "not_open"
    DRAFT = "draft"
    POSTPONED = "postponed"
    MOVED = "moved"
    CANCELLED = "cancelled"


#: Acts in which the classes are over.
OVER = frozenset({Act.ISSUED, Act.SIGNED, Act.REQUESTED, Act.ASSESSING})


@dataclass(frozen=True)
class Spec:
    """One batch: center, program code, first day counted from today. `core` ones are in the smallest demo
    too; `changes` happen to its certificates afterwards, one each."""

    center: str
    program: str
    day: int
    act: Act
    mode: str = "in_person"
    series: str = ""
    core: bool = False
    changes: tuple[str, ...] = ()


def _issued(center: str, *entries: tuple[str, int]) -> list[Spec]:
    return [Spec(center, program, day, Act.ISSUED) for program, day in entries]


SPECS: tuple[Spec, ...] = (
    # Certificates whose twelve months are over.
    Spec("surakarta", "KOP-PLS", -430, Act.ISSUED, core=True),
    Spec("pati", "KOP-PLS", -402, Act.ISSUED, mode="online"),
    # Certificates that something happened to.
    Spec("surakarta", "KOP-DSR", -180, Act.ISSUED, core=True, changes=("suspend", "revoke", "replace")),
    Spec("sintang", "KOP-PGR", -130, Act.ISSUED, changes=("replace", "suspend", "unsuspend")),
    Spec("jayapura", "KOP-DSR", -150, Act.ISSUED, mode="offsite", changes=("revoke", "suspend")),
    Spec("pati", "KOP-PGR", -140, Act.ISSUED, changes=("replace", "revoke")),
    # The ordinary past.
    *_issued("surakarta", ("KOP-PGR", -214), ("KOP-PGL", -150), ("KOP-BUK", -121), ("KOP-PGW", -84)),
    *_issued("surakarta", ("KOP-DIG", -62), ("KOP-PGR", -30)),
    *_issued("sintang", ("KOP-DSR", -166), ("KOP-PGW", -104), ("KOP-DSR", -52), ("KOP-PGR", -26)),
    *_issued("pati", ("KOP-DSR", -110), ("KOP-TKL", -72), ("KOP-BUK", -41)),
    *_issued("jayapura", ("KOP-PGR", -95), ("KOP-PGL", -37)),
    *_issued("semarang", ("KOP-KEU", -81), ("KOP-PBY", -45)),
    *_issued("samarinda", ("KOP-HKM", -57),),
    # Just over: signed without certificates, waiting for the head, still being judged.
    Spec("surakarta", "KOP-DSR", -13, Act.REQUESTED, core=True),
    Spec("pati", "KOP-HKM", -14, Act.REQUESTED),
    Spec("surakarta", "KOP-BUK", -10, Act.SIGNED, core=True),
    Spec("sintang", "KOP-BUK", -11, Act.SIGNED),
    Spec("surakarta", "KOP-PGR", -6, Act.ASSESSING, core=True),
    Spec("sintang", "KOP-DSR", -7, Act.ASSESSING, mode="offsite"),
    # Today.
    Spec("surakarta", "KOP-PGW", -1, Act.RUNNING, core=True),
    Spec("surakarta", "KOP-DSR", 0, Act.RUNNING, series="Gelombang Pati"),
    Spec("pati", "KOP-BUK", 0, Act.RUNNING),
    Spec("sintang", "KOP-PGR", -1, Act.RUNNING, mode="offsite"),
    Spec("jayapura", "KOP-DSR", -1, Act.RUNNING),
    # Soon.
    Spec("surakarta", "KOP-PGR", 3, Act.CLOSED, core=True),
    Spec("sintang", "KOP-DSR", 2, Act.CLOSED),
    Spec("semarang", "KOP-DIG", 2, Act.CLOSED, mode="online"),
    Spec("surakarta", "KOP-DSR", 10, Act.WAITLIST, core=True),
    Spec("pati", "KOP-PGR", 12, Act.WAITLIST),
    Spec("surakarta", "KOP-BUK", 12, Act.FEW, core=True),
    Spec("sintang", "KOP-PGR", 14, Act.FEW),
    Spec("jayapura", "KOP-PGR", 11, Act.FEW),
    # Open.
    Spec("surakarta", "KOP-PGR", 17, Act.OPEN),
    Spec("surakarta", "KOP-PGL", 24, Act.OPEN),
    Spec("surakarta", "KOP-KEU", 31, Act.OPEN, mode="mixed", core=True),
    Spec("surakarta", "KOP-MPH", 38, Act.OPEN),
    Spec("pati", "KOP-DSR", 18, Act.OPEN, series="Pati A"),
    Spec("pati", "KOP-DSR", 18, Act.OPEN, series="Pati A", mode="offsite"),
    Spec("pati", "KOP-PDR", 26, Act.OPEN),
    Spec("pati", "KOP-TKL", 33, Act.OPEN),
    Spec("pati", "KOP-PKJ", 45, Act.OPEN),
    Spec("sintang", "KOP-DSR", 20, Act.OPEN, series="Sintang A"),
    Spec("sintang", "KOP-DSR", 20, Act.OPEN, series="Sintang A", mode="offsite"),
    Spec("sintang", "KOP-PGW", 29, Act.OPEN),
    Spec("sintang", "KOP-PLS", 40, Act.OPEN, mode="online"),
    Spec("jayapura", "KOP-DSR", 23, Act.OPEN),
    Spec("jayapura", "KOP-BUK", 36, Act.OPEN),
    Spec("semarang", "KOP-SPB", 21, Act.OPEN),
    Spec("semarang", "KOP-DLG", 35, Act.OPEN),
    Spec("samarinda", "KOP-SRV", 27, Act.OPEN),
    # Later.
    Spec("surakarta", "KOP-PGR", 62, Act.NOT_OPEN, core=True),
    Spec("surakarta", "KOP-HKM", 70, Act.NOT_OPEN),
    Spec("pati", "KOP-PGL", 65, Act.NOT_OPEN),
    Spec("sintang", "KOP-KEU", 75, Act.NOT_OPEN),
    Spec("jayapura", "KOP-PGW", 68, Act.NOT_OPEN),
    Spec("samarinda", "KOP-DIG", 80, Act.NOT_OPEN, mode="online"),
    Spec("surakarta", "KOP-DIG", 90, Act.DRAFT, core=True),
    Spec("surakarta", "KOP-PGW", 95, Act.DRAFT),
    Spec("sintang", "KOP-PBY", 92, Act.DRAFT),
    # What did not go as planned.
    Spec("surakarta", "KOP-PGL", 8, Act.POSTPONED, core=True),
    Spec("pati", "KOP-KEU", 9, Act.MOVED, core=True),
    Spec("sintang", "KOP-BUK", 16, Act.CANCELLED, core=True),
)  # fmt: skip


def specs_for(scale: float, centers: Collection[str]) -> list[Spec]:
    """The batches of a demo of this size whose centers take part."""
    return [spec for spec in SPECS if spec.center in centers and (scale >= 1 or spec.core)]


def scaled(count: int, scale: float, least: int) -> int:
    """A count in a demo of this size."""
    return max(least, round(count * min(scale, 1)))
