"""Amounts in Chinese capitals (大写), as the rules for filling in bills and vouchers want them (支付结算办法 附一)."""

DIGITS = "零壹贰叁肆伍陆柒捌玖"
PLACES = ("", "拾", "佰", "仟")
GROUPS = ("", "万", "亿")


def capitals(fen: int) -> str:
    """¥1,008.05 of 100805 fen → 壹仟零捌元零伍分; whole yuan and whole jiao end in 整.

    Raises ValueError below zero and from a thousand billion yuan on.
    """
    yuan, rest = divmod(fen, 100)
    jiao, single = divmod(rest, 10)
    if fen < 0 or yuan >= 10**12:
        raise ValueError(fen)
    whole = f"{_whole(yuan)}元" if yuan else ""
    if not rest:
        return (whole or "零元") + "整"
    tenths = f"{DIGITS[jiao]}角" if jiao else ("零" if yuan else "")
    return f"{whole}{tenths}{DIGITS[single]}分" if single else f"{whole}{tenths}整"


def _whole(number: int) -> str:
    groups = []
    while number:
        number, group = divmod(number, 10_000)
        groups.append(group)
    text, gap = "", False
    for place in range(len(groups) - 1, -1, -1):
        group = groups[place]
        if not group:
            gap = bool(text)
            continue
        if text and (gap or group < 1000):
            text += "零"
        text += _group(group) + GROUPS[place]
        gap = False
    return text


def _group(number: int) -> str:
    text, zero = "", False
    for place in (3, 2, 1, 0):
        digit = number // 10**place % 10
        if not digit:
            zero = bool(text)
            continue
        text += ("零" if zero else "") + DIGITS[digit] + PLACES[place]
        zero = False
    return text
