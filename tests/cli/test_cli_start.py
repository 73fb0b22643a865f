"""The first minute: help, `init`, `new`, and what a person sees who types something wrong."""

from __future__ import annotations

import re
import stat
import subprocess
from pathlib import Path

import pytest

from tests.cli.command import Result, finish, run, spawn
from tests.cli.small import DRAFT, Small

COMMANDS = (
    *("init", "new", "check", "render", "plan", "send", "status", "resume"),
    *("lists", "explain", "suppress"),
)
HEAVY = ("pydantic", "sqlalchemy", "jinja2", "premailer", "sendgrid", "rich", "yaml", "lxml", "email_validator")


def modules_imported(*arguments: str, cwd: Path) -> tuple[Result, set[str]]:
    """What a command imports, as the interpreter itself tells."""
    with spawn(*arguments, cwd=cwd, python=("-X", "importtime")) as process:
        result = finish(process)
    names = re.findall(r"^import time:.*\| +(\S+)$", result.err, flags=re.MULTILINE)
    return result, {name.partition(".")[0] for name in names}


def test_help_names_every_command_and_imports_nothing_heavy(tmp_path: Path) -> None:
    """`newsletter --help` costs no more than typer itself."""
    result, imported = modules_imported("--help", cwd=tmp_path)
    assert result.code == 0
    assert [name for name in COMMANDS if f"  {name} " not in result.text] == []
    assert "typer" in imported
    assert [name for name in HEAVY if name in imported] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_each_command_has_a_sentence_and_an_example(command: str, tmp_path: Path) -> None:
    """One imperative sentence, then something to copy."""
    result = run(command, "--help", cwd=tmp_path)
    assert result.code == 0
    assert re.match(rf"Usage: .*newsletter {command} ", result.text)
    assert f"Example: newsletter {command}" in result.text


def test_without_a_command_the_help_is_shown(tmp_path: Path) -> None:
    """A person who types the name alone learns what to type next."""
    assert "newsletter init" in run(cwd=tmp_path).text


@pytest.mark.parametrize(
    "arguments",
    [
        ("sned", DRAFT),
        ("send",),
        ("plan", DRAFT, "--sgement", "members"),
        ("plan", DRAFT, "--transport", "pigeon"),
        ("render", DRAFT, "--format", "docx"),
        ("suppress", "forget", "sian@example.org"),
    ],
)
def test_a_command_line_that_makes_no_sense_is_a_usage_error(small: Small, arguments: tuple[str, ...]) -> None:
    """Exit 2, a message on stderr, and stdout stays empty for the program that reads it."""
    result = small.run(*arguments)
    assert (result.code, result.out) == (2, b"")
    assert result.err.startswith("error: ")
    assert "--help" in result.err


def test_init_makes_a_workspace_that_works_at_once(tmp_path: Path) -> None:
    """Its drafts check READY, and its secret can be read by its owner alone."""
    made = run("init", "reports", cwd=tmp_path)
    assert (made.code, made.out) == (0, b"")
    assert "next: cd reports" in made.err
    root = tmp_path / "reports"
    for draft in ("2026-11-17-nec", "2026-09-22-nec"):
        assert run("check", draft, "--json", cwd=root).json == {"verdict": "READY", "problems": []}
    assert stat.S_IMODE((root / ".newsletter" / "secret").stat().st_mode) == 0o600
    assert stat.S_IMODE((root / ".newsletter").stat().st_mode) == 0o700


def test_two_workspaces_have_different_secrets(tmp_path: Path) -> None:
    """A link made in one workspace is worth nothing in another."""
    run("init", "one", cwd=tmp_path)
    run("init", "two", cwd=tmp_path)
    one, two = ((tmp_path / name / ".newsletter" / "secret").read_bytes() for name in ("one", "two"))
    assert one != two
    assert len(one.strip()) >= 32


def test_init_in_the_current_folder_keeps_what_is_there(tmp_path: Path) -> None:
    """`newsletter init` alone means here; a note in the folder stays as it is."""
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    assert run("init", cwd=tmp_path).code == 0
    assert (tmp_path / "newsletter.yaml").is_file()
    assert (tmp_path / "notes.txt").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("name", ["newsletter.yaml", "lists/members.csv", ".gitignore"])
def test_init_overwrites_nothing(name: str, tmp_path: Path) -> None:
    """One file in the way, and not a single other one is written."""
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("mine", encoding="utf-8")
    result = run("init", cwd=tmp_path)
    assert result.code == 2
    assert f"{name} is there already" in result.err
    assert [path.read_text(encoding="utf-8") for path in tmp_path.rglob("*") if path.is_file()] == ["mine"]


def test_git_ignores_the_people_and_the_ledger_of_a_new_workspace(tmp_path: Path) -> None:
    """Lists, outbox and ledger never reach a public repository; settings, drafts and segments do."""
    run("init", cwd=tmp_path)
    run("send", "2026-09-22-nec", "--segment", "clp-secretaries", cwd=tmp_path)
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    told = subprocess.run(
        ["git", "status", "--porcelain", "--untracked-files=all"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
    )
    shown = {line[3:] for line in told.stdout.splitlines()}
    assert {"newsletter.yaml", "lists/segments.yaml", "drafts/2026-11-17-nec.md", ".gitignore"} <= shown
    private = (".csv", ".eml", ".db", "secret")
    assert [name for name in shown if name.endswith(private)] == []
    assert any((tmp_path / "outbox").rglob("*.eml"))


def test_a_new_draft_lacks_nothing_but_words(small: Small) -> None:
    """`new` prints the file's name; it can be rehearsed, and once filled in it is READY."""
    made = small.good("new", "Report of the first winter meeting")
    path = made.text.strip()
    assert re.fullmatch(r"drafts/\d{4}-\d\d-\d\d-report-of-the-first-winter-meeting\.md", path)
    unfinished = small.run("check", path, "--json").json
    wrong = {each["code"] for each in unfinished["problems"] if each["severity"] == "error"}
    assert (unfinished["verdict"], wrong) == ("NOT READY", {"C03"})
    assert small.good("send", path, "--json").json["accepted"] == 5
    front, text = (small.root / path).read_text(encoding="utf-8").split("---\n\n")
    front = front.replace("The one thing every reader should know.", "We met.")
    text = re.sub(r"(?m)^(?!Dear|## Keeping|$).*$", "We met, and it was long.", text)
    small.write(path, f"{front}---\n\n{text}")
    assert small.good("check", path, "--json").json == {"verdict": "READY", "problems": []}


def test_the_id_of_a_new_draft_is_written_into_it(small: Small) -> None:
    """So that a real send of it can be told from every other, however the file is called later."""
    path = small.good("new", "Winter").text.strip()
    stem = Path(path).stem
    small.write("drafts/renamed.md", (small.root / path).read_bytes())
    planned = small.run("plan", "renamed", "--json", "--transport", "smtp").json
    assert planned["issue"] == stem
    assert "S02" not in {problem["code"] for problem in planned["checks"]["problems"]}


@pytest.mark.parametrize(
    "title",
    ['A "quoted" title: with a colon', "Back\\slash # and [brackets]", "Adroddiad Siân 🌹"],
)
def test_a_new_draft_keeps_its_title_whatever_is_in_it(small: Small, title: str) -> None:
    """What is typed after `new` is what stands in the report, but for its quotes, which become curly."""
    path = small.good("new", title).text.strip()
    shown = small.good("render", path, "--format", "text").text
    assert title in shown.replace("“", '"').replace("”", '"')


def test_new_never_overwrites_a_draft(small: Small) -> None:
    """The same title on the same day is refused, and the first draft stays as it was."""
    path = small.root / small.good("new", "Winter").text.strip()
    path.write_text("my words", encoding="utf-8")
    again = small.run("new", "Winter")
    assert (again.code, again.out) == (2, b"")
    assert "is there already" in again.err
    assert path.read_text(encoding="utf-8") == "my words"


def test_a_command_works_from_any_folder_of_the_workspace(small: Small) -> None:
    """Like git: the workspace is the nearest folder upwards."""
    assert run("check", DRAFT, "--json", cwd=small.root / "drafts").json["verdict"] == "READY"
    assert run("check", f"{DRAFT}.md", "--json", cwd=small.root / "drafts").json["verdict"] == "READY"


def test_outside_a_workspace_a_command_says_how_to_make_one(tmp_path: Path) -> None:
    """Exit 4: the settings are missing."""
    result = run("plan", DRAFT, cwd=tmp_path)
    assert result.code == 4
    assert "newsletter init" in result.err


def test_the_reader_of_a_pipe_may_leave_early(small: Small) -> None:
    """`newsletter … | head` ends without a traceback."""
    with spawn("render", DRAFT, cwd=small.root) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        said = process.stderr.read().decode()
        assert process.wait(timeout=30) in {0, 1}
    assert said == ""
