"""Rules about what is to be sent to whom."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter.checks.rules import Evidence, Finding, Severity, rule


@rule("S01", Severity.ERROR)
def everybody_has_what_is_merged(evidence: Evidence) -> Iterator[Finding]:
    """What it does: counts the people who lack a field that the draft merges without a default.

    Why it matters: “Dear ,” is worse than “Dear friend,”, and such a person cannot be sent to at all.
    Example: `Dear {{ first_name }},` and 41 people without a first name.
    Instead: give a default: `{{ first_name | default("friend") }}`.
    """
    for name, people in evidence.missing.items():
        lack = "person lacks" if people == 1 else "people lack"
        yield f"{people:,} {lack} '{name}', and {{{{ {name} }}}} has no default", evidence.report.source


@rule("S02", Severity.ERROR)
def a_real_send_has_an_id(evidence: Evidence) -> Iterator[Finding]:
    """What it does: asks for `id:` in the draft when the transport is real.

    Why it matters: the id is how the ledger knows who has had this report, even when the file is renamed.
    Example: a draft written by hand, without `id:`.
    Instead: write `id: nec-2026-11-17`; `newsletter new` does.
    """
    if not evidence.rehearsal and not evidence.report.has_id:
        yield f"the draft has no id; write `id: {evidence.report.issue}` at its top", evidence.report.source


@rule("S03", Severity.WARNING)
def every_segment_reaches_somebody(evidence: Evidence) -> Iterator[Finding]:
    """What it does: names the segments of this send that would reach nobody.

    Why it matters: an empty segment is more often a slip in `where` than a wish.
    Example: `where: {role: secretery}`.
    Instead: mend `lists/segments.yaml`, or leave the segment out.
    """
    for name in evidence.nobody:
        yield f"the segment {name} would reach nobody", "lists/segments.yaml"


@rule("S04", Severity.WARNING)
def braces_that_are_not_a_field(evidence: Evidence) -> Iterator[Finding]:
    """What it does: looks for double braces that will be shown to readers as they stand.

    Why it matters: only `{{ field }}` and `{{ field | default("…") }}` are merged; anything else is plain text.
    Example: `{{ first_name | upper }}`.
    Instead: write one of the two forms.
    """
    for edition in evidence.editions.values():
        shown = "".join((*edition.text.statics, *edition.subject.statics))
        if "{{" in shown or "}}" in shown:
            yield (
                "double braces stand in the text and will be shown to readers as they are",
                evidence.report.source,
            )
            return


@rule("S05", Severity.WARNING)
def privacy_notice_linked(evidence: Evidence) -> Iterator[Finding]:
    """What it does: asks for `privacy_url:` in the settings.

    Why it matters: readers are entitled to know what is kept about them and why.
    Example: `newsletter.yaml` without `privacy_url:`.
    Instead: publish a short notice and name its address.
    """
    if not evidence.settings.privacy_url:
        yield "newsletter.yaml has no 'privacy_url'", "newsletter.yaml"
