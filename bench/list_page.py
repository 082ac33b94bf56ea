"""The back office's list page at growing table sizes: ours, stock Flask-AppBuilder, Django admin."""

import argparse

from bench.ground import ground
from bench.measure import Contender, interleave, keep, show

CASES = ("first page", "middle page", "last page")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--full", action="store_true", help="also 10 million rows (takes long)")
    options.add_argument("--postgresql", action="store_true", help="on a throw-away PostgreSQL instead of SQLite")
    options.add_argument("--rows", type=int, action="append", help="table sizes (default: 10 000 and 1 000 000)")
    options.add_argument("--rounds", type=int, default=11)
    chosen = options.parse_args()
    sizes = chosen.rows or [10_000, 1_000_000, *([10_000_000] if chosen.full else [])]
    database = "PostgreSQL" if chosen.postgresql else "SQLite"
    results = {}
    for size in sizes:
        with ground(size, 1000, postgresql=chosen.postgresql) as environ:
            contenders = [
                Contender("ours", "ours", environ, str(size)),
                Contender("Flask-AppBuilder", "stock_fab", environ, str(size)),
                Contender("Django admin", "stock_django", environ, str(size)),
            ]
            rows = interleave(contenders, CASES, chosen.rounds, 3)
            for contender in contenders:
                contender.stop()
        show(f"List page over {size:,} rows, 20 a page, {database}, signed in", rows, "ours")
        results[size] = rows
    own = {
        (size, row["case"]): row["ms"] for size, rows in results.items() for row in rows if row["contender"] == "ours"
    }
    print()
    for size in sizes:
        growth = own[size, "first page"] / own[sizes[0], "first page"]
        last = own[size, "last page"] / own[size, "first page"]
        print(
            f"ours at {size:,} rows: first page {growth:.2f} × that at {sizes[0]:,}; last page {last:.2f} × the first"
        )
    print(keep(f"list_page_{database.lower()}", results))


if __name__ == "__main__":
    main()
