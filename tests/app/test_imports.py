"""Images of one's own: importing them from the Train page, choosing among sets, deleting one."""

from __future__ import annotations

import io
import threading
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from gancore.data import importing
from gancore.data.imported import contents, find, imported_sets, remove, some
from gancore.data.importing import import_images
from gancore.executors.importing import Import, Stage
from tests.app.test_train import start, widget, with_torch
from ui.forms import imports

File = tuple[str, bytes, str]


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Imported sets in a folder of their own."""
    monkeypatch.setenv("GANCORE_CACHE", str(tmp_path / "cache"))


def picture(number: int, *, colour: bool = False) -> bytes:
    shape = (16, 16, 3) if colour else (16, 16)
    pixels = np.random.default_rng(number).integers(256, size=shape, dtype=np.uint8)
    with io.BytesIO() as buffer:
        Image.fromarray(pixels).save(buffer, "PNG")
        return buffer.getvalue()


def files(count: int = 80, *, colour: bool = False) -> list[File]:
    return [(f"Leaf {number}.png", picture(number, colour=colour), "image/png") for number in range(count)]


def zipped(classes: Mapping[str, int]) -> bytes:
    with io.BytesIO() as buffer:
        with zipfile.ZipFile(buffer, "w") as archive:
            for name, count in classes.items():
                for number in range(count):
                    archive.writestr(f"{name}/{number}.png", picture(number))
        return buffer.getvalue()


def open_panel(open_page) -> AppTest:
    app = with_torch(open_page("train"))
    return widget(app, "data.name").set_value("own").run()


def upload(app: AppTest, sent: list[File], name: str | None = None) -> AppTest:
    app.file_uploader[0].set_value(sent)
    app.run()
    if name is not None:
        name_box(app).set_value(name).run()
    return import_now(app)


def import_now(app: AppTest) -> AppTest:
    """Import, and look again when that is over, as the page does by itself."""
    app.button(key="own-import").click().run()
    if (job := job_of(app)) is not None:
        assert job.over.wait(60)
        app.run()
    return app


def job_of(app: AppTest) -> Import | None:
    with suppress(KeyError):
        return app.session_state["import"]
    return None


def name_box(app: AppTest):
    (box,) = [box for box in app.text_input if box.key and box.key.startswith("own-name")]
    return box


def set_box(app: AppTest):
    (box,) = [box for box in app.selectbox if box.key and box.key.startswith("own-set")]
    return box


def test_images_are_imported_and_trained_on(open_page, runs):
    app = open_panel(open_page)
    assert not app.error  # it is no mistake
    assert any("import images below" in caption.value for caption in app.caption)
    assert app.button(key="start").disabled
    assert app.button(key="own-import").disabled
    upload(app, files(), "My leaves!")
    assert not app.error
    assert any("my-leaves: 80 images." in toast.value for toast in app.toast)
    assert set_box(app).value == "my-leaves"
    start(app)
    (run,) = runs.list()
    assert (run.config.data.own, run.config.data.own_counts) == ("my-leaves", (80,))
    assert run.config.model.nc == 1
    assert run.name == "quickstart, dataset own, image set my-leaves"


def test_the_name_is_suggested_from_the_first_file(open_page):
    app = open_panel(open_page)
    app.file_uploader[0].set_value([("Birds of 2024.zip", zipped({"a": 80}), "application/zip")]).run()
    assert name_box(app).value == "Birds of 2024"
    import_now(app)
    assert [each.name for each in imported_sets()] == ["birds-of-2024"]
    assert app.file_uploader[0].value == []  # ready for another
    app.file_uploader[0].set_value(files()).run()
    assert name_box(app).value == "Leaf 0"


def test_coloured_images_come_in_colour_and_folders_are_classes(open_page):
    app = open_panel(open_page)
    upload(app, files(colour=True), "colours")
    assert app.session_state["draft"]["model.nc"] == 3
    upload(app, [("two.zip", zipped({"cats": 50, "d*gs": 40}), "application/zip")])
    assert app.session_state["draft"]["data.own_counts"] == (50, 40)
    assert app.session_state["draft"]["model.nc"] == 1
    assert any(caption.value == r"Classes: 0 cats (50) · 1 d\*gs (40)" for caption in app.caption)
    assert not app.error


def test_another_set_can_be_chosen(open_page):
    for name, colour in (("grey", False), ("colour", True)):
        import_images([(file, content) for file, content, _ in files(colour=colour)], name)
    app = open_panel(open_page)
    assert set_box(app).value is None
    assert app.button(key="start").disabled
    set_box(app).set_value("colour").run()
    assert not app.error
    assert app.session_state["draft"]["model.nc"] == 3
    set_box(app).set_value("grey").run()
    assert app.session_state["draft"]["data.own"] == "grey"
    assert app.session_state["draft"]["model.nc"] == 1
    assert not app.error


def test_a_set_shows_two_rows_of_its_images():
    import_images([(file, content) for file, content, _ in files()], "grey")
    assert some("grey", 500).shape == (80, 1, 16, 16)
    sheet = Image.open(io.BytesIO(imports._sheet("grey", 1)))
    assert sheet.size == (4 * (8 * 18 + 2), 4 * (2 * 18 + 2))  # four times as large, with gutters of two pixels


def test_a_run_says_which_images_it_learns_from(open_page, runs):
    import_images([(file, content) for file, content, _ in files()], "leaves")
    app = open_panel(open_page)
    set_box(app).set_value("leaves").run()
    start(app)
    (run,) = runs.list()
    assert run.config.data.own_hash == contents("leaves") != ""
    hexadecimal = contents("leaves")[:8]
    shown = [*app.markdown, *app.caption, *app.text_input, *app.selectbox, *app.warning, *app.error]
    assert not any(hexadecimal in str(each.value) for each in shown)
    assert hexadecimal not in run.name


def test_settings_made_for_other_images_are_not_used_unasked(open_page):
    import_images([(file, content) for file, content, _ in files()], "leaves")
    app = open_panel(open_page)
    set_box(app).set_value("leaves").run()
    assert not app.warning
    earlier = app.session_state["draft"]["data.own_hash"]
    remove("leaves")
    import_images([(file, content) for file, content, _ in files()[::-1][:70]], "leaves")
    app.run()
    assert any("has changed since these settings were chosen" in warning.value for warning in app.warning)
    assert app.session_state["draft"]["data.own_hash"] == earlier
    app.button(key="own-renew").click().run()
    assert not app.warning
    assert app.session_state["draft"]["data.own_hash"] == contents("leaves") != earlier
    assert app.session_state["draft"]["data.own_counts"] == (70,)


def test_settings_of_an_earlier_version_learn_which_images_they_have(open_page):
    import_images([(file, content) for file, content, _ in files()], "leaves")
    app = open_panel(open_page)
    set_box(app).set_value("leaves").run()
    app.session_state["draft"]["data.own_hash"] = ""
    app.run()
    assert app.session_state["draft"]["data.own_hash"] == contents("leaves")


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """An import waits for this event before it reads its fifth image."""
    reached, go_on, read = threading.Event(), threading.Event(), importing.read_picture
    seen = []

    def hold(content: bytes) -> object:
        seen.append(content)
        if len(seen) == 5:
            reached.set()
            assert go_on.wait(60)
        return read(content)

    monkeypatch.setattr(importing, "read_picture", hold)
    go_on.reached = reached  # type: ignore[attr-defined]
    yield go_on
    go_on.set()


def begin(app: AppTest, held: threading.Event) -> Import:
    """An import that is under way."""
    app.file_uploader[0].set_value(files()).run()
    app.button(key="own-import").click().run()
    job = job_of(app)
    assert job is not None
    assert held.reached.wait(60)
    return job


def test_the_page_can_be_used_while_images_are_imported(open_page, runs, held):
    app = open_panel(open_page)
    job = begin(app, held)
    app.run()
    assert not app.exception
    assert job.stage == Stage("reading the images", 4 / 80)
    assert app.button(key="own-cancel")
    assert app.button(key="own-import").disabled  # one at a time
    widget(app, "data.name").set_value("digits-8x8").run()
    start(app)
    assert len(runs.list()) == 1
    held.set()
    assert job.over.wait(60)
    app.switch_page("../pages/train.py").run()
    widget(app, "data.name").set_value("own").run()
    assert set_box(app).value == "leaf-0"
    assert not app.exception


def test_an_import_can_be_cancelled_and_leaves_nothing(open_page, held, tmp_path):
    app = open_panel(open_page)
    job = begin(app, held)
    app.run()
    app.button(key="own-cancel").click().run()
    assert not job.over.is_set()
    assert job.stage.doing == "ending"
    held.set()
    assert job.over.wait(60)
    app.run()
    assert any("The import was cancelled" in toast.value for toast in app.toast)
    assert job_of(app) is None
    assert not any(button.key == "own-cancel" for button in app.button)
    assert not imported_sets()
    assert not [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]
    assert not app.exception
    assert not app.error
    held.set()
    upload(app, files(), "another")
    assert [each.name for each in imported_sets()] == ["another"]


def test_an_error_of_ours_is_said_and_can_be_tried_again(open_page, monkeypatch, capsys):
    app = open_panel(open_page)
    with monkeypatch.context() as broken:
        broken.setattr(importing, "keep", lambda *_: 1 / 0)
        upload(app, files(), "leaves")
    assert any("could not be imported: ZeroDivisionError" in error.value for error in app.error)
    assert "ZeroDivisionError" in capsys.readouterr().err
    import_now(app)
    assert not app.error
    assert [each.name for each in imported_sets()] == ["leaves"]


def test_a_set_that_cannot_be_deleted_is_said_so(open_page, monkeypatch):
    import_images([(file, content) for file, content, _ in files()], "leaves")
    app = open_panel(open_page)
    set_box(app).set_value("leaves").run()

    def denied(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as read_only:
        read_only.setattr(Path, "unlink", denied)
        app.button(key="own-delete").click().run()
    assert not app.exception
    assert any("Deleting leaves failed" in toast.value for toast in app.toast)
    assert app.session_state["draft"]["data.own"] == "leaves"


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ([("bad.zip", b"not a zip", "application/zip")], "zip"),
        ([("a.png", b"not an image", "image/png")], "at least 16"),
        (files(3), "at least 16"),
        ([("a.zip", b"", "application/zip"), *files(1)], "either one zip file or images"),
    ],
)
def test_what_cannot_be_used_is_explained_in_a_sentence(open_page, sent, words):
    app = upload(open_panel(open_page), sent, "name")
    assert not app.exception
    problems = [error.value for error in app.error]
    assert any(words in problem for problem in problems), problems
    assert not imported_sets()


def test_a_name_without_letters_is_refused(open_page):
    app = upload(open_panel(open_page), files(), "!!!")
    assert any("needs a name" in error.value for error in app.error)


def test_a_set_is_deleted_after_a_second_word(open_page):
    import_images([(file, content) for file, content, _ in files()], "leaves")
    app = open_panel(open_page)
    assert not any(button.key == "own-delete" for button in app.button)
    set_box(app).set_value("leaves").run()
    app.button(key="own-delete").click().run()
    assert find("leaves") is None
    assert not app.exception
    assert app.session_state["draft"]["data.own"] == ""
    assert app.button(key="start").disabled


def test_a_set_that_went_meanwhile_does_not_break_the_page(open_page, tmp_path):
    import_images([(file, content) for file, content, _ in files()], "leaves")
    app = open_panel(open_page)
    set_box(app).set_value("leaves").run()
    (file,) = (tmp_path / "cache").rglob("leaves.npz")
    file.write_bytes(b"damaged")
    app.run()
    assert not app.exception
