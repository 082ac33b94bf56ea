"""The register of personal data is complete: what looks personal is declared, sealed and masked (PIPL art. 28, 51)."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Column

from app.core.db import db
from app.core.privacy import Sealed

PERSONAL = re.compile(
    r"phone|mobile|openid|unionid|contact|e?mail|(^|_)plate|(^|_)name$|nick|id_number|id_card|passport|credit_code|licen[cs]e"
    r"|birth|gender|address|payer|bank|account_no|totp_secret|signature"
)

NOT_PERSONAL = {
    "community.name": "a place",
    "community.address": "a place",
    "community.service_phone": "the park's public number",
    "building.name": "a place",
    "fee_item.name": "a fee",
    "tariff.name": "a tariff",
    "tariff_assignment.payer": "which of two kinds of payer",
    "dunning_stage.name": "a step of the ladder",
    "finance_key.name": "a system",
    "repair_category.name": "a kind of fault",
    "equipment.name": "a thing",
    "menu_module.name": "a function of the mini-program",
    "saved_filter.name": "a staff member's own words for a filter",
    "import_job.filename": "a file",
    "feedback_type.name": "a type of complaint",
    "notice_category.name": "a kind of notice",
    "listing.contact_name": "published with the offer",
    "listing.contact_phone": "the property's number, published with the offer",
    "lost_found_item.contact_way": "which of two ways",
    "audit_entry.actor_name": "the trail says who acted; staff with the audit right alone see it",
}
FRAMEWORK = "ab_"
"""Flask-AppBuilder's tables of staff: work contacts, seen by the superadmin alone."""

NUMBERS = re.compile(r"phone|id_number|credit_code|passport|bank|totp")
"""What a thief could use: sealed in the database."""


def columns() -> Iterator[tuple[str, Column[Any]]]:
    for table in db.metadata.tables.values():
        if not table.name.startswith(FRAMEWORK):
            for column in table.columns:
                yield f"{table.name}.{column.name}", column


def test_what_looks_personal_is_registered(app: Flask) -> None:
    unregistered = [
        name
        for name, column in columns()
        if PERSONAL.search(column.name) and not {"privacy", "derived"} & column.info.keys() and name not in NOT_PERSONAL
    ]
    assert not unregistered, f"declare these with privacy.personal(…): {unregistered}"


def test_the_exceptions_still_exist(app: Flask) -> None:
    assert NOT_PERSONAL.keys() <= {name for name, _column in columns()}


def test_each_registered_column_says_its_purpose_and_its_mask_hides(app: Flask) -> None:
    registered = [(name, column) for name, column in columns() if "privacy" in column.info]
    assert len(registered) >= 15
    for name, column in registered:
        privacy = column.info["privacy"]
        assert privacy.purpose, name
        assert column.info["label"], name
        for sample in ("13812345678", "44010619900307123X", "欧阳明华", "王伟", "李"):
            assert privacy.mask(sample) != sample, name
        if privacy.sensitive:
            assert not privacy.open, f"{name} is sensitive: revealing it is a right of its own"


def test_numbers_are_sealed_in_the_database(app: Flask) -> None:
    for name, column in columns():
        if "privacy" in column.info and (column.info["privacy"].sensitive or NUMBERS.search(column.name)):
            assert isinstance(column.type, Sealed), name


@pytest.mark.parametrize("path", ["/healthz", "/api/v1/openapi.json"])
def test_addresses_carry_no_personal_parameter(app: Flask, path: str) -> None:
    """Addresses stand in logs of proxies and histories of browsers."""
    assert app.test_client().get(path).status_code == 200
    parameters = {argument for rule in app.url_map.iter_rules() for argument in rule.arguments}
    assert not [argument for argument in parameters if NUMBERS.search(argument)]
