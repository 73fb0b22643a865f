"""People's rights: to see everything that is held of them, and to have it erased; and an end to what is old.

Rule: what cannot be looked into or changed by the program is named, never passed over.
"""

from newsletter.rights.erasure import Erasure, erase, look
from newsletter.rights.held import everything
from newsletter.rights.page import as_page
from newsletter.rights.retention import clean, due

__all__ = ["Erasure", "as_page", "clean", "due", "erase", "everything", "look"]
