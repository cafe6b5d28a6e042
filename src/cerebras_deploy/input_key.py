"""How a key is read: what is not the bare key is told by its likely cause, and never shown."""

import re

#: Why a secret arrives empty. GitHub passes nothing in each of these cases, and says nothing about it.
WHY_EMPTY = (
    "A secret is empty if its name is misspelled, if it belongs to an environment and the job has no `environment:`, "
    "or if the workflow runs for a pull request from a fork or from Dependabot."
)
_QUOTES = "\"'`\u2018\u2019\u201c\u201d\u201e\u00ab\u00bb"
_ALONE = "Store the key alone."
#: Forms that are no key, in the order in which they are looked for, and what is said of them.
_FORMS = (
    (r"\*+", "is only asterisks, as a log shows a secret. Store the key itself."),
    (rf"[{_QUOTES}].*|.*[{_QUOTES}]", f"is in quotes. {_ALONE}"),
    (r"\$.*|%\w+%|\{\{.*\}\}", "is the name of a variable, not its value. Use `${{ secrets.NAME }}`."),
    (r"(?i:bearer|authorization)\b.*", f"is a header, not a key. {_ALONE}"),
    (r"(?:export\s+|set\s+)?[A-Za-z_]\w*\s*=\s*[^=\s].*", f"has the form `NAME=key`. {_ALONE}"),
    (r"[A-Za-z_]\w*:\s.*|\{.*\}", f"has the form `name: key`. {_ALONE}"),
    (r"<.*>", "is a placeholder. Store the key itself."),
)


def read_key(text: str) -> str:
    """Return the key. Raises a `ValueError` that says what is wrong with it, without the key."""
    for form, why in _FORMS:
        if re.fullmatch(form, text, re.DOTALL):
            raise ValueError(why)
    if not (text.isascii() and text.isprintable() and " " not in text):
        raise ValueError(f"contains a space, a line break, or a character outside ASCII. {_ALONE}")
    return text
