"""Spreading nominated people over classes: pure rules on plain values.

People of one cooperative stay together, and so do people of one district, then of neighboring districts in
the order of their codes. As few classes as needed are used, the earliest first, about evenly filled. When
seats do not suffice, pilot cooperatives go first, then who was nominated first; the others become reserves or
are left over with a reason. Seats that a class keeps and its most people of one cooperative are counted as
confirming counts them, so that what is proposed can be confirmed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from portal.enrollment.rules.places import CAPPED, FULL, KEPT, Room, Somebody, seat_together

#: Why somebody has no class; also KEPT and CAPPED (rules.places), where seats are left that are not for them.
NO_CLASS, NO_SEATS, BUSY, HELD_BACK = "no_class", "no_seats", "busy", "held_back"
UNPREPARED = "unprepared"
#: How many districts ahead one looks for somebody who fills the last seat of a class.
_AHEAD = 2


@dataclass(frozen=True, slots=True)
class Nominee:
    """Somebody who waits for a class. `busy`: first and last days of classes the person is in; `known_in`:
    classes that know the person already, perhaps as withdrawn; `unprepared_for`: classes that ask for a
    certificate the person does not hold on their first day, and `lacks` why, in a sentence."""

    nomination_id: int
    person_id: int
    name: str
    post: str
    cooperative_id: int
    cooperative: str
    kind: str
    region_code: str
    is_pilot: bool = False
    busy: tuple[tuple[date, date], ...] = ()
    known_in: frozenset[int] = frozenset()
    unprepared_for: frozenset[int] = frozenset()
    lacks: str = ""

    @property
    def district(self) -> str:
        """The code of the cooperative's district."""
        return self.region_code[:8]


@dataclass(frozen=True, slots=True)
class ClassOption:
    """A class with room. `kept` of the `free` seats are for pilot cooperatives, `post_seats` for the holders
    of posts; at most `cap` people of one cooperative come, `cooperatives` says how many are there already.
    Empty audiences admit all."""

    batch_id: int
    starts_on: date
    ends_on: date
    free: int
    reserves: int = 0
    kept: int = 0
    kinds: tuple[str, ...] = ()
    posts: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    post_seats: Mapping[str, int] = field(default_factory=dict)
    cap: int | None = None
    cooperatives: Mapping[int, int] = field(default_factory=dict)

    def under_cap(self, cooperative_id: int) -> int | None:
        """How many people of a cooperative may come in all; None without a cap."""
        return None if self.cap is None else max(self.cap - self.cooperatives.get(cooperative_id, 0), 0)

    def is_meant_for(self, nominee: Nominee) -> bool:
        """Whether kind, post and region are in the class's audience."""
        code = nominee.region_code
        return (
            (not self.kinds or nominee.kind in self.kinds)
            and (not self.posts or nominee.post in self.posts)
            and (not self.regions or any(code == r or code.startswith(f"{r}.") for r in self.regions))
        )

    def is_on_free_days(self, nominee: Nominee) -> bool:
        """Whether the person is in no other class on the same days, and new to this one."""
        return self.batch_id not in nominee.known_in and all(
            last < self.starts_on or first > self.ends_on for first, last in nominee.busy
        )


@dataclass
class ClassPlan:
    """A class with the people meant for it."""

    option: ClassOption
    seated: list[Nominee] = field(default_factory=list)
    reserves: list[Nominee] = field(default_factory=list)
    _told: dict[tuple[object, ...], str] = field(default_factory=dict, repr=False, compare=False)

    def refusal(self, people: Sequence[Nominee] = ()) -> str:
        """ "" when these people find seats beside those who sit here, as confirming counts them
        (services/caps); else FULL, CAPPED or KEPT, the latter two where seats are left."""
        if len(self.seated) + len(people) > self.option.free:
            return FULL
        if any(self._is_over_cap(nominee.cooperative_id, people) for nominee in people):
            return CAPPED
        if not self.option.kept and not self.option.post_seats:
            return ""
        # Asked for everybody who waits; only who is seated and who asks changes the answer.
        asks = sorted((n.is_pilot, n.post if n.post in self.option.post_seats else "") for n in people)
        key = (len(self.seated), *asks)
        if key not in self._told:
            room = Room(self.option.free, self.option.kept, self.option.post_seats)
            everybody = [Somebody(None, n.post, n.is_pilot) for n in (*self.seated, *people)]
            self._told[key] = seat_together(room, everybody)
        return self._told[key]

    def _is_over_cap(self, cooperative_id: int, people: Sequence[Nominee]) -> bool:
        most = self.option.under_cap(cooperative_id)
        if most is None:
            return False
        return sum(n.cooperative_id == cooperative_id for n in (*self.seated, *people)) > most

    def room(self, is_pilot: bool) -> int:
        """Seats left for a pilot cooperative's people, or for others."""
        pilots = sum(1 for nominee in self.seated if nominee.is_pilot)
        kept = 0 if is_pilot else max(self.option.kept - pilots, 0)
        return self.option.free - len(self.seated) - kept

    def reserve_room(self) -> int:
        """Reserve places left."""
        return self.option.reserves - len(self.reserves)

    @property
    def districts(self) -> list[str]:
        """Codes of the districts of everybody here, in order."""
        return sorted({nominee.district for nominee in (*self.seated, *self.reserves)})

    def distance(self, district: str) -> int:
        """How far a district's code is from the nearest one here; 0 when it is here or nobody is."""
        here = self.districts
        number = int(district.replace(".", "") or 0)
        return min((abs(number - int(code.replace(".", "") or 0)) for code in here), default=0)


@dataclass(frozen=True)
class Spread:
    """Classes in the order of their first day, and who has no place with the reason."""

    classes: tuple[ClassPlan, ...]
    unplaced: tuple[tuple[Nominee, str], ...]

    def choices(self) -> dict[int, tuple[int, bool]]:
        """nomination id -> (batch id, is a reserve) of everybody who has a place."""
        found: dict[int, tuple[int, bool]] = {}
        for plan in self.classes:
            found |= {n.nomination_id: (plan.option.batch_id, False) for n in plan.seated}
            found |= {n.nomination_id: (plan.option.batch_id, True) for n in plan.reserves}
        return found


@dataclass(frozen=True, slots=True)
class Problem:
    """Why an arrangement cannot be saved: code over_seats, over_cap (`name` is a cooperative), kept,
    over_reserves, not_meant, busy or unprepared."""

    code: str
    batch_id: int
    count: int = 0
    room: int = 0
    name: str = ""


@dataclass
class _Unit:
    """People of one cooperative who could go to the same classes."""

    people: list[Nominee]
    fits: frozenset[int]

    @property
    def size(self) -> int:
        return len(self.people)

    @property
    def is_pilot(self) -> bool:
        return self.people[0].is_pilot

    @property
    def place(self) -> tuple[str, str, int]:
        first = self.people[0]
        return first.district, first.region_code, first.cooperative_id

    @property
    def turn(self) -> tuple[bool, int]:
        return not self.is_pilot, min(nominee.nomination_id for nominee in self.people)


def spread(nominees: Iterable[Nominee], options: Iterable[ClassOption]) -> Spread:
    """A proposal: who sits in which class."""
    plans = [ClassPlan(option) for option in sorted(options, key=lambda o: (o.starts_on, o.batch_id))]
    units, unplaced = _units(nominees, plans)
    left: list[_Unit] = []
    for fits in sorted({unit.fits for unit in units}, key=lambda f: (len(f), sorted(f))):
        group = [unit for unit in units if unit.fits == fits]
        left += _fill(group, [plan for plan in plans if plan.option.batch_id in fits])
    unplaced += _squeeze(sorted(left, key=lambda unit: unit.turn), plans)
    for plan in plans:
        plan.seated.sort(key=_listed)
        plan.reserves.sort(key=_listed)
    return Spread(tuple(plans), tuple(sorted(unplaced, key=lambda pair: (pair[1], _listed(pair[0])))))


def _listed(nominee: Nominee) -> tuple[str, str, int, str, int]:
    return (
        *(nominee.district, nominee.region_code, nominee.cooperative_id, nominee.name, nominee.nomination_id),
    )


def _units(
    nominees: Iterable[Nominee], plans: Sequence[ClassPlan]
) -> tuple[list[_Unit], list[tuple[Nominee, str]]]:
    """Who belongs together, and who fits no class at all."""
    grouped: dict[tuple[int, frozenset[int]], list[Nominee]] = {}
    unplaced: list[tuple[Nominee, str]] = []
    cache: dict[tuple[str, str, str], list[ClassOption]] = {}
    for nominee in nominees:
        key = (nominee.kind, nominee.post, nominee.region_code)
        if key not in cache:
            cache[key] = [plan.option for plan in plans if plan.option.is_meant_for(nominee)]
        free = [o.batch_id for o in cache[key] if o.is_on_free_days(nominee)]
        fits = frozenset(free) - nominee.unprepared_for
        if fits:
            grouped.setdefault((nominee.cooperative_id, fits), []).append(nominee)
        else:
            unplaced.append((nominee, UNPREPARED if free else BUSY if cache[key] else NO_CLASS))
    return [_Unit(people, fits) for (_cooperative, fits), people in grouped.items()], unplaced


def _fill(units: list[_Unit], plans: Sequence[ClassPlan]) -> list[_Unit]:
    """Fill the earliest classes in the order of districts; answers the units that did not fit."""
    turns = sorted(units, key=lambda unit: unit.turn)
    seats = sum(max(plan.room(True), 0) for plan in plans)
    invited: list[_Unit] = []
    late: list[_Unit] = []
    count = 0
    for unit in turns:
        fits = count + unit.size <= seats
        count += unit.size if fits else 0
        (invited if fits else late).append(unit)
    waiting = sorted(invited, key=lambda unit: unit.place)
    for plan, cap in _caps(plans, count):
        _fill_one(plan, cap, waiting)
    return [*waiting, *late]


def _caps(plans: Sequence[ClassPlan], need: int) -> Iterator[tuple[ClassPlan, int]]:
    """As few classes as hold `need` people, each with its even share."""
    used: list[ClassPlan] = []
    room = 0
    for plan in plans:
        if room >= need:
            break
        if plan.room(True) > 0:
            used.append(plan)
            room += plan.room(True)
    level = 0
    while sum(min(plan.room(True), level) for plan in used) < min(need, room):
        level += 1
    rest = need
    # The remainder goes to the first classes: 10 people in 3 classes are 4, 3 and 3.
    spare = sum(min(plan.room(True), level) for plan in used) - need
    shares = [min(plan.room(True), level) for plan in used]
    for at in range(len(used) - 1, -1, -1):
        if spare > 0 and shares[at] == level:
            shares[at] -= 1
            spare -= 1
    for plan, share in zip(used, shares, strict=True):
        yield plan, min(share, rest)
        rest -= min(share, rest)


def _fill_one(plan: ClassPlan, cap: int, waiting: list[_Unit]) -> None:
    """Take units from the front; for the last seats also from the next districts."""
    target = len(plan.seated) + cap
    seen: list[str] = []
    for unit in list(waiting):
        if len(plan.seated) >= target:
            return
        district = unit.place[0]
        if district not in seen:
            seen.append(district)
        if len(seen) > _AHEAD and plan.seated and len(plan.seated) + unit.size > target:
            return
        if len(plan.seated) + unit.size <= target and not plan.refusal(unit.people):
            plan.seated += unit.people
            waiting.remove(unit)


def _nearest(plans: Iterable[ClassPlan], district: str) -> ClassPlan | None:
    """The class nearest to a district; among equals one in use, the emptiest, the earliest."""

    def key(plan: ClassPlan) -> tuple[int, bool, int, date]:
        return plan.distance(district), not plan.seated, len(plan.seated), plan.option.starts_on

    return min(plans, key=key, default=None)


def _squeeze(left: Sequence[_Unit], plans: Sequence[ClassPlan]) -> list[tuple[Nominee, str]]:
    """Whole units into any class with room, then one by one, then as reserves; the rest is left over."""
    loose: list[tuple[Nominee, frozenset[int]]] = []
    for unit in left:
        able = [p for p in plans if p.option.batch_id in unit.fits and not p.refusal(unit.people)]
        best = _nearest(able, unit.place[0])
        if best is not None:
            best.seated += unit.people
        else:
            loose += [(nominee, unit.fits) for nominee in unit.people]
    found: list[tuple[Nominee, str]] = []
    for nominee, fits in loose:
        mine = [p for p in plans if p.option.batch_id in fits]
        refusals = {p.option.batch_id: p.refusal([nominee]) for p in mine}
        seat = _nearest((p for p in mine if not refusals[p.option.batch_id]), nominee.district)
        spare = _nearest((p for p in mine if p.reserve_room() > 0), nominee.district)
        if seat is not None:
            seat.seated.append(nominee)
        elif spare is not None:
            spare.reserves.append(nominee)
        else:
            why = next((one for one in (CAPPED, KEPT) if one in refusals.values()), NO_SEATS)
            found.append((nominee, why))
    return found


def arrange(
    nominees: Iterable[Nominee],
    options: Iterable[ClassOption],
    choices: Mapping[int, tuple[int, bool]],
) -> tuple[Spread, list[Problem]]:
    """What somebody chose, person by person, as classes; and everything that keeps it from being saved.

    choices: nomination id -> (batch id, is a reserve); who is missing there is held back.
    """
    plans = {o.batch_id: ClassPlan(o) for o in sorted(options, key=lambda o: (o.starts_on, o.batch_id))}
    unplaced: list[tuple[Nominee, str]] = []
    problems: list[Problem] = []
    for nominee in sorted(nominees, key=_listed):
        batch_id, is_reserve = choices.get(nominee.nomination_id, (0, False))
        plan = plans.get(batch_id)
        if plan is None:
            unplaced.append((nominee, HELD_BACK))
            continue
        (plan.reserves if is_reserve else plan.seated).append(nominee)
        if not plan.option.is_meant_for(nominee):
            problems.append(Problem("not_meant", batch_id, name=nominee.name))
        elif not plan.option.is_on_free_days(nominee):
            problems.append(Problem("busy", batch_id, name=nominee.name))
        elif batch_id in nominee.unprepared_for:
            problems.append(Problem("unprepared", batch_id, name=nominee.name))
    for plan in plans.values():
        batch_id = plan.option.batch_id
        if plan.seated and min(plan.room(True), _room_of_others(plan)) < 0:
            allowed = len(plan.seated) + min(plan.room(True), _room_of_others(plan))
            problems.append(Problem("over_seats", batch_id, len(plan.seated), max(allowed, 0)))
        elif plan.refusal() == KEPT:
            problems.append(Problem("kept", batch_id))
        problems += _over_cap(plan)
        if plan.reserve_room() < 0 and plan.reserves:
            problems.append(Problem("over_reserves", batch_id, len(plan.reserves), plan.option.reserves))
    return Spread(tuple(plans.values()), tuple(unplaced)), problems


def _room_of_others(plan: ClassPlan) -> int:
    """Seats left over once the kept ones are set apart; pilots alone never use them up."""
    return plan.room(False) if any(not nominee.is_pilot for nominee in plan.seated) else 0


def _over_cap(plan: ClassPlan) -> list[Problem]:
    """Cooperatives of which more people sit in a class than may."""
    counts = Counter(nominee.cooperative_id for nominee in plan.seated)
    names = {nominee.cooperative_id: nominee.cooperative for nominee in plan.seated}
    found = []
    for cooperative_id, count in counts.items():
        most = plan.option.under_cap(cooperative_id)
        if most is not None and count > most:
            found.append(Problem("over_cap", plan.option.batch_id, count, most, names[cooperative_id]))
    return found
