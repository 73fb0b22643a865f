"""The public pages of `newsletter serve`: what a reader reaches from the mail, without a login or a cookie.

Rule: looking changes nothing, only a button does; and no answer tells a stranger who is on a list.
"""

from newsletter.site.server import serve

__all__ = ["serve"]
