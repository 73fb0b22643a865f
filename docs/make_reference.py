#!/usr/bin/env python3
"""Bring the generated parts of reference.md up to date: `python docs/make_reference.py`.

Rule: what stands between `<!-- generated: NAME -->` and `<!-- end -->` comes from the program; everything else
is written by hand and left as it is.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator
from enum import Enum
from inspect import getdoc
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import typer
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from typer.core import TyperArgument, TyperGroup, TyperOption

from newsletter import checks, settings
from newsletter.cli.app import app
from newsletter.errors import NewsletterError

REFERENCE = Path(__file__).with_name("reference.md")

_BLOCK = re.compile(r"(?<=<!-- generated: )(?P<name>[a-z-]+)(?P<open> -->\n).*?(?=<!-- end -->)", re.DOTALL)


def reference(written: str) -> str:
    """The page with each generated part made anew. Raises `KeyError` for a part that nothing generates."""
    return _BLOCK.sub(lambda found: f"{found['name']}{found['open']}\n{PARTS[found['name']]()}\n\n", written)


# Commands


def commands() -> str:
    """Each command: what it does, how it is called, and its options."""
    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup)
    return "\n\n".join(_command(name, group) for name in group.commands)


def _command(name: str, group: TyperGroup) -> str:
    command = group.commands[name]
    context = typer.Context(command, info_name=f"newsletter {name}", max_content_width=1000)
    usage = " ".join([f"newsletter {name}", *command.collect_usage_pieces(context)])
    text, _, example = (command.help or "").partition("Example: ")
    given = [_parameter(each, context) for each in command.params]
    return "\n\n".join(
        [
            f"### `newsletter {name}`",
            text.strip(),
            f"```\n{usage}\n```",
            *([f"Example: `{example.strip()}`"] if example else []),
            *([_table(("", "", "default"), given)] if given else []),
        ]
    )


def _parameter(parameter: object, context: typer.Context) -> tuple[str, str, str]:
    assert isinstance(parameter, TyperArgument | TyperOption)
    words = parameter.type_descriptor.annotation
    choices = [each.value for each in words] if isinstance(words, type) and issubclass(words, Enum) else []
    if isinstance(parameter, TyperArgument):
        name = f"`{parameter.make_metavar(context).strip('{}')}`"
    else:
        value = "" if parameter.is_flag else f" {'|'.join(choices) or parameter.metavar}"
        name = ", ".join(f"`{option}`" for option in parameter.opts[:-1])
        name = ", ".join(filter(None, [name, f"`{parameter.opts[-1]}{value}`"]))
    help_text = parameter.help or ""
    if choices and isinstance(parameter, TyperArgument):
        help_text += f" One of {', '.join(f'`{choice}`' for choice in choices)}."
    return name, help_text, _default(parameter)


def _default(parameter: TyperArgument | TyperOption) -> str:
    if parameter.required:
        return "required"
    value = parameter.default
    if isinstance(value, Enum):
        value = value.value
    return f"`{value}`" if value not in {None, "", False} else ""


def exit_codes() -> str:
    """Every number a command may end with."""
    return _table(("code", "meaning"), ((f"`{code}`", meaning) for code, meaning in sorted(_exit_codes())))


def _exit_codes() -> Iterator[tuple[int, str]]:
    from newsletter.cli import codes

    for code in codes.ExitCode:
        yield code.value, code.meaning


# Settings


def all_settings() -> str:
    """Each key of newsletter.yaml, the sections' own tables after the first."""
    top = _settings_table(settings.Settings, "")
    sections = (
        f"#### `{name}`\n\n{getdoc(model)}\n\n{_settings_table(model, f'{name}.')}"
        for name, model in _sections(settings.Settings)
    )
    return "\n\n".join([top, *sections])


def _sections(model: type[BaseModel]) -> Iterator[tuple[str, type[BaseModel]]]:
    for name, info in model.model_fields.items():
        for kind in (info.annotation, *get_args(info.annotation)):
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                yield info.alias or name, kind


def _settings_table(model: type[BaseModel], prefix: str) -> str:
    rows = (
        (f"`{prefix}{info.alias or name}`", _kind(info.annotation), _setting_default(info), info.description or "")
        for name, info in model.model_fields.items()
    )
    return _table(("key", "type", "default", ""), rows)


def _setting_default(info: FieldInfo) -> str:
    if info.is_required():
        return "required"
    value = info.default
    if value is None or info.default_factory is not None or value == "":
        return ""
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


_KINDS: dict[object, str] = {bool: "true or false", int: "whole number", float: "number", str: "text"}
_ANNOTATED: dict[object, str] = {
    settings.Address: "address",
    settings.WebAddress: "web address",
    settings.Domain: "domain",
}


def _kind(annotation: Any) -> str:
    """A type as the person who fills in the file would call it."""
    if annotation in _ANNOTATED:
        return _ANNOTATED[annotation]
    if get_origin(annotation) is Literal:
        return ", ".join(f"`{choice}`" for choice in get_args(annotation))
    if get_origin(annotation) is Annotated:
        return _kind(get_args(annotation)[0])
    if get_origin(annotation) in {Union, UnionType}:
        return _kind(next(each for each in get_args(annotation) if each is not type(None)))
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "section"
    return _KINDS[annotation]


# Checks


def all_checks() -> str:
    """Each rule with its docstring, a part a line."""
    return "\n\n".join(_check(rule) for rule in checks.rules())


def _check(rule: checks.Rule) -> str:
    parts = re.split(r"^(?=[A-Z][a-z ]+: )", rule.explanation, flags=re.MULTILINE)
    lines = (re.sub(r"^([^:]+):", r"**\1:**", " ".join(part.split())) for part in parts if part.strip())
    heading = f"### {rule.code}: {rule.name}\n\nSeverity: {rule.severity.value}."
    return "\n\n".join([heading, *lines])


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = tuple(head)
    lines = (head, ("---",) * len(head), *rows)
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


PARTS: dict[str, Callable[[], str]] = {
    "commands": commands,
    "exit-codes": exit_codes,
    "settings": all_settings,
    "checks": all_checks,
}


if __name__ == "__main__":
    before = REFERENCE.read_text(encoding="utf-8")
    after = reference(before)
    REFERENCE.write_text(after, encoding="utf-8")
    sys.stdout.write("up to date\n" if after == before else f"wrote {REFERENCE.name}\n")
