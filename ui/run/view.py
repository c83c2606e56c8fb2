"""What is happening: the run that trains, or any other run, read from its folder again and again."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Literal

import pandas as pd
import streamlit as st
from PIL import Image

from gancore.config import SETTINGS, ConfigError, RunConfig
from gancore.config.datasets import TOYS
from gancore.config.kinds import CLASS_COLUMNS, CLASS_ROWS, CONDITIONAL
from gancore.executors.loading import load_torch
from gancore.store import Run, RunBusy
from gancore.store.records import RESUMABLE, Command, ShownState, Status
from gancore.text import describe_duration, describe_value
from ui import state
from ui.colors import REAL, run_color
from ui.figures.curves import Mark, Panel, panels, run_figure
from ui.forms import form, starting
from ui.frontend.components import Film, Frame, chart, film
from ui.run import health, quality
from ui.words import labels, plain, value_text

TICK = 1.0  # seconds between looks while something trains
WATCH = 2.0  # seconds between looks at what else goes on in the store
MAX_FRAMES = 48  # grids of a run sent to the browser, spread over its length

Color = Literal["blue", "gray", "green", "orange", "red"]

_STATES: dict[ShownState, tuple[str, Color, str]] = {
    "queued": ("schedule", "blue", "waits in the queue"),
    "running": ("play_arrow", "green", "training"),
    "paused": ("pause", "orange", "paused"),
    "stopped": ("stop", "gray", "stopped"),
    "finished": ("check", "green", "finished"),
    "failed": ("error", "red", "failed"),
    "interrupted": ("power_off", "orange", "interrupted"),
    "damaged": ("broken_image", "red", "damaged"),
}


_ASKED: dict[Command, tuple[str, Color, str]] = {
    "pause": ("pause", "orange", "pausing …"),
    "stop": ("stop", "gray", "stopping …"),
}

LIVE: tuple[ShownState, ...] = ("running", "queued")  # these change by themselves


def state_badge(shown: ShownState, asked: Command = "run") -> None:
    """A run's state as icon and word, and what it was asked for meanwhile."""
    icon, color, word = _ASKED.get(asked) or _STATES[shown]
    st.badge(word, icon=f":material/{icon}:", color=color)


def state_word(shown: ShownState) -> str:
    """A run's state in a word, for tables."""
    return _STATES[shown][2]


def watch(seen: tuple[str, ...]) -> None:
    """Notice what trains or waits other than `seen` (started in another tab, ended), and draw the page anew."""
    st.fragment(_watch, run_every=WATCH, key="watch")(seen)


def _watch(seen: tuple[str, ...]) -> None:
    if state.activity() != seen:
        st.rerun()


def now_strip() -> None:
    """The slim bar at the top of a page while something trains."""
    run = state.active_run()
    if run is not None:
        st.fragment(_strip, run_every=TICK, key="now")(run.id)


def _strip(run_id: str) -> None:
    run = state.find_run(run_id)
    if run is None or run.state != "running":
        st.rerun()
    status = run.status
    with st.container(border=True, key="now-strip"):
        picture, words, buttons = st.columns([0.6, 6, 3.4], vertical_alignment="center")
        with picture:
            show_samples(run, width=52)
        words.progress(_share(status), text=f"**{plain(run.name)}** · {plain(progress_line(status))}")
        with buttons.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center"):
            st.page_link("pages/train.py", label="Watch", icon=":material/visibility:", query_params={"run": run.id})
            _control_buttons(run, "strip")


def run_view(run: Run) -> None:
    """A run: how far it is, its samples through time, its curves. Follows it while it trains."""
    shown = run.state
    every = TICK if shown in LIVE else None
    st.fragment(_view, run_every=every, key=f"view-{run.id}-{shown}")(run.id, shown)


def _view(run_id: str, shown: ShownState) -> None:
    run = state.find_run(run_id)
    if run is None or run.state != shown:
        st.rerun()  # the page around it must notice, too
    live = shown in LIVE
    if run.damage:
        st.error(plain(run.damage), icon=":material/broken_image:")
        return
    _header(run, live)
    left, right = st.columns([1, 1.25], gap="medium")
    with left:
        film([run_film(run)], key=f"film-{run.id}", identity=run.id)
    rows = run.scalars()
    charts = panels(run.config)
    with right:
        _panel(run, rows, charts["losses"], height=430)
    _details(run, rows, charts, live)


def _header(run: Run, live: bool) -> None:
    status = run.status
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        with st.container(horizontal=True, vertical_alignment="center", width="content"):
            st.subheader(plain(run.name), anchor=False, width="content")
            state_badge(run.state, asked=_asked(run))
        with st.container(horizontal=True, width="content"):  # which go to the next line together
            _fork_button(run)
            _control_buttons(run, "view")
    _origin_line(run)
    st.progress(_share(status), text=plain(progress_line(status, live=live)))
    health.line(run, live=live)
    if status.error:
        st.error(plain(status.error), icon=":material/error:")
        details = run.path / "error.txt"
        if details.exists():
            with st.expander("Technical details"):
                st.code(details.read_text(encoding="utf-8", errors="replace")[-4000:], language=None)
        if "mnist-5k" in status.error and st.button("Train on mnist-5k instead", icon=":material/play_arrow:"):
            _restart_on_embedded(run)


def _origin_line(run: Run) -> None:
    """What a fork was forked from, with a way there."""
    meta = run.meta
    if meta.parent is None:
        return
    parent = state.find_run(meta.parent)
    words = f"Forked at step {meta.parent_step or 0:,} from"
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f":material/fork_right: {words}", width="content")
        if parent is None:
            st.markdown("a run that is not here any more")
            return
        st.page_link("pages/train.py", label=plain(parent.name), query_params={"run": parent.id})
        both = {"runs": f"{parent.id},{run.id}"}
        st.page_link("pages/compare.py", label="Compare the two", icon=":material/compare:", query_params=both)


def _fork_button(run: Run) -> None:
    """Where to fork from; choosing one fills the form with the settings that held there."""
    saved = [name for name in run.checkpoints() if name == "last" or name.isdecimal()]  # and nothing that lies there
    names = sorted(saved, key=lambda name: (name != "last", name))
    icon, key = ":material/fork_right:", f"fork-{run.id}-{st.session_state.get('forks', 0)}"  # a new one is closed
    if not names:
        st.button("Fork", icon=icon, key=f"no-{key}", disabled=True, help="There is no checkpoint yet.")
        return
    with st.popover("Fork", icon=icon, key=key):
        st.markdown("A new run that goes on from a checkpoint of this one, with settings that you change.")
        name = st.selectbox(
            "From",
            names,
            format_func=lambda name: "the last checkpoint" if name == "last" else f"step {int(name):,}",
            key=f"fork-from-{run.id}",
        )
        if len(names) == 1:
            st.caption("To keep more checkpoints, set “keep a checkpoint every (epochs)” before Start.")
        if st.button("Choose settings", type="primary", key=f"fork-go-{run.id}", on_click=_take_fork, args=(run, name)):
            st.rerun()  # the form, too


def _take_fork(run: Run, checkpoint: str) -> None:
    """Fill the form with what held at the checkpoint, and have Start fork it."""
    load_torch()
    from gancore.store.checkpoints import BadCheckpoint

    try:
        config = run.config_at(run.checkpoint_step(checkpoint) if run.changes() else 0)
    except (BadCheckpoint, ConfigError) as problem:
        st.toast(plain(str(problem)), icon=":material/error:")
        return
    st.session_state["forks"] = st.session_state.get("forks", 0) + 1
    title = f"fork of {run.name}" + (f" at step {int(checkpoint):,}" if checkpoint != "last" else "")
    form.start_from(config, title, run.experiment, fork=form.Fork(run.id, checkpoint))


def _restart_on_embedded(run: Run) -> None:
    try:
        config = run.config.replace({"data.name": "mnist-5k", "data.limit": None})
        other = starting.launch(config, f"{run.name} on mnist-5k", experiment=run.experiment)
    except (ConfigError, starting.NotStarted) as problem:  # a batch that 4,500 images do not fill
        st.error(plain(str(problem)), icon=":material/error:")
        return
    st.query_params["run"] = other.id
    st.rerun()


def _control_buttons(run: Run, place: str) -> None:
    """Pause and stop, or resume, whichever can be done now."""
    shown = run.state
    key = f"{place}-{run.id}"
    if shown in ("running", "queued"):
        waiting = _asked(run) != "run"
        if st.button("Pause", icon=":material/pause:", key=f"pause-{key}", disabled=waiting):
            run.command("pause")
            st.rerun()
        if st.button("Stop", icon=":material/stop:", key=f"stop-{key}", disabled=waiting):
            run.command("stop")
            st.rerun()
        return
    if place == "view":
        settings = (run.config_now, run.name, run.experiment)
        icon = ":material/content_copy:"
        if st.button("Use settings", icon=icon, key=f"use-{key}", on_click=form.start_from, args=settings):
            st.rerun()  # the form, too
    if shown in RESUMABLE and st.button("Resume", icon=":material/play_arrow:", key=f"resume-{key}"):
        resume(run)
        st.rerun()


def _asked(run: Run) -> Command:
    """What a run that trains was asked for and has not done yet."""
    asked = run.control
    return asked.command if run.state == "running" and asked.attempt == run.status.attempt else "run"


def resume(run: Run) -> None:
    """Go on with a run, from its last checkpoint, ahead of what waits."""
    try:
        state.executor().submit(run, priority=1)
    except RunBusy as problem:
        st.toast(plain(str(problem)), icon=":material/error:")


def _share(status: Status) -> float:
    return min(status.step / status.total_steps, 1.0) if status.total_steps else 0.0


def progress_line(status: Status, *, live: bool = True) -> str:
    """`epoch 3.2 · step 210/1,050 · 1 min 20 s left · 940 images/s · D 0.61 · G 1.9`."""
    if status.phase and live:
        return f"{status.phase} …"
    if status.state == "queued":
        return "waits for its turn" if state.active_run() else "starting …"
    parts = [f"epoch {status.epoch:.1f}", f"step {status.step:,}/{status.total_steps:,}"]
    if live and status.state == "running" and status.remaining is not None:
        parts.append(f"{describe_duration(status.remaining)} left")
    elif not live:
        parts.append(f"{describe_duration(status.seconds)} of training")
    if status.rate and live:
        parts.append(f"{status.rate:,.0f} images/s")
    if status.device:
        parts.append(f"on {status.device}")
    for name, label in SHOWN_SCALARS.items():
        value = status.scalars.get(name)
        if value is not None:
            parts.append(f"{label} {value:.3g}")
    return " · ".join(parts)


SHOWN_SCALARS = {"loss_d": "D loss", "loss_g": "G loss", "loss": "loss", "accuracy": "accuracy"}


def latest_sample(run: Run) -> Path | None:
    """The newest sample grid."""
    samples = run.samples()
    return samples[max(samples)] if samples else None


def thin_steps(steps: Sequence[int]) -> list[int]:
    """At most `MAX_FRAMES` of the steps, evenly spread, the first and the last among them."""
    if len(steps) <= MAX_FRAMES:
        return list(steps)
    chosen = {round(i * (len(steps) - 1) / (MAX_FRAMES - 1)) for i in range(MAX_FRAMES)}
    return [step for index, step in enumerate(steps) if index in chosen]


def run_film(run: Run, title: str | None = None, steps: Sequence[int] | None = None) -> Film:
    """A run's sample grids: those at `steps`, or else thinned to what a browser should be sent."""
    samples = run.samples()
    wanted = thin_steps(list(samples)) if steps is None else [step for step in samples if step in steps]
    per_epoch = max(run.config.batches_per_epoch / run.config.batches_per_step, 1e-9)
    frames = [
        Frame(step=step, caption=f"step {step:,} · epoch {step / per_epoch:.1f}", src=source)
        for step in wanted
        if (source := picture_url(samples[step])) is not None
    ]
    return Film(title or run.name, frames, run_color(run) if title else None, _what_is_shown(run), _aspect(run.config))


def _aspect(config: RunConfig) -> float:
    """How much wider than high a run's pictures are."""
    if config.model.kind not in CONDITIONAL:
        return 1.0
    return CLASS_COLUMNS / min(len(config.labels_in_use), CLASS_ROWS)


def _what_is_shown(run: Run) -> str:
    """What a run's pictures are, in a few words."""
    config = run.config
    noise = f"fixed noise of seed {config.seed}"
    network = "EMA of G" if config.optim.ema else "raw G"
    if config.model.kind == "vae":
        return f"two rows of held-out images, each above its reconstructions, then samples · {noise}"
    if config.model.kind == "translator":
        return f"rows of regular images, each above what three noises make of it · {network}"
    if config.model.kind in CONDITIONAL:
        return f"a class each row, a noise each column · {noise} · {network}"
    if config.data.name in TOYS:
        return f"data grey, samples orange, D's field blue, arrows where D pulls G's samples · {noise}"
    return f"{noise} · {network}"


def picture_url(path: Path) -> str | None:
    """A picture as a data URL, or None if it is gone."""
    try:
        return _data_url(str(path), path.stat().st_mtime_ns)
    except OSError:
        return None


@st.cache_data(max_entries=2_000, show_spinner=False)
def _data_url(path: str, modified: int) -> str:  # noqa: ARG001
    return "data:image/png;base64," + base64.b64encode(Path(path).read_bytes()).decode()


def show_samples(run: Run, width: int | Literal["stretch"] = "stretch") -> None:
    """The newest grid as a picture, enlarged pixel by pixel."""
    path = latest_sample(run)
    try:
        enlarged = None if path is None else _enlarged(str(path), path.stat().st_mtime_ns)
    except (OSError, ValueError, Image.DecompressionBombError):  # damaged, or gone this moment
        enlarged = None
    if enlarged is None:
        st.skeleton(height=width if isinstance(width, int) else 220)
    else:
        st.image(enlarged, width=width, output_format="PNG", alt=f"newest samples of {run.name}")


@st.cache_data(max_entries=100, show_spinner=False)
def _enlarged(path: str, modified: int) -> bytes:  # noqa: ARG001
    with Image.open(path) as picture:
        buffer = io.BytesIO()
        picture.resize((2 * picture.width, 2 * picture.height), Image.Resampling.NEAREST).save(buffer, "PNG")
    return buffer.getvalue()


def thumbnail_url(run: Run) -> str | None:
    """The newest grid as a data URL."""
    path = latest_sample(run)
    return None if path is None else picture_url(path)


def _panel(run: Run, rows: pd.DataFrame, panel: Panel, height: int) -> None:
    figure = run_figure(rows, panel, run.id, marks=change_marks(run))
    chart(figure, key=f"chart-{run.id}-{panel.title}", alt=f"{panel.title} of {run.name}", height=height)
    st.caption(panel.caption)


def _details(run: Run, rows: pd.DataFrame, charts: dict[str, Panel], live: bool) -> None:
    titles = {key: panel.title for key, panel in charts.items() if key != "losses"}
    options = [*titles, "quality", "settings", "history"]
    chosen = st.segmented_control(
        "Details",
        options,
        default=options[0],
        required=True,
        format_func=lambda key: titles.get(key, key.capitalize()),
        key=f"details-{run.id}",
        label_visibility="collapsed",
    )
    if chosen in charts:
        _panel(run, rows, charts[chosen], height=300)
    elif chosen == "quality":
        quality.section(run, live=live, marks=change_marks(run))
    elif chosen == "settings":
        settings_table([run])
    else:
        _history(run)


def change_marks(run: Run, color: str = REAL) -> list[Mark]:
    """The live changes of a run that have taken effect, to be drawn across its curves."""
    return [
        Mark(
            change.step,
            ", ".join(f"{SETTINGS[path].label} {describe_value(v)}" for path, v in change.changes.items()),
            color,
        )
        for change in run.changes()
        if change.step is not None
    ]


def setting_text(config: RunConfig, path: str) -> str:
    """A setting, or a dash where it has no effect."""
    return value_text(path, config.flat[path]) if config.uses(path) else "–"


def settings_table(runs: Sequence[Run], paths: Sequence[str] | None = None) -> None:
    """Settings of runs side by side, as they are in effect."""
    names = labels(runs)
    configs = {names[run.id]: run.config_now for run in runs}
    shown = [path for path in (paths or SETTINGS) if any(config.uses(path) for config in configs.values())]
    table = pd.DataFrame({name: [setting_text(config, path) for path in shown] for name, config in configs.items()})
    table.insert(0, "setting", [SETTINGS[path].label for path in shown])
    st.dataframe(table, hide_index=True, key="settings-" + "-".join(run.id for run in runs))


def _history(run: Run) -> None:
    for event in reversed(run.events()):
        when = datetime.fromtimestamp(event["time"]).strftime("%d %b %H:%M:%S")
        what, message = plain(str(event["kind"])), plain(str(event["message"]))
        st.markdown(f"`{when}` **{what}** at step {event['step']:,} · {message}")


def expected_samples() -> None:
    """What the quickstart gives, to look at before anything ran: made by `python -m gancore sample`."""
    picture = state.PROJECT / "docs" / "quickstart.png"
    st.image(str(picture), width=420, output_format="PNG", caption="What the quickstart draws after 1,050 steps.")


def run_card(run: Run) -> None:
    """A run as a picture with a few words."""
    show_samples(run)
    st.page_link("pages/train.py", label=f"**{plain(run.name)}**", query_params={"run": run.id})
    with st.container(horizontal=True):
        state_badge(run.state)
        st.caption(f"step {run.status.step:,}", width="content")
        if value := quality.headline(run):
            st.caption(plain(value), width="content")
