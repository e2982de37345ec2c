"""The time as HTTP writes it."""

import time

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def http_date(at: float | None = None) -> str:
    """IMF-fixdate (RFC 9110 section 5.6.7) of Unix seconds, or of now.

    email.utils has it too, and takes as long to load as all of a server's protocol.
    """
    year, month, day, hour, minute, second, weekday, *_ = time.gmtime(at)
    date = f"{DAYS[weekday]}, {day:02} {MONTHS[month - 1]} {year}"
    return f"{date} {hour:02}:{minute:02}:{second:02} GMT"


class DateField:
    """The Date field's value, made once a second."""

    def __init__(self) -> None:
        self._value = ""
        self._until = 0.0

    def at(self, now: float) -> str:
        """The date of now, which is of time.monotonic()."""
        if now >= self._until:
            self._until = now + 1.0
            self._value = http_date()
        return self._value
