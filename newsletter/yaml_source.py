"""YAML as a person wrote it: every scalar is text until a model says otherwise, and everything has a place.

Rule: PyYAML's guesses (dates, `no` as False, octal numbers) never happen; pydantic converts what its model
types. Keys repeated, anchors, unknown keys and wrong types are mistakes with file:line:column, all at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any, TypeVar, get_args, get_origin

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticCustomError

from newsletter.errors import Mistake, SourceError, Where, did_you_mean

Location = tuple[str | int, ...]
M = TypeVar("M", bound=BaseModel)

MAX_DEPTH = 50
"""Lists and mappings nested deeper are refused before they meet Python's own limit."""

_Loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)

_LINE_BREAK = re.compile(r"\r\n|[\n\r\x85\u2028\u2029]")
"""Where YAML 1.1 ends a line, so that a line's number finds its text."""

_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
"""What YAML 1.1 allows in no file (section 5.1)."""

_GLUED_COMMENT = re.compile(r"[ \t]+#[^\s#]")
"""`Motion #4 fell`: by YAML's rules the text is "Motion", which nobody meant."""

_EXCERPT = 100

_QUOTE_COLON = 'Text that holds a colon must be quoted: title: "Report: November".'
_QUOTE_START = "Text that starts with one of & * ! % @ ` { [ must be quoted."
_QUOTE_FIELD = 'Text that starts with a brace must be quoted: subject: "{{ first_name }}, …".'
_QUOTE_HASH = "Put text that holds # in quotes, or a space after the # of a comment."
_INDENT = "One `key: value` a line; what belongs together starts in the same column, with spaces."

_TOO_DEEP = f"lists and mappings are nested more than {MAX_DEPTH} deep"

_SYNTAX = (
    ("maximum nesting depth", _TOO_DEEP, _QUOTE_START),  # libyaml 0.2.6 has a limit of its own, above ours
    ("mapping values are not allowed", "a colon stands where none is expected", _QUOTE_COLON),
    ("cannot start any token", "text cannot start with this character", _QUOTE_START),
    ("alphabetic or numeric character", "text cannot start with this character", _QUOTE_START),
    ("end of stream", "a quotation mark is opened here and never closed", "Add the same mark at its end."),
    ("find expected ':'", "this line is not `key: value`", _INDENT),
    ("expected <document start>", "this line does not fit the lines above it", _INDENT),
    ("block sequence entries", "a list cannot start here", "Start it on the line below its key."),
    ("expected comment or line break", "after | or > text starts on the next line", "Indent it by two spaces."),
    ("expected ',' or", "a list or mapping is not closed", "Close [ with ] and { with }, with commas between."),
    ("another document", "three dashes start another document", "Remove the line, or indent it as text."),
    (
        "find expected key",
        "this text goes on after its end",
        """Put all of it in double quotes; a double quote inside is written \\".""",
    ),
)
"""What the YAML parser says → what is wrong, in words, and what to do."""


@dataclass(frozen=True, slots=True)
class Document:
    """Parsed YAML: `data` of dict, list and str (a bare `key:` is None), with the place of each value."""

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
        lines = _LINE_BREAK.split(self.text)
        index = at.line - 1 - self.line_offset
        line = lines[index] if 0 <= index < len(lines) else ""
        return Mistake(at, what, hint, excerpt(line, at.column))


def load(text: str, *, name: str, line_offset: int = 0) -> Document:
    """Parse one YAML mapping. `line_offset` is the number of lines of the file before `text`.

    Raises `SourceError` for bad syntax, repeated keys, anchors or aliases, or anything but a mapping.
    """
    builder = _Builder(name, line_offset)
    _refuse_unprintable(text, builder)
    try:
        _refuse_traps(text, builder)
        root = yaml.compose(text, Loader=_Loader)
    except yaml.YAMLError as error:
        raise SourceError([_syntax_mistake(error, text, name, line_offset)]) from None
    if isinstance(root, yaml.ScalarNode) and not root.value:
        root = None  # nothing but `---` or comments
    if root is not None and not isinstance(root, yaml.MappingNode):
        builder.wrong.append((builder.place(root.start_mark), "expected `key: value` lines", ""))
    data = builder.build(root, ()) if root is not None else {}
    builder.refuse(text)
    return Document(
        name, text, data or {}, builder.values, builder.keys, frozenset(builder.blocks), line_offset
    )


def validated(document: Document, model: type[M], *, context: object = None) -> M:
    """The document as `model` (which forbids extra keys). Raises `SourceError` with every mistake.

    `context` reaches the model's validators, which may raise `mistake(…)`. The first of a field's `examples`
    is shown where the field is missing.
    """
    try:
        return model.model_validate(without_blanks(document.data), context=context)
    except ValidationError as error:
        raise SourceError(
            _model_mistake(document, model, dict(found)) for found in error.errors(include_url=False)
        ) from None


def mistake(what: str, hint: str = "") -> PydanticCustomError:
    """What a validator raises to have its own words shown, and a hint below the line."""
    return PydanticCustomError("mistake", "{what}", {"what": what, "hint": hint})


def excerpt(line: str, column: int) -> str:
    """The part of a long line around a column (from 1), cut at spaces."""
    line = line.rstrip()
    if len(line) <= _EXCERPT:
        return line.strip()
    start = max(0, min(column - 1 - _EXCERPT // 2, len(line) - _EXCERPT))
    shown = line[start : start + _EXCERPT]
    if start > 0:
        shown = "…" + (shown.split(" ", 1)[-1])
    if start + _EXCERPT < len(line):
        shown = shown.rsplit(" ", 1)[0] + "…"
    return shown.strip()


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
        return None if node.value == "" and not node.style else node.value

    def refuse(self, text: str) -> None:
        """Raise what was found wrong, if anything was."""
        document = Document(self.name, text, {}, {}, {}, frozenset(), self.line_offset)
        if self.wrong:
            raise SourceError(document.mistake(what, at, hint) for at, what, hint in self.wrong)

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


def _refuse_unprintable(text: str, builder: _Builder) -> None:
    for number, line in enumerate(_LINE_BREAK.split(text), builder.line_offset + 1):
        for found in _UNPRINTABLE.finditer(line):
            at = Where(builder.name, number, found.start() + 1)
            what = f"the control character U+{ord(found[0]):04X}"
            builder.wrong.append((at, what, "Delete it; it may not show in your editor."))
    builder.refuse(_UNPRINTABLE.sub("�", text))


def _refuse_traps(text: str, builder: _Builder) -> None:
    """Refuse what YAML would take for something else than the text it was meant to be."""
    lines = _LINE_BREAK.split(text)
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        builder.wrong.extend((builder.place(mark), what, hint) for mark, what, hint in _traps(event, lines))
        if depth > MAX_DEPTH:
            what = _TOO_DEEP
            builder.wrong.append((builder.place(event.start_mark), what, _QUOTE_START))
            break
    builder.refuse(text)


def _traps(event: Any, lines: list[str]) -> Iterator[tuple[Any, str, str]]:
    anchor = getattr(event, "anchor", None)
    if anchor:
        what = f"YAML anchors and aliases (&{anchor}, *{anchor}) are not used here"
        yield event.start_mark, what, _QUOTE_START
    if getattr(event, "tag", None):
        yield event.start_mark, "YAML tags (a word that starts with !) are not used here", _QUOTE_START
    if isinstance(event, yaml.ScalarEvent) and not event.style:
        end: Any = event.end_mark
        if end.line < len(lines) and _GLUED_COMMENT.match(lines[end.line], end.column):
            yield end, "to YAML, all from # to the end of the line is a comment", _QUOTE_HASH


def _syntax_mistake(error: yaml.YAMLError, text: str, name: str, line_offset: int) -> Mistake:
    problem = str(getattr(error, "problem", None) or "this is not YAML")
    what, hint = next((words for sign, *words in _SYNTAX if sign in problem), (problem, _INDENT))
    # Where something was opened and never closed, its beginning is what needs mending.
    begins = "never closed" in what or "find expected ':'" in problem
    marks = ("context_mark", "problem_mark") if begins else ("problem_mark", "context_mark")
    mark = next((found for found in (getattr(error, each, None) for each in marks) if found), None)
    if mark is None:
        return Mistake(Where(name), f"YAML: {what}", hint)
    lines = _LINE_BREAK.split(text)
    # At the end of the file the parser stands on a line that is not there.
    index = min(mark.line, len(lines) - 1)
    hint = _hint_for(lines[index], mark.column, hint)
    at = Where(name, index + 1 + line_offset, mark.column + 1)
    return Mistake(at, f"YAML: {what}", hint, excerpt(lines[index], at.column))


def _hint_for(line: str, column: int, hint: str) -> str:
    """A better hint from the line itself, where it shows what was meant."""
    indent = line[: len(line) - len(line.lstrip())]
    if "\t" in indent or line[column : column + 1] == "\t":
        return "Indent with spaces, not tabs."
    if re.search(r":\s+\{\{", line):
        return _QUOTE_FIELD
    if hint == _QUOTE_COLON and line.count(": ") < 2:  # noqa: PLR2004  # one colon is the key's own
        return _INDENT
    return hint


_EXPECTED = {
    "string_type": "text",
    "list_type": "a list, one `- item` a line",
    "tuple_type": "a list, one `- item` a line",
    "too_short": "at least one item",
    "model_type": "`key: value` lines below it",
    "dict_type": "`key: value` lines below it",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_parsing_size": "a smaller number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "string_too_short": "some text",
    "string_too_long": "{max_length} characters at most",
    "string_pattern_mismatch": "text of another form",
    "greater_than": "more than {gt:.10g}",
    "greater_than_equal": "{ge:.10g} or more",
    "less_than": "less than {lt:.10g}",
    "less_than_equal": "{le:.10g} or less",
    "literal_error": "{expected}",
    "enum": "{expected}",
    "value_error": "{error}",
}
"""pydantic's kinds of errors → what a person would say was expected, with what pydantic tells of it."""


def expected(found: Mapping[str, Any]) -> str:
    """What one of pydantic's errors asks for, in a person's words: “a whole number”, “65535 or less”."""
    words = _EXPECTED.get(found["type"])
    return str(found["msg"]) if words is None else words.format(**found.get("ctx", {}))


def _model_mistake(document: Document, model: type[BaseModel], found: dict[str, Any]) -> Mistake:
    location: Location = tuple(found["loc"])
    at = document.where(location)
    match found["type"]:
        case "extra_forbidden":
            key = str(location[-1])
            hint = did_you_mean(key, _keys_at(model, location[:-1]))
            return document.mistake(f"unknown key '{key}'", document.keys.get(location, at), hint)
        case "missing":
            return document.mistake(f"'{location[-1]}' is missing", at, _example(model, location))
        case "mistake":
            return document.mistake(found["msg"], at, found["ctx"]["hint"])
    name = ".".join(str(part) for part in location if isinstance(part, str)) or "this"
    meant_text = found["type"] == "string_type" and isinstance(found["input"], dict)
    return document.mistake(f"'{name}': expected {expected(found)}", at, _QUOTE_COLON if meant_text else "")


def _example(model: type[BaseModel], location: Location) -> str:
    below = _model_of(reduce(_below, location[:-1], model))
    fields = below.model_fields.items() if below else ()
    examples = next((field.examples for name, field in fields if location[-1] in (name, field.alias)), None)
    return f"For example: {location[-1]}: {examples[0]}" if examples else ""


def _keys_at(model: type[BaseModel], location: Location) -> list[str]:
    """The keys that the model knows at a location, following nested models, lists and mappings."""
    found = _model_of(reduce(_below, location, model))
    return [field.alias or name for name, field in found.model_fields.items()] if found else []


def _below(annotation: Any, part: str | int) -> Any:
    """The annotation of what stands under a key or an index; None where it says nothing."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        fields = annotation.model_fields.items()
        return next((field.annotation for name, field in fields if part in (name, field.alias)), None)
    arguments = get_args(annotation)
    if get_origin(annotation) in _CONTAINERS:
        return arguments[-1] if get_origin(annotation) is not tuple else arguments[0]
    return next((found for each in arguments if (found := _below(each, part)) is not None), None)


def _model_of(annotation: Any) -> type[BaseModel] | None:
    """The model an annotation is, or offers among others."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) in _CONTAINERS:
        return None
    return next((found for each in get_args(annotation) if (found := _model_of(each)) is not None), None)


_CONTAINERS = (list, tuple, dict, Mapping)
