"""The log: a line for each change as it comes, and a heartbeat while nothing changes."""

from cerebras_deploy.api.message import Call
from cerebras_deploy.clock import Stopwatch
from cerebras_deploy.decide.schedule import HEARTBEAT
from cerebras_deploy.errors import CallError
from cerebras_deploy.tell.runner import Runner
from cerebras_deploy.tell.timeline import Change, Timeline
from cerebras_deploy.tell.tone import Tone
from cerebras_deploy.text import capitalized, sentence
from cerebras_deploy.times import span, stamp

OUTAGE = 15.0  # seconds; the end of a shorter one is not worth a line


class Journal:
    """Tells the log what changes, through `runner`, and keeps the timeline."""

    def __init__(self, time: Stopwatch, runner: Runner) -> None:
        self._time, self._runner = time, runner
        self._spoke = self._changed = 0.0  # when the latest line was printed, and when the latest change came
        self._latest = ""
        self._outage = ""
        self._told: set[str] = set()
        self.timeline = Timeline()

    def say(self, text: str, tone: Tone = "plain") -> None:
        """Print a line with the elapsed time."""
        self._spoke = self._time.elapsed
        self._runner.line(text, stamp(self._spoke), tone)

    def first(self, what: str) -> bool:
        """Return whether this is the first time that `what` is to be told."""
        new = what not in self._told
        self._told.add(what)
        return new

    def heading(self, text: str, about: str = "what is to be done") -> None:
        """Print what is to be done, once for each thing that it is `about`."""
        if self.first(f"heading {about}"):
            self._runner.line(text)

    def block(self, title: str, rows: list[tuple[str, str]]) -> None:
        """Print lines with a heading each."""
        self._runner.line(title)
        for name, text in rows:
            self._runner.line(text, f"  {name:14}")

    def show(self, change: Change, left: float, *, line: str = "") -> None:
        """Show what is so now: as a line if it has changed, else as a heartbeat once a minute.

        `line` is printed in place of the change's own; `left` is in seconds until the deadline.
        """
        now, text = self._time.elapsed, change.text
        if text != self._latest:
            self._latest, self._changed = text, now
            self.timeline.add(now, change)
            self.say(line or capitalized(change.line or text), change.tone)
        elif now - self._spoke >= HEARTBEAT:
            self.say(f"No change for {span(now - self._changed)}: {text} (timeout in {span(left)})", "faint")

    def warn_once(self, title: str, text: str, *, about: str = "") -> None:
        """Print a warning annotation, unless it was printed before; `about` tells apart what may differ in its text."""
        if self.first(about or text):
            self._runner.annotate("warning", title, text)

    def failing(self, error: CallError, left: float) -> None:
        """Say that calls fail: the first time, when the reason changes, and once a minute.

        In `left` seconds the retries end; 0, if they are counted instead.
        """
        if error.is_stale:
            if self.first(error.reason):
                self.say(error.reason, "warning")
            return
        is_new = error.reason != self._outage
        if is_new or self._time.elapsed - self._spoke >= HEARTBEAT:
            self._outage = error.reason
            hint = f" {sentence(error.hint)}" if error.hint and is_new else ""
            limit = f" for up to {span(left)}" if left >= 1 else ""
            self.say(f"{sentence(error.reason)} Retrying{limit}.{hint}", "warning")

    def recovered(self, after: float) -> None:
        """Say that calls go well again, if they had not for a while."""
        self._outage = ""
        if after >= OUTAGE:
            self.say(f"The API is answering again after {span(after)}.")

    def called(self, call: Call) -> None:
        """Count a call; the debug log gets a line for it."""
        self.timeline.called(self._time.elapsed, call)
        self._runner.debug(f"{call.method} {call.path}: {call.outcome} in {call.seconds * 1000:.0f} ms")
