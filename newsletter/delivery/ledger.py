"""The ledger: one row per (issue, person), and every change of it a compare-and-set.

Rules:

1. Intent is on the disk before bytes leave: `claim` has committed when it returns.
2. A row moves only as `outcome.TRANSITIONS` says; a move from another state changes nothing.
3. What a run sends is frozen with it: editions, headers, people and their values.
4. Opt-outs are read again at every claim.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Index,
    bindparam,
    case,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.engine import RowMapping

from newsletter.delivery import rows
from newsletter.delivery.database import Database
from newsletter.delivery.outcome import Cause, Outcome, Settled, State, sources
from newsletter.delivery.processes import Processes
from newsletter.delivery.run import Claim, Claimed, Counts, Kind, NewRun, Row, Run, RunState, Status
from newsletter.delivery.schema import issues, owners, people, runs, suppressions
from newsletter.delivery.suppressions import Suppressions, active, add_all
from newsletter.errors import NotReady
from newsletter.model import Edition, Headers, Person, Recipient
