"""What became of one change so far: the journal's entries of it, read as the engine needs them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, get_args

from roots_nb.editing.image import Image
from roots_nb.errors import JiraError

State = Literal["done", "already_so", "conflict", "failed", "unknown", "not_sent"]
STATES: tuple[State, ...] = get_args(State)
SETTLED: frozenset[State] = frozenset({"done", "already_so", "conflict", "failed"})


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a change ended.

    Attributes
    ----------
    state : State
    note : str
        A sentence on it; "" when there is nothing to say.
    image : Image or None
        The worklog as Jira holds it now, as far as it was seen; None when it is gone or was not seen.
    was_seen : bool
        Whether `image` says how it is now.
    """

    state: State
    note: str = ""
    image: Image | None = None
    was_seen: bool = True

    def to_json(self) -> dict[str, Any]:
        return {"note": self.note, "image": self.image and self.image.to_json(), "seen": self.was_seen}

    @classmethod
    def from_entry(cls, entry: Mapping[str, Any]) -> Outcome:
        image = entry["image"]
        return cls(entry["step"], entry["note"], Image.from_json(image) if image else None, entry["seen"])


NOT_SENT = Outcome("not_sent", was_seen=False)
UNDER_WAY = Outcome("unknown", "It was interrupted while it was under way.", was_seen=False)


@dataclass(slots=True)
class History:
    """What was tried for one change.

    Attributes
    ----------
    sent : int
        How often a request was about to be sent.
    doubts : int
        How many of them may have arrived although no answer tells.
    last_sent : datetime or None
        When the last of these was about to be sent.
    seen : frozenset of str
        Worklogs that looked like the one to create before anything was sent.
    before : Image or None
        The worklog as it was before the first request.
    copy : Image or None
        Of a move: the new worklog on the other issue.
    deleting : bool
        Of a move: whether the delete of the old worklog was about to be sent.
    giving_up : Outcome or None
        Of a move: how it ends once its copy is deleted again.
    outcome : Outcome
    afterwards : str
        What the verification saw of it later; "" when it is as it was left.
    now : Image or None
        The worklog as the verification saw it.
    problem : JiraError
        Why the last request did not bring an answer.
    """

    sent: int = 0
    doubts: int = 0
    last_sent: datetime | None = None
    seen: frozenset[str] = frozenset()
    before: Image | None = None
    copy: Image | None = None
    deleting: bool = False
    giving_up: Outcome | None = None
    outcome: Outcome = field(default=NOT_SENT)
    afterwards: str = ""
    now: Image | None = None
    problem: JiraError = field(default_factory=lambda: JiraError("Jira did not answer."))

    @property
    def after(self) -> Image | None:
        """The worklog as this change left it, None when it deleted it: what must still hold for an undo."""
        return self.now if self.now and not self.afterwards else self.outcome.image

    @property
    def made(self) -> list[Image]:
        """Worklogs that are this change's own."""
        settled = self.outcome.image if self.outcome.state in ("done", "already_so") else None
        return [image for image in (self.copy, settled) if image is not None]

    def take(self, entry: Mapping[str, Any]) -> None:
        """Read one more entry of the journal."""
        match entry["step"]:
            case "intent":
                self.sent += 1
                self.doubts += 1
                self.last_sent = datetime.fromisoformat(entry["at"])
                self.deleting |= entry["request"] == "delete"
                self.seen |= frozenset(entry["looked_alike"])
                self.before = self.before or (Image.from_json(entry["before"]) if entry["before"] else None)
            case "not_done":
                self.doubts -= 1
            case "created":
                self.copy, self.doubts = Image.from_json(entry["image"]), 0
            case "giving_up":
                self.giving_up = Outcome.from_entry({**entry, "step": entry["state"]})
            case "checked":
                self.afterwards = entry["note"]
                self.now = Image.from_json(entry["image"]) if entry["image"] else None
            case step if step in STATES:
                self.outcome = Outcome.from_entry(entry)
        if entry["step"] in ("intent", "not_done", "created"):
            self.outcome = UNDER_WAY if self.doubts or self.copy else NOT_SENT
