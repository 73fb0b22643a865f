"""Render a draft report into responsive mail and deliver it to segments, with a ledger that loses nobody."""
