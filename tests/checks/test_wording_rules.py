"""Each rule about the draft's text fires on the fault it names, and keeps quiet on what only looks like it."""

from __future__ import annotations

import pytest

from newsletter.checks import Evidence, Severity, rules, run
from tests.checks.cases import report, saying

LONG = " ".join(["word"] * 901)

FIRES: dict[str, list[Evidence]] = {
    "C01": [
        saying("The deficit is £XX,000."),
        saying("It rose by xx per cent."),
        saying("TODO: the votes."),
        saying("See [insert link]."),
        saying("It was 14 to ??."),
        saying("Lorem ipsum dolor sit amet."),
        saying("Text.", preheader="XXX"),
        saying("The table goes here."),
        saying("It cost £Xm."),
        saying("It was agreed by X votes to seven."),
        saying("Insert the chart here."),
        saying("Figures … to follow."),
        saying("The votes (... here)."),
        saying("Nominations close at [time?]."),
    ],
    "C02": [
        saying("The venue is TBC."),
        saying("We hope to meet in May (tbc)."),
        saying("(Jo, please check this with the office.)"),
        saying("Figures (to follow)."),
        saying("Conference: date to be confirmed."),
        saying("Next meeting. Date and venue to be announced."),
    ],
    "C03": [
        saying("## First subject\n\nIt was long."),
        saying("Where you have been, and how to invite you."),
        saying("Dear {{ first_name | default('friend') }},"),
        saying("Dear friends,\n\nYours in solidarity,"),
    ],
    "C04": [
        saying("See Error! Bookmark not defined."),
        saying("I donâ€™t know."),
        saying("It costs Â£5."),
        saying("See _Toc123456789."),
        saying("That is all. Commented [MH1]: is it?"),
        saying("It is a mem\u200bber."),
        saying("It is \u202eback to front."),
        saying("See [the paper](https://members.example.org/pa\u200bper)."),
    ],
    "C05": [
        saying("This is <b>bold</b>."),
        saying("This is **bold."),
        saying("See [the paper] (https://members.example.org/)."),
        saying("Dear *|FNAME|*,"),
        saying("Dear %%name%%,"),
        saying("Fish&amp;nbsp;and chips."),
        saying("Dear [first_name],"),
        saying("Dear [First name],"),
        saying("Dear [Member's name],"),
        saying("Dear {first_name},"),
        saying("<script>alert(1)</script>"),
        saying("It is <SPAN CLASS=x>red</SPAN>."),
        saying("Text. <!-- ask Jo about this -->"),
        saying("<!-- never closed"),
        saying("<iframe src='https://example.org/'></iframe>"),
    ],
    "C06": [saying("We met in in Thornby."), saying("It was the\nthe best."), saying("We *were* were there.")],
    "C07": [
        saying("[Click here](https://members.example.org/)."),
        saying("[here](https://members.example.org/)"),
        saying("[Read more →](https://members.example.org/)"),
        saying("[Click here now!](https://members.example.org/)"),
        saying("[click here to find out more](https://members.example.org/)"),
        saying("The best is [this one](https://members.example.org/)."),
        saying("Text.", summary='["See [this](https://members.example.org/)"]'),
    ],
    "C08": [
        saying("[example.org/accounts](https://elsewhere.test/accounts)"),
        saying("[maya@reports.example.org](mailto:unsubscribe@reports.example.org)"),
        saying("[example.org/accounts/2026](https://example.org/accounts/2025)"),
        saying("[https://example.org/fund](https://example.org/funding)"),
    ],
    "C09": [
        saying("[Papers](http://localhost:8000/papers)"),
        saying("[Papers](http://192.168.1.4/papers)"),
        saying("[Papers](https://intranet/papers)"),
        saying("[Papers](https://docs.google.com/document/d/1x/edit#heading=h.1)"),
    ],
    "C11": [saying("## Youth\n\n## Finance\n\nText."), saying("Text.\n\n## Youth")],
    "C12": [saying("## Finance\n\nText.\n\n## Women\n\nText.\n\n## finance\n\nText.")],
    "C13": [saying("## Results\n\nText.\n\n#### Motions\n\nText."), saying("### Motions\n\nText.")],
    "C14": [
        saying(
            "Text.",
            subject="What the committee said about the many things it talked of in its November meeting",
        )
    ],
    "C15": [saying("Text.", preheader="word " * 31), saying("Text.", subject="News", preheader="News.")],
    "C16": [
        saying("Text.", subject="IMPORTANT NEWS"),
        saying("## FINANCE\n\nText."),
        saying("Please DO NOT IGNORE THIS LETTER."),
    ],
    "C17": [
        saying("We meet on Monday 18 November 2026."),
        saying("Come on Wednesday, 26th January 2027."),
        saying("From Monday 27 to Wednesday 30 September 2026."),
        saying("On Mon 24 November we vote."),
        saying("On Friday, December 3rd we vote."),
        saying("On Weds 17 Nov we vote."),
        saying("We meet on Fri 24/11/2026."),
        saying("We meet on Mon 24/11."),
        saying("We meet on Saturday, 24.11.26."),
    ],
    "C18": [
        saying("By 31 November."),
        saying("By 29 February 2027."),
        saying("On 6 May 2207."),
        saying("By 30 February."),
        saying("By 31/02/2027."),
        saying("By 24/13/2026."),
        saying("By Mon 30/02."),
    ],
    "C19": [
        saying(
            "Text.", meeting="{body: NEC, date: 2026-12-15}", title="Report of the meeting, 15 December 2026"
        )
    ],
    "C20": [
        saying("Text.", title="Report of the meeting, 22 September 2026"),
        saying("Text.", subject="My September NEC report"),
        saying("Text.", subject="Report of November 2025"),
        saying("Text.", subject="NEC, September: three votes"),
        saying("We met on 22 September, and it was long."),
        saying("Welcome to my September report."),
        saying("This is my account of the NEC meeting in September 2026."),
        saying("Here’s my NEC report for September."),
        saying("This is my report of the September meeting and of what followed."),
        saying("Text.", subject="NEC report 22/09/2026"),
    ],
    "C21": [
        saying("The next meeting is on 17 November."),
        saying("We meet again on Tuesday 22 September 2026."),
    ],
    "C22": [
        saying("The minutes are attached."),
        saying("Please see the attachment."),
        saying("I attach the paper."),
        saying("The policy (PDF enclosed) says so."),
        saying("See the enclosed form."),
    ],
    "C23": [
        saying("This is the official record of the meeting."),
        saying("I write on behalf of the NEC."),
        saying("This is an official NEC bulletin."),
        saying("This is the formal record of the meeting."),
        saying("What follows is the agreed note of the meeting."),
        saying("It is done. On behalf of the NEC, thank you."),
        saying("These minutes were agreed by all members."),
        saying("On behalf of the National Executive Committee, may I thank you."),
        saying("This report has been approved by the General Secretary."),
        saying("The NEC has authorised me to write to you."),
        saying("Text.", subject="Official NEC report"),
        saying("Text.", title="Minutes of the NEC, 17 November 2026"),
    ],
    "C24": [
        saying("![IMG_2034.jpg](https://example.org/a.jpg)"),
        saying("![Image 3](https://example.org/a.jpg)"),
    ],
    "C25": [saying(f"## Everything\n\n{LONG}")],
    "C26": [
        saying("Dear {{ first_name | default('') }},"),
        saying("Dear {{ first_name | default('first_name') }},"),
        saying("Text.", subject="For {{ clp | default('') }}"),
    ],
    "C27": [saying("Text.", subject="Re: your letter"), saying("Text.", subject="FW: news")],
    "C30": [saying(f"See https://members.example.org/{'papers/' * 8}")],
    "D01": [
        saying("Write to dilys.penhallow@quickpost.example."),
        saying("[Write to her](mailto:dilys@quickpost.example)"),
        saying("Write to dilys (at) quickpost.example."),
    ],
    "D02": [
        saying("Ring 07700 900461."),
        saying("Ring +44 7700 900 461."),
        saying("Ring (01632) 960-983."),
        saying("[Ring her](tel:+447700900461)"),
        saying("Ring +353 1 555 0143."),
        saying("Ring 0049 (30) 2309 5123."),
        saying("Ring 0044 7700 900461."),
        saying("[Ring her](tel:+12025550143)"),
    ],
    "D03": [saying("She lives at 14 Sheep Street."), saying("Home address: 3 Mill Road, Thornby.")],
    "D04": [
        saying("[News](https://example.org/?utm_source=mail)"),
        saying("[News](https://eur02.safelinks.protection.outlook.com/?url=x)"),
        saying("[News](https://example.org/?a=1&fbclid=x)"),
    ],
    "C31": [
        saying(
            "## One\n\nI shall ask for the figures again in January.\n\n## Two\n\n"
            "I shall ask for the figures again in January."
        )
    ],
    "D06": [saying("Paper 7 (not for circulation)."), saying("This is strictly confidential.")],
    "D07": [saying("Payroll has her as QQ 12 34 56 C."), saying("His number is qq123456c.")],
}

QUIET: dict[str, list[Evidence]] = {
    "C01": [
        saying("Rule XX says so, and Clause XXX too."),
        saying("What did we decide? Nothing!"),
        saying("He said “[the Leader] agreed” and [sic] more."),
        saying("We have to do more, and to put here what we learnt there."),
        saying("The code is `XX` and stays."),
        saying("Type `STOP` here if you wish. Go to `example` to follow it."),
        saying("… here we are again."),
        saying("She is Xanthe, and votes in box X."),
        saying("Generation X members, 2 x weeks, and on X (once Twitter)."),
        saying("He said “[a] plan”, and [is it?](https://example.org/) a question."),
    ],
    "C02": [
        saying("The bill is to be decided by the Lords next year."),
        saying("Check with your secretary before Friday."),
        saying("The date is still to be confirmed. We vote on a date to be announced by the office."),
        saying("The appointment has to be confirmed. The speakers to be confirmed were named in January."),
    ],
    "C03": [
        saying("The first subject was money."),
        saying("Dear friends,\n\nThe meeting is put off."),
        saying("Dear all, tomorrow’s meeting begins at seven, and not at six."),
        saying("Dear friends,\n\n![A letter in my own hand](https://example.org/letter.png)"),
    ],
    "C04": [
        saying("It costs £5 – “naïve”, I’d say. Ârea and Ångström. An error! What a pity. [1] [B]"),
        saying("The 👩\u200d👩\u200d👧 family, and \u200fשלום\u200f to all."),
    ],
    "C05": [
        saying("A note* on *this*, 5 * 4 = 20, a_b_c, and R&D at M&S < 5."),
        saying("Dear friend [and colleague], I had her name [the full name] wrong."),
        saying("See clause 14(b)(ii) [1] and \\*stars\\*."),
        saying("Turnout was 40% in May and 50% in June, for {a} and {{ clp }}."),
        saying("Dear [{{ first_name }}] of [{{clp}}], 1 < 2 > 1, I <3 it, and <https://example.org/a>."),
        saying("Write \\<b> and \\<!-- so -->."),
    ],
    "C06": [saying("They knew what it was was their choice, so-so."), saying("Thirty. Thirty is enough.")],
    "C07": [
        saying("[Here are the accounts](https://members.example.org/)"),
        saying("[the page on buses](https://example.org/)"),
        saying(
            "[Click the lock beside the address](https://example.org/), then [this paper](https://example.org/)."
        ),
    ],
    "C08": [
        saying("[www.example.org](https://example.org/)"),
        saying("https://example.org/a?b=c and [the site](https://example.org)"),
        saying("[example.org/accounts](https://www.example.org/accounts/2026#top)"),
        saying("[example.org/accounts/…](https://example.org/Accounts/2026)"),
        saying("[maya@reports.example.org](mailto:maya@reports.example.org?subject=Hello)"),
    ],
    "C09": [
        saying(
            "[Papers](https://docs.google.com/document/d/1x/pub) and [more papers](https://members.example.org/)"
        )
    ],
    "C11": [
        saying("## Results\n\n### Motions\n\nText."),
        saying("## Code\n\n    x = 1\n\n## Table\n\n| a | b |\n|---|---|\n| c | d |"),
    ],
    "C12": [saying("## One\n\n### Money\n\nText.\n\n## Two\n\n### Money\n\nText.")],
    "C13": [saying("## A\n\nText.\n\n### B\n\nText.\n\n#### C\n\nText.\n\n## D\n\nText.")],
    "C14": [saying("Text.", subject="NEC in November: the deficit halves, and a close vote")],
    "C15": [saying("Text.", subject="News", preheader="A smaller deficit, and a firm date for selections.")],
    "C16": [
        saying("## AOB\n\nText.\n\n## NEC and CLP\n\nText."),
        saying("The NEC, CLPs, TUC and GMB agreed with the BBC that HMRC, DWP, NHS and MOD are initials."),
    ],
    "C17": [
        saying("We meet on Tuesday 17 November 2026, Tue 17 Nov, and the 17th of November."),
        saying("Conference ran from Sunday 27 to Wednesday 30 September."),
        saying("Applications open on Monday 18 January, and we voted on Thursday, 5 July 1945."),
        saying("We meet on Tue 24/11/2026 and Thu 26/11, at 10/12 to 3 on Friday 3/4 full."),
        saying("Surgeries: Monday 9.12 to 10.30, Saturday 10-12, Sunday 5/6 December, and 24/7 on the web."),
        saying("On Sunday May sat down; 10 may be enough; in March 2027 and on 26 more days."),
    ],
    "C18": [
        saying("By 30 November, 29 February 2028, and 31 December 2030; version 31.11 of 2026."),
        saying("By 28/02/2027; paper NEC/31/13/2026, £31.13, 30/02 of it, version 31.02.2027.1."),
        saying("We meet on Thursday 7.30 pm, Saturday 28/29 November, and Sunday 29-30 November."),
    ],
    "C19": [saying("Text."), saying("Text.", meeting="{body: NEC, date: 2026-11-21}", title="Report of today")],
    "C20": [
        saying("Text.", subject="NEC in November: selections open on 18 January"),
        saying("Text.", subject="What September promised, and what November brought"),
        saying("Text.", title="Report of the meetings of 16 and 17 November 2026"),
        saying("Text.", title="Report of the meetings of 17 and 18 November 2026"),
        saying("Text.", title="Conference, and what comes next"),
        saying(
            "This is my report of November. It follows my September report. Here is what I said in September."
        ),
        saying("Here is my report of the November meeting, and what became of my September report."),
        saying("This is the first meeting since September. Below is the letter that I wrote about it in May."),
        saying("This is the first report since September. Here is the treasurer’s September report in brief."),
        saying("Here are the minutes of the September meeting. Here is an account of what May’s report said."),
        saying("Here is my update on the October by-election. This is my report on the March budget."),
        saying("We met on 17 November. The committee that met again on 20 November was another."),
    ],
    "C21": [saying("The next meeting is on 26 January. We meet again on Tuesday 20 July 2027.")],
    "C22": [
        saying("I am attached to the place, and no strings are attached to it. I attach great weight to that."),
        saying("The garden is an enclosed one, and a copy editor was attached to the office."),
    ],
    "C23": [
        saying("This is not the official record. The official minutes will be published in January."),
        saying("The chair thanked the staff on behalf of the committee. I do not write on behalf of the NEC."),
        saying("The NEC has asked me many things, and has not authorised me to write this."),
        saying("We agreed the minutes of the last meeting. An official spoke."),
        saying("This is my personal account, not the official record."),
        saying("The minutes of the last meeting were agreed by all members."),
        saying("On behalf of the committee, the Chair thanked the staff."),
        saying("Text.", title="An unofficial report of 17 November 2026"),
    ],
    "C24": [saying("![The picture of the hall that hung in the lobby](https://example.org/IMG_2034.jpg)")],
    "C25": [saying(f"## One\n\n{LONG[:2000]}\n\n### Two\n\n{LONG[:2600]}")],
    "C26": [saying("Dear {{ first_name | default('friend') }}, in {{ clp }}.")],
    "C27": [saying("Text.", subject="Reforms, forwarded")],
    "C30": [
        saying(
            "See https://members.example.org/papers and [the longer one](https://members.example.org/papers/x)"
        )
    ],
    "D01": [
        saying("Write to maya@reports.example.org or conference@party.example; leave@reports.example.org too.")
    ],
    "D02": [
        saying("Ring the helpline on 0800 123 4567 or 0300 123 1234 or 116 123."),
        saying("We had 312480 members, 01 02 2026, and £07,700,900,461."),
        saying("It grew by +1 200 000, to 0012 3456 of them; +44 800 123 4567 is free."),
        saying("Join at 19:00 829 4512 7733."),
    ],
    "D03": [saying("She lives in Thornby. The hall is at 14 Sheep Street. TH1 2AB is my own.")],
    "D04": [saying("[Papers](https://example.org/questions?topic=buses&page=2&ref=report)")],
    "C31": [
        saying("## One\n\nThe motion was carried.\n\n## Two\n\nThe motion was carried."),
        saying(
            "::: only members\nI shall ask for the figures again in January.\n:::\n\n"
            "::: only secretaries\nI shall ask for the figures again in January.\n:::"
        ),
    ],
    "D07": [
        saying("Paper AB 12 34 56 was agreed, rule EC123456X too, and postcode TH1 2AB."),
        saying("It grew by 200000 a year, to 500000 a month; on 17 11 26 a motion was lost."),
    ],
    "D06": [saying("We met in private session. She was confident. Please forward this to anybody who wishes.")],
}


@pytest.mark.parametrize(("code", "found"), [(code, each) for code, cases in FIRES.items() for each in cases])
def test_a_fault_in_the_text_fires_its_rule(code: str, found: Evidence) -> None:
    """At a place in the draft."""
    problems = [problem for problem in run(found) if problem.code == code]
    assert problems
    assert all(problem.where.startswith("drafts/nec.md") for problem in problems)


@pytest.mark.parametrize(("code", "sound"), [(code, each) for code, cases in QUIET.items() for each in cases])
def test_a_rule_keeps_quiet_on_what_only_looks_like_its_fault(code: str, sound: Evidence) -> None:
    """Good English, and other people's good reasons."""
    assert [
        problem for problem in run(sound) if problem.code == code and problem.severity is not Severity.NOTE
    ] == []


@pytest.mark.parametrize(
    ("sentence", "severity"),
    [
        ("They had had enough.", Severity.NOTE),
        ("I said that that was wrong.", Severity.NOTE),
        ("Duran Duran played.", Severity.NOTE),
        ("They had the the paper.", Severity.WARNING),
    ],
)
def test_a_word_that_may_stand_twice_is_only_a_note(sentence: str, severity: Severity) -> None:
    """“had had” is English; “the the” is not."""
    assert [problem.severity for problem in run(saying(sentence)) if problem.code == "C06"] == [severity]


def test_a_postcode_is_a_note_and_the_writers_own_is_none() -> None:
    """A hall has a postcode too."""
    found = [problem for problem in run(saying("We met at TH5 9ZZ, near TH1 2AB.")) if problem.code == "D03"]
    assert [problem.severity for problem in found] == [Severity.NOTE]


def test_no_message_repeats_a_persons_address_or_number() -> None:
    """What is shown on a screen or kept in a log is the place, not the data."""
    found = run(saying("Ring 07700 900461 or write to dilys.penhallow@quickpost.example."))
    assert {problem.code for problem in found} == {"D01", "D02"}
    assert not any("900461" in problem.message or "dilys" in problem.message for problem in found)


def test_a_fault_is_told_at_its_line_and_column() -> None:
    """The body's lines are counted from the file's beginning."""
    (problem,) = run(saying("One line.\n\nAnd a second with the the fault."))
    assert problem.where == "drafts/nec.md:8:19"


@pytest.mark.parametrize(
    ("key", "value", "line"),
    [
        ("subject", "IMPORTANT NEWS", 5),
        ("preheader", "XXX", 5),
        ("summary", '["One.", "See TODO."]', 5),
    ],
)
def test_a_fault_in_the_front_matter_is_told_at_its_line(key: str, value: str, line: int) -> None:
    """Subject, preheader and summary have a place of their own."""
    (problem,) = run(saying("Text.", **{key: value}))
    assert problem.where.split(":")[:2] == ["drafts/nec.md", str(line)]


def test_what_stands_in_code_is_nobodys_style() -> None:
    """Rules about words leave out what is quoted as typed."""
    assert run(saying("Type `**TODO** <b>` and:\n\n    XX the the\n")) == ()


def test_every_rule_about_the_text_has_both() -> None:
    """One case that fires it, and one that does not."""
    assert set(FIRES) == set(QUIET)


def test_a_report_of_nothing_but_a_title_can_be_judged() -> None:
    """No rule stumbles over what is not there."""
    assert {rule.code for rule in rules()}
    assert report("Text.").summary == ()
    assert run(saying("Text.")) == ()


def test_code_in_a_message_is_three_dots() -> None:
    """The character that stands for it inside is shown to nobody."""
    (found,) = [problem for problem in run(saying("See [insert `link`].")) if problem.code == "C01"]
    assert "[insert …]" in found.message
