"""Phone numbers, ID numbers and credit codes are checked, and brought to one form."""

from collections.abc import Callable

import pytest
from flask import Flask

from app.core.errors import Invalid
from app.modules.members.identity_numbers import credit_code, id_number, mobile_number


@pytest.mark.parametrize(
    ("check", "text", "stored"),
    [
        (mobile_number, "13800138000", "13800138000"),
        (mobile_number, "+86 138-0013-8000", "13800138000"),
        (mobile_number, "１３８００１３８０００", "13800138000"),
        (id_number, "11010519491231002x", "11010519491231002X"),
        (id_number, " 110105 19491231 002X ", "11010519491231002X"),
        (id_number, "440524188001010014", "440524188001010014"),
        (id_number, "62220119400101001X", "62220119400101001X"),  # a district code that is no longer in use
        (credit_code, "91110000600037341l", "91110000600037341L"),
    ],
)
def test_what_people_type_is_brought_to_one_form(
    app: Flask, check: Callable[[str], str], text: str, stored: str
) -> None:
    with app.test_request_context():
        assert check(text) == stored


@pytest.mark.parametrize(
    ("check", "text"),
    [
        (mobile_number, "1380013800"),
        (mobile_number, "020-38888888"),
        (mobile_number, "+1 202 555 0123"),
        (mobile_number, "手机"),
        (id_number, "110105194912310021"),
        (id_number, "11010519491331002X"),
        (id_number, "110105299912310020"),
        (id_number, "110105491231002"),
        (id_number, "ABCDEFGHIJKLMNOPQR"),
        (credit_code, "91110000600037341X"),
        (credit_code, "9111"),
    ],
)
def test_what_cannot_be_is_refused_in_chinese(app: Flask, check: Callable[[str], str], text: str) -> None:
    with app.test_request_context(), pytest.raises(Invalid) as caught:
        check(text)
    assert "不是有效的" in caught.value.message
