#!/usr/bin/env python3
"""No statement of store/ walks through a table that grows with the list or its issues, but for those
named here, whose work it is. Looks at SQLite's plans for all statements that stand in one piece."""
import pathlib
import re
import sqlite3
import sys

ROOT = pathlib.Path(sys.argv[1])
LARGE = {"attempts", "bounces", "deliveries", "erased", "events", "evidence", "import_changes",
         "notices", "reports", "sign_up_rates", "sign_ups", "subscribers", "subscriptions",
         "suppression_claims", "suppressions"}

# Whose work it is to go through all of it, or that only ask whether there is a row.
WHOLE = {"database_check.cpp": {"subscribers", "deliveries"},
         "erased.cpp": {"erased"},
         "erasure.cpp": {"reports"},
         "exporting.cpp": {"subscribers", "suppressions"},
         "read_reports.cpp": {"reports"},
         "restoring.cpp": {"erased", "subscribers", "suppressions"},
         "statistics.cpp": {"suppressions"},
         "sqlite_subscribers.cpp": {"subscribers"}}
# Partial indexes of what is in hand, and never much.
SMALL = re.compile(r"INDEX (deliveries_sending|events_of_nobody|notices_(due|sending)|sign_ups_held)$")

LITERALS = re.compile(r'"(?:[^"\\\n]|\\.)*"(?:\s*"(?:[^"\\\n]|\\.)*")*')
SQL = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\s", re.I)


def statements(source):
    """(line, text) of each run of string literals that is a statement."""
    text = re.sub(r"//[^\n]*", lambda found: " " * len(found[0]), source.read_text())
    for found in LITERALS.finditer(text):
        parts = re.findall(r'"((?:[^"\\\n]|\\.)*)"', found[0])
        sql = "".join(parts).replace('\\"', '"')
        if SQL.match(sql):
            yield text.count("\n", 0, found.start()) + 1, sql


def scanned(database, sql):
    """The large tables that the plan walks through, as they are called there."""
    names = {alias: table for table, alias in
             re.findall(r"(?:FROM|JOIN|,)\s+(\w+)\s+(?:AS\s+)?(\w+)", sql)}
    numbered = [int(number) for number in re.findall(r"\?(\d+)", sql)]
    parameters = (0,) * max([sql.count("?"), *numbered])
    for row in database.execute("EXPLAIN QUERY PLAN " + sql, parameters[:max(numbered)] if numbered
                                else parameters):
        found = re.match(r"SCAN (\w+)", row[3])
        if found and names.get(found[1], found[1]) in LARGE:
            yield names.get(found[1], found[1]), row[3]


def main():
    database = sqlite3.connect(":memory:")
    for schema in sorted((ROOT / "store/schema").glob("*.sql")):
        database.executescript(schema.read_text())
    faults, looked = [], 0
    for source in sorted((ROOT / "store").glob("*.cpp")):
        for line, sql in statements(source):
            try:
                found = set(scanned(database, sql))
            except sqlite3.Error:
                continue  # a part of one
            looked += 1
            faults += [f"{source.relative_to(ROOT)}:{line}: {how}: {sql[:100]}…" for table, how in found
                       if table not in WHOLE.get(source.name, ()) and not SMALL.search(how)]
    print("\n".join(faults) or f"{looked} statements, none walks through what grows")
    sys.exit(1 if faults or looked < 200 else 0)


if __name__ == "__main__":
    main()
