"""Seconds as people read them."""


def stamp(seconds: float) -> str:
    """Return elapsed time as `03:22`, or `1:03:22` from an hour on."""
    minutes, second = divmod(int(max(seconds, 0)), 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour}:{minute:02}:{second:02}" if hour else f"{minute:02}:{second:02}"


def span(seconds: float) -> str:
    """Return a length of time as `45s`, `3m22s` or `1h03m`."""
    minutes, second = divmod(round(max(seconds, 0)), 60)
    hour, minute = divmod(minutes, 60)
    if hour:
        return f"{hour}h{minute:02}m"
    return f"{minute}m{second:02}s" if minute else f"{second}s"
