"""Why a reader will not read a document."""

from __future__ import annotations


class Refused(Exception):
    """A document that is not read: what is wrong with it, and what to do."""

    def __init__(self, what: str, hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint
