"""Which of many questions is asked next. Times are on the clock."""

import heapq
from collections import deque
from collections.abc import Sequence

from cerebras_deploy.decide.collected import AskedCase
from cerebras_deploy.decide.question import Question


class Queue:
    """The cases that wait to be asked: for the first time, in their order, and again.

    One that is to be asked again at a certain time keeps its place among those that are asked at a time. One that a
    limit has turned away has none, and comes after all others: it may be too large for that limit, and others not.
    """

    def __init__(self, questions: Sequence[Question]) -> None:
        self._questions = questions
        self._next = 0  # number of the next case that was not asked yet
        self._again: list[tuple[float, int, AskedCase]] = []  # a heap, by when
        self._turned_away: deque[AskedCase] = deque()

    @property
    def is_empty(self) -> bool:
        """Whether none waits."""
        return self._next == len(self._questions) and not self._again and not self._turned_away

    @property
    def places(self) -> int:
        """How many cases that wait keep their place."""
        return len(self._again)

    @property
    def next_at(self) -> float:
        """When the first of those is to be asked; infinity without any."""
        return self._again[0][0] if self._again else float("inf")

    def again(self, case: AskedCase, at: float) -> None:
        """Have a case asked again at that time."""
        heapq.heappush(self._again, (at, case.number, case))

    def turned_away(self, case: AskedCase) -> None:
        """Have a case asked again that a limit has turned away."""
        self._turned_away.append(case)

    def due(self, now: float, *, has_place: bool) -> AskedCase | None:
        """Return the case to be asked now; None if there is none. `has_place`: there is a place beside those kept."""
        if self.next_at <= now:
            return heapq.heappop(self._again)[-1]
        if not has_place:
            return None
        if self._next == len(self._questions):
            return self._turned_away.popleft() if self._turned_away else None
        self._next += 1
        return AskedCase(self._next - 1, self._questions[self._next - 1])
