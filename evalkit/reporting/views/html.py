"""The HTML view: one page that needs nothing but itself, or two files beside it."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Sequence
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING
from urllib.parse import quote

from evalkit.figures import day
from evalkit.reporting.blocks import Block, Grid
from evalkit.reporting.page import Page
from evalkit.reporting.words import Code, Strong, Words, marked

if TYPE_CHECKING:
    from jinja2 import Environment

STYLE, SCRIPT = "style.css", "script.js"
_TEMPLATES = resources.files("evalkit.reporting") / "templates"
_BLOCKS = ("blocks.html", "tables.html", "charts.html", "queries.html")


def html(page: Page, *, assets: str = "") -> str:
    """Return a page as HTML, the same for the same page.

    Args:
        page: What to show; all text in it is safe to show.
        assets: The name, without its ending, of a style sheet and a script that lie beside the page; "" for
            both inside it.

    Returns:
        A page without any external address, whose policy refuses every style and script but its own.
    """
    return _rendered("page.html", page, assets)


def one_page(page: Page, *, assets: str = "") -> str:
    """Return what a page of paper holds as HTML, as `html` does."""
    return _rendered("sheet.html", page, assets)


def _rendered(template: str, page: Page, assets: str) -> str:
    return filled(template, STYLE, (SCRIPT,), page=page, assets=quote(assets, safe=""))


def filled(template: str, style: str, scripts: Sequence[str], **values: object) -> str:
    """Return a template as HTML, with a policy that admits its own style and script and nothing else.

    Args:
        template: Its name.
        style: The name of its style sheet.
        scripts: The names of the files that its script is made of, in their order.
        values: What it shows; texts are escaped.
    """
    look, script = _asset(style), "\n".join(map(_asset, scripts))
    digests = {"style_digest": _digest(look), "script_digest": _digest(script)}
    text: str = _environment().get_template(template).render(style=look, script=script, **digests, **values)
    return text


def asset_files(name: str) -> dict[str, str]:
    """Return the style sheet and the script of a page that names them, by their names beside it."""
    return {f"{name}.css": _asset(STYLE), f"{name}.js": _asset(SCRIPT)}


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FunctionLoader, StrictUndefined  # noqa: PLC0415 - the one door to jinja2

    environment = Environment(
        loader=FunctionLoader(_asset),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals["draw"] = _draw
    environment.filters |= {"words": _words, "grid": Grid, "day": day}
    return environment


def _draw(block: Block) -> str:
    """Return a block as HTML: the macro that is called as its class draws it."""
    return _macros()[type(block).__name__.lower()](block)


@cache
def _macros() -> dict[str, Callable[[Block], str]]:
    modules = [_environment().get_template(name).module for name in _BLOCKS]
    return {name: macro for module in modules for name, macro in vars(module).items() if callable(macro)}


def _words(words: Words) -> str:
    from markupsafe import Markup, escape  # noqa: PLC0415 - it comes with jinja2

    def strong(text: str) -> str:
        return f"<strong>{escape(text)}</strong>"

    def code(text: str) -> str:
        return f"<code>{escape(text)}</code>"

    return Markup(marked(words, {str: lambda text: str(escape(text)), Strong: strong, Code: code}))  # noqa: S704 - every part is escaped


@cache
def _asset(name: str) -> str:
    return (_TEMPLATES / name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    """Return what a content security policy calls the digest of an inline style or script."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
