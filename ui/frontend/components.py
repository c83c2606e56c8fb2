"""Components of our own: a chart that survives its updates, sample grids with a slider through time, one picture, how
far a run is, the controls of a replay, and runs as cells, arms by seeds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import streamlit as st

from gancore.store import Run
from gancore.store.records import MOST_COUNT
from ui.figures.curves import Figure
from ui.frontend.parts import source
from ui.server import feeds, library
from ui.server import live as live_routes
from ui.server.pictures import Frame


@dataclass(frozen=True)
class Film:
    """The sample grids of one run, perhaps none yet."""

    title: str
    frames: Sequence[Frame]
    color: str | None = None
    note: str = ""  # what the pictures are
    aspect: float = 1.0  # width over height, before there is one
    rows: Sequence[str] = ()  # what each row of the pictures shows, where they differ


@dataclass(frozen=True)
class Cell:
    """One run among many: its newest samples, its state and how far it is."""

    seed: int
    state: str
    icon: str  # a Material symbol
    line: str
    run: str = ""  # its id; empty: there is none yet
    src: str = ""  # the address of its newest samples; empty: there are none yet
    share: float = 0.0  # of its steps that are done
    retry: bool = False  # whether it can be tried again
    aspect: float = 1.0  # of its samples, width over height


@dataclass(frozen=True)
class Happening:
    """Something that a replay tells once it is at its step."""

    step: int
    kind: Literal["came", "went", "changed"]  # a problem that came, one that went, a live change
    text: str


@dataclass(frozen=True)
class Row:
    """The runs of an arm, a seed each."""

    name: str
    color: str
    cells: Sequence[Cell]


_CHART = st.components.v2.component(
    "gan_workbench_chart",
    html='<div>\n<div class="chart loading" role="figure"></div><div class="message" role="alert"></div>\n</div>',
    css=source("chart.css"),
    js=source("chart.js"),
    isolate_styles=False,  # Plotly puts its style sheet into the document
)

_FILM = st.components.v2.component(
    "gan_workbench_film",
    html="""<div class="film">
    <div class="films"></div>
    <div class="controls">
    <button type="button">▶ Play</button>
    <input type="range" min="0" step="1" aria-label="Step of the samples shown">
    <output></output>
    </div></div>""",
    css=source("controls.css", "film.css"),
    js=source("grids.js", "film.js"),
)

_TOP = st.components.v2.component(
    "gan_workbench_top",
    html="<div></div>",
    js=source("top.js"),
)

_PICTURE = st.components.v2.component(
    "gan_workbench_picture",
    html='<div class="picture"><img></div>',
    css=source("film.css"),
    js=source("picture.js"),
)

_PROGRESS = st.components.v2.component(
    "gan_workbench_progress",
    html="""<div class="progress">
    <div class="numbers"></div>
    <div class="line"><span class="label"></span><span class="words"></span>
    <span class="connection" role="status"></span></div>
    <div class="bar" role="progressbar" aria-valuemin="0" aria-valuemax="100"><div class="done"></div></div>
    </div>""",
    css=source("progress.css"),
    js=source("progress.js"),
)

_PLAYER = st.components.v2.component(
    "gan_workbench_player",
    html="""<div class="player">
    <div class="bar"><button type="button">▶ Play</button>
    <input type="range" min="0" step="1" aria-label="Step of the replay">
    <output></output>
    <label>Speed <select></select></label></div>
    <p class="numbers"></p>
    <ol aria-label="What happened"></ol>
    <div class="news unseen" role="status"></div>
    </div>""",
    css=source("controls.css", "player.css"),
    js=source("player.js"),
)

_CELLS = st.components.v2.component(
    "gan_workbench_cells",
    html='<div class="grid">\n</div>',
    css=source("cells.css"),
    js=source("cells.js"),
)


def following(run: Run, *, live: bool, replay: bool = False) -> dict[str, Any]:
    """What a component needs to read a run by itself, and to follow it while it is `live`, or while it is played again
    as a `replay`."""
    return {"address": live_routes.address(run), "scripts": library.SCRIPTS, "live": live, "replay": replay}


def chart(figure: Figure, *, key: str, alt: str, height: int = 330) -> None:
    """Show a figure; with the same key it stays the same chart, zoom included, however its data change."""
    _CHART(key=key, data={"figure": figure, "alt": alt, "height": height, "library": library.ADDRESS}, height=height)


def curves(
    figure: Figure,
    run: Run,
    *,
    weight: float,
    live: bool,
    key: str,
    alt: str,
    height: int = 330,
    on_click: Callable[[int], None] | None = None,
    replay: bool = False,
) -> None:
    """Show curves of a run: the browser gets their numbers by itself, finer ones where it zooms in, and follows the run
    while it is `live`, or its `replay`. The traces of the figure say in `meta` what they show.

    `on_click` is told, in a callback, at which step somebody clicked a curve.
    """

    def clicked() -> None:
        step = st.session_state[key].clicked
        if on_click is not None and type(step) is int and 0 <= step <= MOST_COUNT:  # it comes from the browser
            on_click(step)

    columns = sorted({trace["meta"]["column"] for trace in figure["data"]})
    asked = following(run, live=live, replay=replay) | {"columns": columns, "weight": weight}
    data = {"figure": figure, "alt": alt, "height": height, "library": library.ADDRESS, "run": asked}
    _CHART(key=key, data=data, on_clicked_change=clicked, height=height)


def film(films: Sequence[Film], *, key: str, identity: str, live: Run | None = None, replay: Run | None = None) -> None:
    """Show sample grids with one slider through time; another `identity` starts again at the newest.

    Before there are any it takes as much room as later on, so that nothing below jumps when the first one comes. A film
    of one run that trains, `live`, gets newer grids by itself; that of a `replay` shows each when its step is reached.
    """
    followed = live or replay
    run = following(followed, live=live is not None, replay=live is None) if followed else None
    _FILM(key=key, data={"films": [asdict(one) for one in films], "id": identity, "run": run}, height="content")


def picture(
    source: str | None,
    *,
    key: str,
    alt: str,
    aspect: float = 1.0,
    width: int | Literal["stretch"] = "stretch",
    live: Run | None = None,
) -> None:
    """Show one sample grid by its address, pixel by pixel; without one, the room for it. That of a run that trains,
    `live`, becomes the newest one by itself."""
    data = {"src": source, "alt": alt, "aspect": aspect, "run": following(live, live=True) if live else None}
    _PICTURE(key=key, data=data, width=width, height="content")


def from_the_top(place: str) -> None:
    """Begin at the top of the page if another `place` of it was shown before: at the end of the page."""
    _TOP(key="top", data={"place": place}, height="content")


def progress(
    run: Run,
    *,
    live: bool,
    key: str,
    label: str = "",
    losses: bool = False,
    numbers: bool = False,
    evaluations: bool = False,
) -> bool:
    """Show how far a run is, on a line, with its `losses` if wanted, and as a bar; above, if wanted, the `numbers` that
    say how good it is. All follow the run while it is `live`.

    Whether something changed that the page around it shows, perhaps `evaluations`: a fragment is drawn anew then.
    """
    data = feeds.progress(run) | {
        "label": label,
        "shows_losses": losses,
        "shows_numbers": numbers,
        "shows_evaluations": evaluations,
        "name": run.name,
        "run": following(run, live=live),
    }
    return bool(_PROGRESS(key=key, data=data, on_changed_change=lambda: None, height="content").changed)


def player(run: Run, happenings: Sequence[Happening], numbers: Sequence[tuple[int, str]], *, key: str) -> None:
    """Show the controls of a run's replay, which moves its curves and its film wherever they are on the page.

    Beside them stands what happened so far, and the newest of the `numbers`, each with its step.
    """
    data = {
        "run": following(run, live=False, replay=True),
        "last": run.status.step,
        "moments": [asdict(each) for each in happenings],
        "numbers": [{"step": step, "text": text} for step, text in numbers],
    }
    _PLAYER(key=key, data=data, height="content")


def cells(rows: Sequence[Row], *, key: str) -> tuple[Literal["open", "retry"], str] | None:
    """Show runs, an arm a row and a seed a cell; what was just asked for and the id of its run, if anything was.

    The id comes from the browser: look it up before using it.
    """

    def remember(what: Literal["open", "retry"]) -> None:
        if run := st.session_state[key][what]:
            st.session_state[asked] = what, str(run)

    asked = f"{key}-asked"  # kept, since a page that is drawn anew at this very moment forgets what its body looks at
    _CELLS(
        key=key,
        data={"rows": [asdict(row) for row in rows]},
        on_open_change=lambda: remember("open"),
        on_retry_change=lambda: remember("retry"),
        height="content",
    )
    chosen: tuple[Literal["open", "retry"], str] | None = st.session_state.pop(asked, None)
    return chosen
