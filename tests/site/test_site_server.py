"""What the server adds to uvicorn: impatience with a head that never ends, and none with anything else."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from newsletter.site.server import Address, Impatient, _bound


class Hasty(Impatient):
    head_s = 0.4


async def _echo(request: Request) -> PlainTextResponse:
    return PlainTextResponse(await request.body())


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """A server in a thread, with a head's time of 0.4 seconds."""
    app = Starlette(routes=[Route("/", _echo, methods=["GET", "POST"])])
    server = uvicorn.Server(uvicorn.Config(app, http=Hasty, ws="none", lifespan="off", log_config=None))
    with _bound(Address("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        yield listening.getsockname()[1]
        server.should_exit = True
        thread.join(10)


def until_closed(connection: socket.socket) -> bytes:
    """All that comes before the server hangs up; fails where it does not."""
    connection.settimeout(8)
    held = b""
    while piece := connection.recv(4096):
        held += piece
    return held


HEAD = b"GET / HTTP/1.1\r\nHost: x\r\n"


@pytest.mark.parametrize("begun", [b"", b"G", HEAD])
def test_a_head_that_never_ends_is_hung_up_on(port: int, begun: bytes) -> None:
    """Whether nothing came, or a little."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(begun)
        assert until_closed(connection) == b""


def test_a_head_that_drips_is_hung_up_on(port: int) -> None:
    """Each byte does not buy more time."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        began = time.monotonic()
        try:
            while time.monotonic() - began < 8:
                connection.sendall(b"X" if time.monotonic() - began > 0.05 else HEAD)
                time.sleep(0.05)
        except OSError:
            return
    pytest.fail("the server went on listening")


def test_a_second_head_has_its_own_time(port: int) -> None:
    """On a kept connection; the first is answered as ever."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(HEAD + b"\r\n")
        assert connection.recv(4096).startswith(b"HTTP/1.1 200")
        connection.sendall(HEAD)
        assert until_closed(connection) == b""


def test_a_slow_body_is_not_the_heads_matter(port: int) -> None:
    """It has a time of its own, in the page that reads it."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nConnection: close\r\n\r\n")
        time.sleep(1)
        connection.sendall(b"slow")
        assert until_closed(connection).endswith(b"\r\n\r\nslow")
