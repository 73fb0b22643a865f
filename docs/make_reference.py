#!/usr/bin/env python3
"""Bring the generated parts of reference.md up to date: `python docs/make_reference.py`.

Rule: what stands between `<!-- generated: NAME -->` and `<!-- end -->` comes from the program; everything else
is written by hand and left as it is.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from enum import Enum
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from newsletter import checks, log, metrics, settings
from newsletter.cli.commands import command
from newsletter.delivery.run import RunState
from newsletter.render.look import FONTS

REFERENCE = Path(__file__).with_name("reference.md")

_BLOCK = re.compile(r"(?<=<!-- generated: )(?P<name>[a-z-]+)(?P<open> -->\n).*?(?=<!-- end -->)", re.DOTALL)


def reference(written: str) -> str:
    """The page with each generated part made anew. Raises `KeyError` for a part that nothing generates."""
    return _BLOCK.sub(lambda found: f"{found['name']}{found['open']}\n{PARTS[found['name']]()}\n\n", written)


def commands() -> str:
    """Each command: what it does, how it is called, its arguments and options."""
    group: Any = command()
    return "\n\n".join(_command(name, command) for name, command in group.commands.items())


def _command(name: str, command: Any) -> str:
    text, _, example = command.help.partition("Example: ")
    arguments = [each.metavar for each in command.params if each.param_type_name == "argument"]
    options = ["[OPTIONS]"] if len(arguments) < len(command.params) else []
    return "\n\n".join(
        [
            f"### `newsletter {name}`",
            text.strip(),
            f"```text\n{' '.join([f'newsletter {name}', *options, *arguments])}\n```",
            _table(("", "", "default"), _parameters(command)),
            f"For example: `{' '.join(example.split())}`",
        ]
    )


def _parameters(command: Any) -> Iterator[tuple[str, str, str]]:
    """How each argument and option is written, what it does, and its default."""
    hints = get_type_hints(inspect.unwrap(command.callback), include_extras=True)
    for each in command.params:
        default = _written(each.default)
        shown = "required" if each.required else "" if default in {None, False, ""} else f"`{default}`"
        if each.param_type_name == "argument":
            yield f"`{each.metavar}`", each.help, shown
        else:
            value = "" if each.is_flag else f" {_choices(hints[each.name]) or each.metavar}"
            yield f"`{', '.join(each.opts)}{value}`", each.help, shown


def _choices(annotation: Any) -> str:
    """The words that an option may take, `a|b`; nothing where it may take any."""
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return "|".join(str(word.value) for word in annotation)
    return next(filter(None, map(_choices, get_args(annotation))), "")


def _written(value: object) -> object:
    return value.value if isinstance(value, Enum) else value


def all_settings() -> str:
    """Each key of newsletter.yaml, and below it the keys of each section."""
    sections = (
        f"### `{name}`\n\n{inspect.getdoc(model)}\n\n{_settings_table(model, f'{name}.')}"
        for name, info in settings.Settings.model_fields.items()
        if (model := _section(info.annotation))
    )
    return "\n\n".join([_settings_table(settings.Settings, ""), *sections])


def _settings_table(model: type[BaseModel], prefix: str) -> str:
    rows = (
        (f"`{prefix}{info.alias or name}`", _kind(info.annotation), _default(info), info.description or "")
        for name, info in model.model_fields.items()
    )
    return _table(("key", "type", "default", ""), rows)


def _section(annotation: Any) -> type[BaseModel] | None:
    """The model of the section that a key holds, if it holds one."""
    kinds = (annotation, *get_args(annotation))
    return next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)), None)


def _default(info: FieldInfo) -> str:
    if info.is_required():
        return "required"
    if info.default_factory is not None or info.default is None or info.default == "":
        return ""
    return f"`{str(info.default).lower() if isinstance(info.default, bool) else info.default}`"


_KINDS: dict[object, str] = {
    bool: "`true` or `false`",
    int: "whole number",
    float: "number",
    str: "text",
    tuple: "list",
}


def _kind(annotation: Any) -> str:
    """A type as the person who fills in the file would call it."""
    if _section(annotation):
        return "section"
    if get_origin(annotation) is Literal:
        return ", ".join(f"`{choice}`" for choice in get_args(annotation))
    if get_origin(annotation) in {Union, UnionType}:
        return _kind(next(each for each in get_args(annotation) if each is not type(None)))
    return _KINDS[getattr(annotation, "__origin__", annotation)]


def fonts() -> str:
    """The fonts a theme may be set in."""
    return ", ".join(f"`{font}`" for font in FONTS) + "."


def states() -> str:
    """The states of a run, each with what it means."""
    said = {
        RunState.SCHEDULED: "it leaves at its time: it waits here, or SendGrid has it",
        RunState.HELD: "nothing leaves before a time, so that it can be stopped",
        RunState.CANARY: "the first have it, and everybody else waits for a word",
        RunState.SENDING: "a process is at work on it",
        RunState.PAUSED: "nobody is at work on it, and somebody is pending or deferred",
        RunState.STOPPED: "a person stopped it",
        RunState.COMPLETE: "nobody is pending or deferred",
    }
    return _table(("state", "meaning"), ((f"`{state.value}`", said[state]) for state in RunState))


def all_checks() -> str:
    """Each rule with its docstring, one paragraph a part."""
    return "\n\n".join(_check(rule) for rule in checks.rules())


def _check(rule: checks.Rule) -> str:
    parts = re.split(
        r"^(?=(?:What it does|Why it matters|Example|Instead): )", rule.explanation, flags=re.MULTILINE
    )
    said = (re.sub(r"^([^:]+):", r"**\1:**", " ".join(part.split())) for part in parts if part.strip())
    severity = f"Severity: {rule.severity.value}{'; it cannot be silenced' if rule.guards_promise else ''}."
    return "\n\n".join([f"### {rule.code}: {rule.name}", severity, *said])


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = tuple(head)
    lines = (head, ("---",) * len(head), *rows)
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def events() -> str:
    """Each event of the log, with its fields."""
    return _table(
        ("event", "meaning and fields"), ((f"`{each.value}`", log.MEANINGS[each]) for each in log.Happening)
    )


def numbers() -> str:
    """Each of our numbers for Prometheus."""
    return _table(("number", "meaning"), ((f"`{name}`", meaning) for name, meaning in metrics.MEANINGS.items()))


PARTS: dict[str, Callable[[], str]] = {
    "commands": commands,
    "settings": all_settings,
    "fonts": fonts,
    "states": states,
    "checks": all_checks,
    "events": events,
    "numbers": numbers,
}


if __name__ == "__main__":
    before = REFERENCE.read_text(encoding="utf-8")
    after = reference(before)
    REFERENCE.write_text(after, encoding="utf-8")
    sys.stdout.write("up to date\n" if after == before else f"wrote {REFERENCE.name}\n")
