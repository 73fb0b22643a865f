"""Many rows as one value: given to a statement, or got from one, as a single JSON text.

Rule: a statement takes one step, whatever the number of its rows. At each step SQLite's driver hands the
interpreter to the other threads and then waits its turn, ten busy lines long: row by row, the ledger took
longer than the mail. PostgreSQL saves a round trip for each row.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Select, Subquery, Text, bindparam, cast, literal_column, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeEngine

_GIVEN = "given"


def as_table(**columns: TypeEngine[Any]) -> Subquery:
    """The rows that `given` makes a parameter of, as a table with these columns."""
    each = _Elements(bindparam(_GIVEN, type_=Text())).table_valued("value", name="each")
    cells = (_Element(each.c.value, literal_column(str(place))) for place in range(len(columns)))
    return select(
        *(cast(cell, kind).label(name) for cell, (name, kind) in zip(cells, columns.items(), strict=True))
    ).subquery("given")


def given(rows: Sequence[Sequence[object]]) -> Mapping[str, str]:
    """The parameter of a statement over `as_table`: rows in the order of its columns."""
    return {_GIVEN: json.dumps(rows)}


def gathered(wanted: Select[Any]) -> Select[Any]:
    """A query as one whose only value is all its rows, in its order; for `fetched`.

    Its columns are text, whole numbers or nothing: SQLite would write other numbers with fifteen digits, which
    cuts a time at a hundredth of a millisecond.
    """
    return select(_Gathered(*wanted.subquery("wanted").c))


def fetched(
    connection: Connection, query: Select[Any], parameters: Mapping[str, Any] | None = None
) -> list[list[Any]]:
    """All rows of what `gathered` made."""
    rows: list[list[Any]] = json.loads(connection.scalar(query, parameters) or "[]")
    return rows


class _Elements(FunctionElement[Any]):
    """The elements of a JSON array, one a row, in a column `value`."""

    inherit_cache = True


class _Element(FunctionElement[Any]):
    """The element of a JSON array at a place."""

    inherit_cache = True


class _Gathered(FunctionElement[str]):
    """All rows as a JSON array of arrays."""

    inherit_cache = True
    type = Text()


_SPELLING: Mapping[str, Mapping[type[FunctionElement[Any]], str]] = {
    "sqlite": {
        _Elements: "json_each({})",
        _Element: "json_extract({}, '$[' || {} || ']')",
        _Gathered: "json_group_array(json_array({}))",
    },
    "postgresql": {
        _Elements: "json_array_elements(CAST({} AS JSON))",
        _Element: "({} ->> {})",
        _Gathered: "CAST(json_agg(json_build_array({})) AS TEXT)",
    },
}


@compiles(_Elements)
@compiles(_Element)
@compiles(_Gathered)
def _spelt(element: FunctionElement[Any], compiler: SQLCompiler, **options: Any) -> str:
    spelling = _SPELLING[compiler.dialect.name][type(element)]
    arguments = [compiler.process(each, **options) for each in element.clauses]
    return spelling.format(*arguments) if type(element) is _Element else spelling.format(", ".join(arguments))
