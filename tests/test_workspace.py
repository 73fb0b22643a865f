"""A workspace on disk: found, read, and never overwritten."""

from __future__ import annotations

import stat
from collections.abc import Mapping
from pathlib import Path

import pytest

from newsletter.errors import SettingsError, SourceError, UsageError
from newsletter.workspace import Example, Workspace, initialise, make_secret
from tests.cli import small
from tests.cli.small import DRAFT

SECRET = "an invented secret"


def opened(root: Path, **environment: str) -> Workspace:
    small.make(root)
    return Workspace.open(root, environment)


def test_a_workspace_is_found_from_any_folder_inside_it(tmp_path: Path) -> None:
    """The nearest `newsletter.yaml` upwards decides, so one workspace may lie inside another."""
    small.make(tmp_path)
    small.make(tmp_path / "drafts" / "inner")
    assert Workspace.open(tmp_path / "lists", {}).root == tmp_path
    assert Workspace.open(tmp_path / "drafts" / "inner" / "drafts", {}).root == tmp_path / "drafts" / "inner"


def test_no_workspace_anywhere_is_an_error_of_the_settings(tmp_path: Path) -> None:
    """The hint is the command that makes one."""
    with pytest.raises(SettingsError) as caught:
        Workspace.open(tmp_path, {})
    assert "newsletter init" in caught.value.hint


def test_no_repr_of_a_workspace_holds_a_secret(tmp_path: Path) -> None:
    """Whatever prints it: the environment is left out."""
    workspace = opened(tmp_path, NEWSLETTER_SECRET=SECRET, SENDGRID_API_KEY="SG.hush")
    assert SECRET not in repr(workspace)
    assert "SG.hush" not in repr(workspace)


@pytest.mark.parametrize("wanted", [DRAFT, f"{DRAFT}.md", f"drafts/{DRAFT}.md"])
def test_a_draft_is_found_by_name_or_path(tmp_path: Path, wanted: str) -> None:
    """With or without the folder and the suffix."""
    assert opened(tmp_path).draft_path(wanted) == tmp_path / "drafts" / f"{DRAFT}.md"


def test_drafts_are_markdown_and_yaml_and_nothing_else(tmp_path: Path) -> None:
    """A note, a hidden file's suffix or a backup beside them is no draft."""
    workspace = opened(tmp_path)
    for name in ("b.yaml", "a.yml", "c.markdown", "notes.txt", f"{DRAFT}.md~", "d.md.bak"):
        (tmp_path / "drafts" / name).write_text("x", encoding="utf-8")
    assert [path.name for path in workspace.drafts()] == ["a.yml", "b.yaml", "c.markdown", f"{DRAFT}.md"]


def test_a_missing_draft_names_the_nearest(tmp_path: Path) -> None:
    """And how to make a new one."""
    with pytest.raises(SourceError, match=r"Did you mean 'report\.md'\?") as caught:
        opened(tmp_path).draft_path("raport")
    assert "newsletter new" in caught.value.hint


def test_a_missing_list_names_the_nearest(tmp_path: Path) -> None:
    """As its segment file would name it."""
    with pytest.raises(SourceError, match=r"(?s)lists/member\.csv: .*Did you mean 'members\.csv'\?"):
        opened(tmp_path).open_list("member.csv")


def test_the_secret_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    """Asked for twice, it is the same; losing it would kill the links in every old mail."""
    workspace = opened(tmp_path)
    first = workspace.secret()
    assert workspace.secret() == first
    assert len(first) >= 32
    assert stat.S_IMODE((tmp_path / ".newsletter" / "secret").stat().st_mode) == 0o600
    with pytest.raises(FileExistsError):
        make_secret(tmp_path / ".newsletter" / "secret")


def test_the_environment_overrides_the_secret_and_the_database(tmp_path: Path) -> None:
    """And then no secret is written to the disk."""
    workspace = opened(tmp_path, NEWSLETTER_SECRET=SECRET, NEWSLETTER_DATABASE="postgresql://x/y")
    assert workspace.secret() == SECRET.encode()
    assert workspace.database_url == "postgresql://x/y"
    assert not (tmp_path / ".newsletter" / "secret").exists()


def test_without_a_database_the_ledger_lies_in_the_state_folder(tmp_path: Path) -> None:
    """Which is private."""
    workspace = opened(tmp_path)
    assert workspace.database_url == f"sqlite:///{tmp_path}/.newsletter/ledger.db"
    assert stat.S_IMODE(workspace.state_dir.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    "components", [{"audience": "a1", "edition:members": "b2"}, {"headers": "c3"}], ids=["two", "one"]
)
def test_a_receipt_is_remembered_with_what_it_was_made_of(
    tmp_path: Path, components: Mapping[str, str]
) -> None:
    """So that a refusal can say what changed; one never shown is None."""
    workspace = opened(tmp_path)
    workspace.remember_receipt("abcd-2345", components)
    assert workspace.receipt_components("abcd-2345") == components
    assert workspace.receipt_components("abcd-2346") is None


@pytest.mark.parametrize(
    "value", ["../../newsletter", "/etc/passwd", "", "a" * 100, "abcd 2345", "ABCD-2345\n"]
)
def test_what_is_no_receipt_opens_no_file(tmp_path: Path, value: str) -> None:
    """It comes from the command line, and names a file only in the form that we write."""
    assert opened(tmp_path).receipt_components(value) is None


def test_a_theme_of_the_workspace_stands_over_the_program_s_own(tmp_path: Path) -> None:
    """File by file: what is not there is the program's."""
    (tmp_path / "templates" / "report").mkdir(parents=True)
    (tmp_path / "templates" / "report" / "prose.css").write_text("p { color: #111111; }", encoding="utf-8")
    theme = opened(tmp_path).theme("report")
    assert theme.sources["report/prose.css"] == "p { color: #111111; }"
    assert "<mjml" in theme.sources["report/theme.mjml"]


def test_a_copied_theme_folder_is_a_theme(tmp_path: Path) -> None:
    """A third theme is a folder, and nothing else has to be told of it."""
    (tmp_path / "templates" / "mine").mkdir(parents=True)
    (tmp_path / "templates" / "mine" / "theme.mjml").write_text("<mjml/>", encoding="utf-8")
    workspace = opened(tmp_path)
    assert set(workspace.theme_names) == {"report", "letter", "mine"}
    with pytest.raises(SettingsError, match=r"Did you mean 'letter'\?"):
        workspace.theme("leter")


def test_a_path_is_shown_relative_to_the_workspace(tmp_path: Path) -> None:
    """And whole where it lies outside."""
    workspace = opened(tmp_path / "inside")
    assert workspace.shown(tmp_path / "inside" / "drafts" / "x.md") == "drafts/x.md"
    assert workspace.shown(tmp_path / "x.md") == str(tmp_path / "x.md")


def test_a_file_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    """A folder in the place of a file is an error with its name, not a traceback."""
    workspace = opened(tmp_path)
    workspace.segments_path.unlink()
    workspace.segments_path.mkdir()
    with pytest.raises(SourceError, match=r"^lists/segments\.yaml: cannot be read"):
        workspace.segments_text()


def test_a_file_in_another_encoding_names_the_line(tmp_path: Path) -> None:
    """The line that holds the first foreign byte."""
    workspace = opened(tmp_path)
    workspace.segments_path.write_bytes(b"segments:\n  # caf\xe9\n")
    with pytest.raises(SourceError, match=r"^lists/segments\.yaml:2: this is not UTF-8"):
        workspace.segments_text()


def test_the_example_holds_what_a_new_workspace_needs(tmp_path: Path) -> None:
    """Settings, two drafts, two lists, segments and two themes; nothing of this repository."""
    files = initialise(tmp_path)
    assert {
        "newsletter.yaml",
        ".gitignore",
        "drafts/2026-11-17-nec.md",
        "drafts/2026-09-22-nec.yaml",
        "lists/clp-secretaries.csv",
        "lists/members.csv",
        "lists/segments.yaml",
        "templates/report/theme.mjml",
        "templates/letter/theme.mjml",
    } <= set(files)
    assert {name.split("/")[0] for name in files} == {
        *("newsletter.yaml", ".gitignore", "drafts", "lists", "templates")
    }
    assert set(Example.found().files()) | {".gitignore"} == set(files)


def test_a_new_workspace_is_never_made_over_files(tmp_path: Path) -> None:
    """A state folder may be there already, and keeps its secret; any other file of ours stops it."""
    (tmp_path / ".newsletter").mkdir()
    (tmp_path / ".newsletter" / "secret").write_text("old", encoding="utf-8")
    initialise(tmp_path)
    assert (tmp_path / ".newsletter" / "secret").read_text(encoding="utf-8") == "old"
    (tmp_path / "newsletter.yaml").unlink()
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    with pytest.raises(UsageError, match="is there already"):
        initialise(tmp_path)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
