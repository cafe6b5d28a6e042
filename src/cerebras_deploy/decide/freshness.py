"""Which replies are too old to prove anything: from a replica of the API that lags behind, or from a cache."""

from cerebras_deploy.api.endpoint import Endpoint

AGE_STEP = 1.0  # seconds; `Age` is a whole number of them, so that one copy seems to be made at several moments
FRESH = 10.0  # seconds; a deploy call follows no read that is older, and a first one that is older does not count
STALE_READS, STALE_SECONDS = 3, 20.0  # as many in a row, over that time, are the present after all


class Freshness:
    """Keeps reads from going backwards: a reply from a replica that lags behind, or from a cache, is no evidence."""

    def __init__(self) -> None:
        self._updated: float | None = None  # the highest that was read
        self._listed: dict[str, float | None] = {}  # of each entry, `updated` of the last reply that listed it
        self._seen_at: float | None = None  # when the last fresh reply was made
        self._stale: list[tuple[Endpoint, float]] = []

    def take(self, endpoint: Endpoint, at: float) -> list[tuple[Endpoint, float]]:
        """Return the reads that count now, with their times: this one, or none, or it and those before it."""
        made = at - endpoint.age
        if not self._goes_back(endpoint, made):
            self._stale = []
        else:
            self._stale.append((endpoint, made))
            if len(self._stale) < STALE_READS or made - self._stale[0][1] < STALE_SECONDS:
                return []
        ready, self._stale = self._stale or [(endpoint, made)], []
        self._note(endpoint, made)
        return ready

    def _goes_back(self, endpoint: Endpoint, made: float) -> bool:
        if self._seen_at is None:
            return endpoint.age > FRESH
        if endpoint.age and made < self._seen_at + AGE_STEP:
            return True
        if endpoint.updated is None:
            return False
        if self._updated is not None and endpoint.updated < self._updated:
            return True
        there = {entry.id for entry in endpoint.deployed_models}
        return any(
            then is not None and endpoint.updated <= then for id_, then in self._listed.items() if id_ not in there
        )

    def _note(self, endpoint: Endpoint, made: float) -> None:
        self._seen_at = made
        if endpoint.updated is not None:
            self._updated = endpoint.updated
        self._listed = {entry.id: endpoint.updated for entry in endpoint.deployed_models}
