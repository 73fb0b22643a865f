"""Bounces that are written for people, by flufl.bounce, which knows how many older programs word them.

Rule: it is asked last, and only about what a machine wrote: a person may well quote a bounce.
"""

from __future__ import annotations

import re
from typing import Final

from newsletter.delivery.fate import Fate
from newsletter.feedback.enhanced import Failure, failure, status_in
from newsletter.feedback.report import Text, Verdict, plain, text_of

_MACHINES = re.compile(r"\b(mailer-daemon|postmaster|mail-?delivery|maildelivery)\b", re.IGNORECASE)
_ORIGINAL = re.compile(r"^\s*(>|-{2,}.*(original|copy|header|message).*)$", re.IGNORECASE | re.MULTILINE)
_NO_SENDER: Final = "<>"


def bounce(message: Text) -> tuple[Verdict, ...] | None:
    """What a bounce says, address by address; None for anything else."""
    if not _is_from_a_machine(message):
        return None
    temporary, permanent = _found(message)
    if not temporary and not permanent:
        return None
    said = _ORIGINAL.split(whole_text(message), maxsplit=1)[0]
    status = status_in(said)
    meaning = failure(status, said) or Failure.FAILED
    late = [Verdict(Fate.DEFERRED, status, address=each) for each in temporary]
    over = [Verdict(meaning.fate, status, address=each, suppress=meaning.suppress) for each in permanent]
    return tuple(late + over)


def whole_text(message: Text) -> str:
    """All the text there is in a mail, returned messages and their headers included."""
    texts = []
    for part in message.walk():
        if part is not message and not part.is_multipart():
            texts += [f"{name}: {value}" for name, value in part.items()]
        if part.get_content_maintype() == "text" or not part.is_multipart():
            texts.append(text_of(part))
        elif part.get_content_type() == "message/rfc822":
            texts += [f"{name}: {value}" for each in part.walk() for name, value in each.items()]
    return "\n".join(texts)


def _is_from_a_machine(message: Text) -> bool:
    """No sender in the envelope (RFC 5321 section 4.5.5), or a name that only mail servers go by."""
    return plain(message, "Return-Path") == _NO_SENDER or _MACHINES.search(plain(message, "From")) is not None


def _found(message: Text) -> tuple[list[str], list[str]]:
    from flufl.bounce import all_failures  # noqa: PLC0415 - needed for a mail in a hundred

    try:
        temporary, permanent = all_failures(message)
    except Exception:  # noqa: BLE001 - its patterns meet whatever anybody sends; what they trip over is no bounce
        return [], []
    return _decoded(temporary), _decoded(permanent)


def _decoded(found: frozenset[bytes]) -> list[str]:
    return sorted(each.decode("utf-8", "replace") for each in found)
