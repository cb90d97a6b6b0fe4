"""The desks of the tests of editing."""

from tests.editing.conftest import cloud_desk, desk

__all__ = ["cloud_desk", "desk"]
