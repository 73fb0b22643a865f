"""The token in the mail by which somebody confirms: sealed, so that nobody else can make or read it.

Rule: what it stands for is in it and nowhere else, so that of whoever does not confirm nothing is kept. It
holds for a while, for one list, and for the very words that were shown.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
from dataclasses import dataclass, field

from cryptography.fernet import Fernet, InvalidToken

GOOD_FOR_S = 48 * 3600
IN_WORDS = "two days"


@dataclass(frozen=True, slots=True)
class Invited:
    """Who asked, and when."""

    address: str = field(repr=False)
    first_name: str = field(repr=False)
    at: float
    """Epoch seconds, whole."""


class Seal:
    """Writes and reads the tokens of one list and one wording."""

    def __init__(self, secret: bytes, *, list_id: str, list_name: str, wording: str) -> None:
        purpose = json.dumps(["join", list_id, list_name, wording]).encode()
        self._fernet = Fernet(base64.urlsafe_b64encode(hmac.digest(secret, purpose, "sha256")))

    def token(self, invited: Invited) -> str:
        """In letters, digits, `-` and `_`."""
        held = json.dumps([invited.address, invited.first_name], ensure_ascii=False).encode()
        return self._fernet.encrypt_at_time(held, int(invited.at)).decode().rstrip("=")

    def read(self, token: str, *, now: float) -> Invited | None:
        """What a token stands for; None for one that is not ours, is of other words, or is too old."""
        sealed = (token + "=" * (-len(token) % 4)).encode("utf-8", "replace")
        try:
            # Base64 has several spellings of the same bytes: only the one that we write is taken.
            if base64.urlsafe_b64encode(base64.urlsafe_b64decode(sealed)).decode().rstrip("=") != token:
                return None
            held = self._fernet.decrypt_at_time(sealed, GOOD_FOR_S, int(now))
            at = self._fernet.extract_timestamp(sealed)
        except (InvalidToken, binascii.Error):
            return None
        address, first_name = json.loads(held)
        return Invited(address, first_name, at)
