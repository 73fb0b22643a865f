"""How many messages a second are assembled, against `EmailMessage` built anew for each recipient.

    python benchmarks/assembly.py

The message has 60 KB of HTML, 15 KB of text and four personal slots. Both run on one core, in turn, several
times; the medians by processor time, and their ratios, are printed.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formataddr
from statistics import median

from newsletter.message import Skeleton, code_for
from newsletter.model import UNSUBSCRIBE, Context, Edition, Headers, Person, Pieces, Slot
from newsletter.render.pieces import fill

_SECRET = b"a secret of the benchmark"
_FIELDS = ("first_name", "last_name", "clp")
_HTML_DISCLAIMER = "<p>This is my personal account and not the official record.</p>"
_TEXT_DISCLAIMER = "This is my personal account and not the official record."
_ROUNDS = 5


def _edition() -> Edition:
    """An edition of the size and shape of a real report."""
    paragraph = "The committee discussed the timetable – at length – and agreed to return to it in January. "
    html = f'<p style="margin:0 0 16px;font-size:17px;line-height:1.6">{paragraph * 3}</p>\n'
    text = f"{paragraph}\n\n"
    return Edition(
        issue="nec-2026-11-17",
        segment="members",
        lang="en-GB",
        subject=Pieces(("Report of the meeting, 17 November 2026",)),
        html=Pieces(
            (
                "<!doctype html><html><body><p>Dear ",
                "</p>\n" + html * (60_000 // len(html)) + "<p>For ",
                f'</p>{_HTML_DISCLAIMER}<a href="',
                '">Unsubscribe</a></body></html>\n',
            ),
            (
                Slot("first_name", "friend", Context.HTML),
                Slot("clp", "your party", Context.HTML),
                Slot(UNSUBSCRIBE, None, Context.ATTRIBUTE),
            ),
        ),
        text=Pieces(
            ("Dear ", f"\n\n{text * (15_000 // len(text))}{_TEXT_DISCLAIMER}\n"),
            (Slot("first_name", "friend", Context.TEXT),),
        ),
        fields=_FIELDS,
        disclaimer_html=_HTML_DISCLAIMER,
        disclaimer_text=_TEXT_DISCLAIMER,
    )


def _headers() -> Headers:
    return Headers(
        sender_name="Alex Example",
        sender_address="alex@reports.example.org",
        reply_to="alex@example.org",
        list_id="nec-reports.example.org",
        list_name="NEC reports",
        unsubscribe_to="unsubscribe@example.org",
        sent_at=datetime(2026, 11, 18, 9, tzinfo=UTC),
        site_url="https://reports.example.org",
        bounce_domain="bounces.example.org",
    )


def _people(number: int) -> list[Person]:
    names = ("Siân", "O'Brien", "Ann", "Robert", "Mary Jane", "José")
    return [
        Person(
            index,
            f"member{index}@example.org",
            code_for(f"member{index}@example.org", _SECRET),
            (names[index % len(names)], f"Example{index}", "Anytown & District"),
        )
        for index in range(number)
    ]


def _by_hand(edition: Edition, headers: Headers, person: Person, encoding: str | None) -> bytes:
    """The usual way: fill the content, build the same message, write it out.

    `encoding` spares the library finding out that quoted-printable is the shortest.
    """
    link = f"{headers.site_url}/u/{person.code}"
    values = {**dict(zip(edition.fields, person.values, strict=True)), UNSUBSCRIBE: link}
    message = EmailMessage(policy=SMTP.clone(max_line_length=998))
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
    message.policy = SMTP.clone(max_line_length=998)
    return message.as_bytes()


def _per_second(assemble: Callable[[Person], object], audience: list[Person]) -> float:
    start = time.process_time()
    for person in audience:
        assemble(person)
    return len(audience) / (time.process_time() - start)


def main() -> None:
    """Measure each way in turn and print the medians."""
    what, who, audience = _edition(), _headers(), _people(5_000)
    skeleton = Skeleton(what, who, run="benchmark", secret=_SECRET)
    ways: dict[str, Callable[[], float]] = {
        "Skeleton.message": lambda: _per_second(skeleton.message, audience),
        "EmailMessage": lambda: _per_second(lambda one: _by_hand(what, who, one, None), audience[:20]),
        "EmailMessage, told the encoding": lambda: _per_second(
            lambda one: _by_hand(what, who, one, "quoted-printable"), audience[:20]
        ),
        "Skeleton.request, by 1,000": lambda: (
            1000 * _per_second(lambda _: skeleton.request(audience[:1000]), audience[:5])
        ),
    }
    rates: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(_ROUNDS):
        for name, measured in ways.items():
            rates[name].append(measured())
    print(f"one message: {len(skeleton.message(audience[0])):,} bytes; goal: 300 x EmailMessage")
    ours = median(rates["Skeleton.message"])
    for name, measured_rates in rates.items():
        rate = median(measured_rates)
        print(f"{name:<32}{rate:>10,.0f} /s   Skeleton.message is {ours / rate:>7,.1f} x that")


if __name__ == "__main__":
    main()
