"""Phone numbers, ID numbers and credit codes: checked, and brought to one form."""

import unicodedata
from typing import Any

import phonenumbers
from flask_babel import gettext as _
from stdnum.cn import ric, uscc
from stdnum.exceptions import ValidationError

from app.core import clock
from app.core.errors import FieldError, Invalid

REGION = "CN"


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).replace(" ", "").replace("-", "").upper()


def mobile_number(text: str, field: str = "phone") -> str:
    """Eleven digits of a mainland mobile number. Raises Invalid."""
    try:
        number = phonenumbers.parse(unicodedata.normalize("NFKC", text), REGION)
    except phonenumbers.NumberParseException:
        raise Invalid.field(field, _("不是有效的手机号")) from None
    mobile = phonenumbers.number_type(number) == phonenumbers.PhoneNumberType.MOBILE
    if number.country_code != 86 or not mobile or not phonenumbers.is_valid_number(number):
        raise Invalid.field(field, _("不是有效的手机号"))
    return str(number.national_number)


def id_number(text: str, field: str = "id_number") -> str:
    """Eighteen characters of a resident ID with a right checksum (GB 11643). Raises Invalid."""
    number = _plain(text)
    try:
        # Not ``ric.validate``: it also wants today's district codes, which older people's numbers do not have.
        if (
            len(number) == 18
            and ric.get_birth_date(number) <= clock.today()
            and ric.calc_check_digit(number) == number[-1]
        ):
            return number
    except (ValidationError, ValueError):
        pass
    raise Invalid.field(field, _("不是有效的身份证号"))


def credit_code(text: str, field: str = "credit_code") -> str:
    """Eighteen characters of a unified social credit code with a right checksum (GB 32100). Raises Invalid."""
    try:
        return str(uscc.validate(_plain(text)))
    except ValidationError:
        raise Invalid.field(field, _("不是有效的统一社会信用代码")) from None


CHECKS = {"phone": mobile_number, "id_number": id_number, "credit_code": credit_code}
"""What checks the field of this name, in every record."""


def normalise(values: dict[str, Any]) -> list[FieldError]:
    """Bring the numbers among ``values`` to one form, blank ones to None; what is wrong with the others."""
    problems: list[FieldError] = []
    for field, check in CHECKS.items():
        if values.get(field):
            try:
                values[field] = check(values[field])
            except Invalid as error:
                problems += error.errors
        elif field in values:
            values[field] = None
    return problems
