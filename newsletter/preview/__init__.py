"""The preview: one page on this machine that shows the very bytes that would be sent, to whom, and why not.

Rule: nothing here prints or reads the clock, and no request leaves the machine. The page shows; it sends
nothing but a test copy to the member's own address.
"""

from __future__ import annotations

from newsletter.preview.desk import Choice, Desk, newest_draft
from newsletter.preview.export import export
from newsletter.preview.server import serve

__all__ = ["Choice", "Desk", "export", "newest_draft", "serve"]
