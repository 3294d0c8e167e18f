"""The faults of SQLite: what sqlite3 raises for a file that cannot be used as it is."""

from __future__ import annotations

import sqlite3

# Its own errors; or that a name in the message about damage is no UTF-8.
SQLITE_FAULTS = (sqlite3.Error, UnicodeDecodeError)
