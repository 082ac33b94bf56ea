"""Whatever is sent to a screen, the answer is a page, a sentence or absence: never a fault of ours."""

import os
import random
from importlib import import_module
from typing import Any

import pytest
from flask import Flask

from app.core.backoffice.declaration import Declaration
from app.factory import MODULES
from tests.conftest import Browse, Store
from tests.core.backoffice_screens.screens import VIEWS
from tests.factories import make_customer, make_technician, make_unit

CASES = int(os.environ.get("ODD_CASES", "25"))
ODD = (
    "", " ", "0", "-1", "1", "2", "1.5", "1e309", "-1e-309", "NaN", "Infinity", "9" * 9, "9" * 19, "9" * 40, "0x1",
    "١٢", "½", "²", "true", "null", "[]", '{"a":1}', "\x00", "a\x00b", "\ud7ff\ue000", "😀" * 50, "长" * 3000, "%", "_",
    "\\", "'; DROP TABLE unit;--", "<script>alert(1)</script>", "{{7*7}}", "../../etc/passwd", "2026-02-30",
    "0001-01-01", "9999-12-31", "10000-01-01", "2026-01-01T00:00", "2026-01-01T00:00+99:00", "0001-01-01T00:00",
    "shop", "pending", "~", "~k1.", "~k1.AAAA", "first", "last", "\u202e", "\r\nX: y",
)  # fmt: skip


def names(screen: type[Declaration]) -> list[str]:
    own = [*screen.filters, *screen.form, *screen.columns]
    return [*own, *(f"{name}{end}" for name in screen.filters for end in ("_from", "_to")), "q", "sort", "size", "at",
            "page", "ids", "_version", "images", "_images", "name", "confirmed", "reason", "phone__clear"]  # fmt: skip


def all_screens() -> list[type[Declaration]]:
    """Those of the tests, and every one that a module has."""
    declared = [import_module(f"app.modules.{name}.declare").MODULE for name in MODULES]
    own = [view for module in declared for view in module.views if issubclass(view, Declaration)]
    return [*VIEWS, *own]


@pytest.mark.parametrize("screen", all_screens(), ids=lambda screen: screen.__name__)
def test_odd_input_never_fails(app: Flask, browse: Browse, store: Store, screen: type[Any]) -> None:
    with store() as session:
        make_unit(session)
        make_customer(session, name="王伟")
        make_technician(session)
    client, chance = browse(), random.Random(screen.__name__)
    paths = ["", "new", "1", "1/edit", "1/delete", "1/reveal", "1/move/approve", "1/move/reject", "1/move/x", "export",
             "bulk/vacate", "bulk/x", "choices/building", "choices/community", "search", "saved", "saved/1/delete",
             "images", "9223372036854775807", "9223372036854775808/edit",
             "saved/999999999999999999999/delete"]  # fmt: skip
    rules = {rule.endpoint: rule.rule for rule in app.url_map.iter_rules()}
    known, base = names(screen), rules[f"{screen.__name__}.list"].removesuffix("/")
    for _ in range(CASES):
        path = f"{base}/{chance.choice(paths)}"
        query = {chance.choice(known): chance.choice(ODD) for _ in range(chance.randint(0, 4))}
        data = {name: chance.choice(ODD) for name in known if chance.random() < 0.6}
        answer = client.get(path, query_string=query) if chance.random() < 0.5 else client.post(
            path, query_string=query, data=data)  # fmt: skip
        assert answer.status_code < 500, (path, query, data)
        assert b"Traceback" not in answer.data
