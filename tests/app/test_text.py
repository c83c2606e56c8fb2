"""Text from outside is shown as it was written: nothing in it becomes a link, an icon or a sign."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from google.protobuf.message import Message
from streamlit.testing.v1 import AppTest

from gancore.store import Run, RunStore

HOSTILE = (
    "[l](http://e.x) https://e.x www.e.x a@e.x :x: :material/home: &copy; <b>b</b> $x$ `c` *d* :red[r] ~~s~~ p -> q"
)

# Any of these unescaped would become something else than what was written.
LIVE = re.compile(
    r"https?://e|www\.e|a@e|:x:|:material/home|(?<!\\)&copy|(?<!\\)<b|(?<!\\)\$x|(?<!\\)`c|(?<!\\)\*d"
    r"|(?<!\\):red\[|(?<!\\)~|p ->"
)
AS_TEXT = {"text_input", "text_area", "selectbox", "multiselect", "dataframe", "code", "bidi_component"}


def texts(message: Message) -> Iterator[str]:
    """Every text in an element of a page."""
    for field, value in message.ListFields():
        for each in value if field.is_repeated else [value]:
            if isinstance(each, str):
                yield each
            elif isinstance(each, Message):
                yield from texts(each)


def rendered(app: AppTest) -> str:
    """What Streamlit renders as Markdown on a page, in its sidebar, and in what it says in passing."""
    found = []
    for element in app:
        proto = getattr(element, "proto", None)
        kind = getattr(element, "type", "")
        if isinstance(proto, Message) and kind not in AS_TEXT:
            found += [
                text for text in texts(proto) if text not in (getattr(proto, "id", ""), getattr(proto, "alt", ""))
            ]
    return "\n".join(found)


@pytest.fixture
def hostile(open_page, finished, runs: RunStore) -> Run:
    """A run with all of it in every text."""
    assert open_page
    parent = finished("parent")
    parent.edit_meta(name=f"parent {HOSTILE}")
    run = finished("hostile")
    run.edit_meta(name=HOSTILE, tags=(HOSTILE,), notes=HOSTILE, parent=parent.id, parent_step=5)
    status = run.status.model_copy(update={"state": "failed", "error": HOSTILE, "device": HOSTILE, "phase": HOSTILE})
    run.write_status(status)
    run.log(HOSTILE, 3, HOSTILE)
    envelope = json.loads((run.path / "config.json").read_text())
    (run.path / "config.json").write_text(json.dumps(envelope | {"experiment": HOSTILE}))
    facts = {"step": 5, "weights": "raw", "samples": 100, "reference_count": 10, "seconds": 1.0, "values": {"fid": 9.0}}
    for size in ("cheap", "full"):
        (run.path / "evals").mkdir(exist_ok=True)
        said = {"reference": HOSTILE, "extractor": HOSTILE, "missing": HOSTILE, "histogram": [50, 50], "size": size}
        (run.path / "evals" / f"{size}.json").write_text(json.dumps(facts | said))
    return runs.open(run.id)


@pytest.mark.parametrize("details", ["quality", "settings", "history"])
def test_on_the_train_page(hostile, open_page, details):
    app = open_page("train", run=hostile.id)
    app.segmented_control(key=f"details-{hostile.id}").set_value(details).run()
    assert not app.exception
    said = rendered(app)
    assert said.count(r"\[l\]") > 3
    assert not LIVE.search(said), LIVE.findall(said)


def test_on_other_pages(hostile, open_page, finished):
    other = finished("other")
    for page, query in (("home", {}), ("runs", {}), ("compare", {"runs": f"{hostile.id},{other.id}"})):
        app = open_page(page, **query)
        said = rendered(app)
        assert page == "runs" or r"\[l\]" in said
        assert not LIVE.search(said), (page, LIVE.findall(said))


def test_in_a_queue_and_after_a_deletion(hostile, open_page, finished, runs):
    waiting = finished("waiting")
    hostile.enqueue()
    said = rendered(open_page("train", run=waiting.id))
    assert r"\[l\]" in said
    assert not LIVE.search(said)
    waiting.edit_meta(name=HOSTILE)
    runs.delete(waiting)
    said = rendered(open_page("runs").button(key="trash").click().run())
    assert r"\[l\]" in said
    assert not LIVE.search(said)


def test_in_what_was_typed(hostile, open_page):
    app = open_page("train", run=hostile.id)
    app.button_group(key="sidebar-mode-0").set_value("next").run()
    (box,) = [box for box in app.text_input if box.key.startswith("t:optim.lr_d")]
    box.set_value(HOSTILE).run()
    assert r"\[l\]" in app.error[0].value
    assert not LIVE.search(rendered(app))


def test_in_the_name_of_the_settings_that_the_form_began_with(hostile, open_page):
    app = open_page("train", run=hostile.id)
    app.button(key=f"use-view-{hostile.id}").click().run()
    said = rendered(app)
    assert not LIVE.search(said), LIVE.findall(said)


def test_in_what_could_not_be_done(hostile, open_page, monkeypatch):
    def fails(*_: object, **__: object) -> None:
        raise OSError(5, HOSTILE, HOSTILE)

    monkeypatch.setattr(Run, "enqueue", fails)
    app = open_page("train", run=hostile.id)
    app.button(key=f"resume-view-{hostile.id}").click().run()
    assert r"\[l\]" in app.toast[0].value
    assert not LIVE.search(rendered(app))
