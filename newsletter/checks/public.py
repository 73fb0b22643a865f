"""Rules about what readers find beside the mail: its page and its print edition."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter.checks.rules import Evidence, Finding, Severity, rule
from newsletter.checks.world import PageStanding

_FAULTS = {
    PageStanding.MISSING: "the mail leads to a page that is not published in {folder}",
    PageStanding.OLDER: "the mail leads to a page that says something else in {folder}",
    PageStanding.WITHOUT_PAPER: "the mail leads to a print edition that is not published in {folder}",
}


@rule("W01", Severity.WARNING)
def the_page_is_there(evidence: Evidence) -> Iterator[Finding]:
    """What it does: for a real transport, looks whether the page that the mail leads to is published with these
    very words, and the print edition with it.

    Why it matters: “Read this on the web” is what a reader clicks whose mail program shows the mail badly.
    Example: a draft that was changed after `newsletter publish`.
    Instead: publish it, with a correction if it was published before; or leave out `site_url:` and `publish:`.
    Where you publish `--to` another folder, name it in `publish: {folder: …}`: only there is looked.
    """
    fault = _FAULTS.get(evidence.page)
    if fault and not evidence.rehearsal:
        fault = fault.format(folder=evidence.settings.publish.folder)
        yield Finding(f"{fault}; run: newsletter publish {evidence.report.issue}", evidence.report.source)
