"""What a person reads when something of theirs is wrong: the place, what is wrong, and what to do."""

from __future__ import annotations

import re
from typing import NamedTuple

import pytest

from tests.cli.small import AMP, DRAFT, EVERYBODY, SETTINGS, Small

FRONT = "---\nid: x\ntitle: T\nmeeting: {body: NEC, date: 2026-11-17}\nsegments: [members]\n---\n"


class Slip(NamedTuple):
    """A change in a file, where it must be reported, and some of the words."""

    file: str
    old: str
    new: str
    place: str
    said: str
    code: int = 3


SLIPS = {
    # Drafts
    "an unknown key": Slip(
        "drafts/report.md", "title:", "titel:", "drafts/report.md:3:1", "Did you mean 'title'"
    ),
    "no title": Slip(
        "drafts/report.md", "title: Report of the November meeting\n", "", "drafts/report.md", "'title'"
    ),
    "a bad date": Slip(
        "drafts/report.md", "2026-11-17, kind", "17/11/2026, kind", "drafts/report.md:4:", "date"
    ),
    "an unknown field": Slip(
        "drafts/report.md", '{{ clp | default("your party") }}', "{{ clpp }}", "drafts/report.md:18:", "'clp'"
    ),
    "an unknown segment": Slip(
        "drafts/report.md",
        "[clp-secretaries, members]",
        "[member]",
        "drafts/report.md:6:",
        "Did you mean 'members'",
    ),
    "an unknown segment in a block": Slip(
        "drafts/report.md",
        "only clp-secretaries",
        "only secretaries",
        "drafts/report.md:17:",
        "clp-secretaries",
    ),
    "a block that is not closed": Slip(
        "drafts/report.md", 'party") }}.\n:::\n', 'party") }}.\n', "drafts/report.md:17:", ":::"
    ),
    "a script in a link": Slip(
        "drafts/report.md",
        "https://example.org/accounts",
        "javascript:alert(1)",
        "drafts/report.md:15:",
        "https",
    ),
    "a field in a host": Slip(
        "drafts/report.md",
        "https://example.org/",
        "https://{{ clp }}.example.org/",
        "drafts/report.md:15:",
        "clp",
    ),
    "an unknown theme": Slip(
        "drafts/report.md", "segments:", "theme: leter\nsegments:", "drafts/report.md:6:", "letter"
    ),
    "broken YAML": Slip(
        "drafts/report.md",
        "segments: [clp-secretaries, members]",
        "segments: [clp",
        "drafts/report.md:",
        "not closed",
    ),
    "a colon in a title": Slip(
        "drafts/report.md", "title: Report of", "title: Report: of", "drafts/report.md:3:", "quot"
    ),
    # Segments
    "an unknown list": Slip(
        "lists/segments.yaml",
        "lists: [clp-secretaries.csv]",
        "lists: [secretaries.csv]",
        "lists/segments.yaml:4:",
        "clp-secretaries.csv",
    ),
    "an unknown column": Slip("lists/segments.yaml", "{role:", "{rôle:", "lists/segments.yaml:5:", "role"),
    "an unknown word of where": Slip(
        "lists/segments.yaml", "role: secretary", "role: {nott: x}", "lists/segments.yaml:5:", "not"
    ),
    "a blank value": Slip(
        "lists/segments.yaml", "{role: secretary}", "{role: }", "lists/segments.yaml:5:", "'role' is empty"
    ),
    "no segments": Slip("lists/segments.yaml", "segments:", "segment:", "lists/segments.yaml:1:1", "segments"),
    # Lists
    "a list without email": Slip(
        "lists/members.csv", "email,first_name", "e-mail,first_name", "lists/members.csv:1", "email"
    ),
    "a list without a header": Slip(
        "lists/members.csv",
        "email,first_name,last_name,clp,consent_source,consent_date\n",
        "",
        "lists/members.csv:1",
        "columns",
    ),
    "the same column twice": Slip(
        "lists/members.csv", "last_name", "first_name", "lists/members.csv:1", "'first_name'"
    ),
    # Settings
    "an unknown setting": Slip("newsletter.yaml", "list_id:", "listid:", "newsletter.yaml:6:1", "list_id", 4),
    "a bad address": Slip("newsletter.yaml", "from: maya@", "from: maya", "newsletter.yaml:4:", "address", 4),
    "a bad port": Slip("newsletter.yaml", "port: 2,", "port: many,", "newsletter.yaml:11:", "port", 4),
    "a secret in the settings": Slip(
        "newsletter.yaml", "security:", "password: hush, security:", "newsletter.yaml:11:", "password", 4
    ),
    "a disclaimer that disclaims nothing": Slip(
        "newsletter.yaml",
        "imprint:",
        "disclaimer: These are my notes.\nimprint:",
        "newsletter.yaml:8:",
        "personal account",
        4,
    ),
    "an unknown zone": Slip(
        "newsletter.yaml", "imprint:", "timezone: London\nimprint:", "newsletter.yaml:8:", "Europe/London", 4
    ),
    "an unknown font": Slip(
        "newsletter.yaml",
        "imprint:",
        "theme_settings: {font: Georgai}\nimprint:",
        "newsletter.yaml:8:24",
        "Did you mean 'Georgia'?",
        4,
    ),
    "public pages without https": Slip(
        "newsletter.yaml",
        "imprint:",
        "site_url: http://reports.example.org\nimprint:",
        "newsletter.yaml:8:11",
        "https://",
        4,
    ),
    "an unknown theme in the settings": Slip(
        "newsletter.yaml", "imprint:", "theme: leter\nimprint:", "newsletter.yaml", "letter", 4
    ),
}


@pytest.mark.parametrize("slip", SLIPS.values(), ids=SLIPS)
def test_a_slip_is_shown_at_its_place(small: Small, slip: Slip) -> None:
    """`file:line:column`, what is wrong, what was expected; exit 3, or 4 for the settings; stdout is empty."""
    small.change(slip.file, slip.old, slip.new)
    result = small.run("plan", DRAFT)
    assert (result.code, result.out) == (slip.code, b"")
    assert re.search(rf"^(error: )?{re.escape(slip.place)}", result.err, flags=re.MULTILINE)
    assert slip.said in result.err
    assert "Traceback" not in result.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ("render", "--format", "docx"),
            (
                "'--format': 'docx' is not one of "
                "'html', 'text', 'mjml', 'eml', 'fragment', 'fragment-text', 'pdf'."
            ),
        ),
        (("preview", "--port", "many"), "'--port': expected a whole number"),
        (("retry", "x", "--count", "1.5"), "'--count': expected a whole number"),
        (("send", DRAFT, "--hold", "soon"), "'--hold': expected a number"),
        (
            ("suppress", "drop"),
            (
                "'add|remove|list|import|give-up-codes': 'drop' is not one of "
                "'add', 'remove', 'list', 'import', 'give-up-codes'."
            ),
        ),
    ],
)
def test_a_wrong_value_of_an_option_is_told_in_plain_words(
    small: Small, words: tuple[str, ...], said: str
) -> None:
    """The option, what was expected or what there is, and where to read on; exit 2."""
    result = small.run(*words)
    assert (result.code, result.out) == (2, b"")
    assert result.err.splitlines() == [
        f"error: Invalid value for {said}",
        "See: newsletter --help, or newsletter COMMAND --help",
    ]


def test_every_mistake_of_a_draft_is_told_at_once(small: Small) -> None:
    """Four slips, four places in their order, each with the line as it is written."""
    small.write(
        f"drafts/{DRAFT}.md",
        FRONT.replace("title: T", "titel: T\ntitle: T")
        + "\nDear {{ nobody }},\n\n[x](ftp:x)\n\n::: only nobody\nx\n:::\n",
    )
    result = small.run("check", DRAFT)
    assert result.code == 3
    places = re.findall(r"^(?:error: )?(drafts/report\.md:\d+:\d+): ", result.err, flags=re.MULTILINE)
    assert [int(place.split(":")[1]) for place in places] == [3, 9, 11, 13]
    assert "9 | Dear {{ nobody }}," in result.err


def test_every_mistake_of_the_settings_is_told_at_once(small: Small) -> None:
    """Three slips, three places; exit 4."""
    small.write("newsletter.yaml", SETTINGS.replace("list_id", "listid") + "transport: post\nlang: English!\n")
    result = small.run("lists")
    assert result.code == 4
    assert len(re.findall(r"newsletter\.yaml:\d+:\d+: ", result.err)) >= 3


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (f"drafts/{DRAFT}.md", b""),
        (f"drafts/{DRAFT}.md", b"no front matter\n"),
        (f"drafts/{DRAFT}.md", "---\ntitle: Caf\u00e9\n---\n".encode("latin-1")),
        (f"drafts/{DRAFT}.md", b"\x00\x01\x02"),
        ("lists/segments.yaml", b""),
        ("lists/segments.yaml", b"\xff\xfe"),
        ("lists/members.csv", b""),
        ("lists/members.csv", b"PK\x03\x04 a spreadsheet"),
        ("lists/members.csv", "email,first_name\n".encode("utf-16")),
        ("newsletter.yaml", b""),
        ("newsletter.yaml", b"\xff\xfe"),
        ("newsletter.yaml", b"- a\n- list\n"),
    ],
)
def test_a_file_that_is_none_of_ours_is_named(small: Small, name: str, content: bytes) -> None:
    """Empty, in another encoding, or another format: its name, and no traceback."""
    small.write(name, content)
    result = small.run("plan", DRAFT)
    assert result.code == (4 if name == "newsletter.yaml" else 3)
    assert result.out == b""
    assert result.place.startswith(name)


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("lists/segments.yaml", "lists/segments.yaml"),
        ("lists/members.csv", "lists/segments.yaml:8:13"),
        (f"drafts/{DRAFT}.md", DRAFT),
    ],
)
def test_a_file_that_is_not_there_is_named(small: Small, name: str, place: str) -> None:
    """Exit 3, where it was looked for; a list is asked for by the line of segments.yaml that names it."""
    (small.root / name).unlink()
    result = small.run("plan", DRAFT)
    assert (result.code, result.out, result.place) == (3, b"", place)
    assert "Traceback" not in result.err


@pytest.mark.parametrize(
    "words",
    [
        ("render", DRAFT, "--output", "nowhere/copy.html"),
        ("render", DRAFT, "--output", "drafts"),
        ("preview", DRAFT, "--export", "nowhere/page.html"),
    ],
)
def test_a_file_that_cannot_be_written_is_named(small: Small, words: tuple[str, ...]) -> None:
    """With the system's reason, as any other mistake of the command line."""
    result = small.run(*words)
    assert result.code == 2
    assert f"error: {words[-1]} cannot be written: " in result.err


def test_a_message_about_a_list_holds_no_address(small: Small) -> None:
    """The bad row is named by its line; whoever stands in it, or beside it, is not shown."""
    small.write("lists/members.csv", f"{AMP},Ann\n{EVERYBODY[0]},Siân\n")
    result = small.run("plan", DRAFT)
    assert result.code == 3
    assert [address for address in EVERYBODY if address in result.err] == []


@pytest.mark.parametrize(
    ("theme", "said"),
    [
        ("{% for %}", "templates/mine/theme.mjml:1"),
        ("<mjml><mj-body><mj-txt>x</mj-txt></mj-body></mjml>", "mj-txt"),
        (
            "<mjml><mj-body><mj-section><mj-column><mj-text>x</mj-text></mj-column></mj-section></mj-body>",
            "still open",
        ),
        ("<mjml><mj-body>{{ nothing.known }}</mj-body></mjml>", "nothing"),
        ("<mjml><mj-body>{% include 'nowhere.mjml' %}</mj-body></mjml>", "nowhere.mjml"),
        (
            "<mjml><mj-body><mj-section><mj-column><mj-text>x</mj-text></mj-column></mj-section></mj-body></mjml>",
            "disclaimer",
        ),
    ],
)
def test_a_wrong_theme_is_shown_by_its_template(small: Small, theme: str, said: str) -> None:
    """Jinja2, MJML or a footer left out: exit 3, the template's name, and what is wrong."""
    small.write("templates/mine/theme.mjml", theme)
    small.change(f"drafts/{DRAFT}.md", "segments:", "theme: mine\nsegments:")
    result = small.run("plan", DRAFT)
    assert (result.code, result.out) == (3, b"")
    assert said in result.err
    assert "templates/mine" in result.err or "mine/theme.mjml" in result.err
    assert "Traceback" not in result.err


def test_a_theme_that_hides_the_disclaimer_renders_nothing(small: Small) -> None:
    """No setting and no style lets a mail out without it."""
    small.write("templates/report/prose.css", ".disclaimer, .footer, p, td, div { display: none; }")
    result = small.run("render", DRAFT)
    assert (result.code, result.out) == (3, b"")
    assert "disclaimer" in result.err


def test_a_ledger_that_is_no_database_is_named(small: Small) -> None:
    """No traceback when the state folder is damaged."""
    small.write(".newsletter/ledger.db", "not a database, but long enough to be looked at as one" * 40)
    result = small.run("status")
    assert result.code != 0
    assert result.out == b""
    assert result.err.startswith("error: ")


def test_an_outbox_that_is_not_ours_is_left_alone(small: Small) -> None:
    """A folder of that name with other things in it is not emptied; exit 5."""
    small.write("outbox/nec-2026-11-17/my notes.txt", "mine")
    result = small.run("send", DRAFT)
    assert result.code == 5
    assert result.err.startswith("error: ")
    assert (small.root / "outbox/nec-2026-11-17/my notes.txt").read_text(encoding="utf-8") == "mine"
