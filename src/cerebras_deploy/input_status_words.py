"""How the input `status-words` is read: words of the API that the table lacks, with what each means."""

import re

from cerebras_deploy.api.status import Status, in_table, normal
from cerebras_deploy.text import plain


def read_status_words(text: str) -> dict[str, Status]:
    """Read pairs like `active=done`, one per line or separated by commas; the words in the form of the table.

    Raises a `ValueError` that says what is accepted, also for a word that has another meaning already.
    """
    accepted = f"pairs like `active=done, rolling_out=in_progress`, with a status on the right ({', '.join(Status)})"
    taught: dict[str, Status] = {}
    for pair in filter(None, (part.strip() for part in re.split(r"[,\n]", text))):
        word, _, meaning = (part.strip() for part in pair.partition("="))
        if not normal(word) or normal(meaning) not in set(Status):
            raise ValueError(accepted)
        status = Status(normal(meaning))
        known = in_table(word) or taught.get(normal(word))
        if known not in (None, status):
            raise ValueError(f"{accepted}, and no word that has another meaning (`{plain(word, 60)}` means {known})")
        taught[normal(word)] = status
    if not taught:
        raise ValueError(accepted)
    return taught
