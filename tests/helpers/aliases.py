"""An API whose aliases a test looks after, and in which another writer may change them at any moment."""

import json
from typing import Any

from helpers.forged import MODEL, Forged, Reply, stage, version
from helpers.stage import Played

CURL = (
    f'curl -X PATCH "http://simulator/management/v1/{MODEL.format(2)}" '
    '-H "Authorization: Bearer $KEY" -H "Content-Type: application/json" -d '
)


class Aliases:
    """An API on which version 2 is live, that holds the aliases of three versions; what it says may be falsified."""

    def __init__(self) -> None:
        self.held: dict[str, list[str]] = {"1": ["stable", "lts"], "2": ["production"], "3": ["candidate"]}
        self.patches: list[tuple[str, list[str]]] = []
        self.lists = 0
        self.api = Forged(self._edit, begun=True, states=("complete",))
        self.stage = stage(self.api)

    def play(self, **inputs: str) -> Played:
        """Have alias `stable` moved, unless told otherwise."""
        given = {name.replace("_", "-"): value for name, value in inputs.items()}
        return self.stage.play({"timeout": "10m", "promote-aliases": "stable"} | given)

    def listed(self) -> Any:
        """What the list of versions says."""
        return {"model_versions": [version(number, held) for number, held in self.held.items()]}

    def patched(self, number: str, wanted: list[str]) -> Any:
        """Take over the list, and say so; refuse an alias of another version."""
        for other, held in self.held.items():
            if other != number and (taken := set(held) & set(wanted)):
                return Reply(409, body=json.dumps({"detail": f"{taken} is at {other}"}).encode())
        self.held[number] = wanted
        return {"version_aliases": wanted}

    def _edit(self, call: str, _: int, whole: Any) -> Any:
        request = self.api.requests[-1]
        number = request.url.path.rpartition("/")[2]
        if call == "aliases":
            wanted = json.loads(request.content)["version_aliases"]
            self.patches.append((number, wanted))
            return self.patched(number, wanted)
        if call == "versions":
            self.lists += 1
            return self.listed()
        return whole
