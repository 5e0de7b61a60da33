"""Cron expressions as nodes read them: five fields, or six with the second before them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from plexspaces.errors import HostError

_MACROS = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_DAYS = "sun mon tue wed thu fri sat".split()
_FIELDS = (
    ("second", 0, 59, ()),
    ("minute", 0, 59, ()),
    ("hour", 0, 23, ()),
    ("day of month", 1, 31, ()),
    ("month", 1, 12, _MONTHS),
    ("day of week", 0, 7, _DAYS),
)
#: The 29th of February is away at most 8 years.
_MAX_YEARS = 12


def zone(name: str) -> tzinfo:
    if name == "UTC":
        return timezone.utc
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise HostError(
            "INVALID_ARGUMENT",
            f'"{name}" is no time zone; one is named like Europe/Berlin or UTC',
        ) from None


class Cron:
    """An expression; times are milliseconds since 1970."""

    def __init__(self, text: str) -> None:
        self.text = " ".join(text.split())
        parts = _MACROS.get(self.text.lower(), self.text).split()
        if len(parts) not in (5, 6):
            raise self._bad(
                f"it has {len(parts)} fields instead of five (minute, hour, day of month, month,"
                " day of week) or six (second before them)"
            )
        parts = parts if len(parts) == 6 else ["0", *parts]
        sets = [self._field(i, part) for i, part in enumerate(parts)]
        self._seconds, self._minutes, self._hours, self._days, self._months, week = sets
        self._week = {d % 7 for d in week}
        self._last_day = "L" in parts[3].upper().split(",")
        self._every_hour = len(self._hours) == 24
        if self._next_local(datetime(2000, 1, 1)) is None:
            raise self._bad("it names a day that never comes")

    def _bad(self, why: str) -> HostError:
        return HostError("INVALID_ARGUMENT", f'cron expression "{self.text}" is not valid: {why}')

    def _field(self, i: int, text: str) -> set[int]:
        return {n for item in text.split(",") for n in self._item(i, item)}

    def _item(self, i: int, item: str) -> range:
        label, low, high, names = _FIELDS[i]

        def bad(why: str) -> HostError:
            return self._bad(f'"{item}" as its {label}: {why}')

        def number(s: str) -> int:
            if not (s.isascii() and s.isdigit() and len(s) <= 3):
                raise bad("a field is *, numbers, ranges, steps such as */5, and lists of them")
            return int(s)

        def value(s: str) -> int:
            if s.lower() in names:
                return list(names).index(s.lower()) + low
            n = number(s)
            if not low <= n <= high:
                raise bad(f"it must be from {low} to {high}")
            return n

        if i == 3 and item.upper() == "L":
            return range(0)
        span, slash, every = item.partition("/")
        step = number(every) if slash else 1
        if not 1 <= step <= high:
            raise bad(f"its step must be from 1 to {high}")
        if span == "*" or (span == "?" and i in (3, 5)):
            return range(low, high + 1, step)
        first, dash, last = span.partition("-")
        start = value(first)
        end = value(last) if dash else high if slash else start
        if start > end:
            raise bad("its range runs backwards")
        return range(start, end + 1, step)

    def _is_day(self, d: date) -> bool:
        last = (d + timedelta(days=1)).month != d.month
        of_month = d.day in self._days or (self._last_day and last)
        of_week = d.isoweekday() % 7 in self._week
        if len(self._days) < 31 and len(self._week) < 7:
            return of_month or of_week
        return of_month and of_week

    def _next_local(self, t: datetime) -> datetime | None:
        """The first time from t on, by a clock that never changes."""
        limit = t.year + _MAX_YEARS
        while t.year <= limit:
            if t.month not in self._months:
                t = (_midnight(t).replace(day=1) + timedelta(days=32)).replace(day=1)
            elif not self._is_day(t.date()) or not (
                hours := [h for h in self._hours if h >= t.hour]
            ):
                t = _midnight(t) + timedelta(days=1)
            elif min(hours) > t.hour:
                t = t.replace(hour=min(hours), minute=0, second=0)
            elif not (minutes := [m for m in self._minutes if m >= t.minute]):
                t = t.replace(minute=0, second=0) + timedelta(hours=1)
            elif min(minutes) > t.minute:
                t = t.replace(minute=min(minutes), second=0)
            elif not (seconds := [s for s in self._seconds if s >= t.second]):
                t = t.replace(second=0) + timedelta(minutes=1)
            else:
                return t.replace(second=min(seconds))
        return None

    def next(self, after_ms: float, tz: tzinfo) -> int:
        """The first time after that one, by the clocks of a zone."""

        def offset(second: int) -> int:
            delta = datetime.fromtimestamp(second, timezone.utc).astimezone(tz).utcoffset()
            return 0 if delta is None else int(delta.total_seconds())

        second = int(after_ms // 1000) + 1
        while True:
            here = offset(second)
            local = datetime.fromtimestamp(second + here, timezone.utc).replace(tzinfo=None)
            if not self._every_hour:
                # In an hour that comes twice, what it has had at its first pass is over.
                began = _change(offset, second - 86_400, second)
                if began is not None and offset(began - 1) > here:
                    pass_over = datetime.fromtimestamp(
                        began + offset(began - 1), timezone.utc
                    ).replace(tzinfo=None)
                    local = max(local, pass_over)
            match = self._next_local(local)
            if match is None:
                raise self._bad("it has no further time")
            wall = int(match.replace(tzinfo=timezone.utc).timestamp())
            change = _change(offset, second, wall - here)
            if change is None:
                return (wall - here) * 1000
            if not self._every_hour and wall < change + offset(change):
                return change * 1000  # the clock leaves it out: as soon as it goes on
            second = change


def _change(offset: Callable[[int], int], start: int, end: int) -> int | None:
    """The first second after start and up to end from which on the offset is another, or None."""
    low = start
    while low < end:
        high = min(low + 86_400, end)
        if offset(high) != offset(low):
            while high - low > 1:
                middle = (low + high) // 2
                if offset(middle) == offset(low):
                    low = middle
                else:
                    high = middle
            return high
        low = high
    return None


def _midnight(t: datetime) -> datetime:
    return t.replace(hour=0, minute=0, second=0)
