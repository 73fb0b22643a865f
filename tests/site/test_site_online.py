"""“See it online”: the published folder, and nothing beside it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli import small as small_workspace
from tests.site.pages import Site, online, served

PAGE = "<!doctype html><html lang=en><title>November</title><h1>Report</h1>"
FILES = {
    "index.html": PAGE,
    "feed.xml": "<feed/>",
    "style.css": "h1 { color: navy }",
    "issues/nov/index.html": PAGE,
    "issues/nov/report.pdf": "%PDF-1.7 …",
    "issues/nov/card.png": "\x89PNG",
    "issues/nov/Bericht für alle.txt": "näher",
}
HIDDEN = {
    ".htaccess": "secret",
    ".git/index.html": "secret",
    "issues/.draft/index.html": "secret",
    "archive.json": "secret",
    "members.csv": "secret",
    "noext": "secret",
    "run.php": "secret",
    "page.html.bak": "secret",
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A published folder, with things in it and around it that are nobody's business."""
    small = small_workspace.make(tmp_path_factory.mktemp("online"))
    online(small)
    for name, text in (FILES | HIDDEN).items():
        small.write(f"site/{name}", text)
    folder = small.root / "site"
    (folder / "way-out.txt").symlink_to(small.root / "newsletter.yaml")
    (folder / "lists").symlink_to(small.root / "lists", target_is_directory=True)
    (folder / "folder.html").mkdir()
    with served(small) as running:
        yield running


SHOWN = {
    "/": ("text/html; charset=utf-8", "no-cache"),
    "/index.html": ("text/html; charset=utf-8", "no-cache"),
    "/feed.xml": ("application/xml", "no-cache"),
    "/style.css": ("text/css; charset=utf-8", "public, max-age=3600"),
    "/issues/nov/": ("text/html; charset=utf-8", "no-cache"),
    "/issues/nov/report.pdf": ("application/pdf", "public, max-age=3600"),
    "/issues/nov/card.png": ("image/png", "public, max-age=3600"),
    "/issues/nov/Bericht%20f%C3%BCr%20alle.txt": ("text/plain; charset=utf-8", "no-cache"),
}


@pytest.mark.parametrize("path", SHOWN)
def test_a_published_file_is_shown_by_its_kind(site: Site, path: str) -> None:
    """With its type and how long it may be kept, runs no script, and may be shown by a mail."""
    kind, kept = SHOWN[path]
    answer = site.get(path)
    assert answer.status == 200
    assert (answer.headers["content-type"], answer.headers["cache-control"]) == (kind, kept)
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data:;")
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert answer.headers["x-content-type-options"] == "nosniff"
    head = site.ask("HEAD", path)
    assert (head.status, head.body) == (200, b"")
    assert head.headers["content-length"] == str(len(answer.body))


@pytest.mark.parametrize("path", SHOWN)
def test_what_was_seen_is_not_sent_again(site: Site, path: str) -> None:
    """By its tag, and by its time; once it has changed, it is."""
    seen = site.get(path).headers
    by_tag = site.get(path, If_None_Match=seen["etag"])
    assert (by_tag.status, by_tag.body) == (304, b"")
    assert by_tag.headers["cache-control"] == seen["cache-control"]
    assert site.get(path, If_Modified_Since=seen["last-modified"]).status == 304
    assert site.get(path, If_None_Match='"another"').status == 200


def test_a_correction_is_seen_at_once(site: Site) -> None:
    """Also when the whole folder is another one in the place of the old."""
    before = site.get("/issues/nov/")
    site.small.write("site/issues/nov/index.html", PAGE.replace("Report", "Corrected report"))
    after = site.get("/issues/nov/", If_None_Match=before.headers["etag"])
    assert (after.status, "Corrected" in after.text) == (200, True)


NOT_SHOWN = [
    *(f"/{name}" for name in HIDDEN),
    *("/way-out.txt", "/lists/members.csv", "/lists", "/folder.html", "/issues", "/issues/", "/nothing.html"),
    *("/../newsletter.yaml", "/%2e%2e/newsletter.yaml", "/issues/%2e%2e/%2e%2e/newsletter.yaml"),
    *("/issues/..%2f..%2fnewsletter.yaml", "/..%5cnewsletter.yaml", "//etc/passwd", "/%2fetc/hosts.txt"),
    *("/issues//nov/", "/index.html%00.txt", "/index.html/", "/index.html/x.html"),
    *("/%ff%fe.html", f"/{'a' * 4000}.html", f"/{'a/' * 400}", "/~root/", "/C:/x.html", "/index.HTML"),
]


@pytest.mark.parametrize("path", NOT_SHOWN)
def test_nothing_else_is_shown(site: Site, path: str) -> None:
    """Nothing outside, nothing hidden, nothing of another kind, by whatever name: it is not there."""
    answer = site.get(path)
    assert (answer.status, answer.title) == (404, "There is nothing here")
    assert answer.headers["cache-control"] == "no-store"


def test_a_folder_leads_to_its_own_page_and_nowhere_else(site: Site) -> None:
    """By a relative address, so that no header can lead a reader to another site."""
    answer = site.ask("GET", "/issues/nov", headers={"Host": "evil.example"})
    assert (answer.status, answer.headers["location"]) == (308, "nov/")


def test_part_of_a_file_can_be_asked_for(site: Site) -> None:
    """As readers of PDF do; a range that makes no sense is no fault of ours."""
    part = site.get("/issues/nov/report.pdf", Range="bytes=0-3")
    assert (part.status, part.body) == (206, b"%PDF")
    assert site.get("/issues/nov/report.pdf", Range="bytes=900-").status == 416
    assert site.get("/issues/nov/report.pdf", Range="bytes=x").status in {200, 400}


def test_a_browser_that_wants_an_icon_is_not_told_of_a_fault(site: Site) -> None:
    """There need not be one."""
    assert site.get("/favicon.ico").status == 204


def test_a_published_page_takes_nothing(site: Site) -> None:
    """It can be looked at, in two ways."""
    answer = site.post("/issues/nov/")
    assert answer.status == 405
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD"}


def test_before_anything_is_published_there_is_a_page(site: Site) -> None:
    """Whoever shortens the address of a link finds whose pages they are."""
    folder: Path = site.small.root / "site"
    folder.rename(folder.with_name("aside"))
    welcome = site.get("/")
    assert (welcome.status, welcome.title) == (200, "Reports by Maya Hollins")
    assert site.get("/index.html").status == 404
    folder.with_name("aside").rename(folder)
    assert "November" in site.get("/").text
