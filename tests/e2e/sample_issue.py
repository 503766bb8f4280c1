"""A weekly of the usual shape, to be found again word by word in every reader's mail."""
TITLE = "Rail lines reopen as talks begin; “quiet” week ahead…"
SUBTITLE = "Unrest subsides — and 三 new corridors in Алматы"

BODY = """\
Welcome{{#subscriber.first_name}}, {{subscriber.first_name}}{{/subscriber.first_name}}! This is the
weekly look at what moved – and what did not.

## 1. Rail lines reopen

Trains ran again on [Tuesday morning](https://news.example/rail?line=7&day=tue), officials said. The
“corridor” is 1,240 km long; its eastern half stayed shut…

> We did not expect the line to open before spring. It did, and nobody was more surprised than the
> signalmen.

### What it means

- Freight first, passengers later
- **No** change to [tariffs](https://tariffs.example/2022/)

## 2. Talks in Алматы begin 🚆

The text of the [joint statement](https://documents.example/joint_statement_(final).pdf) runs to two
pages. 新华社 carried it in full; שלום was the only word that both sides shared.

> “We agreed to meet again.”

## 3. Reading list

1. A [history of gauges](https://library.example/gauges), in three volumes
2. The numbers:

| Route | Trains |
| --- | ---: |
| North | 12 |
| South | 7 |

Until next week,
*Alex*

P.S. Write to [the editor](mailto:editor@report.example).
"""

HEADINGS = ["1. Rail lines reopen", "What it means", "2. Talks in Алматы begin 🚆", "3. Reading list"]
CONTENTS = [HEADINGS[0], HEADINGS[2], HEADINGS[3]]
LINKS = [
    "https://news.example/rail?line=7&day=tue",
    "https://tariffs.example/2022/",
    "https://documents.example/joint_statement_(final).pdf",
    "https://library.example/gauges",
    "mailto:editor@report.example",
]
QUOTES = [
    "We did not expect the line to open before spring. It did, and nobody was more surprised than "
    "the signalmen.",
    "“We agreed to meet again.”",
]
SIGN_OFF = "Until next week,"
