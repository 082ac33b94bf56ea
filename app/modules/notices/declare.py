"""The module in one object."""

from app.core.api import ANY
from app.core.jobs import Job
from app.core.module import Area, MenuEntry, Module, Setting
from app.modules.notices import backoffice, connections, demo, operations, queries, sheets
from app.modules.notices.api import MENU, api

MODULE = Module(
    "notices",
    "公告",
    "fa-bullhorn",
    areas=(Area("notices", "公告"),),
    views=(backoffice.NoticeView, backoffice.NoticeCategoryView),
    api=(api,),
    sheets=(sheets.NOTICES,),
    menu=(MenuEntry(MENU, "通知公告", "speaker", "/pkg-notices/notices", ANY),),
    settings=(Setting("notices.notice_template", "公告订阅消息模板", "", "微信公众平台的模板编号；空则只发站内消息"),),
    jobs={operations.PUSH: Job("推送公告", operations.push)},
    own_data=queries.OWN_DATA,
    start=connections.connect,
    demo=demo.fill,
    demo_after=("estate", "members"),
)
