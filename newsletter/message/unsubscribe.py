"""How a person leaves: one link for the body, two for the header (RFC 2369, RFC 8058).

Rule: what the body shows and what the header says are the same way out.
"""

from __future__ import annotations

from urllib.parse import quote

from newsletter.model import Headers

INERT = "test"
"""The token of test copies, previews and prints: without a signature it can never be valid."""


def unsubscribe_url(headers: Headers, token: str) -> str:
    """The link for the body: the page where there is one, otherwise a mail ready to send."""
    return _page(headers, token) if headers.site_url else _mail(headers, token)


def list_unsubscribe(headers: Headers, token: str) -> tuple[str, ...]:
    """The entries of List-Unsubscribe, the page first; each stands in angle brackets already."""
    pages = [_page(headers, token)] if headers.site_url else []
    return tuple(f"<{url}>" for url in (*pages, _mail(headers, token)))


def _page(headers: Headers, token: str) -> str:
    return f"{(headers.site_url or '').rstrip('/')}/u/{token}"


def _mail(headers: Headers, token: str) -> str:
    return f"mailto:{quote(headers.unsubscribe_to, safe='@+')}?subject=unsubscribe%20{token}"
