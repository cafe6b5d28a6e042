"""The inference API itself: whether it takes the key, and whether it is well whatever one version answers."""

from http import HTTPStatus

from cerebras_deploy.errors import CallError, Fate, refused
from cerebras_deploy.steps.context import Context
from cerebras_deploy.text import sentence

KEY_TRY = 5.0  # seconds, for the call that tries the inference key
_KEY_HINT = "set `inference-api-key` to an inference API key of the endpoint's organization, not a Management API key"
_QUESTION_HINT = "change the smoke test so that the API accepts its question"
_OF_THE_QUESTION = {HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNPROCESSABLE_ENTITY}


def try_key(context: Context) -> None:
    """Try the inference key, if there is a question to ask, before anything is deployed.

    Raises a `Stop`: refused if the API turns the key away. Whatever else happens to this one call is a warning.
    """
    if not context.inputs.has_smoke_test or not context.inputs.inference_api_key:
        return
    try:
        context.api.models(min(KEY_TRY, context.patience.call_bound))
    except CallError as error:
        if error.status == HTTPStatus.UNAUTHORIZED and not error.is_page:
            raise refused(str(error), _KEY_HINT) from error
        context.journal.warn_once(
            "Inference key not tested", f"The inference key wasn't tested. {sentence(str(error))}"
        )


def is_well(context: Context) -> bool:
    """Whether the inference API answers, whatever one version does: one call, which is not tried again."""
    try:
        context.api.models(context.patience.call_bound)
    except CallError:
        return False
    return True


def is_the_versions(error: CallError) -> bool:
    """Whether an error may come from the version: anything but JSON or an empty body comes from what stands between."""
    status = error.status or 0
    return not error.is_page and (status == HTTPStatus.NOT_FOUND or status >= HTTPStatus.INTERNAL_SERVER_ERROR)


def is_about_the_question(error: CallError) -> bool:
    """Whether the API says no to this question, and might answer another."""
    return _is_no(error) and not _is_about_the_key(error)


def raise_if_refused(error: CallError) -> None:
    """Raise a `Stop` (refused) if the API says no, which does not pass while a version warms up."""
    if _is_no(error):
        hint = error.hint or (_QUESTION_HINT if error.status in _OF_THE_QUESTION else "")
        raise refused(str(error), _KEY_HINT if _is_about_the_key(error) else hint) from error


def _is_no(error: CallError) -> bool:
    """Whether the API itself says no for good. A 404 may pass, and so may a page of what stands between."""
    return error.fate is Fate.DENIED and error.status != HTTPStatus.NOT_FOUND and not error.is_page


def _is_about_the_key(error: CallError) -> bool:
    return error.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}
