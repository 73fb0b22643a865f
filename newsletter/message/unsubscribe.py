"""How a person leaves: one link for the body, two for the header (RFC 2369, RFC 8058).

Rule: what the body shows and what the header says are the same way out.
"""

from __future__ import annotations

from urllib.parse import quote

from newsletter.model import Headers

INERT = "test"
"""The token of test copies, previews and prints: without a signature it can never be valid."""


class WaysOut:
    """The links of one list, each but for the token."""

    def __init__(self, headers: Headers) -> None:
        self._mail = f"mailto:{quote(headers.unsubscribe_to, safe='@+')}?subject=unsubscribe%20"
        self._page = f"{headers.site_url.rstrip('/')}/u/" if headers.site_url else ""

    @property
    def one_click(self) -> bool:
        """RFC 8058 section 3.1 wants https."""
        return self._page.startswith("https://")

    def link(self, token: str) -> str:
        """The link for the body: the page where there is one, otherwise a mail ready to send."""
        return (self._page or self._mail) + token

    def header(self, token: str) -> str:
        """The value of List-Unsubscribe, the page first; it may be folded after the comma and nowhere else."""
        mail = f"<{self._mail}{token}>"
        return f"<{self._page}{token}>, {mail}" if self._page else mail


def unsubscribe_url(headers: Headers, token: str) -> str:
    """The link that stands in the body of a message."""
    return WaysOut(headers).link(token)
