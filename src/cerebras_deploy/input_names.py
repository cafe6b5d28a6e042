"""Names of inputs that were meant to be others: `dry_run: true` must never deploy."""

from collections.abc import Iterable, Iterator, Mapping

PREFIX = "INPUT_"


def misspelled(environ: Mapping[str, str], known: Iterable[str]) -> Iterator[str]:
    """Say of each variable what it was probably meant to be.

    It is one if it differs from a known input only in case, in dashes and underscores, or by one letter (`is_near`), is
    not empty, and differs from that input's own value. The runner hands over all of `with:`, in upper case, and `env:`
    as it is.
    """
    names = list(known)
    own = {f"{PREFIX}{name.upper()}" for name in names}
    for variable, value in environ.items():
        if variable in own or not variable.upper().startswith(PREFIX) or not value.strip():
            continue
        given = variable[len(PREFIX) :]
        meant = next((name for name in names if is_near(given.lower().replace("_", "-"), name)), "")
        if meant and value.strip() != environ.get(f"{PREFIX}{meant.upper()}", "").strip():
            source = f"It comes from `with:`, or from `{variable}` in `env:`."
            yield f"`{given.lower()}` is not an input. Did you mean `{meant}`? {source}"


def is_near(given: str, known: str) -> bool:
    """Whether two names are the same, or differ by one letter: another one, one more, one less, or two swapped."""
    if abs(len(given) - len(known)) > 1:
        return False
    short, long = sorted((given.replace("-", ""), known.replace("-", "")), key=len)
    if len(short) == len(long):
        is_swapped = any(short[:at] + short[at : at + 2][::-1] + short[at + 2 :] == long for at in range(len(short)))
        return is_swapped or sum(one != other for one, other in zip(short, long, strict=True)) <= 1
    return len(long) - len(short) == 1 and any(long[:at] + long[at + 1 :] == short for at in range(len(long)))
