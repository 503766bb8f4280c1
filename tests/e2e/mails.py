"""What a mail says, and whether it is sound: Python's email package and dkimpy as judges."""
import email
import email.policy
import html.parser
import re

import dkim


def parse(data):
    """The message; an AssertionError where the email package finds a defect in any part."""
    message = email.message_from_bytes(data, policy=email.policy.default)
    for part in message.walk():
        assert not part.defects, (part.get_content_type(), part.defects)
        for name, value in part.items():
            assert not getattr(value, "defects", ()), (name, value, value.defects)
    return message


def text_of(message, kind):
    """The decoded text/plain or text/html part."""
    return message.get_body((kind,)).get_content()


class Page(html.parser.HTMLParser):
    """The visible text, targets of links and anchors of an HTML part."""

    def __init__(self, source):
        super().__init__()
        self.words, self.links, self.anchors, self.hidden = [], [], set(), 0
        self.headings, self.heading = [], None
        self.feed(source)
        self.text = squeeze("".join(self.words))

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag in ("style", "title", "script"):
            self.hidden += 1
        if tag == "a" and "href" in attributes:
            self.links.append(attributes["href"])
        for key in ("id", "name"):
            if key in attributes:
                self.anchors.add(attributes[key])
        if re.fullmatch("h[1-6]", tag):
            self.heading = ""

    def handle_endtag(self, tag):
        if tag in ("style", "title", "script"):
            self.hidden -= 1
        if re.fullmatch("h[1-6]", tag) and self.heading is not None:
            self.headings.append(squeeze(self.heading))
            self.heading = None

    def handle_data(self, data):
        if self.hidden:
            return
        self.words.append(data)
        if self.heading is not None:
            self.heading += data


def squeeze(text):
    return " ".join(text.split())


def dns_records(zone_lines):
    """{name: TXT value} of `postrider dkim show`."""
    records = {}
    for line in zone_lines.splitlines():
        strings = re.findall(r'"((?:[^"\\]|\\.)*)"', line)
        if strings and not line.startswith(";"):
            name = line.split()[0].rstrip(".")
            records[name] = "".join(strings).replace("\\;", ";")
    return records


def signatures(data, records):
    """How many DKIM signatures there are; an AssertionError where one does not verify."""
    lookup = lambda name, timeout=5: records[name.decode().rstrip(".")].encode()
    judge = dkim.DKIM(data)
    count = sum(1 for name, _ in judge.headers if name.lower() == b"dkim-signature")
    for index in range(count):
        assert judge.verify(idx=index, dnsfunc=lookup), f"signature {index} does not verify"
    return count


def unsubscribe_link(message):
    """The https/http address of List-Unsubscribe."""
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    return re.search(r"<(https?://[^>]+)>", message["List-Unsubscribe"])[1]
