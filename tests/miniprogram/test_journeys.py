"""Each role does its journeys on a phone."""

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.miniprogram.conftest import Desk, Handset, Park, Pick
from tests.phones import picture

pytestmark = pytest.mark.xdist_group("miniprogram")


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "照片.jpg"
    path.write_bytes(picture())
    return path


def add_photo(phone: Handset, photo: Path) -> None:
    with phone.page.expect_file_chooser() as chooser:
        phone.page.locator("[aria-label=添加照片]").locator("visible=true").last.click()
    chooser.value.set_files(photo)
    phone.page.locator(".photo-veil").wait_for(state="detached")


def choose(phone: Handset, label: str) -> None:
    """Take what the picker of that name offers."""
    phone.page.locator(f"uni-picker[aria-label={label}]").locator("visible=true").last.click()
    phone.page.locator(".uni-picker-toggle .uni-picker-action-confirm").click()


@pytest.mark.req("G1", "G5", "L2", "N1", "N3", "N4")
def test_a_guest_reads_everything_and_declines_to_certify(phone: Pick) -> None:
    guest = phone()
    guest.sees("您是商家或租客吗？")
    names = guest.page.locator(".grid-name").all_inner_texts()
    assert {"场地租赁", "失物招领", "通知公告", "便民信息"} <= set(names)
    assert not {"在线缴费", "设备报修", "投诉建议"} & set(names)
    guest.tap("暂不认证")
    guest.again()
    expect(guest.page.get_by_text("您是商家或租客吗？")).to_have_count(0)
    guest.tap("通知公告")
    guest.page.locator(".card:visible").first.click()
    guest.page.locator(".rich").wait_for()
    guest.open("/pkg-leasing/listings")
    guest.page.locator(".offer").first.click()
    guest.sees("申请租赁")
    guest.tap("分享")
    guest.page.locator(".ask [role=img][style*=blob]").wait_for()
    guest.open("/pkg-convenience/list")
    guest.sees("拨打")


@pytest.mark.req("N2")
def test_ads_stand_on_the_phone_in_the_layout_and_shape_that_staff_choose(phone: Pick, superadmin: Desk) -> None:
    guest = phone()
    for layout, ratio in (("card", "16:9"), ("grid", "1:1"), ("list", "3:1"), ("carousel", "2:1")):
        superadmin.open("/ads/ad_slot/", "首页广告")
        superadmin.page.get_by_role("link", name="修改").click()
        superadmin.page.select_option("[name=layout]", layout)
        superadmin.page.select_option("[name=ratio]", ratio)
        superadmin.page.locator(".form-actions [type=submit]").click()
        superadmin.page.wait_for_url(re.compile(r"/ad_slot/\d+$"))
        guest.again()
        posters = guest.page.locator(f".ads.as-{layout} .picture")
        posters.first.scroll_into_view_if_needed()
        first, second = (posters.nth(number).bounding_box() for number in (0, 1))
        assert first
        assert second
        width, height = map(int, ratio.split(":"))
        beside, below = second["x"] - first["x"], second["y"] - first["y"]
        if layout == "card":
            assert 300 < first["width"] < beside < 390, "the next one looks in"
        elif layout == "carousel":
            assert first["width"] == beside == 390, "from edge to edge"
        else:
            assert abs(first["width"] / first["height"] - width / height) < 0.02
        if layout == "grid":
            assert (below, beside > first["width"]) == (0, True)
        if layout == "list":
            assert (beside, below > first["height"]) == (0, True)
        if place := os.environ.get("PHONE_PICTURES"):
            guest.page.screenshot(path=Path(place, f"ads-{layout}.png"))


def certify(visitor: Handset, photo: Path) -> None:
    """Fill the application; what was typed outlives a reload."""
    visitor.open("/pkg-members/certify")
    visitor.tap("我是租客")
    visitor.type("姓名", "周远航")
    visitor.again()
    expect(visitor.page.locator("[aria-label=姓名]")).to_have_value("周远航")
    visitor.tap("提交认证", ".bar")
    visitor.sees("请填写 11 位手机号")
    visitor.type("手机号", "13800138000")
    visitor.type("身份证号", "11010519491231002X")
    visitor.tap("查找房号")
    with visitor.page.expect_response(lambda answer: answer.url.endswith("/units?q=1")):
        visitor.type("楼栋房号", "1")
    visitor.page.locator(".sheet-list .cell").first.click()
    add_photo(visitor, photo)
    visitor.tap("提交认证", ".bar")
    visitor.tap("同意并提交")
    visitor.sees("正在审核")


@pytest.mark.req("G2")
def test_a_visitor_certifies_is_refused_and_applies_again(phone: Pick, desk: Desk, photo: Path) -> None:
    visitor = phone("visitor")
    visitor.open("/pkg-members/certification")
    visitor.page.locator(".standing").wait_for()
    if visitor.page.get_by_text("撤回申请").count():  # the demonstration has one waiting
        visitor.tap("撤回申请")
        visitor.tap("撤回", ".uni-modal")
        visitor.misses("撤回申请")
    certify(visitor, photo)
    desk.open("/members/certification/?state=pending", "周远航")
    desk.page.get_by_role("button", name="驳回").click()
    desk.page.fill("dialog [name=reason]", "身份证照片看不清")
    desk.page.get_by_role("dialog").get_by_role("button", name="驳回").click()
    desk.page.wait_for_load_state()
    visitor.again()
    visitor.sees("未通过原因：身份证照片看不清")
    certify(visitor, photo)


@pytest.mark.req("G2", "G5")
def test_whom_the_property_approves_is_a_resident_without_signing_in_again(
    phone: Pick, desk: Desk, photo: Path
) -> None:
    newcomer = phone()
    newcomer.page.route(
        "**/auth/wechat",
        lambda route: route.continue_(
            post_data=(route.request.post_data or "").replace("demo-visitor", "dev-newcomer")
        ),
    )
    newcomer.sign_in("visitor")
    certify(newcomer, photo)
    desk.open("/members/certification/?state=pending", "周远航")
    desk.page.locator("[name=customer_id][value='']").check()
    desk.page.get_by_role("button", name="通过").click()
    desk.page.wait_for_load_state()
    newcomer.open("/pages/messages/messages")
    newcomer.page.locator(".message", has_text="认证").first.click()
    newcomer.sees("已完成认证")
    newcomer.sees("当前身份：租客")
    newcomer.open("/pages/home/home")
    assert {"在线缴费", "设备报修", "投诉建议"} <= set(newcomer.page.locator(".grid-name").all_inner_texts())
    newcomer.tap("设备报修")
    newcomer.sees("我要报修")


@pytest.mark.req("B1", "B2", "B7")
def test_a_merchant_pays_two_bills_at_once_and_gets_the_receipt(phone: Pick) -> None:
    merchant = phone("merchant")
    merchant.tap("去缴费")
    merchant.page.locator(".bill").first.wait_for()
    owed = int(merchant.page.locator(".tab-count").inner_text())
    merchant.page.locator(".bill-tick").nth(0).click()
    merchant.page.locator(".bill-tick").nth(1).click()
    merchant.tap("缴费（2）")
    merchant.tap("去支付")
    merchant.page.click("button.pay")
    merchant.sees("缴费成功")
    with merchant.page.expect_download() as download:
        merchant.tap("下载收据")
    assert download.value.path().read_bytes().startswith(b"%PDF")
    merchant.open("/pkg-billing/bills")
    expect(merchant.page.locator(".tab-count")).to_have_text(str(owed - 2))
    merchant.page.locator(".bill [role=link]").first.click()
    merchant.sees("费用怎么算的")


@pytest.mark.req("B1")
def test_a_payment_that_was_left_is_cancelled_and_the_bills_stay_owed(phone: Pick) -> None:
    tenant = phone("tenant")
    tenant.open("/pkg-billing/bills")
    tenant.page.locator(".bill-tick").first.click()
    tenant.tap("缴费（1）")
    tenant.tap("去支付")
    tenant.page.get_by_role("button", name="取消").click()
    tenant.sees("等待支付结果")
    tenant.tap("取消缴费")
    tenant.tap("取消缴费")
    tenant.misses("等待支付结果")


def report(tenant: Handset, words: str, *photos: Path) -> str:
    """Report what is broken; the number of the order, which is then on the screen."""
    tenant.open("/pkg-repairs/report")
    choose(tenant, "类别")
    tenant.type("故障描述", words)
    for photo in photos:
        add_photo(tenant, photo)
    tenant.tap("提交报修")
    tenant.sees("进度")
    number = re.search(r"BX\d+", tenant.page.locator(".facts").first.inner_text())
    assert number
    return number[0]


def take_and_propose(technician: Handset, words: str, number: str) -> None:
    """Take an order from the pool and propose when to come."""
    technician.open("/pkg-repairs/orders")
    technician.tap("抢单池")
    technician.page.locator(".card", has_text=words).get_by_text("接单", exact=True).click()
    technician.sees(number)
    technician.tap("约时间")
    technician.tap("提交", ".ask")
    technician.sees("提议的上门时间")


def repair(technician: Handset, solution: str) -> None:
    """Do the work that was agreed."""
    technician.again()
    technician.tap("开始维修", ".bar")
    technician.tap("确定")
    technician.tap("完工", ".bar")
    technician.type("处理说明", solution)
    technician.tap("提交", ".ask")
    technician.sees("处理结果")


@pytest.mark.req("R1", "R3", "R4")
def test_a_repair_from_report_to_rating(phone: Pick, photo: Path) -> None:
    tenant, technician = phone("tenant"), phone("technician")
    words = "卫生间顶灯不亮，开关没有反应"
    number = report(tenant, words, photo)
    take_and_propose(technician, words, number)
    tenant.again()
    tenant.tap("同意")
    tenant.misses("维修师傅提议的上门时间")
    repair(technician, "更换开关与灯管，测试正常")
    tenant.again()
    tenant.tap("确认完成", ".bar")
    tenant.tap("确定")
    tenant.tap("评价", ".bar")
    tenant.tap("提交", ".ask")
    tenant.sees("5 星")


@pytest.mark.req("R8", "B1")
def test_a_repair_fee_is_quoted_agreed_and_paid(phone: Pick) -> None:
    tenant, technician = phone("tenant"), phone("technician")
    words = "厨房水龙头漏水，需要换阀芯"
    number = report(tenant, words)
    take_and_propose(technician, words, number)
    technician.tap("报价")
    technician.type("金额（元）", "86.5")
    technician.type("说明", "陶瓷阀芯一只 56.5 元，人工 30 元")
    technician.tap("提交", ".ask")
    technician.sees("¥86.50")
    tenant.again()
    tenant.tap("同意")
    tenant.misses("维修师傅提议的上门时间")
    tenant.tap("同意报价")
    tenant.tap("确定")
    tenant.sees("客户已同意")
    repair(technician, "已更换阀芯，试水不漏")
    tenant.again()
    tenant.tap("确认完成", ".bar")
    tenant.tap("确定")
    tenant.tap("去缴费")
    tenant.sees(f"工单 {number}")
    tenant.tap("缴费 86.50 元", ".bar")
    tenant.tap("去支付")
    tenant.page.click("button.pay")
    tenant.sees("缴费成功")
    technician.again()
    technician.sees("已缴清")


def shown_pass(phone: Handset, words: str) -> dict[str, str]:
    """Tap what leads to a pass; the pass, which is then on the screen."""
    with phone.page.expect_response(lambda answer: answer.url.endswith("/pass")) as answered:
        phone.tap(words, ".bar")
    found: dict[str, str] = answered.value.json()
    phone.page.locator("[aria-label=通行二维码][style*=blob]").wait_for()
    return found


@pytest.mark.req("V1", "V2")
def test_a_resident_invites_somebody_whose_code_opens_the_gate_once(phone: Pick, park: Park) -> None:
    tenant, friend = phone("tenant"), phone()
    tenant.open("/pkg-visits/invite")
    tenant.type("来访人", "赵小雨")
    tenant.type("手机号", "13900001111")
    if tenant.page.get_by_text("请选择").count():  # with one unit there is nothing to choose
        choose(tenant, "被访房号")
    ticket = shown_pass(tenant, "生成邀请")
    digits = ticket["numeric_code"]
    tenant.sees(f"{digits[:3]} {digits[3:6]} {digits[6:]}")
    friend.page.goto(ticket["share_url"])
    friend.sees("的通行码")
    first, second = park.scan("G-IN-1", ticket["token"], ticket["token"])
    assert first.startswith("开门")
    assert second.startswith("不开门")
    tenant.again()
    tenant.sees("已到访")
    friend.page.reload()
    friend.sees("离开时在出口再扫一次")


@pytest.mark.req("V1", "V3")
def test_a_visitor_asks_and_the_host_lets_them_come(phone: Pick) -> None:
    visitor, merchant = phone("visitor"), phone("merchant")
    visitor.open("/pkg-visits/invite")
    visitor.page.get_by_text("查找房号").locator("visible=true").last.click()
    with visitor.page.expect_response(lambda answer: "/units?q=" in answer.url):
        visitor.type("楼栋房号", "商101")
    visitor.page.locator(".sheet-list .cell").first.click()
    visitor.type("来访事由", "洽谈供货")
    visitor.tap("提交", ".bar")
    visitor.sees("待审批")
    merchant.open("/pages/home/home")
    merchant.page.locator(".asks:visible").click()
    if merchant.page.locator(".card:visible", has_text="周").count():
        merchant.page.locator(".card:visible", has_text="周").first.wait_for()
    merchant.open("/pkg-visits/visits?box=to_approve")
    merchant.page.locator(".card:visible").first.click()
    merchant.sees("洽谈供货")
    merchant.tap("同意来访", ".bar")
    merchant.sees("待来访")
    visitor.again()
    visitor.page.locator("[aria-label=通行二维码][style*=blob]").wait_for()
    visitor.tap("取消来访", ".bar")
    visitor.tap("取消来访", ".uni-modal")
    visitor.sees("已取消")


@pytest.mark.req("V5")
def test_a_technician_registers_an_entry(phone: Pick) -> None:
    technician = phone("technician")
    technician.open("/pkg-visits/invite")
    technician.type("来访事由", "检修电梯")
    shown_pass(technician, "提交")
    technician.sees("检修电梯")


@pytest.mark.req("V4")
def test_a_firm_asks_for_cards_and_takes_them_when_approved(phone: Pick, desk: Desk) -> None:
    merchant = phone("merchant")
    merchant.open("/pkg-visits/batches")
    merchant.tap("申请批量来访卡", ".bar")
    merchant.type("张数", "5")
    merchant.type("事由", "年会嘉宾")
    merchant.tap("提交申请", ".ask")
    merchant.page.locator(".card:visible", has_text="年会嘉宾").click()
    merchant.sees("待审批")
    desk.open("/visits/pass_batch/?state=pending", "年会嘉宾")
    desk.move("通过")
    merchant.again()
    with merchant.page.expect_download() as download:
        merchant.tap("下载来访卡", ".bar")
    assert download.value.path().read_bytes().startswith(b"%PDF")


@pytest.mark.req("R1", "R8")
def test_a_sticker_saves_typing_where_and_what(phone: Pick, desk: Desk) -> None:
    desk.page.goto(f"{desk.address}/repairs/equipment/")
    equipment = desk.page.locator("tbody tr").first.inner_text().split("\t")
    code = next(cell for cell in equipment if re.fullmatch(r"[0-9A-Z]{12}", cell))
    tenant = phone("tenant")
    tenant.open(f"/pkg-repairs/report?point={code}")
    tenant.sees(equipment[0])
    tenant.type("故障描述", "充电枪插上没有反应")
    tenant.tap("提交报修", ".bar")
    tenant.sees("进度")
    tenant.sees(equipment[1])


@pytest.mark.req("L3")
def test_somebody_applies_to_lease_and_withdraws(phone: Pick) -> None:
    visitor = phone("visitor")
    visitor.open("/pkg-leasing/listings")
    visitor.page.locator(".offer").nth(1).click()
    visitor.tap("申请租赁")
    visitor.type("姓名", "周远航")
    visitor.type("电话", "13800138000")
    visitor.tap("提交申请")
    visitor.sees("租赁申请")
    visitor.page.get_by_text("撤回", exact=True).locator("visible=true").first.click()
    visitor.tap("撤回")
    visitor.sees("已撤回")


@pytest.mark.req("F1")
def test_a_post_waits_for_approval_among_ones_own(phone: Pick, photo: Path) -> None:
    technician = phone("technician")
    technician.open("/pkg-lost-found/post")
    technician.tap("我捡到东西")
    technician.type("物品", "银色保温杯")
    add_photo(technician, photo)
    technician.tap("提交审核")
    technician.sees("银色保温杯")
    technician.sees("待审核")


@pytest.mark.req("C1")
def test_a_complaint_is_written_once_however_often_it_is_tapped(phone: Pick) -> None:
    tenant = phone("tenant")
    tenant.open("/pkg-feedback/write")
    tenant.page.locator(".field .chip:visible").first.click()
    tenant.type("内容", "地下车库入口照明不足，夜间看不清路面")
    sent = []
    tenant.page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    tenant.page.locator(".bar .button").dblclick()
    tenant.sees("补充说明")
    assert len([url for url in sent if url.endswith("/feedback")]) == 1


@pytest.mark.req("C1", "C2")
def test_a_complaint_is_talked_over_closed_rated_and_taken_up_again(phone: Pick, desk: Desk) -> None:
    tenant, words = phone("tenant"), "三楼走廊垃圾桶一直没有人清理"
    tenant.open("/pkg-feedback/write")
    tenant.page.locator(".field .chip:visible").first.click()
    tenant.type("内容", words)
    tenant.tap("提交", ".bar")
    tenant.sees("补充说明")

    desk.open("/feedback/feedback/?state=submitted", words[:20])
    desk.move("受理")
    desk.page.fill("[name=content] >> nth=0", "已安排保洁，今天下午清理")
    desk.page.get_by_role("button", name="先回复，继续处理").click()
    tenant.again()
    tenant.sees("已安排保洁，今天下午清理")
    tenant.tap("补充说明", ".bar")
    tenant.type("说明", "四楼也是一样")
    tenant.tap("提交", ".ask")
    tenant.sees("四楼也是一样")

    desk.page.reload()
    desk.page.get_by_text("四楼也是一样").wait_for()
    desk.page.fill("[name=content] >> nth=0", "三楼四楼都已清理，以后每天两次")
    desk.page.get_by_role("button", name="答复并完成处理").click()
    desk.move("办结")
    tenant.open("/pages/messages/messages")
    tenant.page.locator(".message", has_text="已办结").first.click()
    tenant.sees("以后每天两次")
    tenant.tap("评价", ".bar")
    tenant.page.locator(".ask [aria-label='满意度 4 星']").click()
    tenant.tap("提交", ".ask")
    tenant.sees("我的评价")
    tenant.tap("仍未解决", ".bar")
    tenant.type("说明", "今天又满了")
    tenant.tap("提交", ".ask")
    tenant.sees("处理中")
    desk.page.reload()
    desk.page.get_by_text("申请重新处理：今天又满了").wait_for()


INSIDE_WECHAT = (
    "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/120 Mobile Safari/537.36 MicroMessenger/8.0.50"
)


@pytest.mark.req("G1")
def test_inside_wechat_one_signs_in_through_the_official_account(phone: Pick) -> None:
    phone("merchant")  # in the mini-program, where WeChat tells who this is everywhere
    merchant = phone(user_agent=INSIDE_WECHAT)
    merchant.open("/pkg-notices/notices")
    merchant.page.evaluate("location.hash = '/pkg-members/sign-in'")
    merchant.arrive("/pkg-members/sign-in")
    merchant.page.get_by_role("checkbox").click()
    merchant.tap("微信登录")
    merchant.page.wait_for_url(re.compile(r"/m/#/pkg-notices/notices"))
    merchant.open("/pages/mine/mine")
    # WeChat's sign-in page is on WeChat's origin.
    merchant.complaints = [one for one in merchant.complaints if "/connect/oauth2/authorize" not in one]
    merchant.sees("陈记潮汕牛肉店")


@pytest.mark.req("G1")
def test_a_code_that_somebody_slips_in_signs_nobody_in(phone: Pick, park: Park) -> None:
    guest = phone(user_agent=INSIDE_WECHAT)
    asked: list[str] = []
    guest.page.on("request", lambda request: asked.append(request.url))
    guest.page.goto(
        f"{park.address}/m/?code=snsapi_userinfo.0123456789abcdef01234567.demo-merchant&state=0123456789abcdef"
    )
    guest.sees("登录后使用缴费")
    assert not [url for url in asked if "auth/wechat-official" in url]
    assert "code=" not in guest.page.url


@pytest.mark.req("G10")
def test_big_type_is_kept_and_signing_out_leaves_a_guest(phone: Pick) -> None:
    tenant = phone("tenant")
    tenant.open("/pkg-members/settings")
    tenant.page.locator("[aria-label=大字模式]").click()
    tenant.page.locator(".app.big:visible").wait_for()
    tenant.open("/pages/mine/mine")
    tenant.again()
    tenant.page.locator(".app.big:visible").wait_for()
    tenant.open("/pkg-members/settings")
    tenant.page.locator("[aria-label=大字模式]").click()
    tenant.tap("退出登录")
    tenant.tap("退出")
    tenant.sees("登录后使用缴费")


def test_messages_are_read_and_lead_to_their_page(phone: Pick) -> None:
    merchant = phone("merchant")
    merchant.open("/pages/messages/messages")
    merchant.page.locator(".message").first.wait_for()
    unread = merchant.page.locator(".unread").count()
    assert unread
    merchant.page.locator(".message", has=merchant.page.locator(".unread")).first.click()
    merchant.page.wait_for_timeout(800)
    merchant.open("/pages/messages/messages")
    expect(merchant.page.locator(".unread")).to_have_count(unread - 1)


def test_without_a_network_pages_say_so_and_come_back(phone: Pick) -> None:
    merchant = phone("merchant")
    merchant.open("/pkg-billing/bills")
    merchant.page.locator(".bill [role=link]").nth(0).click()
    merchant.sees("费用怎么算的")
    merchant.page.go_back()
    merchant.context.set_offline(True)
    merchant.page.locator(".bill [role=link]").nth(1).click()
    merchant.sees("网络不可用")
    merchant.context.set_offline(False)
    merchant.tap("重试")
    merchant.sees("费用怎么算的")
