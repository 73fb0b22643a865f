"""“See it online”: the folder that `newsletter publish` writes, as it stands on the disk.

Rule: a file is shown by its kind, and nothing outside the folder, nothing hidden and nothing unknown ever is.
What is shown is the same for everybody, so caches may keep it, and a page is asked for again each time, since
a correction must be seen at once.
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.staticfiles import StaticFiles

from newsletter.site.office import office_of

_INDEX, _ICON = "index.html", "favicon.ico"

_ALWAYS_ASK, _FOR_AN_HOUR = "no-cache", "public, max-age=3600"
_KINDS = {
    **dict.fromkeys((".html", ".xml", ".txt"), _ALWAYS_ASK),
    **dict.fromkeys((".css", ".gif", ".ico", ".jpeg", ".jpg", ".pdf", ".png", ".svg", ".webp"), _FOR_AN_HOUR),
}

_POLICY = (
    "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
"""A report is laid out by styles on its parts, and its pictures stand beside it; no script runs."""

_HEADERS = {
    "Content-Security-Policy": _POLICY,
    # A mail shows the pictures of its web copy, and so may anybody else's page.
    "Cross-Origin-Resource-Policy": "cross-origin",
}


class _Published(StaticFiles):
    """Starlette's files, of the kinds that are published."""

    def __init__(self, folder: Path) -> None:
        super().__init__(directory=folder, check_dir=False)

    async def check_config(self) -> None:
        """The folder may come later: it is made anew with each issue."""

    async def answer(self, request: Request, path: str) -> Response:
        """The file, or 304. Raises `HTTPException` 404, whatever else there is or why it cannot be read."""
        try:
            return await self.get_response(path, request.scope)
        except HTTPException:
            raise HTTPException(404) from None


async def _show(request: Request) -> Response:
    path = request.path_params["path"]
    wanted = PurePosixPath(path + _INDEX if path.endswith("/") or not path else path)
    if any(part.startswith(".") for part in wanted.parts) or "\\" in path or "//" in f"/{path}":
        raise HTTPException(404)
    published = _Published(office_of(request).workspace.site)
    if not wanted.suffix:
        # Only if it is a folder with an index; the links in it start from there.
        await published.answer(request, f"{wanted}/{_INDEX}")
        return RedirectResponse(f"{wanted.name}/", 308, _HEADERS)
    if wanted.suffix not in _KINDS:
        raise HTTPException(404)
    try:
        answer = await published.answer(request, str(wanted))
    except HTTPException:
        if path == _ICON:
            return Response(status_code=204, headers={"Cache-Control": _FOR_AN_HOUR})
        if path:
            raise
        return office_of(request).pages.page("welcome")
    answer.headers.update(_HEADERS | {"Cache-Control": _KINDS[wanted.suffix]})
    return answer


ROUTES = [Route("/{path:path}", _show)]
"""Last of all, as it takes whatever path is left."""
