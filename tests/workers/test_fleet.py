"""Three real workers, killed, cut off from the database and from the relay: nobody twice, nobody lost."""

from __future__ import annotations

import time
from pathlib import Path

from tests.crash.smtp_receiver import SmtpReceiver
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
