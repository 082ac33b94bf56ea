"""The back office's list page at growing table sizes: ours, stock Flask-AppBuilder, Django admin."""

import argparse
from contextlib import ExitStack

from bench.ground import ground
from bench.measure import Contender, interleave, keep, show

CASES = ("first page", "middle page", "last page")
CONTENDERS = {"ours": "ours", "Flask-AppBuilder": "stock_fab", "Django admin": "stock_django"}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--full", action="store_true", help="also 10 million rows (takes long)")
    options.add_argument("--postgresql", action="store_true", help="on throw-away PostgreSQL servers instead of SQLite")
    options.add_argument("--rows", type=int, action="append", help="table sizes (default: 10 000 and 1 000 000)")
    options.add_argument("--rounds", type=int, default=11)
    chosen = options.parse_args()
    sizes = chosen.rows or [10_000, 1_000_000, *([10_000_000] if chosen.full else [])]
    database = "PostgreSQL" if chosen.postgresql else "SQLite"
    with ExitStack() as stack:
        environs = {size: stack.enter_context(ground(size, 1000, postgresql=chosen.postgresql)) for size in sizes}
        contenders = [
            stack.enter_context(Contender(f"{name}@{size}", module, environ, str(size)))
            for size, environ in environs.items()
            for name, module in CONTENDERS.items()
        ]
        taken = interleave(contenders, CASES, chosen.rounds, 3)
    for row in taken:
        row["contender"], _at, row["rows"] = row["contender"].partition("@")
    for size in sizes:
        rows = [row for row in taken if row["rows"] == str(size)]
        show(f"List page over {size:,} rows, 20 a page, {database}, signed in", rows, "ours")
    own = {(row["rows"], row["case"]): row["ms"] for row in taken if row["contender"] == "ours"}
    print()
    for size in map(str, sizes):
        growth = own[size, "first page"] / own[str(sizes[0]), "first page"]
        last = own[size, "last page"] / own[size, "first page"]
        print(f"ours at {size} rows: first page {growth:.2f} × that at {sizes[0]}; last page {last:.2f} × the first")
    print(keep(f"list_page_{database.lower()}", taken))


if __name__ == "__main__":
    main()
