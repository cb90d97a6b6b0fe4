"""What Windows does not have, for tests that need it: each says why it is skipped there."""

from __future__ import annotations

import os

import pytest

WINDOWS = os.name == "nt"

needs_modes = pytest.mark.skipif(WINDOWS, reason="Windows has access lists instead of modes")
needs_links = pytest.mark.skipif(WINDOWS, reason="Windows lets only administrators link files")
needs_signals = pytest.mark.skipif(WINDOWS, reason="Windows sends no signal to one process alone")
needs_folder_fsync = pytest.mark.skipif(WINDOWS, reason="Windows cannot synchronise a folder")
needs_shell = pytest.mark.skipif(WINDOWS, reason="a POSIX shell finds commands in another way than Windows")
needs_terminals = pytest.mark.skipif(WINDOWS, reason="pseudo-terminals are a thing of Linux and macOS")
