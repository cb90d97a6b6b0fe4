"""Moves a worklog to another issue: create, verify, delete the old one; or nothing of it.

Jira cannot move a single worklog, so for a moment there are two. Whatever refuses the second half, or changes the old
worklog meanwhile, makes the copy disappear again; after a crash the same is finished or taken back.
"""

from __future__ import annotations

from roots_nb.editing.change import Change
from roots_nb.editing.history import History, Outcome
from roots_nb.editing.image import Image, differing, looks_like
from roots_nb.editing.site import NoAnswer, Site
from roots_nb.editing.writer import GONE, TRIES, Writer, difference_from_loaded, lost_in_copy, not_visible, oldest
from roots_nb.errors import BadRequest, Forbidden, NotFound


class Mover:
    """Carries out moves for a `Writer`."""

    def __init__(self, writer: Writer, site: Site) -> None:
        self._writer, self._site = writer, site

    def carry_out(self, change: Change, history: History) -> Outcome:
        """Move, go on with a move, or take it back; raises as `Writer.settle` explains."""
        if history.giving_up:
            return self._take_back(history.giving_up, change, history)
        if history.copy is None and (end := self._copy(change, history)):
            return end
        assert history.copy is not None
        key = history.copy.values.issue
        copy = self._site.look(key, history.copy.worklog_id, history.copy.values.started)
        if copy is None:
            return self._copy_gone(change, history, history.copy)
        return self._delete_source(change, history, copy)

    def _copy(self, change: Change, history: History) -> Outcome | None:
        """Make the copy, or say why there will be none."""
        assert change.after is not None
        source = self._writer.look_at_loaded(change)
        if source is None and not history.doubts:
            return self._moved_earlier(change)
        difference = GONE if source is None else difference_from_loaded(change, source)
        if difference and not self._writer.find_late(change, history):
            return Outcome("conflict", difference, source)
        if not history.doubts and (missing := self._site.missing_permission(change.issue, change.after.issue)):
            return Outcome("failed", missing, source)
        kept = source or history.before
        image = self._writer.make(change, history, kept.kept if kept else {}, source)
        if not history.doubts and not _is_marked(image, change):
            return Outcome("conflict", f"An equal worklog is on {change.after.issue} already.", source)
        self._writer.note(change, "created", image=image.to_json())
        return None

    def _moved_earlier(self, change: Change) -> Outcome:
        after = change.after
        assert after is not None
        listing = self._site.listing(after.issue, after.started, after.started).values()
        alike = [image for image in listing if _is_marked(image, change) or looks_like(image, after)]
        if alike and self._site.is_visible(change.issue):
            return Outcome("already_so", image=oldest(alike))
        return Outcome("conflict", GONE)

    def _delete_source(self, change: Change, history: History, copy: Image) -> Outcome:
        for last in TRIES:
            self._site.get_ready("DELETE", change.issue)
            source = self._writer.look_at_loaded(change)
            if source is None:
                return self._source_gone(change, history, copy)
            if difference := difference_from_loaded(change, source):
                return self._take_back(Outcome("conflict", difference, source), change, history)
            if lost := self._lost(change, source, copy):
                return self._take_back(Outcome("failed", f"Jira did not take over: {lost}.", source), change, history)
            if last:
                break
            self._writer.note(change, "verified")
            try:
                if self._writer.attempt(change, history, "delete", source, self._site.delete):
                    return Outcome("done", image=copy)
            except (BadRequest, Forbidden) as refusal:
                return self._take_back(Outcome("failed", str(refusal), source), change, history)
        raise history.problem

    def _copy_gone(self, change: Change, history: History, copy: Image) -> Outcome:
        key = copy.values.issue
        if not self._site.is_visible(key):
            return Outcome("unknown", f"Its copy is on {key}, which is not visible any more.", was_seen=False)
        if history.deleting and self._writer.look_at_loaded(change) is None:
            return self._source_gone(change, history, copy)
        return Outcome("conflict", f"Somebody deleted its copy on {key}.", was_seen=False)

    def _lost(self, change: Change, source: Image, copy: Image) -> str:
        assert change.after is not None
        return ", ".join([*differing(copy.values, change.after), *filter(None, [lost_in_copy(source.kept, copy)])])

    def _source_gone(self, change: Change, history: History, copy: Image) -> Outcome:
        if not history.deleting:
            return self._take_back(Outcome("conflict", GONE), change, history)
        if not self._site.is_visible(change.issue):
            return not_visible(change.issue)
        return Outcome("done", image=copy)

    def _take_back(self, end: Outcome, change: Change, history: History) -> Outcome:
        """Delete our copy, unless somebody has changed it; then the change has ended as `end` says."""
        copy = history.copy
        assert copy is not None
        if history.giving_up is None:
            self._writer.note(change, "giving_up", state=end.state, **end.to_json())
        if remove(self._site, copy):
            return end
        where = f"Its copy {copy.worklog_id} on {copy.values.issue} is still there."
        return Outcome("unknown", f"{end.note} {where}", end.image)


def remove(site: Site, made: Image) -> bool:
    """Delete a worklog that we made; False if somebody has changed it, Jira refuses, or its issue is not visible."""
    for last in TRIES:
        site.get_ready("DELETE", made.values.issue)
        now = site.look(made.values.issue, made.worklog_id, made.values.started)
        if now is None:
            return site.is_visible(made.values.issue)
        if last or now.updated != made.updated or differing(now.values, made.values):
            break
        try:
            site.delete(now)
        except NoAnswer as trouble:
            site.back_off(trouble.problem, 1)
        except NotFound:
            continue
        except (BadRequest, Forbidden):
            break
    return False


def _is_marked(image: Image, change: Change) -> bool:
    return image.marker is not None and image.marker[0] == change.op_id
