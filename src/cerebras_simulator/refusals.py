"""What the APIs answer instead of doing as asked: an HTTP status and a reason, in either API's style."""

from .schemas import FlatError


class Refusal(Exception):  # a word of the API's domain, answered with an HTTP status
    """The Management API's refusal; its style is inferred."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


class FlatRefusal(Exception):  # as above
    """The inference API's refusal, and that of a wrong key by either; its style was seen live."""

    def __init__(self, status: int, error: FlatError) -> None:
        super().__init__(error.message)
        self.status = status
        self.error = error
