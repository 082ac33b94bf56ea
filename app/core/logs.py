"""Structured logs with a request id; never personal data, so neither bodies nor query strings."""

import logging
import sys
import time
import uuid

import structlog
from flask import Flask, Response, g, request

log = structlog.get_logger("request")


def init_app(app: Flask) -> None:
    """Configure logging and write one line per request."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[app.config["LOG_LEVEL"]]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    app.before_request(_start)
    app.after_request(_finish)


def _start() -> None:
    g.started = time.perf_counter()
    g.request_id = uuid.uuid4().hex
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)


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
