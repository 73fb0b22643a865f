"""Sending by SMTP, against the fastest client there is and against those that people use.

    python -m benchmarks.smtp

Messages of 75 KB over ten connections on loopback. Ours are personalised and each person's state is in the
ledger, durable; the peers differ in what they leave out:

- `smtp-source`, by which Postfix's makers test servers, sends one and the same message and keeps no record;
- smtplib gets its messages ready-made, and has a thread for each connection;
- mailmerge 2.3 fills a template for each row of a list, and keeps no record.

Each peer runs in turn with us, several times; the best run of each side counts. Planning and freezing are not
in these figures: they are in those of `benchmarks.smtp_500k` and `benchmarks.plan_500k`.
"""

from __future__ import annotations

import shutil
import subprocess
import venv
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks import people
from benchmarks.harness import CACHE, Figure, Numbers, Ran, main, part, ran, say, scratch
from benchmarks.sending import CONNECTIONS, delivered, prepared
from benchmarks.sinks import Sink, fast_sink, is_there, smtp_sink

_ME = "benchmarks.smtp"
_LATENCY_MS = 20
_MESSAGE_BYTES = 75_000
_MAILMERGE = "mailmerge==2.3.0"


@dataclass(frozen=True, slots=True)
class _PerMessage:
    """What one message took a client at its best."""

    wall_s: float
    cpu_s: float


def measure(quick: bool) -> Sequence[Figure]:
    """All comparisons, the cheapest for the sink first."""
    rounds = 3 if quick else 12
    number = 2_000 if quick else 10_000
    return [
        *_into_the_fast_sink(number, rounds),
        *_into_smtp_sink(number // 4, rounds),
        *_over_a_long_road(number // 4, rounds),
    ]


def _into_the_fast_sink(number: int, rounds: int) -> Sequence[Figure]:
    say(f"by SMTP into a fast sink, {rounds} times {number:,}")
    with fast_sink() as sink, _ours(sink, number) as us:
        ours, source = _in_turn(rounds, us, _smtp_source(sink, number))
    assert sink.messages == rounds * number * (2 if source else 1), sink.messages
    what = "75 KB by SMTP, into a fast sink"
    return [
        Figure(
            what=what,
            against="smtp-source: rate",
            measured=_faster(ours, source),
            unit="×",
            at_least=0.8,
        ),
        Figure(
            what=what,
            against="smtp-source: CPU a message",
            measured=ours.cpu_s / source.cpu_s if ours and source else None,
            unit="×",
            at_most=1.5,
        ),
    ]


def _into_smtp_sink(number: int, rounds: int) -> Sequence[Figure]:
    """Here the sink is the bound, for whoever is fast enough."""
    what = "the same, into Postfix's smtp-sink"
    goals = (("smtp-source: rate", 0.9), ("mailmerge 2.3: rate", 10.0))
    if not is_there("smtp-sink"):
        return [Figure(what=what, against=peer, measured=None, unit="×", at_least=goal) for peer, goal in goals]
    say(f"into smtp-sink, {rounds} times {number:,}")
    with smtp_sink() as sink, _ours(sink, number) as us:
        ours, source, mailmerge = _in_turn(
            rounds, us, _smtp_source(sink, number), _mailmerge(sink, max(20, number // 50))
        )
    return [
        Figure(what=what, against=peer, measured=_faster(ours, their), unit="×", at_least=goal)
        for (peer, goal), their in zip(goals, (source, mailmerge), strict=True)
    ]


def _over_a_long_road(number: int, rounds: int) -> Sequence[Figure]:
    """Each reply takes its time, so that what counts is how many a message needs."""
    say(f"with {_LATENCY_MS} ms of latency, {rounds} times {number:,}")
    with fast_sink(_LATENCY_MS) as sink, _ours(sink, number) as us:
        ours, smtplib = _in_turn(rounds, us, _smtplib(sink, max(100, number // 8)))
    return [
        Figure(
            what=f"the same, each reply after {_LATENCY_MS} ms",
            against="smtplib, as many connections",
            measured=_faster(ours, smtplib),
            unit="×",
            at_least=3.5,
        )
    ]


_Client = Callable[[], _PerMessage]
"""Sends, and says what a message took."""


def _in_turn(rounds: int, *clients: _Client | None) -> list[_PerMessage | None]:
    """The best that each client did, over rounds in which each had its turn; None stays None."""
    runs: list[list[_PerMessage]] = [[] for _ in clients]
    for _ in range(rounds):
        for client, of_one in zip(clients, runs, strict=True):
            if client is not None:
                of_one.append(client())
    return [_best(of_one) if of_one else None for of_one in runs]


def _best(runs: Sequence[_PerMessage]) -> _PerMessage:
    return _PerMessage(min(run.wall_s for run in runs), min(run.cpu_s for run in runs))


def _faster(ours: _PerMessage | None, peer: _PerMessage | None) -> float | None:
    """Our rate in terms of the peer's."""
    return peer.wall_s / ours.wall_s if ours and peer else None


@contextmanager
def _ours(sink: Sink, number: int) -> Iterator[_Client]:
    """The program, with a run that is frozen once and delivered again and again."""

    def send() -> _PerMessage:
        done = delivered(folder)
        return _PerMessage(done["wall_s"] / number, done["cpu_s"] / number)

    with scratch() as folder:
        prepared(folder, number, sink.port)
        yield send


def _smtp_source(sink: Sink, number: int) -> _Client | None:
    sessions, length, count = str(CONNECTIONS), str(_MESSAGE_BYTES), str(number)
    command = ["smtp-source", "-d", "-s", sessions, "-l", length, "-m", count, f"inet:127.0.0.1:{sink.port}"]

    return (lambda: _per_message(ran(command), number)) if is_there("smtp-source") else None


def _smtplib(sink: Sink, number: int) -> _Client:
    def send() -> _PerMessage:
        done = part(_ME, "smtplib", sink.port, number)
        return _PerMessage(done["wall_s"] / number, done["cpu_s"] / number)

    return send


def _mailmerge(sink: Sink, number: int) -> _Client | None:
    program = _installed_mailmerge()

    def send() -> _PerMessage:
        with scratch() as folder:
            _write_mailmerge(folder, sink.port, number)
            return _per_message(ran([str(program), "--no-dry-run", "--no-limit"], cwd=folder), number)

    return send if program else None


def _per_message(whole: Ran, number: int) -> _PerMessage:
    return _PerMessage(whole.wall_s / number, whole.cpu_s / number)


def _installed_mailmerge() -> Path | None:
    """The program in an environment of its own, kept; None where it cannot be had."""
    folder = CACHE / "mailmerge"
    program = folder / "bin" / "mailmerge"
    if not program.exists():
        say(f"installing {_MAILMERGE} beside the benchmarks")
        venv.create(folder, with_pip=True)
        install = [str(folder / "bin" / "pip"), "install", "--quiet", _MAILMERGE]
        if subprocess.run(install, check=False).returncode:
            shutil.rmtree(folder)
            return None
    return program


def _write_mailmerge(folder: Path, port: int, number: int) -> None:
    """A template of the same size with two fields, a list, and where to send to."""
    people.write_list(folder / "mailmerge_database.csv", people.rows(number))
    line = "<p>Members discussed the budget, and I asked what becomes of the regional offices.</p>\n"
    (folder / "mailmerge_template.txt").write_text(
        "TO: {{email}}\nSUBJECT: Report of the meeting\nFROM: Alex <alex@reports.example.org>\n"
        f"CONTENT-TYPE: text/html\n\n<p>Dear {{{{first_name}}}},</p>\n{line * (_MESSAGE_BYTES // len(line))}"
        "<p>For {{clp}}</p>\n",
        encoding="utf-8",
    )
    (folder / "mailmerge_server.conf").write_text(
        f"[smtp_server]\nhost = 127.0.0.1\nport = {port}\n", encoding="utf-8"
    )


def _send_by_smtplib(port: str, number: str) -> Numbers:
    """The same bytes to everybody, by as many threads as connections."""
    from smtplib import SMTP  # noqa: PLC0415 - this process alone needs them
    from threading import Thread  # noqa: PLC0415

    from benchmarks.harness import Stopwatch  # noqa: PLC0415

    message = "Subject: Report of the meeting\r\n\r\n" + ("x" * 74 + "\r\n") * (_MESSAGE_BYTES // 76)

    def send(count: int) -> None:
        with SMTP("127.0.0.1", int(port), "localhost") as session:
            for each in range(count):
                session.sendmail("alex@reports.example.org", [f"member{each}@example.org"], message)

    threads = [Thread(target=send, args=(int(number) // CONNECTIONS,)) for _ in range(CONNECTIONS)]
    watch = Stopwatch()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    taken = watch.read()
    return {"wall_s": taken.wall_s, "cpu_s": taken.cpu_s}


if __name__ == "__main__":
    main(measure, __doc__, {"smtplib": _send_by_smtplib})
