"""Five hundred customers as a property company would list them, ten of them with a mistake.

``customers_libreoffice.xlsx`` and ``.xls`` hold ``rows(mistakes=True)`` as LibreOffice 7.4 wrote them.
"""

from typing import Any

from stdnum.cn import ric, uscc

HEADER = [
    "客户类型",
    "客户名称",
    "联系人",
    "手机号",
    "统一社会信用代码",
    "身份证号",
    "园区",
    "楼栋",
    "房号",
    "入住日期",
]

MISTAKES: dict[int, tuple[int, Any, str]] = {
    11: (3, "1380000", "不是有效的手机号"),
    57: (4, "91440101MA59ABCDX0", "不是有效的统一社会信用代码"),
    102: (0, "业主", "“业主”不在可选范围内（商家、租客）"),
    150: (1, "", "必填"),
    203: (9, "2026-02-30", "“2026-02-30”不是有效的日期，请按 2026-01-31 的格式填写"),
    250: (7, "没有的楼", "找不到楼栋“没有的楼”"),
    301: (8, "9999", "找不到房屋/单元“9999”"),
    366: (5, "440106199001010000", "不是有效的身份证号"),
    420: (8, "", "填写了园区、楼栋或入住日期时，须同时填写房号"),
    499: (1, "长" * 129, "不能超过 128 个字，现有 129 个"),
}
"""By row of the sheet: the column, what stands there, and what is said about it."""


def credit_code(n: int) -> str:
    text = f"91440101MA59{n:05d}"
    return text + uscc.calc_check_digit(text)


def id_number(n: int) -> str:
    text = f"44010619{88 + n % 12}0{1 + n % 9}1{n % 10}{n % 1000:03d}"
    return text + ric.calc_check_digit(f"{text}0")


def rows(mistakes: bool = False) -> list[list[Any]]:
    """Header and rows; a firm for each even number, a person for each odd one."""
    found: list[list[Any]] = [list(HEADER)]
    for n in range(500):
        firm = n % 2 == 0
        unit = [f"{n:04d}", f"2024-{1 + n % 12:02d}-01"] if n % 5 else ["", ""]
        place = ["客户园", "A座"] if n % 5 else ["", ""]
        found.append(
            [
                "商家" if firm else "租客",
                f"粤海第{n}商行" if firm else f"租户{n}",
                f"联系人{n}",
                f"139{n:08d}",
                credit_code(n) if firm else "",
                "" if firm else id_number(n),
                *place,
                *unit,
            ]
        )
    if mistakes:
        for row, (column, cell, _message) in MISTAKES.items():
            found[row - 1][column] = cell
    return found
