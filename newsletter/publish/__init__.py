"""Public copies of a report: the web page, the print edition, and a fragment to be pasted into a mail.

Rule: pure functions, from a report and a look to bytes by their path; whoever calls writes them. Each holds the
disclaimer, verified on the finished copy, and nothing of any reader.
"""

from newsletter.publish.copy import PublicCopy, public_copy

__all__ = ["PublicCopy", "public_copy"]
