"""Why a release stops."""


class NotReady(Exception):
    """There is no release to be made of this. The text says why, and what to do."""
