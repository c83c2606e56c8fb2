"""The teacher's view of a class: how one joins it, what trains and waits, who is there, and what is shown to all."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from gancore.store import Run
from gancore.store.index import Snapshot, index_of
from gancore.store.records import LIVE
from gancore.text import counted
from ui import navigation, state
from ui.boundary import boundary
from ui.classroom import gallery
from ui.classroom.people import Person
from ui.classroom.room import Room, current, room
from ui.frontend.components import progress
from ui.messages import attempt, say, show
from ui.run import film, quality, turn
from ui.teaching import mine
from ui.words import losses_line, plain

LOOK = 3.0  # seconds between looks
MOST_WAITING = 12  # that are listed
MOST_RUNS = 8  # of a student that are listed


def page() -> None:
    """All of it; for a teacher alone."""
    here, person = room(), current()
    if here is None or person is None or not person.teaches:
        st.info("This page is for the teacher of a class.", icon=":material/info:")
        return
    st.title("Class", anchor=False)
    st.fragment(_invitation, run_every=LOOK, key="class-invitation")(here)
    st.fragment(_body, run_every=LOOK, key="class-body")(here)


def _invitation(here: Room) -> None:
    """Where the class is and its code: large while nobody is there, to be projected, and folded away afterwards."""
    there = here.people.list("students")
    address = st.context.url or ""
    base = address.rpartition("/classroom")[0] or address or "this address"
    if there:
        with st.expander(f"How to join · {counted(len(there), 'student')} here", icon=":material/qr_code_2:"):
            _large(base, here)
    else:
        with st.container(border=True):
            _large(base, here)
        st.caption("Nobody is here yet. Project this: whoever signs in appears below, and what trains with it.")


def _large(address: str, here: Room) -> None:
    st.markdown(f"# {plain(address)}")
    if here.has_login:
        st.markdown("Sign in with your school's account.")
    else:
        st.markdown(f"# Class code: `{here.code}`")
        st.markdown("Write your name, and choose a personal code that you remember.")


def _body(here: Room) -> None:
    show()
    students = here.people.list("students")
    everybody = here.everybody()
    runs = {person: index_of(person.root).runs() for person in everybody}
    training = [(person, run) for person in everybody for run in runs[person] if run.state == "running"]
    _training(training)
    _waiting(everybody)
    if students:
        st.subheader("Students", anchor=False)
    for person in students:
        with st.container(border=True, key=f"student-{person.id}"), boundary(person.name):
            _student(here, person, runs[person])
    me = current()
    _shown(here, runs.get(me, ()) if me is not None else ())


def _training(training: Sequence[tuple[Person, Run]]) -> None:
    if not training:
        return
    st.subheader("Training now", anchor=False)
    with st.grid(4, min_column_width=230):
        for person, run in training:
            with st.container(border=True, key=f"class-training-{_key(run)}"), boundary(run):
                st.markdown(f"**{plain(person.name)}**")
                film.newest(run, place=f"class-{person.id}", live=True)
                progress(run, live=True, key=f"class-progress-{_key(run)}", label=run.name, losses=True)
                with st.container(horizontal=True, vertical_alignment="center"):
                    _open(run)
                    _stop(run, "now")


def _waiting(everybody: Sequence[Person]) -> None:
    names = {person.root: person.name for person in everybody}
    worker = state.shared()
    waiting = worker.waiting() if worker is not None else ()
    if not waiting:
        return
    st.subheader("Waiting", anchor=False)
    for number, run in enumerate(waiting[:MOST_WAITING], 1):
        found = turn.of(run)
        when = f" · {turn.words(found)}" if found else ""
        st.markdown(f"{number}. **{plain(names.get(run.path.parent, ''))}** · {plain(run.name)}{when}")
    if len(waiting) > MOST_WAITING:
        st.caption(f"and {len(waiting) - MOST_WAITING} more")


def _student(here: Room, person: Person, runs: Sequence[Snapshot]) -> None:
    latest = next((run for run in runs if not run.damage), None)
    picture, words, buttons = st.columns([0.8, 5, 3], vertical_alignment="center")
    with picture:
        if latest is not None:
            film.newest(latest, place=f"student-{person.id}")
    with words:
        st.markdown(f"**{plain(person.name)}**  \n{_latest(latest)}")
    with buttons.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center"):
        if latest is not None:
            _open(latest)
        with st.popover("More", key=f"more-{person.id}"):
            _more(here, person, runs)
    mine.meters(here.quotas.uses(here.store(person)))


def _latest(run: Snapshot | None) -> str:
    """What its newest run is and how good: `digits · finished · FID (mnist-cnn-v1) 12.3`."""
    if run is None:
        return "No runs yet."
    said = [run.name, run.state, losses_line(run.status), quality.headline(run)]
    return plain(" · ".join(part for part in said if part))


def _more(here: Room, person: Person, runs: Sequence[Snapshot]) -> None:
    """What can be done for a student."""
    for run in runs[:MOST_RUNS]:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(plain(run.name), width="stretch")
            if run.state in LIVE:
                _stop(run, "more")
            elif not run.damage:
                _publish(here, run)
    if not here.has_login:
        st.button(
            "Reset the personal code",
            icon=":material/lock_reset:",
            key=f"reset-{person.id}",
            on_click=_reset,
            args=(here, person),
            help="Signs the student out. Who signs in next under this name chooses a new personal code.",
        )
    st.button(
        "Give all training minutes again",
        icon=":material/more_time:",
        key=f"grant-{person.id}",
        on_click=_do,
        args=(f"Giving {person.name} more time", here.quotas.grant, here.store(person)),
    )


def _shown(here: Room, mine_too: Sequence[Snapshot]) -> None:
    """What is shown to all, and which of one's own runs could be."""
    published = index_of(here.gallery).runs()
    st.subheader("Shown to all", anchor=False)
    if not published:
        st.caption("Nothing yet. Publish a run of a student under “More”, or one of your own: it appears on Home.")
    with st.grid(6, min_column_width=165):
        for run in published:
            with st.container(border=True, key=f"published-{run.id}"), boundary(run):
                film.newest(run, place="published")
                st.markdown(plain(run.name))
                key = f"withdraw-{run.id}"
                doing = f"Taking {run.name} back"
                st.button("Take back", key=key, on_click=_do, args=(doing, gallery.withdraw, run.id, here.gallery))
    with st.popover("Publish one of my runs", disabled=not mine_too):
        for run in mine_too[:MOST_RUNS]:
            if run.state not in LIVE and not run.damage:
                with st.container(horizontal=True, vertical_alignment="center"):
                    st.markdown(plain(run.name), width="stretch")
                    _publish(here, run)


def _open(run: Run) -> None:
    st.page_link(navigation.TRAIN, label="Open", icon=":material/visibility:", query_params={"run": run.id})


def _key(run: Run) -> str:
    """Tells runs apart that have one id, such as those of two students who imported the same zip."""
    return f"{run.path.parents[1].name}-{run.id}"


def _stop(run: Run, place: str) -> None:
    doing, key = f"Stopping {run.name}", f"class-stop-{place}-{_key(run)}"
    st.button("Stop", icon=":material/stop:", key=key, on_click=_do, args=(doing, run.command, "stop"))


def _publish(here: Room, run: Run) -> None:
    key = f"publish-{_key(run)}"
    st.button("Publish", icon=":material/campaign:", key=key, on_click=_publish_now, args=(here, run))


def _publish_now(here: Room, run: Run) -> None:
    if attempt(f"Publishing {run.name}", gallery.publish, Run(run.path), here.gallery):
        say(f"Everybody sees {run.name} on Home now.", icon="campaign")


def _reset(here: Room, person: Person) -> None:
    if attempt(f"Resetting the code of {person.name}", here.people.reset, person):
        say(f"{person.name} chooses a new personal code when they sign in next.", icon="lock_reset")


def _do(doing: str, act: Callable[..., object], *args: object) -> None:
    attempt(doing, act, *args)
