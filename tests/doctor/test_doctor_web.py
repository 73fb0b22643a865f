"""The page behind the unsubscribe links, and the clock, asked of a real site."""

from __future__ import annotations

import time
from collections.abc import Iterator
from email.utils import formatdate

import pytest

from newsletter.doctor import Health, web
from tests.cli.relay import free_port
from tests.doctor.certificates import Certificate
from tests.doctor.site import Site
from tests.doctor.stage import Stage, one
from tests.sendgrid_stand_in import KEY, StandIn


@pytest.fixture
def site(stage: Stage) -> Iterator[Site]:
    """The workspace's public pages."""
    with Site() as pages:
        stage.set(f"site_url: {pages.url}\n")
        yield pages


@pytest.mark.parametrize(
    ("status", "health"),
    [
        (200, Health.OK),
        (404, Health.WARNING),
        (302, Health.FAULT),
        (401, Health.FAULT),
        (503, Health.FAULT),
    ],
)
def test_the_page_is_judged_by_its_answer(stage: Stage, site: Site, status: int, health: Health) -> None:
    """200 is a page, 404 may be one that knows no such code, and nobody gets anywhere by the others."""
    site.status, site.location = status, "https://elsewhere.test/"
    assert one(web.unsubscribe_page, stage.case()).health is health
    assert site.seen == ["GET /u/test"]


def test_without_pages_leaving_takes_a_mail(stage: Stage) -> None:
    """That works, and is worth a warning."""
    assert one(web.unsubscribe_page, stage.case()).health is Health.WARNING


def test_a_site_where_nobody_listens_is_a_fault(stage: Stage) -> None:
    """The machine is there and says so: this is not for being offline."""
    stage.set(f"site_url: http://127.0.0.1:{free_port()}\n")
    assert one(web.unsubscribe_page, stage.case()).health is Health.FAULT
    assert one(web.clock, stage.case()).health is Health.UNKNOWN


def test_a_site_that_cannot_be_found_is_could_not_check(stage: Stage) -> None:
    """Without the network every name is unknown."""
    stage.set("site_url: https://nowhere.invalid\n")
    assert one(web.unsubscribe_page, stage.case()).health is Health.UNKNOWN
    assert one(web.clock, stage.case()).health is Health.UNKNOWN


def test_nobody_is_asked_offline(stage: Stage, site: Site) -> None:
    """Neither for the page nor for the time."""
    assert one(web.unsubscribe_page, stage.case(online=False)).health is Health.UNKNOWN
    assert one(web.clock, stage.case(online=False)).health is Health.UNKNOWN
    assert site.seen == []


def test_the_certificate_must_be_trusted(stage: Stage) -> None:
    """Clients do not follow a link to a site that nobody vouches for."""
    certificate = Certificate.new(stage.root)
    with Site(tls=certificate.served()) as pages:
        stage.set(f"site_url: {pages.url}\n")
        assert one(web.unsubscribe_page, stage.case(trust=certificate.trusted())).health is Health.OK
        found = one(web.unsubscribe_page, stage.case())
    assert found.health is Health.FAULT
    assert "certificate" in found.found


@pytest.mark.parametrize(
    ("ahead_s", "health", "said"),
    [
        (0, Health.OK, "right"),
        (120, Health.WARNING, "ahead"),
        (-120, Health.WARNING, "behind"),
        (3600, Health.FAULT, "ahead"),
    ],
)
def test_the_clock_is_compared_with_the_sites(
    stage: Stage, site: Site, ahead_s: float, health: Health, said: str
) -> None:
    """A minute is nothing, ten are too much."""
    site.date = formatdate(1_795_000_000, usegmt=True)
    found = one(web.clock, stage.case(now=lambda: 1_795_000_000 + ahead_s))
    assert (found.health, said in found.found) == (health, True)


@pytest.mark.parametrize("date", [None, "some day", "Tue, 17 Nov 2026 09:00:00 -0000"])
def test_a_server_that_tells_no_time_leaves_it_open(stage: Stage, site: Site, date: str | None) -> None:
    """No date, no date at all, or one without a zone."""
    site.date = date
    assert one(web.clock, stage.case()).health is Health.UNKNOWN


def test_without_a_site_the_clock_is_compared_with_sendgrids(stage: Stage) -> None:
    """It is asked without the key; with neither there is nobody to ask."""
    with StandIn() as sendgrid:
        stage.environment.update(SENDGRID_API_KEY=KEY, SENDGRID_API_HOST=sendgrid.url)
        assert one(web.clock, stage.case(transport="sendgrid", now=time.time)).health is Health.OK
        assert all("Authorization" not in each.headers for each in sendgrid.seen)
    assert one(web.clock, stage.case(transport="smtp")).health is Health.UNKNOWN
