"""A keyring for kernels under test: it survives a kernel, and a test can look into it."""

from __future__ import annotations

import json
import os
from pathlib import Path

from keyring.backend import KeyringBackend
from keyring.errors import PasswordDeleteError

FILE_VARIABLE = "TEST_KEYRING_FILE"


class FileKeyring(KeyringBackend):
    """Keeps passwords in the JSON file that `TEST_KEYRING_FILE` names."""

    priority = 1  # type: ignore[assignment]

    def get_password(self, service: str, username: str) -> str | None:
        return self._read().get(f"{service}/{username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        self._write({**self._read(), f"{service}/{username}": password})

    def delete_password(self, service: str, username: str) -> None:
        passwords = self._read()
        if passwords.pop(f"{service}/{username}", None) is None:
            raise PasswordDeleteError("not found")
        self._write(passwords)

    @property
    def _path(self) -> Path:
        return Path(os.environ[FILE_VARIABLE])

    def _read(self) -> dict[str, str]:
        passwords: dict[str, str] = json.loads(self._path.read_text()) if self._path.exists() else {}
        return passwords

    def _write(self, passwords: dict[str, str]) -> None:
        self._path.write_text(json.dumps(passwords))
