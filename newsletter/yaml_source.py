"""YAML as a person wrote it: every scalar is text until a model says otherwise, and everything has a place.

Rule: PyYAML's guesses (dates, `no` as False, octal numbers) never happen; pydantic converts what its model
types. Keys repeated, anchors, unknown keys and wrong types are mistakes with file:line:column, all at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import Any, TypeVar, get_args

import yaml
from pydantic import BaseModel, ValidationError

from newsletter.errors import Mistake, SourceError, Where, did_you_mean

Location = tuple[str | int, ...]
M = TypeVar("M", bound=BaseModel)

_Loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


@dataclass(frozen=True, slots=True)
class Document:
    """Parsed YAML: `data` of dict, list and str (a bare `key:` is None), and the place of each value and key."""

    name: str
    text: str
    data: Any
    values: dict[Location, Where]
    keys: dict[Location, Where]
    blocks: frozenset[Location]
    """The scalars written as `|` blocks, whose text starts on the line after their place."""
    line_offset: int = 0

    def where(self, location: Location) -> Where:
        """The place of the value at `location`, or of the nearest thing that holds it."""
        for end in range(len(location), -1, -1):
            place = self.values.get(location[:end])
            if place is not None:
                return place
        return Where(self.name)

    def mistake(self, what: str, at: Where, hint: str = "") -> Mistake:
        """A mistake at a place of this document, with its line."""
        lines = self.text.splitlines()
        index = at.line - 1 - self.line_offset
        return Mistake(at, what, hint, lines[index].strip() if 0 <= index < len(lines) else "")


def load(text: str, *, name: str, line_offset: int = 0) -> Document:
    """Parse one YAML mapping. `line_offset` is the number of lines of the file before `text`.

    Raises `SourceError` for bad syntax, repeated keys, anchors or aliases, or anything but a mapping.
    """
    builder = _Builder(name, line_offset)
    try:
        _refuse_anchors(text, builder)
        root = yaml.compose(text, Loader=_Loader)
    except yaml.YAMLError as error:
        raise SourceError([_syntax_mistake(error, text, name, line_offset)]) from None
    if root is not None and not isinstance(root, yaml.MappingNode):
        builder.wrong.append((builder.place(root.start_mark), "expected `key: value` lines", ""))
    data = builder.build(root, ()) if root is not None else {}
    document = Document(
        name, text, data or {}, builder.values, builder.keys, frozenset(builder.blocks), line_offset
    )
    if builder.wrong:
        raise SourceError(document.mistake(what, at, hint) for at, what, hint in builder.wrong)
    return document


def validated(document: Document, model: type[M]) -> M:
    """The document as `model` (which forbids extra keys). Raises `SourceError` with every mistake."""
    try:
        return model.model_validate(without_blanks(document.data))
    except ValidationError as error:
        raise SourceError(
            _model_mistake(document, model, dict(found)) for found in error.errors(include_url=False)
        ) from None


def without_blanks(data: Any) -> Any:
    """A key written with nothing after it is a key not written."""
    if isinstance(data, dict):
        return {key: without_blanks(value) for key, value in data.items() if value is not None}
    if isinstance(data, list):
        return [without_blanks(value) for value in data]
    return data


class _Builder:
    def __init__(self, name: str, line_offset: int) -> None:
        self.name = name
        self.line_offset = line_offset
        self.values: dict[Location, Where] = {}
        self.keys: dict[Location, Where] = {}
        self.blocks: set[Location] = set()
        self.wrong: list[tuple[Where, str, str]] = []

    def place(self, mark: Any) -> Where:
        return Where(self.name, mark.line + 1 + self.line_offset, mark.column + 1)

    def build(self, node: Any, at: Location) -> Any:
        self.values[at] = self.place(node.start_mark)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, at)
        if isinstance(node, yaml.SequenceNode):
            return [self.build(item, (*at, index)) for index, item in enumerate(node.value)]
        if node.style == "|":
            self.blocks.add(at)
        return None if node.value == "" and node.style is None else node.value

    def _mapping(self, node: Any, at: Location) -> dict[str, Any]:
        built: dict[str, Any] = {}
        for key_node, value_node in node.value:
            place = self.place(key_node.start_mark)
            if not isinstance(key_node, yaml.ScalarNode):
                self.wrong.append(
                    (place, "a key must be a plain word", "Put text that starts with { or [ in quotes.")
                )
                continue
            key = str(key_node.value)
            if key in built:
                first = self.keys[(*at, key)].line
                self.wrong.append((place, f"'{key}' is given twice", f"It already stands on line {first}."))
                continue
            self.keys[(*at, key)] = place
            built[key] = self.build(value_node, (*at, key))
        return built


def _refuse_anchors(text: str, builder: _Builder) -> None:
    for event in yaml.parse(text, Loader=_Loader):
        if getattr(event, "anchor", None):
            builder.wrong.append(
                (
                    builder.place(event.start_mark),
                    f"YAML anchors and aliases (&{event.anchor}, *{event.anchor}) are not used here",
                    "Put text that starts with & or * in quotes.",
                )
            )
    if builder.wrong:
        document = Document(builder.name, text, {}, {}, {}, frozenset(), builder.line_offset)
        raise SourceError(document.mistake(what, at, hint) for at, what, hint in builder.wrong)


def _syntax_mistake(error: yaml.YAMLError, text: str, name: str, line_offset: int) -> Mistake:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if mark is None:
        return Mistake(Where(name), "this is not YAML", str(error))
    lines = text.splitlines()
    # The parser often stops on the line after the one that needs mending.
    index = min(mark.line, max(len(lines) - 1, 0))
    line = lines[index] if lines else ""
    hint = "YAML: one `key: value` a line, indented with spaces."
    if "\t" in line[: len(line) - len(line.lstrip())]:
        hint = "Indent with spaces, not tabs."
    elif line.count(": ") > 1 or "mapping values" in str(getattr(error, "problem", "")):
        hint = 'Text that holds a colon must be quoted: title: "Report: November".'
    elif "{{" in line:
        hint = 'Text that starts with a brace must be quoted: subject: "{{ first_name }}, …".'
    what = str(getattr(error, "problem", None) or "this is not YAML")
    return Mistake(Where(name, index + 1 + line_offset, mark.column + 1), f"YAML: {what}", hint, line.strip())


def _model_mistake(document: Document, model: type[BaseModel], found: dict[str, Any]) -> Mistake:
    location: Location = tuple(part for part in found["loc"])
    if found["type"] == "extra_forbidden":
        key = str(location[-1])
        at = document.keys.get(location, document.where(location))
        return document.mistake(f"unknown key '{key}'", at, did_you_mean(key, _keys_at(model, location[:-1])))
    if found["type"] == "missing":
        return document.mistake(f"'{location[-1]}' is missing", document.where(location[:-1]))
    name = ".".join(str(part) for part in location if isinstance(part, str)) or "this"
    message = found["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    return document.mistake(f"'{name}': expected {message}", document.where(location))


def _keys_at(model: type[BaseModel], location: Location) -> list[str]:
    """The keys that the model knows at a location, following nested models."""
    found = reduce(_model_below, (part for part in location if isinstance(part, str)), model)
    return [field.alias or name for name, field in found.model_fields.items()] if found else []


def _model_below(model: type[BaseModel] | None, key: str) -> type[BaseModel] | None:
    if model is None:
        return None
    for name, field in model.model_fields.items():
        if key in (name, field.alias):
            return next(_models_in(field.annotation), None)
    return None


def _models_in(annotation: Any) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models_in(argument)
