#!/usr/bin/env python3
"""The walls of the house: who may include what. include_test.py [ROOT]

A file includes only files of its own folder or of a lower floor; the three wings do not know each
other; a C library's headers stay in the files that wrap it. No file includes a .cpp, and what a .cpp
is `using` it does use: clang-tidy, which takes several of them at once, does not see these two. First the test shows on trees of its
own that it would notice.
"""
import os
import re
import sys
import tempfile

# Lowest first, as in CMakeLists.txt. Those of one line are wings: they do not include each other.
FLOORS = [
    ["base"],
    ["mail"],
    ["config"],
    ["templates", "subscribers", "queue"],
    ["store"],
    ["daemon"],
]
FLOOR = {folder: floor for floor, folders in enumerate(FLOORS) for folder in folders}

# A library's headers, and the only files (or folders) that include them.
WRAPPERS = {
    r"curl/": [
        "queue/curl_connection.cpp",
        "queue/curl_connector.cpp",
        "queue/curl_library.cpp",
        "queue/curl_transfer.cpp",
        "daemon/mailbox/connection.cpp",
        "daemon/webhooks/fetch.cpp",
    ],
    r"sqlite3\.h": [
        "store/sqlite.cpp",
        "store/page_file.cpp",
        "store/database_copy.cpp",
        "store/paced_writes.cpp",
    ],
    r"openssl/": [
        "base/certificate.cpp",
        "base/hash.cpp",
        "base/hmac.cpp",
        "base/return_token.cpp",
        "base/token.cpp",
        "base/random.cpp",
        "base/signature.cpp",
        "mail/dkim.cpp",
        "queue/curl_transfer.cpp",  # libcurl hands over the SSL_CTX
    ],
    r"(cmark-gfm|node\.h|parser\.h|syntax_extension\.h)": ["templates/markdown.cpp"],
    r"boost/beast": ["daemon/http/server.cpp"],
    r"boost/": ["daemon/"],
    r"gmime/": ["mail/message.cpp"],
    r"iconv\.h": ["mail/charset.cpp"],
    r"toml\+\+/": ["config/document.cpp"],
    r"yaml-cpp/": ["templates/draft.cpp", "templates/theme.cpp"],
    r"zip\.h": ["subscribers/formats/archive.cpp", "daemon/keeping/zip_file.cpp"],
    r"idn2\.h": ["mail/address.cpp"],
    r"kainjow/": ["templates/issue.cpp", "templates/notice.cpp", "templates/variant.cpp", "daemon/http/pages.cpp"],
}

USING = re.compile(r"^using (?:\w+::)+(\w+);", re.MULTILINE)
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)


def sources(root):
    for folder in FLOOR:
        for path, _, names in os.walk(os.path.join(root, folder)):
            for name in sorted(names):
                if name.endswith((".h", ".cpp")):
                    yield folder, os.path.relpath(os.path.join(path, name), root)


def complaint(folder, file, quote, header):
    """What is wrong with this include of FILE, or None."""
    for pattern, wrappers in WRAPPERS.items():
        if re.match(pattern, header) and not file.startswith(tuple(wrappers)):
            return f"only {', '.join(wrappers) or 'nobody'} may include <{header}>"
    if header.endswith(".cpp"):
        return f'"{header}" is compiled by itself'
    if quote == "<":
        return None
    if ".." in header.split("/"):
        return f'"{header}" climbs out of its folder; name it from the top'
    target = header.split("/")[0]
    if target not in FLOOR:
        return f'"{header}" is in none of the house\'s folders'
    if target == folder:
        return None
    if FLOOR[target] > FLOOR[folder]:
        return f'"{header}" is a floor above {folder}/'
    if FLOOR[target] == FLOOR[folder]:
        return f'"{header}" is next door to {folder}/'
    return None


def complaints(root):
    for folder, file in sources(root):
        with open(os.path.join(root, file), encoding="utf-8") as source:
            text = source.read()
        for match in INCLUDE.finditer(text):
            wrong = complaint(folder, file, match[1], match[2])
            if wrong:
                line = text.count("\n", 0, match.start(2)) + 1
                yield f"{file}:{line}: {wrong}"
        for match in USING.finditer(text if file.endswith(".cpp") else ""):
            if len(re.findall(rf"\b{match[1]}\b", text)) == 1:
                line = text.count("\n", 0, match.start()) + 1
                yield f"{file}:{line}: {match[1]} is not used"


def test_of_the_test():
    """Each of these trees has one file, and the complaint it deserves (None: it is fine)."""
    trees = [
        ("queue/a.cpp", '#include "store/sqlite.h"', "a floor above"),
        ("queue/a.cpp", '#include "subscribers/subscriber.h"', "next door"),
        ("mail/a.h", '#include "config/settings.h"', "a floor above"),
        ("base/a.h", '  #  include "mail/address.h"', "a floor above"),
        ("daemon/http/a.cpp", '#include "../app.h"', "climbs out"),
        ("daemon/a.cpp", '#include "app.h"', "none of the house"),
        ("daemon/a.cpp", "#include <curl/curl.h>", "only queue/"),
        ("mail/a.h", "#include <openssl/evp.h>", "only base/"),
        ("queue/a.cpp", '#include "sqlite3.h"', "only store/sqlite.cpp"),
        ("daemon/a.cpp", '#include "daemon/b.cpp"', "compiled by itself"),
        ("daemon/a.cpp", "using store::Ledger;\nLedgers all;", "Ledger is not used"),
        ("daemon/a.cpp", "using store::Ledger;\nLedger one;", None),
        ("daemon/a.cpp", '#include "store/ledger.h"', None),
        ("daemon/commands/a.cpp", '#include "daemon/app.h"\n#include <vector>', None),
        ("store/sqlite.cpp", "#include <sqlite3.h>", None),
    ]
    for file, text, expected in trees:
        with tempfile.TemporaryDirectory() as root:
            os.makedirs(os.path.join(root, os.path.dirname(file)))
            with open(os.path.join(root, file), "w", encoding="utf-8") as source:
                source.write(text + "\n")
            found = list(complaints(root))
            if expected is None:
                assert not found, (file, text, found)
            else:
                assert len(found) == 1 and expected in found[0], (file, text, found)


def main():
    test_of_the_test()
    root = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(__file__), "../..")
    stale = [
        file
        for wrappers in WRAPPERS.values()
        for file in wrappers
        if not os.path.exists(os.path.join(root, file))
    ]
    found = list(complaints(root)) + [f"{file}: listed as a wrapper, but is no more" for file in stale]
    print("\n".join(found) or f"{len(list(sources(root)))} files keep within their walls")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
