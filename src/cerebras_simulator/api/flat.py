"""Errors as flat objects: the inference API's, and that of a wrong key by either API."""

from fastapi import HTTPException
from fastapi.security import HTTPAuthorizationCredentials

from cerebras_simulator.api.schemas import Schema


class FlatError(Schema):
    """An error as the inference API says it."""

    message: str
    type: str
    param: str | None = None
    code: str | None = None


WRONG_API_KEY = FlatError(message="Wrong API Key", type="invalid_request_error", param="api_key", code="wrong_api_key")


class FlatRefusal(Exception):
    """The inference API's refusal, and that of a wrong key by either; its style was seen live."""

    def __init__(self, status: int, error: FlatError) -> None:
        super().__init__(error.message)
        self.status = status
        self.error = error


def check_key(credentials: HTTPAuthorizationCredentials | None, accepted: str) -> None:
    """Refuse a request that brings no key, or another one than is accepted, as either API does."""
    if credentials is None:
        raise HTTPException(403, "Not authenticated")
    if credentials.credentials != accepted:
        raise FlatRefusal(401, WRONG_API_KEY)
