#!/usr/bin/env python3
"""demo_check.py MAIL_ROOT READERS DNS_RECORDS: did everybody get one sound, signed mail?"""
import glob
import sys

import mails


def main():
    root, readers, zone = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    with open(zone, encoding="utf-8") as file:
        records = mails.dns_records(file.read())
    files = glob.glob(f"{root}/*/new/*")
    recipients, identities = set(), set()
    for name in files:
        with open(name, "rb") as file:
            data = file.read().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        message = mails.parse(data)
        assert mails.signatures(data, records) > 0, f"{name} is not signed"
        recipients.add(message["To"].addresses[0].addr_spec)
        identities.add(message["Message-ID"])
        link = mails.unsubscribe_link(message)
    if not len(files) == len(recipients) == len(identities) == readers:
        sys.exit(f"{len(files)} mails to {len(recipients)} of {readers} readers")
    print(f"{readers} mails, each reader's own, no defect, every DKIM signature verifies")
    print(f"One reader's way out: {link}")


if __name__ == "__main__":
    main()
