"""Exports of other tools and spreadsheets of one's own: who is on the list that they make, and who is not."""

from __future__ import annotations

import csv
from datetime import date
from io import StringIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter import spreadsheets
from newsletter.errors import Refused, UsageError
from newsletter.spreadsheets import People, Sheet, Standing, reading, values
from newsletter.spreadsheets.tools import STATUSES
from tests.documents.word import packed
from tests.spreadsheets import books


def people(
    data: bytes,
    *,
    name: str = "people.csv",
    asked: dict[str, str] | None = None,
    suppressed: frozenset[str] = frozenset(),
    consent_source: str | None = None,
) -> People:
    """The people of a file, every row of which must be accounted for."""
    form = reading.recognised(data)
    sheets = spreadsheets.from_json(reading.answer(form, data))
    named = [Sheet(sheet.name or name, sheet.rows) for sheet in sheets]
    plans = [plan for sheet in named if (plan := spreadsheets.plan(sheet, asked or {})) is not None]
    found = spreadsheets.people_of(plans, suppressed=suppressed, consent_source=consent_source)
    assert found.is_complete
    return found


def rows(found: People) -> list[dict[str, str]]:
    """The list that is made, as a reader of CSV has it."""
    return list(csv.DictReader(StringIO(spreadsheets.written(found).decode())))


def gone(found: People) -> dict[str, str]:
    return {each.key: each.standing.value for each in found.gone.values()}


def test_mailchimp_s_subscribers() -> None:
    """Columns, the day of consent, and nothing of the rest: no place on the map, no rating, no address of a machine."""
    data = books.export(
        books.MAILCHIMP,
        'ada@example.org,Ada,Byron,Anytown,2,"2024-03-05 14:22:11",203.0.113.9,"2024-03-06 08:00:00",,51.5,-0.1,ENG,x,1,aa,,',
        'bo@example.org,Bo,Ek,Thornby,2,"2023-01-02 00:00:00",,,,,,ENG,x,2,ab,"a note","VIP"',
    )
    assert rows(people(data)) == [
        {
            "email": "ada@example.org",
            "first_name": "Ada",
            "last_name": "Byron",
            "clp": "Anytown",
            "consent_source": "",
            "consent_date": "2024-03-06",
        },
        {
            "email": "bo@example.org",
            "first_name": "Bo",
            "last_name": "Ek",
            "clp": "Thornby",
            "consent_source": "",
            "consent_date": "2023-01-02",
        },
    ]


@pytest.mark.parametrize(
    ("name", "head", "standing"),
    [
        ("unsubscribed_members_export_ab12.csv", f"{books.MAILCHIMP},UNSUB_TIME,UNSUB_REASON", "left"),
        ("cleaned_members_export_ab12.csv", f"{books.MAILCHIMP},CLEAN_TIME,CLEAN_CAMPAIGN_TITLE", "bounced"),
    ],
)
def test_mailchimp_s_files_of_those_who_left(name: str, head: str, standing: str) -> None:
    """Nobody of them is on the list."""
    row = "ada@example.org,Ada,,,2,,,,,,,,,1,aa,,,2025-01-01,x"
    found = people(books.export(head, row), name=name)
    assert not found.kept
    assert gone(found) == {"ada@example.org": standing}


def test_mailchimp_s_contacts_who_never_said_yes_are_left_out() -> None:
    """Their file has the same columns as that of the subscribers: its name alone tells."""
    row = "ada@example.org,Ada,,,2,,,,,,,,,1,aa,,"
    found = people(books.export(books.MAILCHIMP, row), name="nonsubscribed_members_export_1.csv")
    assert (len(found.kept), found.unconfirmed) == (0, 1)


def test_a_whole_audience_in_one_archive() -> None:
    """Somebody who is in two of its files left, if one of them says so."""
    stays, left = "ada@example.org,Ada,,,2,,,,,,,,,1,aa,,", "bo@example.org,Bo,,,2,,,,,,,,,2,ab,,"
    archive = packed(
        {
            "subscribed_members_export_1.csv": books.export(books.MAILCHIMP, stays, left),
            "unsubscribed_members_export_1.csv": books.export(
                f"{books.MAILCHIMP},UNSUB_TIME", f"{left},2025-01-01"
            ),
        }
    )
    found = people(archive)
    assert list(found.kept) == ["ada@example.org"]
    assert gone(found) == {"bo@example.org": "left"}


def test_nationbuilder() -> None:
    """A yes in `email_opt_in` is asked for; leaving, a bad mailbox and “do not contact” go before it."""
    found = people(
        books.export(
            books.NATIONBUILDER,
            "1,0,Ada,Byron,ada@example.org,true,false,,false,Labour,1,2024-01-01",
            "2,0,Bo,Ek,bo@example.org,false,false,,false,Labour,1,2024-01-01",
            "3,0,Cy,Fox,cy@example.org,true,false,2025-02-03,false,Labour,1,2024-01-01",
            "4,0,Di,Gray,di@example.org,true,true,,false,Labour,1,2024-01-01",
            "5,0,Ed,Hope,ed@example.org,true,false,,true,Labour,1,2024-01-01",
        )
    )
    assert [row["email"] for row in rows(found)] == ["ada@example.org"]
    assert "clp" not in found.columns, "NationBuilder's party is no constituency party"
    assert found.unconfirmed == 1
    assert gone(found) == {"cy@example.org": "left", "di@example.org": "left", "ed@example.org": "bounced"}


def test_listmonk() -> None:
    """A whole name in one cell, and a status that blocks."""
    found = people(
        books.export(
            books.LISTMONK,
            'u1,ada@example.org,Ada Byron,"{""city"": ""Anytown""}",enabled,2024-01-01T00:00:00Z,x',
            "u2,bo@example.org,Bo,{},blocklisted,2024-01-01T00:00:00Z,x",
            "u3,cy@example.org,Cy,{},disabled,2024-01-01T00:00:00Z,x",
        )
    )
    (ada,) = rows(found)
    assert (ada["first_name"], ada["last_name"]) == ("Ada", "Byron")
    assert gone(found) == {"bo@example.org": "left"}
    assert found.unconfirmed == 1


def test_sendgrid() -> None:
    """A state of America is no region of a party; a field of one's own is known by its name."""
    found = people(
        books.export(
            books.SENDGRID,
            "ada@example.org,Ada,Byron,1 High St,Anytown,CA,US,90210,,,,,2024-01-01,2024-01-01,c1,Upper Thornby",
        )
    )
    (ada,) = rows(found)
    assert ada["clp"] == "Upper Thornby"
    assert "region" not in ada
    assert "1 High St" not in str(ada)


@pytest.mark.parametrize(
    ("name", "head", "row", "standing"),
    [
        ("suppression_unsubscribes.csv", "email,created", "ada@example.org,1700000000", "left"),
        ("asm_groups_3893_suppressions.csv", "email,created", "ada@example.org,1700000000", "left"),
        ("suppression_spam_reports.csv", "ip,email,created", "203.0.113.9,ada@example.org,1700000000", "left"),
        ("renamed.csv", "status,reason,email,created", "5.1.1,550 no such user,ada@example.org,17", "bounced"),
        ("unsubscribed since May.csv", "Email,First name", "ada@example.org,Ada", "left"),
    ],
)
def test_a_list_of_those_not_to_write_to_makes_no_readers(
    name: str, head: str, row: str, standing: str
) -> None:
    """SendGrid's suppressions hold an address and a time: their name tells, or the reason for a bounce."""
    found = people(books.export(head, row), name=name)
    assert not found.kept
    assert gone(found) == {"ada@example.org": standing}


def test_mail_that_was_blocked_for_a_while_suppresses_nobody() -> None:
    """SendGrid itself goes on to write to them; but they are no list of readers either."""
    data = books.export("status,reason,email,created", "4.7.1,try later,ada@example.org,1700000000")
    found = people(data, name="suppression_blocks.csv")
    assert (len(found.kept), len(found.gone), found.unconfirmed) == (0, 0, 1)


def test_nationbuilder_s_smaller_export() -> None:
    """As few columns as its own list of people for a mailing has."""
    data = books.export(
        "nationbuilder_id,first_name,last_name,email,tag_list,is_deceased",
        '1,Ada,Byron,ada@example.org,"member, clp: Thornby",false',
        "2,Bo,Ek,bo@example.org,,true",
    )
    found = people(data)
    assert list(found.kept) == ["ada@example.org"]
    assert found.unconfirmed == 1


def test_a_workbook_with_a_title_above_its_head() -> None:
    """Dates as Excel has them, as it counts them and as people type them; whole numbers without a point."""
    data = books.xlsx(
        {
            "Notes": [["Kept by the secretary"]],
            "Members": [
                ["Thornby members"],
                [],
                ["Forename", "Surname", "E-mail address", "Date of consent", "Ward", "Branch no"],
                ["Siân", "Ap Rhys", "sian@example.org", date(2025, 3, 5), "North", 7],
                ["Tom", "O'Brien", "TOM@Example.org ", 45721, "South", 8],
                ["Una", "Voe", "una@example.org", "05/03/2025", "", 9.5],
            ],
        }
    )
    found = people(data, asked={"Branch no": "branch"}, consent_source="reply form")
    assert [(row["email"], row["consent_date"], row["branch"]) for row in rows(found)] == [
        ("sian@example.org", "2025-03-05", "7"),
        ("TOM@example.org", "2025-03-05", "8"),
        ("una@example.org", "2025-03-05", "9.5"),
    ]
    assert {row["consent_source"] for row in rows(found)} == {"reply form"}
    assert "ward" not in found.columns, "nobody asked for it"


def test_a_workbook_of_excel_97() -> None:
    """`.xls` is read as the newer ones are, with its dates and accents; half of one is refused."""
    ada, bo = rows(people(books.xls(), name="people.xls"))
    assert (ada["email"], ada["consent_date"]) == ("ada@example.org", "2024-03-05")
    assert (bo["first_name"], bo["consent_date"]) == ("Zoë", "2023-01-02")
    with pytest.raises(Refused, match="damaged"):
        reading.answer("workbook", books.xls()[:3000])


def test_a_workbook_of_libreoffice() -> None:
    """The same cells, in another format."""
    found = people(books.ods([["Email", "Name"], ["ada@example.org", "Byron, Ada"]]))
    (ada,) = rows(found)
    assert (ada["first_name"], ada["last_name"]) == ("Ada", "Byron")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_encodings_and_separators(encoding: str, delimiter: str) -> None:
    """As spreadsheets and tools of all ages write them."""
    text = "email,first_name,last_name\r\nsian@example.org,Siân,O’Brien\r\n".replace(",", delimiter)
    assert rows(people(text.encode(encoding)))[0]["first_name"] == "Siân"


def test_a_column_of_addresses_is_found_without_a_name() -> None:
    """By what it holds; a person is shown it before anything is written."""
    data = books.export("who,where to", "Ada,ada@example.org", "Bo,bo@example.org")
    assert [row["email"] for row in rows(people(data))] == ["ada@example.org", "bo@example.org"]


def test_a_status_that_says_something_else_decides_nothing() -> None:
    """“Status: full member” is no word about mail."""
    found = people(books.export("email,status", "ada@example.org,full member", "bo@example.org,lapsed"))
    assert len(found.kept) == 2


def test_a_status_that_is_not_known_is_no_yes() -> None:
    """Among known ones, a strange one leaves its row out, and is told."""
    data = books.export(
        "email,status", "ada@example.org,subscribed", "bo@example.org,subscribed", "cy@example.org,paused"
    )
    found = people(data)
    assert list(found.kept) == ["ada@example.org", "bo@example.org"]
    assert found.bad == [("people.csv:4", "its status is 'paused', which says nothing")]


def test_whoever_opted_out_here_stays_so() -> None:
    """Whatever the file says of them."""
    found = people(
        books.export("email,status", "ada@example.org,subscribed"), suppressed=frozenset({"ada@example.org"})
    )
    assert (len(found.kept), found.opted_out_here) == (0, 1)


def test_what_a_person_says_of_a_column_wins() -> None:
    """Also that it is none."""
    data = books.export("email,region,Ward", "ada@example.org,ENG,North")
    (ada,) = rows(people(data, asked={"region": "-", "ward": "region"}))
    assert ada["region"] == "North"


def test_a_column_that_is_not_there_is_named() -> None:
    """With the nearest that is."""
    with pytest.raises(UsageError) as error:
        people(books.export("email,Ward", "ada@example.org,North"), asked={"Wards": "region"})
    assert error.value.hint == "Did you mean 'Ward'?"


@pytest.mark.parametrize(
    ("cells", "dates", "said"),
    [
        (["05/03/2025", "28/09/2025"], ["2025-03-05", "2025-09-28"], ""),
        (["05/03/2025", "09/28/2025"], ["2025-05-03", "2025-09-28"], "the month first, as in America"),
        (["45721", "45721.5"], ["2025-03-05", "2025-03-05"], "numbers as Excel counts days"),
        (["5 March 2025", "2025-03-05T10:00:00Z", "soon", ""], ["2025-03-05", "2025-03-05", "soon", ""], ""),
    ],
)
def test_dates_are_read_by_the_column(cells: list[str], dates: list[str], said: str) -> None:
    """One day that has no thirteenth month tells for all; what is no date stays, and is no consent."""
    to_date, told = values.dates_of(cells)
    assert [to_date(cell) for cell in cells] == dates
    assert told == said


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("Ada Byron", ("Ada", "Byron")),
        ("Byron, Ada", ("Ada", "Byron")),
        ("Dr Ada King Byron", ("Ada", "King Byron")),
        ("Cllr. Ada", ("Ada", "")),
        ("", ("", "")),
    ],
)
def test_whole_names(name: str, parts: tuple[str, str]) -> None:
    """The first word is the first name, unless a comma says otherwise."""
    assert values.split_name(name) == parts


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"%PDF-1.7",
        b"\x00" * 500,
        packed({"photo.jpg": "x"}),
        books.xlsx({"People": [["email"], ["a@example.org"]]})[:400],
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + "EncryptedPackage".encode("utf-16-le"),
        b'email,name\n"a@example.org,Ada\n',
    ],
)
def test_what_is_no_spreadsheet_is_refused(data: bytes) -> None:
    """Empty, something else, cut off, locked, or with a quote that never ends."""
    with pytest.raises(Refused):
        reading.answer(reading.recognised(data), data)


def test_a_workbook_that_unpacks_without_end_is_refused() -> None:
    """A quarter of a gigabyte of nothing, in a quarter of a megabyte."""
    book = packed({"xl/workbook.xml": "x", "xl/worksheets/sheet1.xml": bytes(251_000_000)})
    with pytest.raises(Refused, match="this is no list of people"):
        reading.answer(reading.recognised(book), book)


standings = st.sampled_from(["", "paused", *STATUSES])
mailboxes = st.sampled_from(
    ["ada@example.org", "Ada@Example.org", "bo@example.org", "cy@example.net", "no address", ""]
)


@given(st.lists(st.tuples(mailboxes, standings), min_size=1, max_size=12), st.sets(mailboxes))
@settings(max_examples=100, deadline=None)
def test_every_row_is_counted_and_nobody_who_left_is_kept(
    given_rows: list[tuple[str, str]], left: set[str]
) -> None:
    """Whatever the rows say, in whatever order, and whoever has left here."""
    text = StringIO()
    csv.writer(text).writerows([("email", "status"), ("x@example.org", "subscribed"), *given_rows])
    suppressed = frozenset(address.lower() for address in left)
    found = people(text.getvalue().encode(), suppressed=suppressed)
    said_so = {
        address.lower()
        for address, status in given_rows
        if STATUSES.get(status) in {Standing.LEFT, Standing.BOUNCED} and "@" in address
    }
    assert not {key.lower() for key in found.kept} & (suppressed | said_so)
    assert {key.lower() for key in found.gone} == said_so
