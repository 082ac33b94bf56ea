"""Every setting of the installation, read from the environment: name, default and what it does.

What an administrator changes while the system runs is in the back office (系统 → 设置), not here.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple


class Option(NamedTuple):
    """One environment variable. ``secret`` ones have no default: development makes them, production must give them."""

    name: str
    default: Any
    help: str
    secret: bool = False


OPTIONS = (
    Option(
        "APP_ENV",
        "development",
        "运行环境:development(默认,演示数据与本地模拟)或 production(拒绝演示账号、默认密钥与模拟服务)",
    ),
    Option("HOST", "127.0.0.1", "监听地址"),
    Option("PORT", 8080, "监听端口"),
    Option("DATA_DIR", "var", "数据目录:SQLite 数据库、上传文件、开发环境密钥"),
    Option("DATABASE_URL", "", "数据库地址;空则使用 DATA_DIR 下的 SQLite,生产建议 postgresql+psycopg://"),
    Option("SECRET_KEY", "", "会话与令牌签名密钥(至少 32 个字符)", secret=True),
    Option("DATA_KEYS", "", "敏感数据加密密钥:编号:base64(32 字节),多个以逗号分隔,第一个为当前密钥", secret=True),
    Option("INDEX_KEY", "", "敏感数据盲索引密钥:base64(32 字节)", secret=True),
    Option("DEMO", "", "演示数据:1 开启,0 关闭;空则非生产环境开启"),
    Option("PUBLIC_URL", "", "对外访问地址,如 https://wy.example.com;空则按请求推断"),
    Option("PROXIES", 0, "前置反向代理层数;大于 0 时信任其转发头"),
    Option("WEB_WORKERS", 2, "Web 进程数"),
    Option("WEB_THREADS", 8, "每个 Web 进程的线程数"),
    Option("JOBS", "inprocess", "后台任务:inprocess(在 Web 进程内执行)、off(本进程不执行)"),
    Option("RATE_LIMITS", "1", "接口频率限制:1 开启,0 关闭(仅用于压力测试)"),
    Option("WECHAT_API_URL", "", "微信接口地址;空则开发环境使用内置模拟,生产为 https://api.weixin.qq.com"),
    Option("WECHAT_APP_ID", "", "小程序 AppID"),
    Option("WECHAT_APP_SECRET", "", "小程序 AppSecret", secret=True),
    Option("WECHATPAY_API_URL", "", "微信支付接口地址;空则开发环境使用内置模拟,生产为 https://api.mch.weixin.qq.com"),
    Option("WECHATPAY_MCH_ID", "", "微信支付商户号;生产环境为空则不开通在线支付"),
    Option("WECHATPAY_SERIAL_NO", "", "商户 API 证书序列号"),
    Option("WECHATPAY_PRIVATE_KEY", "", "商户 API 私钥文件(apiclient_key.pem)的路径"),
    Option("WECHATPAY_PUBLIC_KEY_ID", "", "微信支付公钥 ID(PUB_KEY_ID_ 开头)"),
    Option("WECHATPAY_PUBLIC_KEY", "", "微信支付公钥文件(pub_key.pem)的路径"),
    Option("WECHATPAY_CERTIFICATES", "", "从平台证书切换到公钥期间,仍签发回调的平台证书文件路径,多个以逗号分隔"),
    Option("WECHATPAY_APIV3_KEY", "", "APIv3 密钥(32 个字符)"),
    Option("WECHATPAY_NOTIFY_URL", "", "微信支付回调的对外地址前缀,如 https://wy.example.com;空则使用 PUBLIC_URL"),
    Option("LOG_LEVEL", "INFO", "日志级别"),
)


def load(environ: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """The settings by name, in the type of their defaults. Raises SystemExit with a sentence when one is unusable."""
    values: dict[str, Any] = {}
    for option in OPTIONS:
        text = environ.get(option.name, "").strip()
        try:
            values[option.name] = type(option.default)(text) if text else option.default
        except ValueError:
            raise SystemExit(f"{option.name}={text!r} 不是有效的值:{option.help}") from None
    values["DATA_DIR"] = Path(values["DATA_DIR"]).resolve()
    values["PRODUCTION"] = values["APP_ENV"] == "production"
    values["DEMO"] = not values["PRODUCTION"] if values["DEMO"] == "" else values["DEMO"] == "1"
    return values
