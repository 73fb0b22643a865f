#!/usr/bin/env python3
"""Take the pictures of the public copies: `python docs/pictures/make_public.py`.

The program publishes the example reports into a scratch folder; Chromium photographs the page on a laptop and
on a phone in the dark, and the pages of the print edition, which poppler's pdftoppm has turned into pictures.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from make import HERE, WORKSPACE, photograph

ISSUE = "nec-2026-11-17"
ADDRESS = "https://reports.example.org"
STYLE = """<!doctype html>
<meta charset="utf-8">
<style>
  body { margin: 0; height: 100vh; background: #e3ddd2; overflow: hidden; }
  .device, .sheet { position: absolute; overflow: hidden; background: #fff;
                    box-shadow: 0 30px 70px rgb(60 40 30 / 28%), 0 2px 6px rgb(60 40 30 / 20%); }
  .laptop { left: 56px; top: 56px; width: 1160px; height: 948px; border-radius: 14px; }
  .phone { left: 1310px; top: 110px; width: 375px; height: 812px;
           border: 13px solid #1b1b1d; border-radius: 52px; }
  iframe { border: 0; display: block; width: 100%; height: 100%; color-scheme: light; }
  .phone iframe { color-scheme: dark; }
  .sheet { top: 148px; width: 540px; height: 764px; }
  .sheet img { width: 100%; height: 100%; display: block; }
</style>
"""
PAGE = f"""{STYLE}
<div class="device laptop"><iframe src="site/issues/{ISSUE}/index.html" scrolling="no"></iframe></div>
<div class="device phone"><iframe src="site/issues/{ISSUE}/index.html" scrolling="no"></iframe></div>
"""


def publish(folder: Path) -> None:
    """A copy of this workspace with an address for its pages, and both reports published."""
    for name in ("drafts", "lists", "templates"):
        shutil.copytree(WORKSPACE / name, folder / name)
    settings = (WORKSPACE / "newsletter.yaml").read_text(encoding="utf-8")
    (folder / "newsletter.yaml").write_text(f"{settings}\npublish: {{url: {ADDRESS}}}\n", encoding="utf-8")
    for draft in ("2026-09-22-nec", "2026-11-17-nec"):
        run(sys.executable, "-m", "newsletter", "publish", draft, at=folder)


def sheets(folder: Path) -> str:
    """A page that shows the first, a middle and the last page of the print edition."""
    pdf = folder / "site" / "issues" / ISSUE / f"{ISSUE}.pdf"
    run("pdftoppm", "-r", "110", "-png", str(pdf), "sheet", at=folder)
    pages = sorted(folder.glob("sheet-*.png"))
    shown = (pages[0], pages[2], pages[-1])
    divs = (
        f'<div class="sheet" style="left: {40 + 590 * number}px"><img src="{page.name}"></div>'
        for number, page in enumerate(shown)
    )
    return STYLE + "".join(divs)


def run(*command: str, at: Path) -> None:
    """Run a command, which must end well."""
    subprocess.run(command, cwd=at, check=True, capture_output=True)  # noqa: S603  # the command is ours


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        there = Path(scratch)
        publish(there)
        for html, picture in ((PAGE, "page.png"), (sheets(there), "paper.png")):
            (there / "page.html").write_text(html, encoding="utf-8")
            photograph(there, HERE / picture)
            sys.stdout.write(f"wrote {picture} ({(HERE / picture).stat().st_size / 1000:.0f} KB)\n")
