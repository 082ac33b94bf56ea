"""Phone numbers, ID numbers and credit codes: checked, and brought to one form."""

import unicodedata

import phonenumbers
from flask_babel import gettext as _
from stdnum.cn import ric, uscc
from stdnum.exceptions import ValidationError

from app.core import clock
from app.core.errors import Invalid

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
