"""Two letters of a name among many customers: the index of letter pairs, and ``LIKE`` over all rows; the same rows."""

import argparse
import random
from collections.abc import Sequence
from statistics import median
from typing import Any

from sqlalchemy import Select, insert, select, text

from app.core import clock, search
from app.core.backoffice.search_pages import SHOWN_ON_PAGE
from app.core.db import db
from app.core.module import registry
from app.modules.members.models import Customer
from bench.billing_ground import billing
from bench.measure import keep
from bench.sheets_ground import timed

SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏"
    "苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵"
    "万覃武钱戴严莫孔向常汤"
)
GIVEN = (
    "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂文辉玲红建华志国海云飞鹏宇浩然子轩梓涵欣怡"
    "佳俊晨雨思梦雪婷玉慧琳瑞博嘉诗可心安宁乐天成龙凤祥福春夏秋冬东南西北山川河江湖林森松柏竹梅"
    "菊莲荷月星辰光亮新永长久庆丰年"
)
RARE = "爨麒"
SHOWN = SHOWN_ON_PAGE + 1
"""What the search page asks for: whether there are more than it shows, too."""
AT_ONCE = 20_000


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--full", action="store_true", help="a million customers instead of 200 000")
    options.add_argument("--postgresql", action="store_true", help="on a throw-away PostgreSQL instead of SQLite")
    options.add_argument("--rounds", type=int, default=7)
    chosen = options.parse_args()
    count = 1_000_000 if chosen.full else 200_000
    database = "PostgreSQL" if chosen.postgresql else "SQLite"
    with billing(1, postgresql=chosen.postgresql):
        _fill(count)
        print(
            f"\n{count:,} customers, {database}\n{'asked':<8}{'rows':>8}{'ours ms':>10}{'LIKE ms':>10}{'ratio':>8}",
            end="",
        )
        print(f"{f'first {SHOWN} ms':>14}{'LIKE ms':>10}{'ratio':>8}")
        results = [_compare(name, chosen.rounds) for name in (RARE, "尹冬", "王伟", "志国")]
    print(keep(f"search_{database.lower()}", results))


def _fill(count: int) -> None:
    dice = random.Random(1)
    weights = [1 / (n + 3) for n in range(len(SURNAMES))]
    at = clock.now()
    for begin in range(0, count, AT_ONCE):
        surnames = dice.choices(SURNAMES, weights, k=AT_ONCE)
        names = [surname + "".join(dice.choices(GIVEN, k=dice.choice((1, 2, 2)))) for surname in surnames]
        if begin == 0:
            names[:3] = [f"{RARE}{letter}" for letter in "安宁乐"]
        db.session.execute(
            insert(Customer.__table__),
            [
                {"kind": "tenant", "name": name, "contact_name": "", "active": True, "note": "", "created_at": at,
                 "updated_at": at}
                for name in names
            ],
        )  # fmt: skip
        db.session.commit()
    if db.engine.dialect.name == "postgresql":  # as autovacuum does within a minute after so many rows
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))
    else:
        db.session.execute(text("ANALYZE"))
        db.session.commit()


def _compare(name: str, rounds: int) -> dict[str, Any]:
    searched = next(one for module in registry() for one in module.search if one.view.model is Customer)
    records = select(Customer.id, Customer.name)
    like = records.where(Customer.name.contains(name)).order_by(Customer.id.desc())
    [ours] = search.matching(db.session(), searched, name, records)
    everything = [_rows(query) for query in (ours, like)]
    assert everything[0] == everything[1], name
    row = {"asked": name, "rows": len(everything[0])}
    for what, limit in (("all", None), ("first", SHOWN)):
        for key, query in ((what, ours), (f"{what}_like", like)):
            some = query.limit(limit)
            row[key] = median(timed(lambda some=some: _rows(some)) for _round in range(rounds)) * 1000
    print(
        f"{name:<6}{row['rows']:>8}{row['all']:>10.2f}{row['all_like']:>10.1f}{row['all_like'] / row['all']:>8.0f}",
        end="",
    )
    print(f"{row['first']:>14.2f}{row['first_like']:>10.1f}{row['first_like'] / row['first']:>8.0f}", flush=True)
    return row


def _rows(query: Select[Any]) -> Sequence[Any]:
    return db.session.execute(query).all()


if __name__ == "__main__":
    main()
