"""The deploy call of a run: whether it was accepted, as far as that is known."""

from dataclasses import dataclass


@dataclass
class DeployCall:
    """The deploy call. It changes by its methods only. `began` is when the latest one was sent, in seconds of the run.

    `in_doubt`: it went out, and nobody knows yet whether it was accepted.
    """

    began: float = 0.0
    in_doubt: bool = False
    is_accepted: bool = False

    def sent(self, at: float) -> None:
        """Note that it goes out."""
        self.began = at

    def lost(self) -> None:
        """Note that nobody knows whether it was accepted."""
        self.in_doubt = True

    def not_accepted(self) -> None:
        """Note that it was not accepted after all."""
        self.in_doubt = False

    def accepted(self) -> None:
        """Note that it was accepted."""
        self.in_doubt, self.is_accepted = False, True
