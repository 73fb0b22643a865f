"""Our compiler and inliner against others: the same MJML and CSS give the same document."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import css_inline
import pytest

from newsletter.model import Theme
from newsletter.render import mjml
from newsletter.render.inline import inline
from newsletter.render.look import palette
from newsletter.render.theme import Filled, prose_css
from tests.render.dom import lines
from tests.render.samples import LOOK, SOURCES, rendered

BODY = (Path(__file__).parent / "every_kind.md").read_text(encoding="utf-8")
INSTALL = (
    "npm install --prefix FOLDER mjml@4.18.0 juice@11, then set NEWSLETTER_NODE_MODULES=FOLDER/node_modules"
)


def compiled(name: str) -> tuple[str, str, str]:
    """A theme's MJML with every kind of block in it, the HTML our compiler makes of it, and the CSS to
    inline.
    """
    made = rendered(BODY, theme=name).mjml
    theme = Theme(name, SOURCES)
    return made, mjml.to_html(Filled(made, (), theme)), prose_css(theme, {"palette": palette(LOOK)})


def node_modules() -> Path:
    """Where the official compiler is. Missing, it is a skip on a laptop and a failure in CI."""
    here = [path / "node_modules" for path in Path(__file__).parents]
    given = os.environ.get("NEWSLETTER_NODE_MODULES")
    for folder in [Path(given)] if given else here:
        if (folder / "mjml").is_dir() and (folder / "juice").is_dir() and shutil.which("node"):
            return folder
    if os.environ.get("CI"):
        pytest.fail(f"the official compiler is missing: {INSTALL}")
    pytest.skip(f"the official compiler is missing: {INSTALL}")


def test_premailer_gives_what_css_inline_gives(theme: str) -> None:
    """An inliner nobody maintains is held to one that somebody does."""
    _, html, css = compiled(theme)
    other = css_inline.CSSInliner(
        inline_style_tags=False,
        keep_style_tags=True,
        keep_link_tags=True,
        load_remote_stylesheets=False,
        extra_css=css,
    ).inline(html)
    assert lines(inline(html, css)) == lines(other)


def test_premailer_has_nothing_to_fetch_with() -> None:
    """It is told not to, and its library for that is not even imported; whoever else wants it, gets it."""
    code = (
        "import sys\n"
        "from newsletter.render.inline import inline\n"
        "inline('<p>Hello</p>', 'p { color: red }')\n"
        "assert not {'requests', 'urllib3'} & sys.modules.keys()\n"
        "import requests\n"
        "print(requests.get.__name__)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "get\n"


def test_our_compiler_and_inliner_give_what_the_official_ones_give(theme: str) -> None:
    """Mjml 4.18 and juice, which is what most mail made with MJML has been through."""
    source, html, css = compiled(theme)
    done = subprocess.run(
        ["node", str(Path(__file__).with_name("official.cjs"))],
        input=json.dumps({"source": source, "css": css}),
        capture_output=True,
        text=True,
        env={**os.environ, "NODE_PATH": str(node_modules())},
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert lines(inline(html, css)) == lines(done.stdout)


def test_inlining_changes_nothing_else() -> None:
    """The doctype, style sheets, comments for Outlook, widths, anchors and classes stay as they were."""
    kept = (
        "<style>@media (max-width:9px){a{color:red!important}}@font-face{src:local('x')}</style>",
        "<!--[if mso]><style>p{color:red}</style><![endif]-->",
        '<img width="64" alt="" src="https://example.org/a.png">',
        '<a name="s1" id="s1"></a><a href="#s1">x</a>',
    )
    head, body = "".join(kept[:2]), "".join(kept[2:])
    html = f"<!doctype html><html><head>{head}</head><body>{body}<p class='a'>x</p></body></html>"
    done = inline(html, ".a { color: #123456; } img { width: 100%; }")
    assert done.startswith("<!DOCTYPE html>")
    for part in (kept[0], kept[1], kept[3], 'width="64"', '<p class="a" style="color:#123456">'):
        assert part in done
    assert "data-premailer" not in done
