"""Edition + person → the bytes of one message, or a SendGrid request; the same pieces drive both.

Rule: an edition is encoded once, and per person only its slots are filled; what all messages share, the
disclaimer first, stands in bytes that no value can touch.
"""

from newsletter.message.codes import code_for, coder, person_of, verify_envelope
from newsletter.message.skeleton import Skeleton
from newsletter.message.unsubscribe import INERT, unsubscribe_url

__all__ = [
    "INERT",
    "Skeleton",
    "code_for",
    "coder",
    "person_of",
    "unsubscribe_url",
    "verify_envelope",
]
