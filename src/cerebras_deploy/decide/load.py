"""How many questions are asked at a time: fewer after a 429, and then more again. Times are on the clock."""

from dataclasses import dataclass, field


@dataclass
class Load:
    """What the inference API seems to bear: up to `most` questions at a time.

    A 429 halves it, and holds every question back for as long as that asks for. Each answer adds a little.
    """

    most: int
    allowed: float = field(init=False)
    not_before: float = field(default=float("-inf"), init=False)

    def __post_init__(self) -> None:
        """Begin with as many as are wanted."""
        self.allowed = float(self.most)

    def throttled(self, now: float, delay: float) -> None:
        """Note a 429 that is to be waited out for so many seconds."""
        self.allowed = max(self.allowed / 2, 1.0)
        self.not_before = max(self.not_before, now + delay)

    def answered(self) -> None:
        """Note an answer."""
        self.allowed = min(self.allowed + 1 / self.allowed, float(self.most))

    def has_room(self, asked: int, now: float) -> bool:
        """Whether another question may be asked while so many are."""
        return now >= self.not_before and asked < int(self.allowed)
