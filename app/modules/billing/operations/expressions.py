"""The few expressions that SQLite and PostgreSQL write differently: days as whole numbers, and JSON from columns."""

from typing import Any

from sqlalchemy import JSON, BigInteger, Date, case, cast, func
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement


class day_number(FunctionElement[int]):  # noqa: N801  (reads as an SQL function)
    """The days from 1970-01-01 to a date, so that periods are differences of whole numbers."""

    type = BigInteger()
    inherit_cache = True


class day_of(FunctionElement[Any]):  # noqa: N801
    """The date of a ``day_number``."""

    type = Date()
    inherit_cache = True


class json_of(FunctionElement[Any]):  # noqa: N801
    """A JSON object of keys and values in turn."""

    type = JSON()
    inherit_cache = True


@compiles(day_number, "sqlite")
def _day_number_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    return f"CAST(julianday({compiler.process(element.clauses, **options)}) - 2440587.5 AS INTEGER)"


@compiles(day_number, "postgresql")
def _day_number_postgresql(element: Any, compiler: Any, **options: Any) -> str:
    return f"CAST({compiler.process(element.clauses, **options)} - DATE '1970-01-01' AS BIGINT)"


@compiles(day_of, "sqlite")
def _day_of_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    return f"date({compiler.process(element.clauses, **options)} + 2440587.5)"


@compiles(day_of, "postgresql")
def _day_of_postgresql(element: Any, compiler: Any, **options: Any) -> str:
    return f"(DATE '1970-01-01' + CAST({compiler.process(element.clauses, **options)} AS INTEGER))"


@compiles(json_of, "sqlite")
def _json_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    return f"json_object({compiler.process(element.clauses, **options)})"


@compiles(json_of, "postgresql")
def _json_postgresql(element: Any, compiler: Any, **options: Any) -> str:
    return f"json_build_object({compiler.process(element.clauses, **options)})"


def larger(one: Any, other: Any) -> Any:
    """The larger of two."""
    return case((one >= other, one), else_=other)


def smaller(one: Any, other: Any) -> Any:
    """The smaller of two."""
    return case((one <= other, one), else_=other)


def whole(value: Any, scale: int) -> Any:
    """A ``Numeric`` column as a whole number of its last place: exact on SQLite too, which keeps it as a float."""
    return cast(func.round(value * 10**scale), BigInteger)
