"""How many questions are asked at a time, and how fast: less after a 429, and then more again.

Times are on the clock.
"""

from random import Random

from cerebras_deploy.decide.schedule import RECOVERY, retry_delay

LEAST_SPACING, MOST_SPACING = 0.05, 60.0  # seconds
_NO_SPACING = 0.005  # seconds; less is none


class Load:
    """What the inference API seems to bear: up to `most` questions at a time, with `spacing` seconds between two.

    A 429 halves the one, doubles the other, and holds every question back: for as long as `Retry-After` asks for, or
    else for longer with each 429 in a row. What was sent before that tells nothing new. Each answer brings a little
    back. `spacing` changes only once until there is an answer: how long a limit lasts does not say how fast it is.
    """

    def __init__(self, most: int) -> None:
        """Begin with as many as are wanted."""
        self._most, self._allowed, self.spacing = float(most), float(most), 0.0
        self.not_before = self._slowed_at = float("-inf")
        self._turned_away = 0  # 429s in a row

    def asked(self, now: float) -> None:
        """Note a question that is sent."""
        self.not_before = max(self.not_before, now + self.spacing)

    def throttled(self, sent: float, now: float, retry_after: float | None, rng: Random) -> None:
        """Note a 429 to what was sent at that time."""
        if sent > self._slowed_at:
            self._turned_away += 1
            self._slowed_at = now
            self._allowed = max(self._allowed / 2, 1.0)
            if self._turned_away == 1:
                self.spacing = min(max(2 * self.spacing, LEAST_SPACING), MOST_SPACING)
        self.not_before = max(self.not_before, now + retry_delay(max(self._turned_away, 1), retry_after, rng))

    def answered(self, sent: float) -> None:
        """Note an answer to what was sent at that time."""
        self._allowed = min(self._allowed + 1 / self._allowed, self._most)
        self.spacing = self.spacing * RECOVERY if self.spacing > _NO_SPACING else 0.0
        if sent > self._slowed_at:
            self._turned_away = 0

    def has_room(self, asked: int, now: float) -> bool:
        """Whether another question may be asked while so many are."""
        return now >= self.not_before and asked < int(self._allowed)
