"""Invented people, firms and numbers. The numbers are well-formed and carry valid check digits; nobody is meant."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import count
from random import Random

FAMILY = "陈林黄李张王吴刘梁何罗郑谢许邓冯曾彭蔡潘袁卢叶苏杜魏江钟余沈"
GIVEN_FIRST = "志晓嘉俊文建雅思子海永丽家泽雨国美伟晨佩"
GIVEN_SECOND = "强敏豪怡辉婷杰芳明燕锋琪华玲涛雯轩妍斌"
BRANDS = (
    "穗澜", "砚麓", "珩昱", "粤黎", "墨溪", "衡筑", "岭晟", "旌屿", "云筱", "泓珀", "荔禾", "禺山澄", "珠桥", "榕岸",
    "霁川", "屹珑", "椰序", "汐图", "曜岭", "槐舟", "谷屿", "菁穹", "锦榕", "朗禺", "峤云", "沐珩", "帆砚", "景畲",
    "棠屿", "辰麓", "星榄", "桉禾", "木棉里", "南嵘", "瀚榕", "睿泷",
)  # fmt: skip
TRADES_OF_FIRMS = (
    "智能科技", "软件技术", "生物医药", "跨境电商", "文化传媒", "工程设计", "供应链管理", "检测技术", "新材料科技",
    "信息服务", "人力资源", "财税咨询", "知识产权代理", "环保科技", "品牌策划", "自动化设备",
)  # fmt: skip
SHOPS = (
    "阿坚肠粉店", "禾谷便利店", "潮味砂锅粥", "老街坊云吞面", "荔湾甜品铺", "半日咖啡馆", "蓝岸面包房", "小满水果店",
    "榕下书店", "快印通图文店", "康禾大药房", "明眸眼镜店", "晨跑运动馆", "清风洗衣店", "巧手裁缝铺",
    "安心家政服务部", "橙子美发沙龙", "一味湘菜馆", "西关茶餐厅", "客家腌面馆", "麦香烘焙坊", "宠伴宠物店",
    "六角花艺店", "数码快修站", "童趣绘本馆", "鲜合生鲜超市", "顺手烟酒行", "竹里素食馆", "乐邻五金店",
)  # fmt: skip
REGIONS = ("440104", "440103", "440112", "430102", "360102", "420106", "350102")
"""District codes of birth places that number checks know for every year."""
PREFIXES = ("130", "133", "135", "136", "138", "139", "150", "158", "159", "181", "186", "188")
USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


class Invention:
    """Names and numbers from one fixed seed; phones and numbers never come twice."""

    def __init__(self, today: date) -> None:
        self.rng = Random(2026)  # noqa: S311 (the same people each time, no secret)
        self.today = today
        self._serial = count(1)
        self._firms = self._every_firm()

    def person(self) -> str:
        """A person's name of two or three characters."""
        rng = self.rng
        first = rng.choice(GIVEN_FIRST) if rng.random() < 0.85 else ""
        return rng.choice(FAMILY) + first + rng.choice(GIVEN_SECOND)

    def firm(self) -> str:
        """A company's full name, never twice."""
        return next(self._firms)

    def _every_firm(self) -> Iterator[str]:
        brands = self.rng.sample(BRANDS, len(BRANDS))
        for turn in range(len(TRADES_OF_FIRMS)):  # each brand once before any comes a second time
            for place, brand in enumerate(brands):
                yield f"广州{brand}{TRADES_OF_FIRMS[(place + turn) % len(TRADES_OF_FIRMS)]}有限公司"

    def phone(self) -> str:
        """A mobile number; the block 0000 marks it as invented."""
        return f"{self.rng.choice(PREFIXES)}0000{next(self._serial):04d}"

    def id_number(self) -> str:
        """An identity number of an adult (GB 11643)."""
        born = self.today - timedelta(days=self.rng.randrange(22 * 366, 41 * 365))
        return complete_id_number(f"{self.rng.choice(REGIONS)}{born:%Y%m%d}{next(self._serial) % 1000:03d}")

    def credit_code(self, company: bool = True) -> str:
        """A unified social credit code (GB 32100) of a company or a sole trader in 黄埔区."""
        organisation = f"MA{next(self._serial):04d}{self.rng.choice('ABCDEFGHJKLMNPQRTUWXY')}{self.rng.randrange(10)}"
        return complete_credit_code(("91" if company else "92") + "440112" + complete_organisation(organisation))


def complete_id_number(first_17: str) -> str:
    """The number with its check character (GB 11643, ISO 7064 MOD 11-2)."""
    total = sum(int(digit) * 2 ** (17 - place) for place, digit in enumerate(first_17))
    return first_17 + "10X98765432"[total % 11]


def complete_organisation(first_8: str) -> str:
    """An organisation code with its check character (GB 11714)."""
    weights = (3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(int(char, 36) * weight for char, weight in zip(first_8, weights, strict=True))
    return first_8 + "0X987654321"[total % 11]


def complete_credit_code(first_17: str) -> str:
    """The code with its check character (GB 32100)."""
    total = sum(USCC_ALPHABET.index(char) * pow(3, place, 31) for place, char in enumerate(first_17))
    return first_17 + USCC_ALPHABET[-total % 31]
