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
        "运行环境：development（默认，演示数据与本地模拟）或 production（拒绝演示账号、默认密钥与模拟服务）",
    ),
    Option("HOST", "127.0.0.1", "监听地址"),
    Option("PORT", 8080, "监听端口"),
    Option("DATA_DIR", "var", "数据目录：SQLite 数据库、上传文件、开发环境密钥"),
    Option("PG_BIN", "", "PostgreSQL 客户端程序（pg_dump、pg_restore）所在目录；空则从 PATH 查找"),
    Option("BACKUP_DIR", "", "备份目录；空则为 DATA_DIR 下的 backups，生产建议放在另一块磁盘"),
    Option("BACKUP_KEY", "", "备份加密密钥：base64（32 字节），openssl rand -base64 32；空则备份时输入口令"),
    Option(
        "DATABASE_URL",
        "",
        "数据库地址；空则使用 DATA_DIR 下的 SQLite，生产建议 postgresql+psycopg://，主备可写多台（见安装手册）",
    ),
    Option(
        "DATABASE_REPLICA_URL",
        "",
        "只读副本（PostgreSQL 热备）的地址；报表、工作台图表和导出从它读取，它没有应答时仍读主库",
    ),
    Option("DATABASE_PREPARED", "1", "PostgreSQL 预编译语句：1 使用；经 PgBouncer 事务模式连接时设为 0"),
    Option("SECRET_KEY", "", "会话与令牌签名密钥（至少 32 个字符）", secret=True),
    Option(
        "DATA_KEYS", "", "敏感数据加密密钥：`编号:base64（32 字节）`，多个以逗号分隔，第一个为当前密钥", secret=True
    ),
    Option("INDEX_KEY", "", "敏感数据盲索引密钥：base64（32 字节）", secret=True),
    Option("DEMO", "", "演示数据：1 开启，0 关闭；空则非生产环境开启"),
    Option("PUBLIC_URL", "", "对外访问地址，如 https://wy.example.com；空则按请求推断"),
    Option("PROXIES", 0, "前置反向代理层数；大于 0 时信任其转发头"),
    Option("WEB_WORKERS", 2, "Web 进程数"),
    Option("WEB_THREADS", 8, "每个 Web 进程的线程数"),
    Option("JOBS", "inprocess", "后台任务：inprocess（Web 进程内执行）、queue（交给 flask jobs work）、off（不执行）"),
    Option("REDIS_URL", "", "Valkey/Redis 地址，如 redis://:口令@127.0.0.1:6379/0；多节点须设置：任务队列、频率限制"),
    Option("RATE_LIMITS", "1", "接口频率限制：1 开启，0 关闭（仅用于压力测试）"),
    Option("WECHAT_API_URL", "", "微信接口地址；空则开发环境使用内置模拟，生产为 https://api.weixin.qq.com"),
    Option("WECHAT_APP_ID", "", "小程序 AppID"),
    Option("WECHAT_APP_SECRET", "", "小程序 AppSecret", secret=True),
    Option("WECHAT_OFFICIAL_APP_ID", "", "公众号（服务号）AppID；填写后可在微信中打开 /m/ 登录和缴费"),
    Option("WECHAT_OFFICIAL_APP_SECRET", "", "公众号 AppSecret"),
    Option(
        "WECHAT_OFFICIAL_SCOPE",
        "snsapi_userinfo",
        "公众号网页授权范围：snsapi_userinfo 可与小程序识别为同一人（须绑定同一开放平台），snsapi_base 静默授权",
    ),
    Option("WECHAT_OPEN_URL", "", "公众号网页授权地址；空则开发环境使用内置模拟，生产为 https://open.weixin.qq.com"),
    Option("WECHATPAY_API_URL", "", "微信支付接口地址；空则开发环境使用内置模拟，生产为 https://api.mch.weixin.qq.com"),
    Option("WECHATPAY_MCH_ID", "", "微信支付商户号；生产环境为空则不开通在线支付"),
    Option("WECHATPAY_SERIAL_NO", "", "商户 API 证书序列号"),
    Option("WECHATPAY_PRIVATE_KEY", "", "商户 API 私钥文件（apiclient_key.pem）的路径"),
    Option("WECHATPAY_PUBLIC_KEY_ID", "", "微信支付公钥 ID（PUB_KEY_ID_ 开头）"),
    Option("WECHATPAY_PUBLIC_KEY", "", "微信支付公钥文件（pub_key.pem）的路径"),
    Option("WECHATPAY_CERTIFICATES", "", "从平台证书切换到公钥期间，仍签发回调的平台证书文件路径，多个以逗号分隔"),
    Option("WECHATPAY_APIV3_KEY", "", "APIv3 密钥（32 个字符）"),
    Option("WECHATPAY_NOTIFY_URL", "", "微信支付回调的对外地址前缀，如 https://wy.example.com；空则使用 PUBLIC_URL"),
    Option("STORAGE", "local", "图片存储：local（DATA_DIR/media）或 s3（兼容 S3 的对象存储，多节点须用）"),
    Option("S3_ENDPOINT", "", "对象存储地址，如 https://oss-cn-guangzhou.example.com；空则为 AWS"),
    Option("S3_BUCKET", "", "存储桶名称，须为私有"),
    Option("S3_REGION", "us-east-1", "存储桶所在区域"),
    Option("S3_ACCESS_KEY", "", "对象存储访问密钥编号"),
    Option("S3_SECRET_KEY", "", "对象存储访问密钥"),
    Option("METRICS_FROM", "127.0.0.1,::1", "可以读取 /metrics 的地址或网段，以逗号分隔；空则关闭"),
    Option("METRICS_DIR", "", "各进程汇总指标的目录（内存盘为佳）；空则为 DATA_DIR 下的 metrics"),
    Option("SENTRY_DSN", "", "Sentry 地址；空则不上报。上报内容不含请求正文、查询参数和个人信息"),
    Option("NODE", "", "节点名称，用于日志和指标；空则为主机名"),
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
            raise SystemExit(f"{option.name}={text!r} 不是有效的值：{option.help}") from None
    values["DATA_DIR"] = Path(values["DATA_DIR"]).resolve()
    values["PRODUCTION"] = values["APP_ENV"] == "production"
    values["DEMO"] = not values["PRODUCTION"] if values["DEMO"] == "" else values["DEMO"] == "1"
    return values


def tell_prometheus(folder: Path) -> None:
    """Its client library reads the folder for the counts of several processes from the environment alone."""
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
