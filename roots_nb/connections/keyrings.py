"""Which system keyring may hold secrets here: one that is there, encrypts, and is not switched off.

Backends of third parties are trusted unless they are known to be unsafe: who installed one chose it. `keyring` is
imported only when it is asked, because it starts by looking for every backend of the computer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

_NO_KEYRING = "There is no system keyring on this computer."
_PLAIN_TEXT = "The keyring that is set up here is not safe: it may store secrets as plain text."
_UNSAFE = {
    "keyring.backends.fail": _NO_KEYRING,
    "keyring.backends.null": "The system keyring is switched off.",
    "keyrings.alt": _PLAIN_TEXT,
}
_DISPLAY_NAMES = {
    "keyring.backends.macOS": "macOS Keychain",
    "keyring.backends.Windows": "Windows Credential Manager",
    "keyring.backends.SecretService": "Secret Service",
    "keyring.backends.libsecret": "Secret Service",
    "keyring.backends.kwallet": "KWallet",
}


def keyring_problem() -> str:
    """Why secrets cannot be remembered on this computer, as a sentence; "" if they can."""
    return safe_keyring()[1]


def keyring_name() -> str:
    """The keyring as its owner knows it, such as "macOS Keychain"; "" where none is safe."""
    backend, _ = safe_keyring()
    if backend is None:
        return ""
    module = type(backend).__module__
    known = (shown for package, shown in _DISPLAY_NAMES.items() if _is_within(module, package))
    return next(known, str(backend.name))


def safe_keyring() -> tuple[KeyringBackend | None, str]:
    """The backend to use and "", or None and what is wrong."""
    import keyring
    from keyring.backends.chainer import ChainerBackend

    try:
        chosen = keyring.get_keyring()
        # A chain writes to its first member but reads from all: settle on the first safe one for both.
        candidates = list(chosen.backends) if isinstance(chosen, ChainerBackend) else [chosen]
    except Exception as error:
        return None, f"The system keyring cannot be opened ({type(error).__name__})."
    problems = [_problem_of(backend) for backend in candidates]
    if "" in problems:
        return candidates[problems.index("")], ""
    return None, problems[0] if problems else _NO_KEYRING


def _problem_of(backend: KeyringBackend) -> str:
    module = type(backend).__module__
    known = (problem for package, problem in _UNSAFE.items() if _is_within(module, package))
    if any("plaintext" in parent.__name__.casefold() for parent in type(backend).__mro__):
        return _PLAIN_TEXT
    return next(known, "")


def _is_within(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")
