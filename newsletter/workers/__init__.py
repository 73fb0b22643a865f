"""A worker: takes jobs from the queue on this machine, until it is told to stop.

Rules:

1. It knows neither transports nor themes: it is given what carries a part of a run.
2. Told to stop, it finishes what is in flight and gives the rest back; after its time of grace it leaves
   whatever is open to the journal.
3. What only this machine cannot do is left to the others: a relay that is out of reach, a key that is refused.
"""

from newsletter.workers.jobs import Carry
from newsletter.workers.worker import Terms, Worker

__all__ = ["Carry", "Terms", "Worker"]
