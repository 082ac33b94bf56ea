"""Structured logs with a request id; never personal data, so neither bodies nor query strings nor errors' texts."""

import logging
import re
import socket
import sys
import time
import traceback
import uuid
from collections.abc import MutableMapping
from types import TracebackType
from typing import Any

import structlog
from flask import Flask, Response, current_app, g, request

from app.core import sentry

log = structlog.get_logger("request")

FRAMES_LOGGED = 8
TALKATIVE = ("urllib3", "botocore", "boto3", "s3transfer")
"""Libraries whose warnings quote addresses with their query strings."""
REQUEST_ID = re.compile(r"[0-9a-zA-Z-]{8,64}")


def init_app(app: Flask) -> None:
    """Configure logging and write one line per request."""
    level = logging.getLevelNamesMapping()[app.config["LOG_LEVEL"]]
    node = app.config["NODE"] or socket.gethostname()

    def place(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        return {"node": node, **event}

    processors: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso"),
        place,
        _tell_error,
        structlog.processors.JSONRenderer(ensure_ascii=False),
    ]
    structlog.configure(
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
    )
    _take_over_the_standard_library(level)
    app.before_request(_start)
    app.after_request(_finish)


class _Forward(logging.Handler):
    """What libraries log goes the same way, as one line of JSON."""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        write = structlog.get_logger("library").error if record.levelno >= logging.ERROR else log.warning
        write(record.getMessage() if error is None else "error", logger=record.name, exc_info=error)


def _take_over_the_standard_library(level: int) -> None:
    root = logging.getLogger()
    root.handlers = [handler for handler in root.handlers if not isinstance(handler, _Forward)] + [
        _Forward(max(level, logging.WARNING))
    ]
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.ERROR)


def _tell_error(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """An error as its type and place; its text may hold personal data."""
    given = event.pop("exc_info", None)
    error = given if isinstance(given, BaseException) else sys.exc_info()[1] if given else None
    if error is not None:
        event["error"] = type(error).__name__
        event["frames"] = frames(error.__traceback__)
        sentry.report(error)
    return event


def frames(trace: TracebackType | None) -> list[str]:
    """The innermost places of a traceback: file, line, function."""
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(trace)[-FRAMES_LOGGED:]]


def _start() -> None:
    g.started = time.perf_counter()
    g.request_id = _request_id()
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)


def _request_id() -> str:
    """The one that our own proxy gave, so that its log and ours can be read together; else a new one."""
    given = request.headers.get("X-Request-Id", "") if current_app.config["PROXIES"] else ""
    return given if REQUEST_ID.fullmatch(given) else uuid.uuid4().hex


def _finish(response: Response) -> Response:
    response.headers["X-Request-Id"] = g.request_id
    log.info(
        "request",
        method=request.method,
        rule=request.url_rule.rule if request.url_rule else "",
        status=response.status_code,
        ms=round((time.perf_counter() - g.started) * 1000, 1),
    )
    return response
