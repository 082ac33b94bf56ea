"""The back office's list of bills and its dashboard at growing sizes: a page must cost the same however many bills
there are."""

import argparse
from contextlib import ExitStack

from bench.billing_ground import billing, fill_bills
from bench.measure import Contender, interleave, keep, show

CASES = (
    "first page",
    "middle page",
    "last page",
    "by amount",
    "by due date",
    "unpaid of a customer",
    "of a period",
    "dashboard",
)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--full", action="store_true", help="also 10 million bills (takes long)")
    options.add_argument("--postgresql", action="store_true", help="on throw-away PostgreSQL servers instead of SQLite")
    options.add_argument("--rows", type=int, action="append", help="table sizes (default: 10 000 and 1 000 000)")
    options.add_argument("--rounds", type=int, default=7)
    chosen = options.parse_args()
    sizes = chosen.rows or [10_000, 1_000_000, *([10_000_000] if chosen.full else [])]
    database = "PostgreSQL" if chosen.postgresql else "SQLite"
    with ExitStack() as stack:
        contenders = []
        for size in sizes:
            environ = stack.enter_context(billing(2_000, postgresql=chosen.postgresql))
            fill_bills(size)
            contenders.append(stack.enter_context(Contender(f"{size:,} bills", "bills", environ, str(size))))
        rows = interleave(contenders, CASES, chosen.rounds, 3)
    show(f"List of bills, 20 a page, and dashboard; {database}, signed in", rows, f"{sizes[0]:,} bills")
    print(keep(f"bills_list_{database.lower()}", rows))


if __name__ == "__main__":
    main()
