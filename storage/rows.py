"""Many rows in one statement, in the way each database likes best.

SQLite runs one prepared statement row by row inside our own process; PostgreSQL takes whole columns as arrays
and unfolds them itself. Either way the statement's text stays the same however many rows there are.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    Column,
    ColumnElement,
    Row,
    Table,
    and_,
    bindparam,
    column,
    func,
    select,
    update,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.dml import Update
from sqlalchemy.sql.selectable import TableValuedAlias

from storage.tables import insert

Given = Callable[[str], ColumnElement[Any]]
Values = Callable[[Given], Mapping[str, ColumnElement[Any]]]


def among(dialect: str, wanted: Column[Any], name: str = "ids") -> ColumnElement[bool]:
    """This column is one of a list that is bound as `name`."""
    if dialect == "sqlite":
        return wanted.in_(bindparam(name, expanding=True))
    listed: BindParameter[Any] = bindparam(name, type_=ARRAY(wanted.type))
    return wanted == func.any(listed)


_PLACE = "place_in_line"
# The values are bound as "_name": an UPDATE claims the bare names of its columns for itself.


def _unfolded(table: Table, names: Sequence[str]) -> TableValuedAlias:
    arrays = [bindparam(f"_{name}", type_=ARRAY(table.c[name].type)) for name in names]
    columns = [column(name, table.c[name].type) for name in names]
    return func.unnest(*arrays).table_valued(*columns, with_ordinality=_PLACE, name="given").render_derived()


def _folded(names: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    return {f"_{name}": [row[name] for row in rows] for name in names}


class Adding:
    """Add many rows at once, numbered in their order; one whose `once` columns are there already is left as it is."""

    def __init__(
        self, table: Table, names: Sequence[str], once: Sequence[str] = (), returning: Sequence[str] = ()
    ) -> None:
        self._table, self._names, self._once, self._returning = table, names, once, returning
        self._statement = cache(self._build)

    def _build(self, dialect: str) -> Any:
        new = insert(dialect, self._table)
        if isinstance(new, postgresql.Insert):
            given = _unfolded(self._table, self._names).c
            in_order = select(*(given[name] for name in self._names)).order_by(given[_PLACE])
            new = new.from_select(list(self._names), in_order)
        if self._once:
            new = new.on_conflict_do_nothing(index_elements=list(self._once))
        return new.returning(*(self._table.c[name] for name in self._returning)) if self._returning else new

    async def run(self, conn: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> Sequence[Row[Any]]:
        """Add the rows; returns those that are new, as far as `returning` asks for it."""
        if not rows:
            return []
        dialect = conn.dialect.name
        given: Any = rows if dialect == "sqlite" else _folded(self._names, rows)
        result = await conn.execute(self._statement(dialect), given)
        return result.all() if self._returning else []


class Changing:
    """Change many rows at once, each to values of its own; `keys` say which row is meant."""

    def __init__(
        self, table: Table, keys: Sequence[str], names: Sequence[str], values: Values | None = None
    ) -> None:
        """`values`: what is set, when it is more than `names` as given."""
        self._table, self._keys, self._names = table, keys, names
        self._values = values or (lambda given: {name: given(name) for name in names})
        self._statement = cache(self._build)

    def _build(self, dialect: str) -> Update:
        table, all_names = self._table, (*self._keys, *self._names)
        unfolded = None if dialect == "sqlite" else _unfolded(table, all_names).c

        def given(name: str) -> ColumnElement[Any]:
            return bindparam(f"_{name}", type_=table.c[name].type) if unfolded is None else unfolded[name]

        meant = and_(*(table.c[key] == given(key) for key in self._keys))
        return update(table).where(meant).values(dict(self._values(given)))

    async def run(self, conn: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> int:
        """Change the rows; returns how many were there to be changed."""
        if not rows:
            return 0
        dialect, names = conn.dialect.name, (*self._keys, *self._names)
        marked = [{f"_{name}": row[name] for name in names} for row in rows] if dialect == "sqlite" else rows
        given: Any = marked if dialect == "sqlite" else _folded(names, rows)
        return (await conn.execute(self._statement(dialect), given)).rowcount
