"""The doctor as a whole: in this process, and as the command."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from newsletter.checks import DomainReport
from newsletter.doctor import Asking, Case, Diagnosis, Health, Kept, examine, keep
from newsletter.doctor.kept import Proof
from newsletter.doctor.together import together
from tests.cli.command import Result, run
from tests.cli.relay import Relay
from tests.doctor.mail import Signer, received, written
from tests.doctor.name_server import NameServer
from tests.doctor.site import Site
from tests.doctor.stage import DOMAIN, Stage, by_about, put_good_records

OK, WARNING, FAULT, UNKNOWN = Health.OK, Health.WARNING, Health.FAULT, Health.UNKNOWN


@pytest.fixture
def ready(stage: Stage, names: NameServer, signer: Signer) -> Iterator[Stage]:
    """A workspace with everything set up, but that its site is http on loopback."""
    put_good_records(names)
    signer.publish(names)
    with Relay() as relay, Site() as site:
        stage.set(
            f"transport: smtp\nsite_url: {site.url}\n"
            f"smtp: {{host: 127.0.0.1, port: {relay.port}, security: none}}\n"
        )
        yield stage


def doctor(stage: Stage, *arguments: str) -> Result:
    server = stage.names.address
    return run("doctor", "--name-server", f"{server.address}:{server.port}", *arguments, cwd=stage.root)


def verdicts(result: Result) -> dict[str, str]:
    return {each["about"]: each["health"] for each in result.json["diagnoses"]}


def test_where_all_is_well_every_line_is_ok(ready: Stage, signer: Signer) -> None:
    """But for the http of the test's own site, with which the settings find fault."""
    found = examine(ready.case(delivered=received(signer.sign(written()))))
    bad = [each for each in found.diagnoses if each.health is not OK]
    assert [(each.about, "site_url" in each.found) for each in bad] == [("settings", True)]
    assert {each.about for each in found.diagnoses} >= {"unsubscribe headers", "what the receiver saw", "clock"}
    assert found.exit_code == 4


def test_offline_nothing_of_the_network_is_ok(ready: Stage, names: NameServer) -> None:
    """Everything that needs it is could not check, and the command does not fail for it."""
    found = by_about(examine(ready.case(online=False)).diagnoses)
    network = {
        "clock",
        "transport",
        f"mail to {DOMAIN}",
        "unsubscribe page",
        "spf",
        "dmarc",
        "dkim",
        "alignment",
    }
    assert {name for name, each in found.items() if each.health is UNKNOWN} == network
    assert names.asked == []


def test_warnings_and_open_questions_do_not_fail(stage: Stage, names: NameServer) -> None:
    """0 with them, 4 with a fault: `newsletter.yaml` or the environment is wrong."""
    put_good_records(names)
    with Relay() as relay:
        stage.set(f"smtp: {{host: 127.0.0.1, port: {relay.port}, security: none}}\n")
        found = examine(stage.case())
    healths = {each.health for each in found.diagnoses}
    assert healths == {OK, WARNING, UNKNOWN}
    assert found.exit_code == 0
    names.take_away(DOMAIN, "MX")
    assert examine(stage.case()).exit_code == 4


def test_for_the_outbox_what_only_mail_needs_is_a_warning(stage: Stage) -> None:
    """A rehearsal goes nowhere; the preflight is told the truth nevertheless."""
    found = examine(stage.case(transport="outbox"))
    assert by_about(found.diagnoses)["dmarc"].health is WARNING
    assert found.exit_code == 0
    assert found.report.dmarc == "missing"


def test_the_preflight_reads_what_was_found(ready: Stage, signer: Signer) -> None:
    """Four standings, a sentence each, when, and for which domain."""
    case = ready.case(delivered=received(signer.sign(written())), now=lambda: 1_795_000_000)
    keep(case.workspace, examine(case).report)
    report = DomainReport.from_json(ready.workspace().domain_report())
    assert report is not None
    assert (report.spf, report.dkim, report.dmarc, report.alignment) == ("ok",) * 4
    assert (report.domain, report.checked_at.timestamp()) == (DOMAIN, 1_795_000_000)
    assert set(report.details) == {"spf", "dkim", "dmarc", "alignment"}


def test_what_is_missing_and_what_is_wrong_are_told_apart(stage: Stage, names: NameServer) -> None:
    """The preflight words them differently."""
    names.put(DOMAIN, "TXT", "v=spf1 +all")
    report = examine(stage.case()).report
    assert (report.spf, report.dmarc, report.dkim, report.alignment) == (
        "fail",
        "missing",
        "unknown",
        "unknown",
    )


def test_a_look_without_an_answer_does_not_wipe_out_the_last(stage: Stage, names: NameServer) -> None:
    """Somebody runs it on a train; what was answered yesterday still stands, dated."""
    put_good_records(names)
    assert keep(stage.workspace(), examine(stage.case()).report)
    before = stage.workspace().domain_report()
    assert not keep(stage.workspace(), examine(stage.case(online=False)).report)
    assert stage.workspace().domain_report() == before


def test_a_record_without_an_answer_keeps_its_last_with_its_date(stage: Stage, names: NameServer) -> None:
    """One server is silent; the others answered anew. Whatever is said of it later takes its place."""
    put_good_records(names)
    workspace = stage.workspace()
    keep(workspace, examine(stage.case(now=lambda: 1_795_000_000)).report)
    names.silent.add(f"_dmarc.{DOMAIN}")
    names.put(DOMAIN, "TXT", "v=spf1 +all")
    keep(workspace, examine(stage.case(now=lambda: 1_795_600_000)).report)
    report = DomainReport.from_json(workspace.domain_report())
    assert report is not None
    assert (report.spf, report.dmarc) == ("fail", "ok")
    assert [report.answered_at(name).timestamp() for name in ("spf", "dmarc")] == [1_795_600_000, 1_795_000_000]
    names.silent.clear()
    keep(workspace, examine(stage.case(now=lambda: 1_795_900_000)).report)
    report = DomainReport.from_json(workspace.domain_report())
    assert report is not None
    assert report.answered_at("dmarc").timestamp() == 1_795_900_000


AT = datetime(2026, 11, 1, tzinfo=UTC)
PROVED = Kept(
    checked_at=AT,
    domain=DOMAIN,
    dkim="ok",
    alignment="ok",
    proof=Proof(seen_at=AT, selector="s1", domain=DOMAIN),
)


@pytest.mark.parametrize(
    ("now", "whole"),
    [
        ({"spf": "ok"}, {"spf": "ok", "dkim": "ok", "alignment": "ok", "proof": PROVED.proof}),
        ({"dkim": "missing"}, {"dkim": "missing", "alignment": "unknown", "proof": None}),
        ({"spf": "ok", "domain": "other.test"}, {"dkim": "unknown", "alignment": "unknown", "proof": None}),
    ],
)
def test_what_a_mail_proved_outlives_silence_and_nothing_else(
    now: dict[str, str], whole: dict[str, object]
) -> None:
    """Neither a key that is gone, nor another domain."""
    merged = Kept.model_validate({"checked_at": AT, "domain": DOMAIN} | now).after(PROVED)
    assert {name: getattr(merged, name) for name in whole} == whole


@pytest.mark.parametrize("text", ["", "{", '{"domain": 3}'])
def test_notes_that_cannot_be_read_are_none(text: str) -> None:
    """Written by another version, or by hand."""
    assert Kept.from_json(text) is None


def test_what_is_not_ok_says_what_to_do() -> None:
    """A line without advice cannot be made."""
    with pytest.raises(ValueError, match="spf"):
        Diagnosis("spf", FAULT, "wrong")


def test_every_line_of_a_bare_workspace_says_what_to_do(stage: Stage) -> None:
    """Whatever is found."""
    assert all(each.advice for each in examine(stage.case()).diagnoses if each.health is not OK)


def test_questions_are_asked_at_once() -> None:
    """Two that wait for each other both end; the answers stand in the order of the questions."""
    both = threading.Barrier(2)
    assert together([lambda: both.wait(5) >= 0, lambda: both.wait(5) >= 0, lambda: 3], within_s=6) == [
        True,
        True,
        3,
    ]


def test_a_question_that_takes_too_long_is_left() -> None:
    """The others keep their answers."""
    end = threading.Event()
    began = time.monotonic()
    assert together([lambda: end.wait(5), lambda: True], within_s=0.1) == [None, True]
    assert time.monotonic() - began < 2
    end.set()


def test_a_question_that_fails_fails_the_whole() -> None:
    """A mistake of ours is not taken for an answer, a time-out inside a question neither."""

    def late() -> None:
        raise TimeoutError("inside")

    with pytest.raises(TimeoutError, match="inside"):
        together([late], within_s=1)


def test_a_check_that_takes_too_long_could_not_be_made(stage: Stage, names: NameServer) -> None:
    """Each thing it would have told of is named."""
    names.silent |= {DOMAIN, f"_dmarc.{DOMAIN}", f"s1._domainkey.{DOMAIN}"}
    case = Case.of(stage.workspace(), asking=Asking(name_server=names.address, step_s=1.5, whole_s=0.5))
    found = by_about(examine(case).diagnoses)
    assert all(found[name].health is UNKNOWN for name in ("spf", "dmarc", "dkim", "alignment"))
    assert "too long" in found["alignment"].found


# The command


def test_the_command_tells_a_line_each_and_what_to_do(ready: Stage, signer: Signer) -> None:
    """The advice stands under what was found."""
    (ready.root / "copy.eml").write_bytes(received(signer.sign(written())))
    result = doctor(ready, "--delivered", "copy.eml")
    assert result.code == 4
    assert f"ok               dkim: the signature for {DOMAIN} holds" in result.text
    lines = result.text.splitlines()
    below = lines[next(number for number, line in enumerate(lines) if line.startswith("fault")) + 1]
    assert below.startswith(" " * 17 + "Serve it by https")


def test_the_command_tells_it_to_scripts(stage: Stage, names: NameServer) -> None:
    """JSON with the same lines; the exit code says whether anything must be mended."""
    put_good_records(names)
    result = doctor(stage, "--json")
    assert (result.code, result.json["ok"]) == (0, True)
    assert verdicts(result)["spf"] == "ok"
    assert set(result.json["diagnoses"][0]) == {"about", "health", "found", "advice", "missing"}
    notes = json.loads((stage.root / ".newsletter" / "doctor.json").read_text(encoding="utf-8"))
    assert notes["spf"] == "ok"


def test_the_command_looks_at_the_transport_it_is_asked_for(stage: Stage) -> None:
    """The settings' own by default."""
    assert verdicts(doctor(stage, "--json"))["transport"] == "ok"
    assert verdicts(doctor(stage, "--json", "--transport", "smtp"))["transport"] in {"fault", "could not check"}


def test_the_command_asks_nobody_offline(stage: Stage, names: NameServer) -> None:
    """It ends well, and says what could not be checked."""
    result = doctor(stage, "--offline", "--json")
    assert (result.code, names.asked) == (0, [])
    assert verdicts(result)["spf"] == "could not check"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--delivered", "nowhere.eml"), "nowhere.eml"),
        (("--name-server", "dns.test"), "dns.test"),
        (("--name-server", "127.0.0.1:x"), "127.0.0.1:x"),
        (("--name-server", "127.0.0.1:99999"), "from 1 to 65,535"),
        (("--name-server", "[::1]:0"), "from 1 to 65,535"),
        (("--name-server", "127.0.0.1:-53"), "from 1 to 65,535"),
    ],
)
def test_what_was_given_wrong_is_said(stage: Stage, arguments: tuple[str, str], said: str) -> None:
    """A file that is not there, a server that is no address."""
    result = run("doctor", *arguments, cwd=stage.root)
    assert result.code == 2
    assert said in result.err


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "[::1]:5353"])
def test_a_name_server_may_be_written_in_each_usual_way(stage: Stage, address: str) -> None:
    """With and without a port, by IPv4 and IPv6."""
    assert run("doctor", "--offline", "--name-server", address, cwd=stage.root).code == 0


def test_wrong_settings_end_before_anything_is_asked(stage: Stage, names: NameServer) -> None:
    """Every mistake at its place, as from each command."""
    stage.set("listid: x\n")
    result = doctor(stage)
    assert (result.code, "newsletter.yaml:4:1" in result.err, names.asked) == (4, True, [])


def test_nothing_private_is_told(ready: Stage, signer: Signer) -> None:
    """Neither a password nor the local part of an address, however it is shown."""
    ready.environment["NEWSLETTER_SMTP_PASSWORD"] = "a long password"
    case = ready.case(delivered=received(signer.sign(written())))
    shown = repr(case) + repr(examine(case))
    assert "a long password" not in shown
    assert "reader@" not in shown
