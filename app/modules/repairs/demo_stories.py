"""What breaks in the demonstration park, and how far each repair has come."""

from dataclasses import dataclass
from datetime import timedelta

CATEGORIES = (
    (
        "水暖",
        "plumbing",
        (("水龙头/阀门漏水", "normal"), ("下水道堵塞", "normal"), ("水管爆裂", "urgent"), ("马桶故障", "normal")),
    ),
    ("强电照明", "electrical", (("灯具不亮", "low"), ("插座/开关故障", "normal"), ("跳闸停电", "urgent"))),
    ("弱电网络", "low_voltage", (("网络不通", "normal"), ("门禁/对讲故障", "normal"), ("监控故障", "low"))),
    ("空调暖通", "hvac", (("空调不制冷", "normal"), ("空调漏水", "normal"), ("新风异响", "low"))),
    ("电梯", "lift", (("电梯困人/停运", "urgent"), ("电梯异响", "normal"))),
    ("土建门窗", "masonry", (("门锁/门体损坏", "normal"), ("窗户漏风漏雨", "low"), ("墙面地砖破损", "low"))),
)
"""(group, trade, ((name, usual priority), …))."""

EQUIPMENT = (
    ("A座1号客梯", "A座 1层电梯厅", "电梯异响"),
    ("A座2号客梯", "A座 1层电梯厅", "电梯异响"),
    ("A座大堂门禁", "A座 1层东门", "门禁/对讲故障"),
    ("B座配电间", "B座 负1层", "跳闸停电"),
    ("公寓生活水泵", "青年公寓 负1层泵房", "水龙头/阀门漏水"),
    ("中心广场景观灯", "智谷里商业街中心广场", "灯具不亮"),
    ("地库充电桩03", "地下停车场充电桩区", "插座/开关故障"),
)


@dataclass(frozen=True)
class Story:
    """One order: how long ago it was reported, what happened since, and how fast."""

    hours_ago: float
    category: str
    text: str
    steps: tuple[str, ...] = ()
    technician: str = ""
    place: str = ""
    """Of a public area; empty: the resident's own unit."""
    caller: str = ""
    """Who telephoned, when nobody reported on a phone."""
    pace: timedelta = timedelta(minutes=40)
    visit_in: float = 3
    fen: int = 0
    fee_note: str = ""
    note: str = ""
    solution: str = ""
    materials: tuple[dict[str, str], ...] = ()
    stars: tuple[int, int, int] = (5, 5, 5)


MADE = ("grab", "propose", "agree", "start", "finish", "confirm", "rate")
SENT = ("dispatch", "take", "propose", "agree", "start", "finish", "confirm", "rate")

STORIES = (
    Story(3, "水龙头/阀门漏水", "后厨水池龙头关不紧，一直滴水，已用桶接着", ("grab", "propose"), "王建国", visit_in=20),
    Story(
        26,
        "空调不制冷",
        "卧室空调开了两小时还是 28 度，外机不转",
        ("grab", "quote", "accept", "propose", "agree"),
        "张海明",
        fen=16000,
        fee_note="补充制冷剂 R32 约 0.5 公斤 120 元，检测人工 40 元",
        visit_in=44,
        pace=timedelta(minutes=25),
    ),
    Story(1.5, "下水道堵塞", "洗手间地漏返水，气味很大"),
    Story(5, "插座/开关故障", "前台右侧两个插座没电，影响收银机使用"),
    Story(0.6, "网络不通", "办公区有线网络全部断开，无线正常"),
    Story(30, "灯具不亮", "大堂东侧三盏筒灯不亮，晚上比较暗", place="A座大堂东侧"),
    Story(2, "电梯异响", "2 号客梯到 8 层时有明显的摩擦声", place="A座 2号客梯"),
    Story(7, "门禁/对讲故障", "东门人脸识别屏幕黑屏，刷卡也没反应", ("dispatch",), "刘伟", place="A座 1层东门"),
    Story(
        50,
        "监控故障",
        "地库 B 区 12 号摄像头画面模糊",
        ("dispatch", "take", "propose"),
        "刘伟",
        visit_in=66,
        place="地下停车场 B 区",
        caller="保安队 老周",
    ),
    Story(
        28, "跳闸停电", "店里总闸合不上，冷柜里还有食材，请尽快", ("grab", "start"), "李国强", pace=timedelta(minutes=8)
    ),
    Story(
        52,
        "空调漏水",
        "吊顶空调出风口滴水，已浸湿天花板",
        ("grab", "propose", "agree", "start", "wait"),
        "张海明",
        note="冷凝水泵损坏，配件已下单，预计明天到货",
        visit_in=2,
    ),
    Story(
        31,
        "墙面地砖破损",
        "广场北侧有三块地砖松动，下雨会溅水",
        ("dispatch", "take", "propose", "agree", "start"),
        "黄永辉",
        place="智谷里商业街中心广场北侧",
        visit_in=4,
    ),
    Story(
        49,
        "马桶故障",
        "马桶水箱一直进水，停不下来",
        ("grab", "propose", "agree", "start", "finish"),
        "王建国",
        solution="更换进水阀，调整浮球高度，观察 20 分钟正常",
        materials=({"name": "水箱进水阀", "quantity": "1 套"},),
    ),
    Story(
        75,
        "门锁/门体损坏",
        "入户门锁舌卡住，要用力提门才能关上",
        ("grab", "propose", "agree", "start", "finish", "not_done"),
        "黄永辉",
        solution="调整锁舌与门扇间隙",
        note="今天又卡住了，请再来看一下",
        pace=timedelta(minutes=90),
    ),
    Story(
        96,
        "水龙头/阀门漏水",
        "阳台洗衣机龙头接口渗水",
        (*MADE, "call"),
        "王建国",
        solution="更换生料带与垫圈，试水 10 分钟无渗漏",
        materials=({"name": "生料带", "quantity": "1 卷"}, {"name": "四分垫圈", "quantity": "2 个"}),
        note="师傅很准时，收拾得也干净",
    ),
    Story(
        170,
        "插座/开关故障",
        "会议室地插弹不起来，需要更换两个",
        ("grab", "quote", "accept", "propose", "agree", "start", "finish", "confirm", "pay", "rate"),
        "李国强",
        fen=23600,
        fee_note="五孔地插 2 个 176 元，人工 60 元",
        solution="更换地插 2 个并测试接地",
        materials=({"name": "五孔地插", "quantity": "2 个"},),
        stars=(5, 5, 4),
        note="价格透明",
    ),
    Story(
        220,
        "下水道堵塞",
        "厨房下水很慢，疑似油污堵塞",
        ("grab", "quote", "accept", "propose", "agree", "start", "finish", "confirm", "rate"),
        "王建国",
        fen=8000,
        fee_note="机器疏通一次 80 元",
        solution="用电动疏通机疏通主管 6 米，排水恢复正常",
        stars=(4, 5, 5),
    ),
    Story(
        300,
        "灯具不亮",
        "地库充电桩区灯管闪烁",
        SENT,
        "李国强",
        place="地下停车场充电桩区",
        solution="更换 LED 灯管 4 支",
        materials=({"name": "LED 灯管 T8 1.2 米", "quantity": "4 支"},),
        stars=(3, 4, 4),
        pace=timedelta(hours=9),
    ),
    Story(
        340,
        "窗户漏风漏雨",
        "台风天窗框下沿进水",
        MADE,
        "黄永辉",
        solution="重新打胶密封，更换胶条 3 米",
        materials=({"name": "中性硅酮胶", "quantity": "2 支"},),
        stars=(5, 4, 5),
    ),
    Story(420, "网络不通", "搬了工位后新网口不通", MADE, "刘伟", solution="机柜重新跳线并贴标签", stars=(5, 5, 5)),
    Story(
        500,
        "电梯困人/停运",
        "1 号客梯停在 5 层不动，无人被困",
        ("dispatch", "take", "start", "finish", "confirm"),
        "吴家豪",
        place="A座 1号客梯",
        caller="前台 小陈",
        solution="复位门机并清理地坎，试运行 30 分钟正常",
        pace=timedelta(minutes=18),
    ),
    Story(66, "空调不制冷", "空调遥控器找到了，不用修了", ("cancel",), "张海明", note="是遥控器没电，已恢复正常"),
    Story(610, "水龙头/阀门漏水", "洗手盆角阀漏水", MADE, "王建国", solution="更换角阀", stars=(5, 5, 5)),
    Story(
        660,
        "空调漏水",
        "客厅空调内机滴水",
        MADE,
        "张海明",
        solution="疏通冷凝水管",
        stars=(4, 4, 5),
        pace=timedelta(hours=6),
    ),
)
