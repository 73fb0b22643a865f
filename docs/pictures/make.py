#!/usr/bin/env python3
"""Take the picture of README with the system's Chromium: `python docs/pictures/make.py`.

The program renders one reader's copy of the example report; a page shows it on a laptop, on a phone in the
dark, and on a phone scrolled to its end, where the disclaimer stands; Chromium photographs that page.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
WORKSPACE = HERE.parent.parent
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")

DRAFT = "2026-11-17-nec"
READER = "wojciech.wojcik@quickpost.example"

WIDTH, HEIGHT = 1800, 1060

TO_ITS_END = "<script>addEventListener('load', () => scrollTo(0, document.body.scrollHeight))</script>"

PAGE = """<!doctype html>
<meta charset="utf-8">
<style>
  body { margin: 0; height: 100vh; background: #e3ddd2; overflow: hidden; }
  .device { position: absolute; overflow: hidden; background: #fff; }
  .laptop { left: 56px; top: 56px; width: 1000px; height: 948px; border-radius: 14px;
            box-shadow: 0 30px 70px rgb(60 40 30 / 28%), 0 2px 6px rgb(60 40 30 / 20%); }
  .bar { height: 46px; background: #f3f1ed; border-bottom: 1px solid #dedad2; position: relative; }
  .bar i { position: absolute; top: 17px; width: 12px; height: 12px; border-radius: 50%; background: #cfc8bc; }
  .phone { top: 110px; width: 375px; height: 812px; border: 13px solid #1b1b1d; border-radius: 52px;
           box-shadow: 0 30px 70px rgb(60 40 30 / 34%), 0 2px 6px rgb(60 40 30 / 25%); }
  .dark { background: #202124; }
  iframe { border: 0; display: block; width: 100%; height: 100%; color-scheme: light; }
  .dark iframe { color-scheme: dark; }
  .phone iframe { height: calc(100% - 34px); margin-top: 34px; }
</style>
<div class="device laptop">
  <div class="bar"><i style="left:18px"></i><i style="left:40px"></i><i style="left:62px"></i></div>
  <iframe src="report.html" scrolling="no"></iframe>
</div>
<div class="device phone dark" style="left: 914px"><iframe src="report.html" scrolling="no"></iframe></div>
<div class="device phone" style="left: 1348px"><iframe src="end.html" scrolling="no"></iframe></div>
"""


def render(folder: Path) -> None:
    """Write what the page shows into a folder: the report, and the report scrolled to its end."""
    command = [sys.executable, "-m", "newsletter", "render", DRAFT, "--to", READER]
    environment = os.environ | {"NEWSLETTER_SECRET": "a picture holds no secret"}
    shown = subprocess.run(  # noqa: S603  # the command is ours
        command, cwd=WORKSPACE, env=environment, check=True, stdout=subprocess.PIPE
    ).stdout.decode()
    (folder / "report.html").write_text(shown, encoding="utf-8")
    (folder / "end.html").write_text(shown.replace("</body>", f"{TO_ITS_END}</body>"), encoding="utf-8")
    (folder / "page.html").write_text(PAGE, encoding="utf-8")


def photograph(folder: Path, picture: Path) -> None:
    """Open the page without a window, and save what is seen."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        raise SystemExit(f"none of these browsers is installed: {', '.join(BROWSERS)}")
    switches = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--hide-scrollbars",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        f"--user-data-dir={folder / 'profile'}",
        f"--window-size={WIDTH},{HEIGHT}",
        f"--screenshot={picture}",
    ]
    command = [browser, *switches, (folder / "page.html").as_uri()]
    subprocess.run(  # noqa: S603  # the command is ours
        command, check=True, capture_output=True, timeout=120
    )


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        render(Path(scratch))
        photograph(Path(scratch), HERE / "report.png")
    size = (HERE / "report.png").stat().st_size
    sys.stdout.write(f"wrote report.png ({size / 1000:.0f} KB)\n")
