"""Durations in words, as trees, tables, statistics and logged failures tell them."""


def duration_in_words(nanoseconds: float) -> str:
    """Put a duration into words with three significant digits, such as ``1.23 ms`` or ``2 min 05 s``."""
    if nanoseconds < 999.5:  # noqa: PLR2004 - what rounds to less than 1000 of a unit is told in this unit
        return f"{nanoseconds:.0f} ns"
    for unit, size in (("µs", 1e3), ("ms", 1e6), ("s", 1e9)):
        amount = nanoseconds / size
        if amount < (999.5 if unit != "s" else 59.95):
            return f"{_three_digits(amount)} {unit}"
    minutes, seconds = divmod(round(nanoseconds / 1e9), 60)
    if minutes < 60:  # noqa: PLR2004 - minutes of an hour
        return f"{minutes} min {seconds:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def _three_digits(amount: float) -> str:
    for digits, limit in ((2, 9.995), (1, 99.95)):
        if amount < limit:
            return f"{amount:.{digits}f}"
    return f"{amount:.0f}"
