"""What the Management API answers instead of doing as asked: an HTTP status and a reason."""


class Refusal(Exception):  # a word of the API's domain, answered with an HTTP status
    """The Management API's refusal; its style is inferred."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
