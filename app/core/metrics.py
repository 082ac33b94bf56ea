"""``/metrics`` for Prometheus: requests of all processes of this node, and how database, jobs and disk stand.

Only the addresses in ``METRICS_FROM`` are answered; to all others the page is absent.
"""

import shutil
import time
from collections.abc import Iterable, Iterator
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import prometheus_client
from flask import Flask, Response, abort, current_app, g, request
from prometheus_client import CollectorRegistry, Counter, Histogram, values
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

import config
from app.core import clock
from app.core.audit import AuditHead
from app.core.db import db, reading
from app.core.jobs.models import DONE, WAITING, OutboxEntry

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
KEY = "metrics"


class Measures:
    """What this process counts, in files that the other processes of the node read too."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._take_over()
        self._kind = values.MultiProcessValue()  # chosen at import otherwise, before the folder is known
        self._requests = Counter("wuye_requests", "Requests answered", ("method", "rule", "status"), registry=None)
        self._seconds = Histogram("wuye_request_seconds", "Time to answer", ("rule",), buckets=BUCKETS, registry=None)

    def count(self, method: str, rule: str, status: int, seconds: float) -> None:
        """One request was answered. ``rule`` is the pattern of its address, never the address."""
        self._take_over()
        values.ValueClass = self._kind
        self._requests.labels(method, rule, str(status)).inc()
        self._seconds.labels(rule).observe(seconds)

    def _take_over(self) -> None:
        """The library knows one folder at a time; another application of this process (in tests) may have set it."""
        config.tell_prometheus(self.folder)


def init_app(app: Flask) -> None:
    """Register the address, unless ``METRICS_FROM`` is empty."""
    if not app.config["METRICS_FROM"]:
        return
    networks = [_network(text) for text in app.config["METRICS_FROM"].split(",")]
    folder = app.config["METRICS_DIR"]
    app.extensions[KEY] = Measures(Path(folder) if folder else app.config["DATA_DIR"] / "metrics")

    def metrics() -> Response:
        caller = ip_address(request.remote_addr or "0.0.0.0")  # noqa: S104
        if not any(caller in network for network in networks):
            abort(404)
        registry = CollectorRegistry()
        MultiProcessCollector(registry, path=str(app.extensions[KEY].folder))
        registry.register(Standing())
        return Response(prometheus_client.generate_latest(registry), content_type=prometheus_client.CONTENT_TYPE_LATEST)

    app.add_url_rule("/metrics", "metrics", metrics)
    app.after_request(_count)


def _network(text: str) -> Any:
    try:
        return ip_network(text.strip(), strict=False)
    except ValueError:
        raise SystemExit(f"METRICS_FROM 中的 {text.strip()!r} 不是有效的地址或网段") from None


def _count(response: Response) -> Response:
    measures: Measures = current_app.extensions[KEY]
    rule = request.url_rule.rule if request.url_rule else ""
    measures.count(request.method, rule, response.status_code, time.perf_counter() - g.started)
    return response


def empty(app: Flask) -> None:
    """Forget what processes of an earlier run counted; called before the first process of this one is forked."""
    measures: Measures | None = app.extensions.get(KEY)
    if measures is not None:
        for file in measures.folder.glob("*.db"):
            file.unlink(missing_ok=True)


def process_ended(app: Flask, pid: int) -> None:
    """A process of the server is gone; its counters stay counted."""
    measures: Measures | None = app.extensions.get(KEY)
    if measures is not None:
        mark_process_dead(pid, str(measures.folder))


class Standing:
    """What is asked at the moment of the scrape."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The gauges; called by the registry."""
        usage = shutil.disk_usage(current_app.config["DATA_DIR"])
        yield _gauge("wuye_disk_free_ratio", "Free share of the data disk", usage.free / usage.total)
        try:
            with reading():
                found = list(self._asked())
                db.session.rollback()
        except SQLAlchemyError:
            found = [_gauge("wuye_database_up", "Whether the database answers", 0)]
        finally:
            db.session.remove()
        yield from found

    def _asked(self) -> Iterable[GaugeMetricFamily]:
        yield _gauge("wuye_database_up", "Whether the database answers", 1)
        states = GaugeMetricFamily("wuye_jobs", "Entries of the outbox that are not done, by state", labels=["state"])
        by_state = select(OutboxEntry.state, func.count()).where(OutboxEntry.state != DONE).group_by(OutboxEntry.state)
        for state, number in db.session.execute(by_state).tuples():
            states.add_metric([state], number)
        yield states
        oldest = db.session.scalar(
            select(func.min(OutboxEntry.due_at)).where(OutboxEntry.state == WAITING, OutboxEntry.due_at <= clock.now())
        )
        late = (clock.now() - oldest).total_seconds() if oldest else 0
        yield _gauge("wuye_jobs_oldest_due_seconds", "For how long the oldest due entry has been waiting", late)
        yield _gauge("wuye_audit_entries", "Length of the audit chain", db.session.scalar(select(AuditHead.seq)) or 0)


def _gauge(name: str, text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, text, value=value)
