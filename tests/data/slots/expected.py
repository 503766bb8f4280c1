#!/usr/bin/env python3
"""Writes expected.txt beside it: when clocks in a zone show a time of day, for each day of some
years, as Python's zoneinfo has it. Its lines:

    America/New_York 02:15
    2008-01-01 300          from that day on it is so many minutes after that time in UTC
    2008-03-09 285          (this one does not exist there: the first that does, 03:00 EDT)

A time that occurs twice is the first of the two.
"""
import datetime
import pathlib
import zoneinfo

ZONES = ["America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Tehran",
         "America/Sao_Paulo", "Pacific/Apia", "Asia/Almaty", "Europe/London", "Asia/Kathmandu"]
TIMES = ["00:00", "01:30", "02:15", "03:00", "08:00", "23:30"]
FIRST, LAST = datetime.date(2008, 1, 1), datetime.date(2025, 12, 31)
UTC = datetime.timezone.utc
MINUTE = datetime.timedelta(minutes=1)


def exists(local, zone):
    return local.replace(tzinfo=zone).astimezone(UTC).astimezone(zone).replace(tzinfo=None) == local


def instant(local, zone):
    while not exists(local, zone):
        local += MINUTE
    return local.replace(tzinfo=zone, fold=0).astimezone(UTC)


def main():
    lines = []
    for name in ZONES:
        zone = zoneinfo.ZoneInfo(name)
        for time in TIMES:
            lines.append(f"{name} {time}")
            before, day = None, FIRST
            while day <= LAST:
                local = datetime.datetime.combine(day, datetime.time.fromisoformat(time))
                minutes = (instant(local, zone) - local.replace(tzinfo=UTC)) // MINUTE
                if minutes != before:
                    lines.append(f"{day} {minutes}")
                before, day = minutes, day + datetime.timedelta(days=1)
    pathlib.Path(__file__).with_name("expected.txt").write_text("\n".join(lines) + "\n")


main()
