"""The rooms import downwards, the core does no I/O, and a command imports no more than it needs."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "newsletter"
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
    "contracts"
]
CORE = next(each["source_modules"] for each in CONTRACTS if each["name"] == "The core does no I/O")

BREACHES = {
    "newsletter/address.py": ("import newsletter.render", "Rooms import downwards only"),
    "newsletter/helpers.py": ("", "Rooms import downwards only"),
    "newsletter/delivery/outcome.py": ("import newsletter.audience", "Delivery knows people and messages"),
    "newsletter/delivery/clock.py": ("import newsletter.delivery.run", "Within delivery"),
    "newsletter/delivery/transports/outbox.py": (
        "import newsletter.delivery.transports.smtp",
        "Transports are",
    ),
    "newsletter/documents/comparison.py": ("import newsletter.documents.writer", "Within documents"),
    "newsletter/documents/readers/odt.py": ("import newsletter.documents.readers.docx", "Readers are"),
    "newsletter/documents/mending/points.py": ("import zipfile", "Mending reads no document"),
    "newsletter/feedback/enhanced.py": ("import newsletter.feedback.letter", "Within feedback"),
    "newsletter/feedback/vouched.py": ("import socket", "What a mail or an event means"),
    "newsletter/plan.py": ("import socket", "The core does no I/O"),
    "newsletter/workspace.py": ("import rich", "Only the command line"),
    "newsletter/render/text.py": ("import premailer", "One adapter a library"),
    "newsletter/render/colour.py": ("import newsletter.render.look", "No two rooms need each other"),
}
"""A file → what is added to it, and the contract that must notice."""

IO = {"open", "print", "input", "exec", "eval"}
CLOCK = {"now", "utcnow", "today"}
DISK = {"Path", "urlopen", "urlretrieve"}

HEAVY = {
    "alembic",
    "jinja2",
    "lxml",
    "mammoth",
    "markdown_it",
    "mjml",
    "pdfminer",
    "premailer",
    "pydantic",
    "python_calamine",
    "sendgrid",
    "sqlalchemy",
    "yaml",
}

HELP = """
import sys
from newsletter.cli import main
sys.argv = ["newsletter", "--help"]
try:
    main()
finally:
    print(*sys.modules)
"""


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the contracts on the package in a folder."""
    command = [
        str(Path(sys.executable).with_name("lint-imports")),
        "--config",
        str(ROOT / "pyproject.toml"),
        "--no-cache",
    ]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_every_contract_is_kept() -> None:
    """What `[tool.importlinter]` says of the rooms is so."""
    ran = lint(ROOT)
    assert ran.returncode == 0, ran.stdout


def test_every_contract_can_be_broken(tmp_path: Path) -> None:
    """Each contract notices an import that it forbids, so none of them is idle."""
    shutil.copytree(PACKAGE, tmp_path / "newsletter", ignore=shutil.ignore_patterns("__pycache__"))
    for name, (line, _) in BREACHES.items():
        with (tmp_path / name).open("a", encoding="utf-8") as file:
            file.write(f"\n{line}\n")
    broken = [line for line in lint(tmp_path).stdout.splitlines() if " BROKEN" in line]
    for _, contract in BREACHES.values():
        assert any(line.startswith(contract) for line in broken), contract
    assert len(broken) == len(CONTRACTS)


@pytest.mark.parametrize("room", CORE)
def test_the_core_opens_nothing_and_reads_no_clock(room: str) -> None:
    """What is given to a core room is all that it knows: no file, no time of day, no terminal."""
    for path in modules_of(room):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        assert [f"{path.name}:{line}: {what}" for line, what in reaching_out(tree)] == []


def test_help_imports_nothing_heavy() -> None:
    """`newsletter --help` costs no more than Typer itself."""
    ran = subprocess.run([sys.executable, "-c", HELP], capture_output=True, text=True, check=True)
    assert HEAVY & set(ran.stdout.splitlines()[-1].split()) == set()


def modules_of(room: str) -> list[Path]:
    """The files of a room."""
    path = ROOT / room.replace(".", "/")
    found = sorted(path.rglob("*.py")) if path.is_dir() else [path.with_suffix(".py")]
    assert all(each.is_file() for each in found)
    return found


def reaching_out(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """The calls and imports by which a module would reach the disk, the clock or the terminal."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id=name)) if name in IO:
                yield node.lineno, name
            case ast.Call(func=ast.Attribute(attr=name)) if name in CLOCK:
                yield node.lineno, name
            case ast.ImportFrom(names=names):
                yield from ((node.lineno, each.name) for each in names if each.name in DISK)
