"""What happened so far: a log line for each change as it comes, a heartbeat while nothing changes, and the timeline."""

from typing import NamedTuple

from cerebras_deploy.client import Call
from cerebras_deploy.errors import CallError
from cerebras_deploy.runner import Runner, Tone
from cerebras_deploy.schedule import HEARTBEAT
from cerebras_deploy.summary import Counts, Moment, Section
from cerebras_deploy.times import span, stopwatch
from cerebras_deploy.watch import Clock

KEPT = 200  # moments of the timeline: the first half and the last half of them
OUTAGE = 15.0  # seconds; a shorter one ends without a word


class State(NamedTuple):
    """The state of what is waited for: in full, for the timeline, and as the log's line where that shows more."""

    text: str
    section: Section
    label: str
    line: str = ""
    tone: Tone = "plain"


class Journal:
    """Tells the log what changes; `runner` prints it. `started` is when the run began, on the clock."""

    def __init__(self, clock: Clock, runner: Runner, started: float) -> None:
        self._clock, self._runner, self._started = clock, runner, started
        self._spoke = self._changed = 0.0
        self._state = ""
        self._outage = ""
        self._told: set[str] = set()
        self.timeline: list[Moment] = []
        self.counts = Counts()

    @property
    def elapsed(self) -> float:
        """Seconds since the start of the run."""
        return self._clock.now() - self._started

    def say(self, text: str, tone: Tone = "plain") -> None:
        """Print a line with the elapsed time."""
        self._spoke = self.elapsed
        self._runner.line(text, stopwatch(self._spoke), tone)

    def first(self, what: str) -> bool:
        """Return whether this is the first time that `what` is to be said."""
        new = what not in self._told
        self._told.add(what)
        return new

    def plan(self, text: str) -> None:
        """Print what is to be done, once."""
        if self.first("plan"):
            self._runner.line(text)

    def block(self, title: str, rows: list[tuple[str, str]]) -> None:
        """Print lines with a heading each."""
        self._runner.line(title)
        for name, text in rows:
            self._runner.line(text, f"  {name:8}")

    def state(self, state: State, left: float, *, said: str = "") -> None:
        """Note the state of what is waited for: a line if it changed, else a heartbeat once a minute.

        `said` is the line to print in place of the state's own; `left` is in seconds.
        """
        now, text = self.elapsed, state.text
        if text != self._state:
            self._state, self._changed = text, now
            self.remember(state)
            self.say(said or state.line or text, state.tone)
        elif now - self._spoke >= HEARTBEAT:
            self.say(f"still {text} for {span(now - self._changed)}, {span(left)} left", "faint")

    def warn_once(self, title: str, text: str) -> None:
        """Print a warning annotation, unless it was printed before."""
        if self.first(text):
            self._runner.annotate("warning", title, text)

    def error(self, title: str, text: str) -> None:
        """Print an error annotation before the end."""
        self._runner.annotate("error", title, text)

    def failing(self, error: CallError, left: float) -> None:
        """Say that reads fail: at first, when the reason changes, and once a minute."""
        if error.reason != self._outage or self.elapsed - self._spoke >= HEARTBEAT:
            self._outage = error.reason
            self.say(f"{error.reason}; trying again for {span(left)} at most", "warning")

    def recovered(self, after: float) -> None:
        """Say that reads go well again, if they had not for a while."""
        self._outage = ""
        if after >= OUTAGE:
            self.say(f"the API answers again, after {span(after)}")

    def called(self, call: Call) -> None:
        """Count a call; the debug log gets a line for it."""
        counts = self.counts
        self.counts = counts._replace(calls=counts.calls + 1, failed=counts.failed + (not call.ok))
        self._runner.debug(f"{call.method} {call.path}: {call.outcome} in {call.seconds * 1000:.0f} ms")

    def forgive(self) -> None:
        """Count the last call as a good one: its error was an answer."""
        self.counts = self.counts._replace(failed=self.counts.failed - 1)

    def remember(self, state: State) -> None:
        """Put a state into the timeline."""
        self.timeline.append(Moment(self.elapsed, state.section, state.label, state.text))
        if len(self.timeline) > KEPT:
            del self.timeline[KEPT // 2]
            self.counts = self.counts._replace(left_out=self.counts.left_out + 1)
