"""Three real workers, killed, cut off from the database and from the relay: nobody twice, nobody lost."""

from __future__ import annotations

import time
from pathlib import Path

from tests.crash.smtp_receiver import SmtpReceiver
from tests.delivery.wire import Wire
from tests.workers.fleet import CONNECTIONS, fleet

PEOPLE = 700


def test_whatever_befalls_the_workers_everybody_gets_it_once(tmp_path: Path) -> None:
    """One is killed and comes back, one loses the database, one the relay, all at the same time."""
    relay = SmtpReceiver()
    relay.pause_s = 0.02
    with fleet(tmp_path, relay, people=PEOPLE) as machines:
        killed, cut_off, astray = machines.machines
        machines.send()
        for machine in machines.machines:
            machine.start()
        machines.wait_until(lambda: len(machines.taken) > PEOPLE / 4, 60)
        killed.kill()
        cut_off.database.cut()
        astray.relay.cut()
        killed.start()
        time.sleep(1.5)
        cut_off.database.mend()
        astray.relay.mend()
        machines.settled()
        assert [machine.stop() for machine in machines.machines] == [0, 0, 0]
        # What was on the wire when the process or its line died; all else is known, by a journal if need be.
        machines.check(PEOPLE, unknown=2 * CONNECTIONS)
        assert "ledger-lost" in cut_off.log
        assert "example.org" not in "".join(machine.log for machine in machines.machines)


def test_a_relay_that_says_no_farewell_keeps_no_worker_beyond_its_time_of_grace(tmp_path: Path) -> None:
    """Its lines outlast the jobs, and to take leave of one may last ten seconds."""
    relay = SmtpReceiver()
    with fleet(tmp_path, relay, people=100) as machines:
        machine = machines.machines[0]
        machine.grace_s = 1.0
        machines.send()
        machine.start()
        machines.wait_until(lambda: machines.status()["accepted"] == 100, 60)
        machines.wait_until(lambda: machine.log.count("job-ended") >= 2, 30)  # One is of the writer's copies.
        assert isinstance(machine.relay, Wire)
        machine.relay.fall_silent()
        told_at = time.monotonic()
        machine.stop()
        assert time.monotonic() - told_at < 5
