"""The documentation says what the program does, and says it about all of it."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import runpy
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from newsletter import checks
from newsletter.audience.segments import Condition
from newsletter.cli.commands import app
from newsletter.drafts.front import Front, MeetingKeys, SectionKeys, YamlDraft
from newsletter.errors import NewsletterError
from newsletter.plan import REASONS
from newsletter.render.variables import variables

ROOT = Path(__file__).resolve().parent.parent
PAGES = {
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
    for path in (ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md")))
}
REFERENCE = PAGES["docs/reference.md"]
ARCHITECTURE = PAGES["docs/architecture.md"]
COMMANDS: dict[str, Any] = vars(typer.main.get_command(app))["commands"]

FENCE = re.compile(r"^```(?P<language>\w*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?P<target>[^)\s]+)\)")
RUNNABLE = {"sh", "console"}


def test_the_reference_is_what_the_program_says() -> None:
    """Run: python docs/make_reference.py."""
    made = runpy.run_path(str(ROOT / "docs" / "make_reference.py"))["reference"](REFERENCE)
    assert made == REFERENCE, "docs/reference.md is out of date; run: python docs/make_reference.py"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_shown_in_use(name: str) -> None:
    """A person finds each command in the tutorial or the how-to, not in the reference alone."""
    taught = {
        command[0] for page in ("tutorial", "how-to") for command in command_lines(PAGES[f"docs/{page}.md"])
    }
    assert name in taught


ONLY_SHOW = {"check", "render", "plan", "explain", "audit", "doctor"}
WRITE_DRAFTS = {"init", "new", "import"}
HOLD_A_DOOR_OPEN = {"preview", "serve", "worker"}
"""What comes in by them is written down where it is done."""


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_that_changes_something_is_in_the_audit_log(name: str) -> None:
    """`@audited` stands around it, or it is known to change nothing of people and sendings."""
    around = COMMANDS[name].callback
    files = set()
    while around is not None:
        files.add(Path(around.__code__.co_filename).name)
        around = getattr(around, "__wrapped__", None)
    assert ("audited.py" in files) is (name not in ONLY_SHOW | WRITE_DRAFTS | HOLD_A_DOOR_OPEN)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_and_argument_is_in_the_reference(name: str) -> None:
    """Under its command's heading stands each option, and nothing that is not one."""
    section = REFERENCE.split(f"### `newsletter {name}`\n")[1].split("\n#")[0]
    options = {option for each in COMMANDS[name].params for option in each.opts if option.startswith("-")}
    cells = re.findall(r"^\| `(-[^`]+)` \|", section, re.MULTILINE)
    shown = {word for cell in cells for word in re.findall(r"(?<!\S)--?[a-z][a-z-]*", cell)}
    assert shown == options


def test_every_rule_is_in_the_reference_with_its_four_parts() -> None:
    """Each check says what it does, why it matters, gives an example and an alternative."""
    for rule in checks.rules():
        section = REFERENCE.split(f"### {rule.code}: ")[1].split("\n#")[0]
        parts = re.findall(r"^\*\*([^*]+):\*\* \S", section, re.MULTILINE)
        assert parts == ["What it does", "Why it matters", "Example", "Instead"], rule.code


@pytest.mark.parametrize(
    ("heading", "model", "beside"),
    [
        ("Keys", Front, MeetingKeys),
        ("The YAML form", YamlDraft, SectionKeys),
    ],
)
def test_every_key_of_a_draft_is_in_the_reference(heading: str, model: Any, beside: Any) -> None:
    """The tables name the keys that a draft may have, and no others."""
    known = set(model.model_fields) | set(beside.model_fields)
    known -= set(Front.model_fields) if model is YamlDraft else set()
    assert first_column(heading) == known


def test_every_operator_of_a_segment_is_in_the_reference() -> None:
    """`where` knows the operators that the page lists."""
    operators = {info.alias or name for name, info in Condition.model_fields.items()}
    assert operators <= first_column("Segments")


def test_every_name_that_a_theme_may_use_is_in_the_reference() -> None:
    """Whoever copies a theme finds there all that templates are given."""
    given = ast.walk(ast.parse(inspect.getsource(variables)))
    names = {
        key.value
        for node in given
        if isinstance(node, ast.Dict)
        for key in node.keys
        if isinstance(key, ast.Constant)
    }
    assert first_column("Themes") == names


def test_every_reason_for_an_exclusion_is_in_the_reference() -> None:
    """The page explains each word that `plan --json` counts under."""
    assert set(REASONS) <= first_column("JSON")


def test_every_error_has_its_exit_code_in_the_reference() -> None:
    """No command ends with a number that the page does not explain."""
    documented = {int(code) for code in first_column("Exit codes")}
    assert {kind.exit_code for kind in all_kinds(NewsletterError)} <= documented


def test_every_environment_variable_is_in_the_reference() -> None:
    """What the program reads from the environment is what the page lists."""
    source = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "newsletter").rglob("*.py"))
    read = set(re.findall(r"\b(?:NEWSLETTER|SENDGRID)_[A-Z_]+\b", source))
    assert read == first_column("Environment")


@pytest.mark.parametrize("name", PAGES)
def test_every_link_leads_somewhere(name: str) -> None:
    """A link to a page or a heading of ours finds it."""
    for target in LINK.findall(FENCE.sub("", PAGES[name])):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        there = (ROOT / name).parent / path if path else ROOT / name
        assert there.is_file(), f"{name}: {target}"
        assert not anchor or anchor in anchors(there.read_text(encoding="utf-8")), f"{name}: {target}"


@pytest.mark.parametrize("name", [name for name in PAGES if "newsletter " in PAGES[name]])
def test_every_command_line_parses(name: str) -> None:
    """Each `newsletter …` line of a page is one that the program takes."""
    for command, *arguments in command_lines(PAGES[name]):
        assert command in COMMANDS, f"{name}: newsletter {command}"
        COMMANDS[command].make_context(command, list(arguments))


@pytest.mark.parametrize("name", [name for name in PAGES if "`newsletter " in PAGES[name]])
def test_every_command_in_a_sentence_exists(name: str) -> None:
    """A command named in passing exists, and so does each of its options."""
    for quoted in re.findall(r"`newsletter ([^`]+)`", FENCE.sub("", PAGES[name])):
        command, *words = shlex.split(quoted)
        if command == "--help":
            continue
        assert command in COMMANDS, f"{name}: newsletter {command}"
        options = {option for each in COMMANDS[command].params for option in each.opts}
        given = {word for word in words if word.startswith("-")}
        assert given <= options | {"--help"}, f"{name}: newsletter {quoted}"


def test_every_term_of_the_glossary_is_used() -> None:
    """A word that nothing else uses needs no explanation."""
    others = "\n".join(text for name, text in PAGES.items() if name != "docs/glossary.md")
    source = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "newsletter").rglob("*.py"))
    used = (others + source).lower()
    terms = re.findall(r"^\*\*(.+?)\*\*:", PAGES["docs/glossary.md"], re.MULTILINE)
    assert len(terms) == len(set(terms))
    assert [term for term in terms if not re.search(rf"\b{re.escape(term)}s?\b", used)] == []


def test_prose_has_one_sentence_a_line() -> None:
    """A change to one sentence is a change of one line."""
    for name, text in PAGES.items():
        for line in FENCE.sub(
            "", re.sub(r"<!-- generated.*?<!-- end -->", "", text, flags=re.DOTALL)
        ).splitlines():
            prose = re.sub(r"`[^`]*`", "", line)
            if not prose.startswith(("|", "#", "<!--", "-", "  ")):
                assert not re.search(r"[a-z)]{2}[.!?] [A-Z]", prose), f"{name}: {line}"


def test_every_room_is_on_the_map() -> None:
    """The architecture page names each file and folder of the package, and none that is gone."""
    rooms = {
        path.name + "/" * path.is_dir() for path in (ROOT / "newsletter").iterdir() if path.name[0] not in "_."
    }
    section = ARCHITECTURE.split("## The rooms")[1].split("\n## ")[0]
    named = {
        room for cell in re.findall(r"^\| (`[^|]+) \|", section, re.MULTILINE) for room in cell.split(", ")
    }
    assert {room.strip("`") for room in named} == rooms


def test_every_file_that_the_map_names_is_there() -> None:
    """A path in the architecture page is a path in the package, or in the repository."""
    for path in re.findall(r"`([a-z_]+/[a-z_/]*(?:\.py)?)`", ARCHITECTURE):
        assert (ROOT / "newsletter" / path).exists() or (ROOT / path).exists(), path


def test_the_contracts_on_the_map_are_those_of_the_code() -> None:
    """Each function there has the parameters it is shown with, and each class exists."""
    code = next(fence["body"] for fence in FENCE.finditer(ARCHITECTURE) if fence["language"] == "python")
    room = None
    for part in re.split(r"^# (newsletter[\w.]*).*$", code, flags=re.MULTILINE)[1:]:
        if part.startswith("newsletter"):
            room = importlib.import_module(part)
            continue
        for node in ast.parse(part).body:
            assert isinstance(node, ast.FunctionDef | ast.ClassDef)
            found = getattr(room, node.name)
            if isinstance(node, ast.FunctionDef):
                shown = [each.arg for each in (*node.args.args, *node.args.kwonlyargs)]
                assert shown == list(inspect.signature(found).parameters), node.name


def test_help_lists_every_command() -> None:
    """`newsletter --help` is the short form of the reference."""
    shown = CliRunner().invoke(app, ["--help"]).stdout
    assert [name for name in COMMANDS if f"  {name} " not in shown] == []


def all_kinds(kind: type[NewsletterError]) -> Iterator[type[NewsletterError]]:
    """An error and all that are made from it."""
    yield kind
    for below in kind.__subclasses__():
        yield from all_kinds(below)


def first_column(heading: str) -> set[str]:
    """The words in code in the first column of the tables below a heading of the reference."""
    section = re.split(rf"^##+ {re.escape(heading)}$", REFERENCE, flags=re.MULTILINE)[1]
    section = re.split(r"^##", section, flags=re.MULTILINE)[0]
    cells = re.findall(r"^\| (`[^|]+`) \|", section, re.MULTILINE)
    return {word for cell in cells for word in re.findall(r"`([^`]+)`", cell)}


def anchors(text: str) -> set[str]:
    """The anchors that a page's headings make, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def command_lines(text: str) -> Iterator[list[str]]:
    """The arguments of each `newsletter` call in the page's examples, the command first."""
    for fence in FENCE.finditer(text):
        if fence["language"] not in RUNNABLE:
            continue
        for line in fence["body"].replace("\\\n", " ").splitlines():
            if fence["language"] == "console" and not line.startswith("$ "):
                continue
            for call in re.split(r"&&|\||;|(?<!\S)[12]?>", line.removeprefix("$ ")):
                words = [
                    word for word in shlex.split(call, comments=True) if "=" not in word or word.startswith("-")
                ]
                if words and Path(words[0]).name == "newsletter":
                    yield words[1:]
