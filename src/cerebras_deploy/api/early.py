"""The trick that makes the start fast: the first read is sent before most of the action is imported.

Every run begins by reading the endpoint, and importing pydantic takes longer than that read. So `__main__` sends the
read as soon as the inputs are known, with little more than httpx imported. Once the request is out, the thread that
waits for the reply imports the rest. The reply, or the error in its place, is kept for the next request, if that is the
same one. Otherwise it is dropped.
"""

from collections.abc import Callable

from cerebras_deploy.api.http import Http
from cerebras_deploy.api.message import Answer, Request
from cerebras_deploy.errors import Interrupted


class EarlyRead:
    """Sends `request` and waits for its reply, for at most `within` seconds. `ask` then hands that reply out, once.

    `on_request_sent` runs while the reply is on its way.
    """

    def __init__(self, http: Http, request: Request, within: float, on_request_sent: Callable[[], object]) -> None:
        self._http, self._request = http, request
        self._kept: Answer | Exception | None
        try:
            self._kept = http.ask(request, within, on_request_sent)
        except Exception as error:  # noqa: BLE001 - it is raised again by the next `ask`
            self._kept = error

    def ask(self, request: Request, within: float) -> Answer:
        """Return the reply to a request; see `Http.ask`.

        The early reply is used once, by the next request, and only if that is the same one: later it would be stale. An
        early interrupt ends the next request, whichever that is.
        """
        kept, self._kept = self._kept, None
        if isinstance(kept, Interrupted) or (isinstance(kept, Exception) and request == self._request):
            raise kept
        if isinstance(kept, Answer) and request == self._request:
            return kept
        return self._http.ask(request, within)
