"""Limits for reading zip archives that others made, and the errors of damaged ones."""

import zipfile
import zlib

MAX_UNPACKED = 400_000_000  # bytes: a small file may unpack to more than a machine has
PIECE = 1_000_000
# Errors that reading a damaged archive raises.
DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    NotImplementedError,
    RuntimeError,
    ValueError,
    EOFError,
    OSError,
)
