"""A signed-in list endpoint with 20 rows: ours, FAB's ModelRestApi, Django REST framework, and a bare handler."""

import argparse
from contextlib import ExitStack

from bench.ground import ground
from bench.measure import Contender, interleave, keep, show

CASES = ("20 messages",)
CONTENDERS = {
    "ours": "ours",
    "ModelRestApi": "stock_fab",
    "Django REST framework": "stock_django",
    "bare WSGI": "bare",
}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--full", action="store_true", help="10 million messages instead of 200 000")
    options.add_argument("--postgresql", action="store_true", help="on a throw-away PostgreSQL instead of SQLite")
    options.add_argument("--rounds", type=int, default=30)
    chosen = options.parse_args()
    database = "PostgreSQL" if chosen.postgresql else "SQLite"
    messages = 10_000_000 if chosen.full else 200_000
    with ExitStack() as stack:
        environ = stack.enter_context(ground(1000, messages, postgresql=chosen.postgresql))
        contenders = [
            stack.enter_context(Contender(name, module, environ, "1000")) for name, module in CONTENDERS.items()
        ]
        rows = interleave(contenders, CASES, chosen.rounds, 20)
    show(f"20 of a member's messages out of {messages:,}, {database}, signed in", rows, "ours")
    print(keep(f"mobile_list_{database.lower()}", rows))


if __name__ == "__main__":
    main()
