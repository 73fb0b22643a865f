"""What the pages on deployment hand out: commands that this program takes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from newsletter.cli.commands import app

COMPOSE = Path(__file__).resolve().parent.parent / "docs" / "deploy" / "compose.yaml"
SERVICES: dict[str, Any] = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))["services"]


@pytest.mark.parametrize("name", [name for name in SERVICES if name != "database"])
def test_a_service_of_the_compose_file_runs_a_command_that_there_is(name: str) -> None:
    """With options that it has, the ledger and the secret, and time to leave in order."""
    service = SERVICES[name]
    command, *options = service["command"]
    group: Any = typer.main.get_command(app)
    with group.commands[command].make_context(command, options) as context:
        assert context.params
        grace_s = context.params.get("grace", 15)
    assert {"NEWSLETTER_DATABASE", "NEWSLETTER_SECRET"} <= service["environment"].keys()
    assert float(service["stop_grace_period"].removesuffix("s")) > grace_s
