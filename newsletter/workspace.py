"""A workspace on disk: `newsletter.yaml`, the environment, and the drafts, lists and themes beside it.

Rule: this room alone finds and reads the user's files; the rooms below are given text. Secrets come from the
environment or `.newsletter/secret`, are asked for when needed, and stand in no value that could be printed.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import IO

from newsletter.audience import joining
from newsletter.drafts import Known
from newsletter.drafts import parse as parse_draft
from newsletter.errors import Mistake, SettingsError, SourceError, UsageError, Where, did_you_mean
from newsletter.model import Report, Theme
from newsletter.settings import Settings, parse_settings

SETTINGS = "newsletter.yaml"
DRAFT_SUFFIXES = (".md", ".markdown", ".yaml", ".yml")
STATE = ".newsletter"
LEDGER = "ledger.db"
"""In the state folder: the ledger, unless `NEWSLETTER_DATABASE` says another."""
DOMAIN_REPORT = "doctor.json"
"""In the state folder: `newsletter.checks.DomainReport` as JSON."""


@dataclass(frozen=True, slots=True)
class Example:
    """The example workspace that comes with the program: what `newsletter init` copies."""

    root: Path
    folders: tuple[str, ...] = ("drafts", "lists", "templates")

    @classmethod
    def found(cls) -> Example:
        """In an installed package inside it; in a checkout, the repository's own root."""
        packaged = Path(str(resources.files("newsletter"))) / "example"
        return cls(packaged if packaged.is_dir() else Path(__file__).resolve().parent.parent)

    def files(self) -> dict[str, bytes]:
        """Every file of a new workspace, by its path inside it."""
        paths = [
            self.root / SETTINGS,
            *(p for name in self.folders for p in sorted((self.root / name).rglob("*"))),
        ]
        return {
            path.relative_to(self.root).as_posix(): path.read_bytes()
            for path in paths
            if path.is_file() and not path.name.startswith(".")
        }


@dataclass(frozen=True)
class Workspace:
    """An opened workspace. Paths in messages are relative to `root`."""

    root: Path
    settings: Settings
    environment: Mapping[str, str] = field(repr=False)

    @classmethod
    def open(cls, start: Path, environment: Mapping[str, str]) -> Workspace:
        """The workspace that holds `start`: the nearest folder upwards with a `newsletter.yaml`.

        Raises `SettingsError` when there is none or it is wrong.
        """
        for folder in (start, *start.parents):
            if (folder / SETTINGS).is_file():
                return cls(folder, _read_settings(folder / SETTINGS), environment)
        raise SettingsError(
            [Mistake(Where(SETTINGS), "there is no newsletter.yaml in this folder or above it")],
            "Make a workspace with: newsletter init DIR",
        )

    # Drafts

    def draft_path(self, wanted: str) -> Path:
        """A draft by its path, or by its name inside `drafts/`, with or without the suffix."""
        given = Path(wanted)
        candidates = [given, self.root / wanted, self.root / "drafts" / wanted]
        candidates += [self.root / "drafts" / f"{wanted}{suffix}" for suffix in DRAFT_SUFFIXES]
        for candidate in candidates:
            if candidate.is_file():
                return candidate
        names = [path.name for path in self.drafts()]
        raise SourceError(
            [Mistake(Where(wanted), "there is no such draft", did_you_mean(given.name, names))],
            "Make a new one with: newsletter new TITLE",
        )

    def drafts(self) -> list[Path]:
        """The drafts of the workspace, by name."""
        folder = self.root / "drafts"
        return sorted(path for path in folder.glob("*") if path.suffix in DRAFT_SUFFIXES)

    def read_draft(self, path: Path, known: Known) -> Report:
        """Parse a draft. Raises `SourceError` with every mistake in it."""
        return self.parse_draft(_read_bytes(path, self.shown(path)), path, known)

    def parse_draft(self, text: bytes, path: Path, known: Known) -> Report:
        """Parse what is to be written to a draft. Raises `SourceError` with every mistake in it."""
        return parse_draft(text, name=self.shown(path), known=known)

    # Lists

    @property
    def segments_path(self) -> Path:
        return self.root / "lists" / "segments.yaml"

    def segments_text(self) -> str:
        """The text of `lists/segments.yaml`."""
        return _read_text(self.segments_path, self.shown(self.segments_path))

    def open_list(self, name: str) -> IO[bytes]:
        """A list of `lists/`, for reading. Raises `SourceError` where it is not there."""
        path = self.root / "lists" / name
        try:
            return path.open("rb")
        except OSError:
            raise SourceError(
                [
                    Mistake(
                        Where(f"lists/{name}"), "there is no such list", did_you_mean(name, self.list_names())
                    )
                ]
            ) from None

    def list_names(self) -> tuple[str, ...]:
        """The CSV files of `lists/`, by name."""
        return tuple(sorted(path.name for path in (self.root / "lists").glob("*.csv")))

    def list_stems(self) -> frozenset[str]:
        """What people leave: `members` for lists/members.csv."""
        return frozenset(Path(name).stem for name in self.list_names())

    def lists_stamp(self) -> tuple[tuple[str, int, int], ...]:
        """What the files of `lists/` look like from outside: another stamp, and they may hold other people."""
        found = ((path.name, path.stat()) for path in (self.root / "lists").glob("*.csv"))
        return tuple(sorted((name, stat.st_mtime_ns, stat.st_size) for name, stat in found))

    def check_joining(self, name: str) -> None:
        """Make the list that people join, where there is none. Raises `SourceError` for one that cannot be."""
        with self._list_to_write(name) as path:
            if path.exists():
                joining.check(_read_bytes(path, self.shown(path)), name=name, folder="lists")
            else:
                _replace(path, joining.new_list())

    def join_list(self, name: str, person: Mapping[str, str]) -> None:
        """Write somebody into a list: whole and on the disk when this returns, and as it was if it fails.

        `person` has the columns `joining.COLUMNS`. Raises `SourceError`.
        """
        with self._list_to_write(name) as path:
            held = _read_bytes(path, self.shown(path)) if path.exists() else joining.new_list()
            _replace(path, joining.joined(held, person, name=name, folder="lists"))

    def change_list(self, name: str, change: Callable[[bytes], bytes]) -> None:
        """Write a list anew as `change` makes it of what stands there, whole or not at all.

        Raises `SourceError`.
        """
        with self._list_to_write(name) as path:
            _replace(path, change(_read_bytes(path, self.shown(path))))

    def put_list(self, name: str, data: bytes, *, over: bytes | None) -> None:
        """Write a whole list in the place of the one that says `over`, or where there is none.

        Raises `SourceError`, also where the list is another one by now.
        """
        with self._list_to_write(name) as path:
            there = _read_bytes(path, self.shown(path)) if path.exists() else None
            if there != over:
                what = "the list was changed in the meantime, and was left as it is"
                raise SourceError([Mistake(Where(self.shown(path)), what, "Run the command again.")])
            _replace(path, data)

    def list_bytes(self, name: str) -> bytes | None:
        """A list as it is; None where there is none. Raises `SourceError`."""
        path = self.root / "lists" / name
        return _read_bytes(path, self.shown(path)) if path.exists() else None

    @contextmanager
    def _list_to_write(self, name: str) -> Iterator[Path]:
        """The path of a list while no other process of ours writes one."""
        path = self.root / "lists" / name
        try:
            with (self.state_dir / "lists.lock").open("a") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                yield path
        except OSError as error:
            what = f"cannot be written: {error.strerror or type(error).__name__}"
            raise SourceError([Mistake(Where(self.shown(path)), what)]) from None

    # Themes

    def theme(self, name: str) -> Theme:
        """A theme: the workspace's own files over those that came with the program."""
        if name not in self.theme_names:
            # A draft's own theme was checked when the draft was read, so this name is that of the settings.
            what, hint = f"there is no theme '{name}'", did_you_mean(name, self.theme_names)
            raise SettingsError([Mistake(Where(SETTINGS), what, hint)])
        return Theme(name, self.templates)

    @cached_property
    def theme_names(self) -> tuple[str, ...]:
        """The themes that a draft may name: the folders that hold a theme's entry file."""
        from newsletter.render import theme_names  # noqa: PLC0415 - heavy, and not every command renders

        return theme_names(self.templates)

    @cached_property
    def templates(self) -> dict[str, str]:
        """Every template by its name below `templates/`: the workspace's own over the program's."""
        sources: dict[str, str] = {}
        for folder in dict.fromkeys((Example.found().root / "templates", self.root / "templates")):
            for path in sorted(folder.rglob("*")):
                if path.is_file() and not path.name.startswith("."):
                    sources[path.relative_to(folder).as_posix()] = _read_text(path, self.shown(path))
        return sources

    @property
    def fonts(self) -> str | None:
        """The path of a folder of fonts for the print edition, if there is one."""
        folder = self.root / "fonts"
        return str(folder) if folder.is_dir() else None

    @property
    def site(self) -> Path:
        """The folder that published pages are written to."""
        return self.root / self.settings.publish.folder

    # State and secrets

    @property
    def state_dir(self) -> Path:
        """Where the ledger and the secret live; private to the user, made when first needed."""
        folder = self.root / STATE
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder

    @property
    def confirmations(self) -> Path:
        """Where the mails wait by which people confirm that they want to join, each under its person's code."""
        return self.root / STATE / "confirmations"

    def domain_report(self) -> str:
        """What `newsletter doctor` last wrote of the sending domain; empty where it was never run."""
        path = self.root / STATE / DOMAIN_REPORT
        return _read_text(path, self.shown(path)) if path.is_file() else ""

    @property
    def database_url(self) -> str:
        """`NEWSLETTER_DATABASE`, or SQLite in the state folder."""
        return self.environment.get("NEWSLETTER_DATABASE") or f"sqlite:///{self.state_dir / LEDGER}"

    def secret(self) -> bytes:
        """What signs unsubscribe links: `NEWSLETTER_SECRET`, or `.newsletter/secret`, made when needed."""
        given = self.environment.get("NEWSLETTER_SECRET")
        if given:
            return given.encode()
        path = self.state_dir / "secret"
        if not path.exists():
            make_secret(path)
        return path.read_bytes().strip()

    def remember_receipt(self, value: str, components: Mapping[str, str]) -> None:
        """Keep what a receipt was made of, so that a later refusal can say what changed."""
        folder = self.state_dir / "receipts"
        folder.mkdir(exist_ok=True)
        (folder / f"{value}.json").write_text(json.dumps(dict(components)), encoding="utf-8")

    def receipt_components(self, value: str) -> dict[str, str] | None:
        """What a receipt shown here was made of; None for one that this workspace never showed."""
        if not re.fullmatch(r"[a-z2-7-]{1,40}", value):
            return None
        path = self.state_dir / "receipts" / f"{value}.json"
        return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else None

    def shown(self, path: Path) -> str:
        """A path as messages name it: relative to the workspace where it is inside."""
        try:
            return path.resolve().relative_to(self.root.resolve()).as_posix()
        except ValueError:
            return str(path)


def make_secret(path: Path) -> None:
    """Write a fresh secret that only the user can read; never over an old one."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(32) + "\n")


def initialise(folder: Path) -> list[str]:
    """Make a workspace in `folder`; return the files written. Never overwrites: raises `UsageError` instead."""
    if (folder / SETTINGS).exists():
        raise UsageError(f"{folder / SETTINGS} is there already", "Choose an empty folder.")
    files = Example.found().files() | {".gitignore": _PRIVATE}
    there = [name for name in files if (folder / name).exists()]
    if there:
        raise UsageError(f"{folder / there[0]} is there already", "Choose an empty folder.")
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    state = folder / STATE
    state.mkdir(mode=0o700, exist_ok=True)
    if not (state / "secret").exists():
        make_secret(state / "secret")
    return sorted(files)


_PRIVATE = b"""# People's addresses, and what was sent to whom: never in a public place.
/lists/*.csv
/outbox/
/.newsletter/
"""


def _replace(path: Path, data: bytes) -> None:
    """Put another file in the place of one, at once and for good; its rights stay."""
    fresh = path.with_name(f".{path.name}.new")
    rights = path.stat().st_mode & 0o777 if path.exists() else 0o600
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, rights), "wb") as file:  # noqa: PTH123
        os.fchmod(file.fileno(), rights)
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    write_down_names(path.parent)


def write_down_names(folder: Path) -> None:
    """The names in a folder are on the disk when this returns, as a file's content is by its own (fsync(2))."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read_settings(path: Path) -> Settings:
    """Raises `SettingsError`, also where the file cannot be read."""
    try:
        text = _read_text(path, SETTINGS)
    except SourceError as error:
        raise SettingsError(error.mistakes) from None
    return parse_settings(text, name=SETTINGS)


def _read_bytes(path: Path, shown: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise SourceError([Mistake(Where(shown), f"cannot be read: {reason}")]) from None


def _read_text(path: Path, shown: str) -> str:
    try:
        return _read_bytes(path, shown).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise SourceError(
            [Mistake(Where(shown, line), "this is not UTF-8", "Save the file as UTF-8.")]
        ) from None
