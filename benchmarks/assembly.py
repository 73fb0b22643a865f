"""Assembling a message, against `EmailMessage` built anew for each recipient.

    python -m benchmarks.assembly

Both run on one core, in turn, many times; the best of each by processor time are compared.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formataddr

from benchmarks import people, report
from benchmarks.harness import Figure, main
from newsletter.message import Skeleton, code_for
from newsletter.model import UNSUBSCRIBE, Edition, Headers, Person
from newsletter.render.pieces import fill

_SECRET = b"a secret of the benchmark"
_ROUNDS = 15
_LONG = SMTP.clone(max_line_length=998)


def measure(_quick: bool) -> Sequence[Figure]:
    """How many times as many messages a second."""
    what, who = report.edition(), report.headers()
    skeleton = Skeleton(what, who, run="benchmark", secret=_SECRET)
    audience = _people(1_000)
    few = audience[:20]
    rates: list[tuple[float, float, float]] = [
        (
            _per_second(skeleton.message, audience),
            _per_second(lambda one: _by_hand(what, who, one, None), few),
            _per_second(lambda one: _by_hand(what, who, one, "quoted-printable"), few),
        )
        for _ in range(_ROUNDS)
    ]
    ours, theirs, told = (max(side) for side in zip(*rates, strict=True))
    return [
        Figure(
            what="assembling a message",
            against="EmailMessage a recipient",
            measured=ours / theirs,
            unit="×",
            at_least=300,
        ),
        Figure(
            what="assembling a message",
            against="the same, told the encoding",
            measured=ours / told,
            unit="×",
        ),
    ]


def _people(number: int) -> list[Person]:
    return [
        Person(index, row[0], code_for(row[0], _SECRET), row[1:4])
        for index, row in enumerate(people.rows(number))
    ]


def _by_hand(edition: Edition, headers: Headers, person: Person, encoding: str | None) -> bytes:
    """The usual way: fill the content, build the same message, write it out.

    `encoding` spares the library finding out that quoted-printable is the shortest.
    """
    link = f"{headers.site_url}/u/{person.code}"
    values = {**dict(zip(edition.fields, person.values, strict=True)), UNSUBSCRIBE: link}
    message = EmailMessage(policy=_LONG)
    message["From"] = formataddr((headers.sender_name, headers.sender_address))
    message["To"] = formataddr((" ".join(filter(None, person.values[:2])), person.address))
    message["Subject"] = fill(edition.subject, values)
    message["Reply-To"] = headers.reply_to
    message["Date"] = headers.sent_at
    message["Message-ID"] = f"<{edition.issue}.{person.code}@reports.example.org>"
    message["List-Id"] = f"{headers.list_name} <{headers.list_id}>"
    message["List-Unsubscribe"] = f"<{link}>, <mailto:{headers.unsubscribe_to}?subject={person.code}>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message["Content-Language"] = edition.lang
    message.policy = SMTP  # so that the lines of the body have 76 characters, and the link is not encoded
    message.set_content(fill(edition.text, values), cte=encoding)
    message.add_alternative(fill(edition.html, values), subtype="html", cte=encoding)
    message.policy = _LONG
    return message.as_bytes()


def _per_second(assemble: Callable[[Person], object], audience: list[Person]) -> float:
    start = time.process_time()
    for person in audience:
        assemble(person)
    return len(audience) / (time.process_time() - start)


if __name__ == "__main__":
    main(measure, __doc__)
