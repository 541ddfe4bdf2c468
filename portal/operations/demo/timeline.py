"""What happens in the demo, in the order in which it happened: the audit trail and the log read like life."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from datetime import datetime
from itertools import count

Step = Callable[[datetime], None]


class Timeline:
    """Steps at moments. A step may add later ones; two at one moment keep their order."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self._heap: list[tuple[datetime, int, Step]] = []
        self._order = count()
        self.done = 0

    def at(self, moment: datetime, step: Step) -> None:
        """Plan a step. Raises ValueError for the future: it has not happened."""
        if moment > self.now:
            raise ValueError(f"{moment} has not come yet")
        heapq.heappush(self._heap, (moment, next(self._order), step))

    def run(self, tell: Callable[[int, int], None] = lambda done, total: None) -> None:
        """Take every step at its moment; `tell(done, planned)` after each."""
        while self._heap:
            moment, _order, step = heapq.heappop(self._heap)
            step(moment)
            self.done += 1
            tell(self.done, self.done + len(self._heap))
