"""A limit on requests in front of an API, as nginx has it with `limit_req`, on a virtual clock."""

import httpx

from helpers.stage import Stage

PAGE = (
    "<html>\r\n<head><title>{0}</title></head>\r\n<body>\r\n<center><h1>{0}</h1></center>\r\n"
    "<hr><center>nginx/1.22.1</center>\r\n</body>\r\n</html>\r\n"
)
TITLES = {429: "429 Too Many Requests", 503: "503 Service Temporarily Unavailable"}


class Limited(httpx.BaseTransport):
    """Lets one request through in `seconds`, and so many more in a burst. Any other gets nginx's page."""

    def __init__(self, stage: Stage, seconds: float, burst: int = 0, status: int = 429) -> None:
        self._through, self._clock = stage.transport, stage.clock
        self._seconds, self._burst, self._status = seconds, burst, status
        self._excess, self._latest = 0.0, float("-inf")
        self.turned_away: list[str] = []
        stage.transport = self

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer, or let another do so."""
        now = self._clock.now()
        excess = max(self._excess - (now - self._latest) / self._seconds + 1, 0.0)
        if excess > self._burst:
            self.turned_away.append(f"{request.method} {request.url.path}")
            text = PAGE.format(TITLES[self._status])
            return httpx.Response(self._status, headers={"content-type": "text/html"}, text=text)
        self._excess, self._latest = excess, now
        return self._through.handle_request(request)
