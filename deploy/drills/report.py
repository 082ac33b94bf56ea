"""What a rehearsal showed, kept as JSON beside the scripts and written out as docs/drills.md."""

import json
import platform
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from app.core import clock

RESULTS = Path(__file__).with_name("results.json")
PAGE = Path(__file__).parents[2] / "docs" / "drills.md"
HEAD = """# 故障演练记录

<!-- 由 `python -m deploy.drills` 生成 -->

在一台机器上搭起完整的生产形态（PostgreSQL、Valkey、两个 Web 节点、转发、工作进程、负载均衡），PostgreSQL 与 Valkey
用 `deploy/` 中的设置，放在另一个网络里；六位住户持续写入的同时制造故障。住户得到 201 应答的每一笔写入都在事后逐条核对：
必须在库中、内容一致、只有一份。失败的请求用同一个幂等键重发，与手机端相同。
“恢复用时”是从故障发生到最后一个失败或超过 2 秒的请求结束；后台任务的演练还要等到没有任务迟于 5 秒。

任何人都可以重做：`make drills`（只做几项：`make drills D="web database"`）。

| 演练 | 名称 | 日期 | 已应答写入 | 丢失或重复 | 请求 | 失败（已重发） | 最长请求（秒） | 恢复用时（秒） | 结论 | 说明 |
| --- | --- | --- | --: | --: | --: | --: | --: | --: | --- | --- |
"""


LIMITS = """
## 这些数字说明不了什么

- 表中是每项的最后一次，没有重复多次取平均，都在同一台机器上，节点重启与其他任务争用 CPU。
- 负载是六位住户的写入（每秒几十笔），不是设计高峰；每个节点一个 Web 进程。
- 负载均衡是 `deploy/drills/balancer.py`，按 nginx 的规则编写，不是 nginx 本身；容器没有在这里运行过。
- 滚动升级的“新版本”是同一程序加两步迁移（新表、新列、索引）。先从负载均衡摘除再重启才没有失败：
  不摘除的一次，1,905 个请求中有 4 个得到 502（重发后成功，没有丢失）。
- `standby` 由脚本在 30 秒后提升备机；`patroni` 只有一个 etcd 和两个成员，没有演练 etcd 失效、双主和两地机房。
- 断网是双向静默丢包，没有演练丢包率高、时断时续的网络。
- `archive` 行的“丢失”是最后归档之后、随磁盘一同失去的写入，只有同步备机能避免；数据库很小，恢复用时不能推算到大库。
- 恢复演练的数据是账单、账目、200 笔收款和小图片，写在同一台机器的另一个 PostgreSQL 里。
- 没有演练：整机断电。
"""


@dataclass
class Result:
    """One rehearsal."""

    name: str
    title: str
    passed: bool
    acknowledged: int = 0
    lost: int = 0
    requests: int = 0
    failed: int = 0
    recovery: float = 0.0
    notes: str = ""
    day: str = ""
    slowest: float = 0.0


def keep(result: Result) -> None:
    """Add a result, in the place of an older one of the same rehearsal, and write the page anew."""
    result.day = f"{clock.today()}"
    kept = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    kept[result.name] = asdict(result)
    RESULTS.write_text(json.dumps(kept, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    rows = [_row(name, one) for name, one in kept.items()]
    machine = (
        f"机器：{platform.system()} {platform.machine()}，2 核（与其他任务共用），Python {platform.python_version()}。"
    )
    PAGE.write_text(HEAD + "\n".join(rows) + f"\n\n{machine}\n{LIMITS}", encoding="utf-8")


def _row(name: str, one: dict[str, Any]) -> str:
    slowest = f"{one['slowest']:.1f}" if one["slowest"] else "—"
    counts = f"{one['acknowledged']:,} | {one['lost']:,} | {one['requests']:,} | {one['failed']}"
    outcome = f"{slowest} | {one['recovery']:.1f} | {'通过' if one['passed'] else '未通过'} | {one['notes']}"
    return f"| {one['title']} | `{name}` | {one['day']} | {counts} | {outcome} |"
