"""How the pages' process is, for whoever watches it: beside the pages, and never among them."""

from __future__ import annotations

import re
import shutil
from http.client import HTTPConnection
from pathlib import Path

from tests.cli.small import EVERYBODY, make
from tests.delivery.smtp_servers import free_port
from tests.site.pages import online, served


def asked(port: int, path: str) -> tuple[int, str]:
    connection = HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", path)
    response = connection.getresponse()
    found = response.status, response.read().decode()
    connection.close()
    return found


def test_live_ready_and_numbers_are_at_a_port_of_their_own(tmp_path: Path) -> None:
    """The numbers tell how an unfinished issue stands, and nobody's address; the pages know nothing of them."""
    small = make(tmp_path)
    online(small)
    small.use_relay(free_port())
    assert small.send().code == 5
    port = free_port()
    with served(small, "--metrics-port", str(port)) as site:
        assert site.get("/metrics").status == site.get("/ready").status == 404
        assert asked(port, "/live") == (200, "live\n")
        assert asked(port, "/ready") == (200, "ready\n")
        numbers = asked(port, "/metrics")[1]
        assert 'newsletter_people{issue="nec-2026-11-17",state="pending"} 5.0' in numbers
        assert "newsletter_ledger_up 1.0" in numbers
        assert re.search(r"^process_resident_memory_bytes \d", numbers, re.MULTILINE)
        assert not any(address in numbers for address in EVERYBODY)
        (tmp_path / ".newsletter" / "ledger.db").write_bytes(b"no ledger any more" * 1000)
        shutil.rmtree(tmp_path / ".newsletter" / "processes", ignore_errors=True)
        assert asked(port, "/live")[0] == 200
        assert asked(port, "/ready") == (503, "the ledger does not answer\n")
        assert "newsletter_ledger_up 0.0" in asked(port, "/metrics")[1]
        assert "/metrics" in site.end().err
