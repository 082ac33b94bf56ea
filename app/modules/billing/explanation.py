"""A bill line's amount in words, and the same amount computed again from what the line keeps (invariant 4)."""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

from app.core.db import yuan
from app.modules.billing.models import BillLine

FIXED_PIECES = {"fixed": "项", "parking": "个车位"}


def explain(line: BillLine) -> str:
    """How the amount came about: 面积 86.50 m² × ¥2.80/m²·月 × 1 月 = ¥242.20."""
    kept = line.snapshot
    if "explanation" in kept:
        return str(kept["explanation"])
    if "usage" in kept:
        return _metered(line, kept)
    if line.method == "area":
        parts = [f"面积 {_number(line.quantity, 2)} m² × {_price(line.unit_price)}/m²·月"]
    else:
        piece = FIXED_PIECES.get(line.method, "项")
        parts = [f"{_number(line.quantity)} {piece} × {_price(line.unit_price)}/月"]
    parts.append(f"{line.months} 月")
    if line.days != line.period_days:
        parts.append(f"{line.days}/{line.period_days} 天（{_day(kept['first'])}至 {_day(kept['last'])}）")
    if kept.get("vacant"):
        parts.append(f"空置 {line.percent}%")
    elif line.percent != 100:
        parts.append(f"{line.percent}%")
    return f"{' × '.join(parts)} = {yuan(line.amount_fen)}"


def recompute(line: BillLine) -> int:
    """The amount in fen from the line and its snapshot alone, half up, as exact fractions.

    ``usage``, ``low`` and ``high`` of a metered line are ten-thousandths of its unit; the limits hold per month.
    """
    kept = line.snapshot
    quantity = line.quantity
    if "usage" in kept:
        upto = kept["usage"] if kept["high"] is None else min(kept["usage"], kept["high"] * kept["months"])
        quantity = Decimal(upto - kept["low"] * kept["months"]).scaleb(-4)
    exact = Fraction(quantity) * Fraction(line.unit_price) * 100 * line.months
    exact = exact * Fraction(line.days, line.period_days) * Fraction(line.percent, 100)
    return int((2 * exact + 1) // 2)


def _metered(line: BillLine, kept: Mapping[str, Any]) -> str:
    unit = kept["unit"]
    start, end = Decimal(kept["start"]).scaleb(-3), Decimal(kept["end"]).scaleb(-3)
    multiplier, usage = Decimal(kept["multiplier"]).scaleb(-4), Decimal(kept["usage"]).scaleb(-4)
    words = f"用量 {_number(usage)} {unit}"
    if (end - start) * multiplier == usage:
        times = "" if multiplier == 1 else f"，倍率 {_number(multiplier)}"
        words += f"（读数 {_number(start)} → {_number(end)}{times}）"
    if kept["step"]:
        low, high = Decimal(kept["low"]).scaleb(-4) * kept["months"], kept["high"]
        to = "" if high is None else f"–{_number(Decimal(high).scaleb(-4) * kept['months'])}"
        above = " 以上" if high is None else ""
        words += f"，第 {kept['step']} 档 {_number(low)}{to} {unit}{above}：{_number(line.quantity)} {unit}"
    return f"{words} × {_price(line.unit_price)}/{unit} = {yuan(line.amount_fen)}"


def _number(value: Decimal, places: int = 0) -> str:
    """A quantity without needless zeros, with at least ``places``."""
    exact = value.normalize()
    shown = max(places, -int(exact.as_tuple().exponent))
    return f"{exact:,.{shown}f}"


def _price(value: Decimal) -> str:
    """¥2.80, or as many places as the price has."""
    return f"¥{_number(value.quantize(Decimal('0.0001'), ROUND_HALF_UP), 2)}"


def _day(iso: str) -> str:
    _year, month, day = iso.split("-")
    return f"{int(month)} 月 {int(day)} 日"
