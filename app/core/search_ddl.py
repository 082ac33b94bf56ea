"""The index of ``app.core.search`` as statements for migrations: filled at once, then kept by triggers."""

# ruff: noqa: S608  (the names in the statements are those that our own migrations write)

from collections.abc import Sequence

from app.core.search import ENDS


def _grams_of(row: str, words: Sequence[str], ends: Sequence[str], numbers: str) -> str:
    """A SELECT of the grams of a row (``NEW``, ``OLD`` or a table's own); ``numbers`` is a source of n = 1, 2, …"""
    parts = [
        f"SELECT DISTINCT substr(lower({row}.{name}), n, 2) AS gram FROM {numbers} WHERE n < length({row}.{name})"
        for name in words
    ]
    for name in ends:
        parts += [
            f"SELECT lower(substr({row}.{name}, length({row}.{name}) - {size - 1})) "
            f"WHERE length({row}.{name}) >= {size}"
            for size in ENDS
        ]
    return " UNION ".join(parts)


def _numbers(most: int, dialect: str) -> str:
    if dialect == "sqlite":  # a trigger takes no WITH, but a list of values
        return f"(SELECT column1 AS n FROM (VALUES {', '.join(f'({n})' for n in range(1, most))}))"
    return f"(SELECT generate_series(1, {most - 1}) AS n) AS numbers"


def index_ddl(table: str, words: Sequence[str], ends: Sequence[str], dialect: str, most: int = 128) -> list[str]:
    """Statements (for a migration) that index what a table holds and keep the index; names up to ``most`` letters."""
    numbers, columns = _numbers(most, dialect), ", ".join((*words, *ends))
    new, old = (_grams_of(row, words, ends, numbers) for row in ("NEW", "OLD"))
    add = f"INSERT INTO search_gram (kind, gram, record_id) SELECT '{table}', gram, NEW.id FROM ({new}) AS grams"
    drop = (
        f"DELETE FROM search_gram WHERE kind = '{table}' AND record_id = OLD.id "
        f"AND gram IN (SELECT gram FROM ({old}) AS grams)"
    )
    fill = _fill(table, words, ends, numbers)
    if dialect == "sqlite":
        return [
            fill,
            f"CREATE TRIGGER {table}_search_insert AFTER INSERT ON {table} BEGIN {add}; END",
            f"CREATE TRIGGER {table}_search_update AFTER UPDATE OF {columns} ON {table} BEGIN {drop}; {add}; END",
            f"CREATE TRIGGER {table}_search_delete AFTER DELETE ON {table} BEGIN {drop}; END",
        ]
    return [
        fill,
        f"CREATE FUNCTION {table}_search() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF TG_OP <> 'INSERT' THEN {drop}; END IF; IF TG_OP <> 'DELETE' THEN {add}; END IF; RETURN NULL; END $$",
        f"CREATE TRIGGER {table}_search AFTER INSERT OR DELETE OR UPDATE OF {columns} ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION {table}_search()",
    ]


def _fill(table: str, words: Sequence[str], ends: Sequence[str], numbers: str) -> str:
    parts = [
        f"SELECT DISTINCT '{table}', substr(lower({table}.{name}), n, 2), {table}.id FROM {table}, {numbers} "
        f"WHERE n < length({table}.{name})"
        for name in words
    ]
    for name in ends:
        parts += [
            f"SELECT '{table}', lower(substr({table}.{name}, length({table}.{name}) - {size - 1})), {table}.id "
            f"FROM {table} WHERE length({table}.{name}) >= {size}"
            for size in ENDS
        ]
    return f"INSERT INTO search_gram (kind, gram, record_id) {' UNION '.join(parts)}"


def drop_index_ddl(table: str, dialect: str) -> list[str]:
    """The reverse of ``index_ddl``."""
    if dialect == "sqlite":
        return [f"DROP TRIGGER {table}_search_{verb}" for verb in ("insert", "update", "delete")]
    return [f"DROP TRIGGER {table}_search ON {table}", f"DROP FUNCTION {table}_search()"]
