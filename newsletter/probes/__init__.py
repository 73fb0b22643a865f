"""Asking the world what only it knows: whether links answer, what SpamAssassin on this machine says.

Rule: nothing is asked unless a person wished it, everything ends in time, and nothing of a mailing but the
addresses that it links to leaves the machine.
"""
