"""``flask docs …``: what is written from the declarations: the page of every setting, the phone's API types."""

from pathlib import Path
from typing import Any

import click
from flask import Flask, current_app
from flask.cli import AppGroup

import config
from app.core import manual
from app.core.api.typescript import client_types
from app.core.module import Registry, Setting, registry

PAGE = Path(__file__).parents[1] / "docs" / "configuration.md"
TYPES = Path(__file__).parents[1] / "miniprogram" / "src" / "api" / "generated.ts"


def configuration(modules: Registry) -> str:
    """The Markdown of the configuration page."""
    lines = [
        "# 配置说明",
        "",
        "<!-- 由 `make docs` 根据声明生成，请勿手工修改 -->",
        "",
        "## 环境变量",
        "",
        "安装级配置，启动时从环境变量读取，修改后需重启。数据库、密钥、地址等都在这里。",
        "",
        "| 名称 | 默认值 | 说明 |",
        "| --- | --- | --- |",
        *(f"| `{option.name}` | {_option_default(option)} | {_cell(option.help)} |" for option in config.OPTIONS),
        "",
        "## 系统设置",
        "",
        "管理员在后台“系统设置”中修改，立即生效，每次修改都有审计记录。",
        "",
        "| 名称 | 标识 | 默认值 | 范围 | 说明 |",
        "| --- | --- | --- | --- | --- |",
        *(
            f"| {_cell(setting.title)} | `{setting.key}` | {_value(setting.default)} | {_range(setting)} "
            f"| {_cell(setting.help)} |"
            for setting in modules.settings.values()
        ),
        "",
    ]
    return "\n".join(lines)


def _option_default(option: config.Option) -> str:
    if option.secret:
        return "开发环境自动生成；生产必填"
    return "空" if option.default == "" else f"`{option.default}`"


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "开" if value else "关"
    return "空" if value == "" else f"`{_cell(str(value))}`"


def _range(setting: Setting) -> str:
    if setting.choices:
        return " / ".join(_cell(title) for _key, title in setting.choices)
    if setting.minimum is None and setting.maximum is None:
        return ""
    return f"{'' if setting.minimum is None else setting.minimum}–{'' if setting.maximum is None else setting.maximum}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def types(app: Flask) -> str:
    """The TypeScript of the mini-program's API client, from the document that the application serves."""
    return client_types(app.test_client().get("/api/v1/openapi.json").get_json())


def init_app(app: Flask) -> None:
    """Register the command."""
    group = AppGroup("docs", help="Pages written from the declarations.")

    @group.command("configuration")
    def write() -> None:
        """Write docs/configuration.md."""
        PAGE.write_text(configuration(registry()), encoding="utf-8")
        click.echo(PAGE)

    @group.command("api-client")
    def write_types() -> None:
        """Write the types of the mini-program's API client."""
        TYPES.write_text(types(current_app._get_current_object()), encoding="utf-8")
        click.echo(TYPES)

    @group.command("manuals")
    @click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
    def write_manuals(folder: Path) -> None:
        """把全部手册写成 PDF，放进指定的文件夹。"""
        folder.mkdir(parents=True, exist_ok=True)
        for page in manual.pages():
            file = folder / f"{page.key.replace('/', '-')}.pdf"
            file.write_bytes(manual.on_paper(page))
            click.echo(file)

    app.cli.add_command(group)
