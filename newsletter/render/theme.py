"""A theme's templates, filled: Jinja2 → MJML, with the place in a template that each piece of it came from.

Rule: a theme is a folder with a `theme.mjml` and, if it likes, a `prose.css`; both may include what stands in
`parts/`. It is Jinja2 with autoescape in a sandbox, it knows the report and the look, and never a recipient.
An error of a theme's author is a `SourceError` with the template's file and line.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from types import CodeType
from typing import Any

from jinja2 import DictLoader, Environment, StrictUndefined, Template
from jinja2.exceptions import TemplateError, TemplateNotFound, TemplateSyntaxError, UndefinedError
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from newsletter.errors import Mistake, SourceError, Where, did_you_mean
from newsletter.model import Theme

FOLDER = "templates"
ENTRY = "theme.mjml"
PROSE = "prose.css"

Variables = Mapping[str, Any]


class Chunk(str):
    """What a template wrote at one place of it."""

    __slots__ = ("line", "template")

    template: str
    line: int

    @classmethod
    def at(cls, text: str, template: str, line: int) -> Chunk:
        chunk = cls(text)
        chunk.template, chunk.line = template, line
        return chunk


@dataclass(frozen=True, slots=True)
class Filled:
    """A filled template, and where each line of it came from."""

    text: str
    chunks: tuple[Chunk, ...]
    theme: Theme

    def origin(self, line: int) -> Where:
        """The place in a template that a line (from 1) of the text came from; exact but for loops."""
        ends = list(accumulate(map(len, self.chunks)))
        lines = self.text.split("\n")
        start = sum(len(text) + 1 for text in lines[: line - 1])
        start += len(lines[line - 1]) - len(lines[line - 1].lstrip())
        if not self.chunks:
            return Where(f"{FOLDER}/{self.theme.name}/{ENTRY}")
        index = min(bisect_right(ends, start), len(self.chunks) - 1)
        chunk = self.chunks[index]
        before = chunk[: start - (ends[index] - len(chunk))]
        return Where(f"{FOLDER}/{chunk.template}", self._first_line(chunk) + before.count("\n"))

    def _first_line(self, chunk: Chunk) -> int:
        """Jinja2 knows the lines of its tags; text between them is found where it stands in the source."""
        source = self.theme.sources.get(chunk.template, "")
        if not chunk.strip():
            return chunk.line
        from_here = len("".join(source.splitlines(keepends=True)[: chunk.line - 1]))
        found = source.find(chunk, from_here)
        return chunk.line if found < 0 else source.count("\n", 0, found) + 1


def fill(theme: Theme, variables: Variables) -> Filled:
    """The theme's MJML. Raises `SourceError` for a fault of the theme."""
    return _fill(theme, f"{theme.name}/{ENTRY}", variables)


def page(name: str, sources: Mapping[str, str], variables: Variables) -> str:
    """A page of `templates/` that is no theme's, by its name. Raises `SourceError` for a fault of it."""
    return _fill(Theme(name.partition("/")[0], sources), name, variables).text


def prose_css(theme: Theme, variables: Variables) -> str:
    """The rules to be written into the tags of the report's text; empty where the theme has none."""
    name = f"{theme.name}/{PROSE}"
    return _fill(theme, name, variables).text if name in theme.sources else ""


def mistake(theme: Theme, name: str, line: int, what: str, hint: str = "") -> Mistake:
    """Something wrong in a line (from 1) of a template."""
    lines = theme.sources.get(name, "").splitlines()
    shown = lines[line - 1].strip() if 0 < line <= len(lines) else ""
    return Mistake(Where(f"{FOLDER}/{name}", line), what, hint, shown)


def _fill(theme: Theme, name: str, variables: Variables) -> Filled:
    try:
        template = _environment(tuple(sorted(theme.sources.items()))).get_template(name)
        chunks = tuple(template.root_render_func(template.new_context(dict(variables))))
    except TemplateSyntaxError as error:
        wrong = mistake(theme, error.name or name, error.lineno, f"this is not a template: {error.message}")
        raise SourceError([wrong]) from None
    except (
        TemplateError,
        TypeError,
        ValueError,
        ArithmeticError,
        LookupError,
        AttributeError,
        RecursionError,
    ) as error:
        raise SourceError([_runtime_mistake(theme, name, error, variables)]) from None
    placed = tuple(chunk for chunk in chunks if isinstance(chunk, Chunk))
    return Filled("".join(placed), placed, theme)


class _PlacedTemplate(Template):
    """A template whose every piece of output knows its place, also through includes."""

    @classmethod
    def from_code(
        cls,
        environment: Environment,
        code: CodeType,
        globals: MutableMapping[str, Any],  # noqa: A002 - Jinja2's own name, given by keyword
        uptodate: Any = None,
    ) -> Template:
        template = super().from_code(environment, code, globals, uptodate)
        write = template.root_render_func

        def placed(context: Context) -> Iterator[str]:
            writing = write(context)
            for text in writing:
                if isinstance(text, Chunk):
                    yield text
                else:
                    frame = getattr(writing, "gi_frame", None)
                    line = template.get_corresponding_lineno(frame.f_lineno) if frame else 1
                    yield Chunk.at(text, template.name or "", line)

        template.root_render_func = placed
        return template


class _Environment(ImmutableSandboxedEnvironment):
    template_class = _PlacedTemplate


@lru_cache(maxsize=8)
def _environment(sources: tuple[tuple[str, str], ...]) -> Environment:
    """Templates compiled once for each state of the files."""
    return _Environment(
        loader=DictLoader(dict(sources)),
        autoescape=lambda name: not (name or "").endswith(".css"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )


def _runtime_mistake(theme: Theme, entry: str, error: Exception, variables: Variables) -> Mistake:
    name, line = _failing_line(error, entry)
    match error:
        case TemplateNotFound():
            wanted = str(error.name)
            return mistake(
                theme, name, line, f"there is no '{wanted}' to include", did_you_mean(wanted, theme.sources)
            )
        case UndefinedError():
            what, hint = _unknown_name(str(error.message), variables)
            return mistake(theme, name, line, what, hint)
        case RecursionError():
            return mistake(theme, name, line, "this includes itself without end")
        case _:
            return mistake(theme, name, line, f"this cannot be worked out: {error}")


def _failing_line(error: Exception, entry: str) -> tuple[str, int]:
    """The innermost template that was being written, and the line of it."""
    place = (entry, 0)
    trace = error.__traceback__
    while trace is not None:
        template = trace.tb_frame.f_globals.get("__jinja_template__")
        if template is not None:
            place = (template.name or entry, template.get_corresponding_lineno(trace.tb_lineno))
        trace = trace.tb_next
    return place


def _unknown_name(message: str, variables: Variables) -> tuple[str, str]:
    """What to say of a name that Jinja2 says is undefined: a variable's, or a part of one of our values."""
    quoted = message.split("'")[1::2]
    if not quoted:
        return message, ""
    kinds = {f"{type(value).__module__}.{type(value).__qualname__}": value for value in variables.values()}
    owner = next((value for kind, value in kinds.items() if kind in message), None)
    names = [name for name in dir(owner) if not name.startswith("_")] if owner is not None else list(variables)
    return f"nothing here is called '{quoted[-1]}'", did_you_mean(quoted[-1], names)
