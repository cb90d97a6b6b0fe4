"""The frame: its columns, its zone, and what it remembers of how it was loaded."""

from __future__ import annotations

import threading
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

import roots_nb as rn
from roots_nb.demo.rendering import Renderer
from roots_nb.errors import InvalidInput, JiraError, Stopped
from roots_nb.worklogs import COLUMNS, empty_worklogs
from tests.faults.fault import Answer, Meanwhile
from tests.world import InstantProgress, World

WEEK = "2026-W47"


def load(world: World, period: object = WEEK, **more: object) -> pd.DataFrame:
    return rn.load_worklogs(world.sign_in(), period, progress=InstantProgress(), **more)  # type: ignore[arg-type]


def test_frame_has_its_columns_in_order_and_the_oldest_first(world: World) -> None:
    """Whatever order Jira answers in."""
    world.add_issues(2)
    world.add_worklog("APP-2", "2026-11-18 09:00")
    world.add_worklog("APP-1", "2026-11-17 09:00")
    frame = load(world)
    assert tuple(frame.columns) == COLUMNS
    assert list(frame["issue"]) == ["APP-1", "APP-2"]
    assert list(frame.index) == [0, 1]
    assert frame["started"].dtype == "datetime64[us, Europe/Berlin]"
    assert frame["time_spent"].dtype == "timedelta64[us]"
    assert frame["worklog_id"].dtype == "str"


def test_empty_frame_is_like_a_loaded_one(world: World) -> None:
    """So that code for a full week runs on an empty one."""
    world.add_issues(1)
    world.add_worklog("APP-1", "2026-11-17 09:00")
    empty = empty_worklogs("Europe/Berlin")
    assert len(empty) == 0
    assert (empty.dtypes == load(world).dtypes).all()


def test_seconds_are_kept_as_sent(world: World) -> None:
    """Jira has whole minutes; whatever comes is not rounded."""
    world.add_issues(1)
    world.site.add_worklog("APP-1", world.ann, world.now.replace(day=17), 59)
    assert load(world)["time_spent"][0] == pd.Timedelta(seconds=59)


@pytest.mark.parametrize("zone", ["Mars/Phobos", "", "../etc/passwd", "Europe", "UTC+1", "\x00"])
def test_unknown_zone_is_refused(world: World, zone: str) -> None:
    """With an example of a good one; an empty name means the profile's."""
    if zone == "":
        assert str(load(world, zone=zone)["started"].dt.tz) == "Europe/Berlin"
        return
    with pytest.raises(InvalidInput, match="Europe/Berlin"):
        load(world, zone=zone)


@pytest.mark.parametrize("profile_zone", ["", "Mars/Phobos"])
def test_profile_without_a_usable_zone_asks_for_one(profile_zone: str) -> None:
    """The days of nobody's zone are not guessed; a named zone loads."""
    with World("cloud", zone="Europe/Berlin").running() as world:
        world.add_issues(1)
        world.add_worklog("APP-1", "2026-11-17 09:00")
        jira = world.sign_in()
        jira.zone = profile_zone
        with pytest.raises(InvalidInput, match="Europe/Berlin"):
            rn.load_worklogs(jira, WEEK, progress=InstantProgress())
        assert len(rn.load_worklogs(jira, WEEK, zone="UTC", progress=InstantProgress())) == 1


@pytest.mark.parametrize(
    ("period", "reason"),
    [
        ("2025-W53", "52 ISO weeks"),
        (("2026-11-22", "2026-11-16"), "Swap"),
        ("soon", "is not a period"),
        (pd.Timestamp("2026-11-16 09:00", tz="UTC"), "made of days"),
    ],
)
def test_bad_period_is_refused_before_anything_is_asked(world: World, period: object, reason: str) -> None:
    """No request is sent for it."""
    jira = world.sign_in()
    with pytest.raises(InvalidInput, match=reason):
        rn.load_worklogs(jira, period)
    assert world.log.requests == []


def test_no_connection_is_refused() -> None:
    """An empty list is a mistake, not an empty week."""
    with pytest.raises(InvalidInput, match="connect"):
        rn.load_worklogs([], WEEK)


def test_one_account_twice_is_refused(world: World) -> None:
    """Its week would count twice."""
    jira = world.sign_in()
    with pytest.raises(InvalidInput, match="count twice"):
        rn.load_worklogs([jira, jira], WEEK)


@pytest.mark.parametrize("change", [{"started": "2026-11-16"}, {"created": None}])
def test_joining_refuses_what_is_no_frame_of_worklogs(change: dict[str, object]) -> None:
    """With the column's name, and what to join instead."""
    with pytest.raises(InvalidInput, match=f"{next(iter(change))}.*load_worklogs"):
        rn.concat_worklogs([empty_worklogs("UTC").assign(**change)])


def test_connections_in_different_zones_share_the_first_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    """23:30 in New York on Monday is Tuesday morning in the report of somebody who counts in Berlin."""
    with World("cloud").running() as berlin, World("datacenter", zone="America/New_York").running() as york:
        for world in (berlin, york):
            world.add_issues(1)
        berlin.add_worklog("APP-1", "2026-11-16 09:00")
        york.add_worklog("APP-1", "2026-11-16 23:30", zone="America/New_York")
        sites = [berlin.sign_in(), york.sign_in()]
        frame = rn.load_worklogs(sites, WEEK, progress=InstantProgress())
        assert [str(day) for day in frame["started"].dt.date] == ["2026-11-16", "2026-11-17"]
        assert [load["zone"] for load in frame.attrs["loads"]] == ["Europe/Berlin"] * 2
        other_way = rn.load_worklogs(sites[::-1], WEEK, progress=InstantProgress())
        assert [str(day) for day in other_way["started"].dt.date] == ["2026-11-16", "2026-11-16"]


def test_joined_frames_keep_what_is_known_of_their_loads(world: World) -> None:
    """`pandas.concat` drops it; a worklog in both is there once, as loaded last."""
    world.add_issues(1)
    world.add_worklog("APP-1", "2026-11-16 09:00")
    shared = world.add_worklog("APP-1", "2026-11-18 09:00")
    jira = world.sign_in()
    monday_to_wednesday = rn.load_worklogs(jira, ("2026-11-16", "2026-11-18"), progress=InstantProgress())
    jira.update_worklog("APP-1", str(shared.id), {"comment": "corrected"})
    wednesday = rn.load_worklogs(jira, date(2026, 11, 18), zone="UTC", progress=InstantProgress())
    joined = rn.concat_worklogs([monday_to_wednesday, wednesday])
    assert list(joined["comment"]) == ["", "corrected"]
    assert [load["first"] for load in joined.attrs["loads"]] == ["2026-11-16", "2026-11-18"]
    assert joined.dtypes.equals(monday_to_wednesday.dtypes)
    assert rn.report(joined, ("2026-11-16", "2026-11-18")).completeness.state == "complete"


def test_frame_that_lost_its_loads_is_never_called_complete(cloud: World, server: World) -> None:
    """pandas drops attrs in `concat`: the report says that it does not know."""
    for world in (cloud, server):
        world.add_issues(1)
        world.add_worklog("APP-1", "2026-11-16 09:00")
    lost = pd.concat([load(cloud), load(server)])
    assert rn.report(lost, WEEK).completeness.state == "unknown"
    assert "loads" not in rn.concat_worklogs([lost, load(server)]).attrs


def test_joining_nothing_is_refused() -> None:
    """There is no zone for a frame of nothing."""
    with pytest.raises(InvalidInput, match="nothing to join"):
        rn.concat_worklogs([])


def test_shown_worklogs_have_a_total_a_day_and_lead_to_jira(world: World) -> None:
    """Two worklogs of one day, with the issue's page behind its key."""
    world.add_issues(1)
    world.add_worklog("APP-1", "2026-11-16 09:00", 90, comment="<b>one</b>")
    world.add_worklog("APP-1", "2026-11-16 13:00", 15)
    html = rn.show(load(world))._repr_html_()
    assert "Mon 16 Nov 2026" in html
    assert "1:45" in html
    assert f'href="{world.url}/browse/APP-1"' in html
    assert "&lt;b&gt;one&lt;/b&gt;" in html
    assert "0 worklogs" in rn.show(load(world, "2026-W02"))._repr_html_()


def test_shown_worklogs_may_have_gaps(world: World) -> None:
    """A frame that went through a merge has missing texts."""
    world.add_issues(1)
    world.add_worklog("APP-1", "2026-11-16 09:00", 90)
    frame = load(world)
    frame["comment"] = pd.NA
    assert "1:30" in rn.show(frame)._repr_html_()


def test_progress_is_closed_whether_a_load_succeeds_or_not(world: World) -> None:
    """No bar is left behind."""

    class Closing(InstantProgress):
        closed = 0

        def close(self) -> None:
            self.closed += 1

    progress, jira = Closing(), world.sign_in()
    rn.load_worklogs(jira, WEEK, progress=progress)
    world.faults.when(lambda request: True, Answer(status=400), times=None)
    with pytest.raises(JiraError):
        rn.load_worklogs(jira, WEEK, progress=progress, refresh=True)
    assert progress.closed == 2


def test_interrupt_of_a_cell_stops_the_load(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel's interrupt reaches the main thread while workers ask Jira: they stop, and the same Jira works on."""
    for key in world.add_issues(20):
        for n in range(21):
            world.add_worklog(key, f"2026-11-{n + 1:02} 08:00")
    jira = world.sign_in()
    progress = InstantProgress()
    arrived, go_on = threading.Event(), threading.Event()

    def hold() -> None:
        arrived.set()
        go_on.wait(10)

    world.faults.when(lambda request: request.path.endswith("/worklog"), Meanwhile(hold), times=None)

    class Interrupted:
        def result(self) -> None:
            arrived.wait(10)
            raise KeyboardInterrupt

    submit = rn.worklogs.ThreadPoolExecutor.submit
    monkeypatch.setattr(
        rn.worklogs,
        "ThreadPoolExecutor",
        type(
            "Pool",
            (rn.worklogs.ThreadPoolExecutor,),
            {"submit": lambda self, *a, **k: (submit(self, *a, **k), Interrupted())[1]},
        ),
    )
    with pytest.raises(KeyboardInterrupt):
        rn.load_worklogs(jira, "2026-11", progress=progress)
    with pytest.raises(Stopped):
        progress.check_stop()
    go_on.set()
    asked = world.log.count(path="/worklog$")
    assert asked <= 8
    monkeypatch.undo()
    assert len(rn.load_worklogs(jira, "2026-11", progress=InstantProgress())) == 420


def test_unusable_cache_is_told_and_costs_no_row(world: World, fresh_home: Path) -> None:
    """A file where the cache folder should be: the week is whole, and the report's notes say why it is slow."""
    (fresh_home / ".cache").write_text("not a folder")
    world.add_issues(1)
    world.add_worklog("APP-1", "2026-11-16 09:00")
    report = rn.report(load(world), WEEK)
    assert report.completeness.state == "complete"
    assert "Every load asks Jira anew" in report.completeness.notes[0]


@pytest.mark.parametrize(("text", "minutes"), [("1h 30m", 90), ("1,5h", 90), ("90m", 90), ("1:30", 90), ("8", 480)])
def test_duration_is_what_people_mean(text: str, minutes: int) -> None:
    """pandas would take "1,5h" for 15 hours; it can be set into the frame without losing anything."""
    assert rn.duration(text) == pd.Timedelta(minutes=minutes)
    frame = empty_worklogs("UTC").reindex([0])
    frame.loc[0, "time_spent"] = rn.duration(text)
    assert frame["time_spent"].dtype == "timedelta64[us]"
    assert frame["time_spent"][0] == pd.Timedelta(minutes=minutes)


def test_duration_that_cannot_be_read_is_refused() -> None:
    """With how to write it."""
    with pytest.raises(InvalidInput, match="1h 30m"):
        rn.duration("soon")


def test_author_is_the_account_however_jira_names_it(server: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """An old Data Center gives only the user name; what was loaded as mine can be changed as mine."""
    server.add_issues(1)
    server.add_worklog("APP-1", "2026-11-17 09:00")
    jira = server.sign_in()
    monkeypatch.setattr(Renderer, "user", lambda self, user: {"name": user.name, "displayName": "Ann"})
    frame = rn.load_worklogs(jira, WEEK, progress=InstantProgress())
    assert frame["author_id"].tolist() == [jira.account.account_id]
