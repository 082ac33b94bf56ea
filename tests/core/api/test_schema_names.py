"""Schemas go into the contract by their name: two of one name would silently describe one another's answers."""

from collections import Counter

from flask import Flask

from app.core.api.schema import Schema


def kinds(kind: type) -> list[type]:
    return [kind, *(below for child in kind.__subclasses__() for below in kinds(child))]


def test_no_two_schemas_of_the_program_share_a_name(app: Flask) -> None:
    ours = {kind for kind in kinds(Schema) if kind.__module__.startswith("app.")}
    names = Counter(kind.__name__ for kind in ours)
    assert [name for name, count in names.items() if count > 1] == []
