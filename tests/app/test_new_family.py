"""A new family is its module and one entry in `KINDS`: everything else shows and does the rest."""

import pytest
from PIL import Image

from gancore.config import SETTINGS, ConfigError, RunConfig, parse_config
from gancore.config.kinds import KINDS
from gancore.store import Run
from gancore.training.cost import estimate
from gancore.training.runner import execute
from tests.miniatures import SHORT
from tests.toy_family import PAINTER
from ui.figures.curves import panels
from ui.run import quality, view

FAST = SHORT | {"model.kind": "painter", "data.image_size": 16, "train.evaluate_every": 10, "train.final_samples": 50}


@pytest.fixture(autouse=True)
def _painter(monkeypatch):
    monkeypatch.setitem(KINDS, "painter", PAINTER)


@pytest.fixture
def trained(runs) -> Run:
    run = runs.create(RunConfig().replace(FAST | {"optim.lr": 0.01}), name="painted")
    assert execute(run.path) == "finished", run.status.error
    return run


def test_it_can_be_chosen_and_refused_like_any_other():
    config = parse_config({"model": {"kind": "painter"}, "data": {"image_size": 16}})
    assert config.uses("optim.lr")
    assert not config.uses("optim.lr_g")
    assert not config.uses("model.ngf")
    with pytest.raises(ConfigError, match=r"data\.image_size must be 16 for model\.kind painter"):
        parse_config({"model": {"kind": "painter"}})
    with pytest.raises(ConfigError, match="translator, semi, own, painter, not"):
        parse_config({"model": {"kind": "sculptor"}})
    assert "painter" in SETTINGS["optim.lr"].when["model.kind"]


def test_it_is_trained_by_the_real_runner_measured_and_resumed(runs, trained):
    rows = trained.scalars()
    assert rows["distance"].iloc[-1] < rows["distance"].iloc[0]
    cheap, full = (next(each for each in trained.evaluations() if each.size == size) for size in ("cheap", "full"))
    assert {"fid", "diversity", "test_recon"} <= set(cheap.values) & set(full.values)
    with Image.open(trained.samples()[20]) as picture:
        assert picture.size == (2 * 18 + 2, 18 + 2)
    fork = runs.fork(trained, "last", trained.config.replace({"train.steps": 25}))
    assert execute(fork.path) == "finished"
    assert fork.status.step == 25
    assert estimate(trained.config).parameters == {"canvas": 16 * 16 * 5}


def test_its_run_shows_what_it_declares(open_page, runs, monkeypatch):
    app = open_page("train")
    run = runs.create(RunConfig().replace(FAST), name="painted")
    assert execute(run.path) == "finished"
    figures, films = {}, []
    monkeypatch.setattr(view, "curves", lambda figure, _run, *, alt, **_: figures.update({alt: figure}))
    monkeypatch.setattr(view, "film", lambda shown, **_: films.extend(shown))
    app.query_params["run"] = run.id
    app.run()
    assert not app.exception
    (shown,) = films
    assert (shown.note, shown.aspect) == ("the same picture twice", 2.0)
    assert any("Distance" in alt for alt in figures)
    assert [panel.title for panel in panels(run.config).values()] == ["Distance", "Strokes", "Step time"]
    assert quality.headline(run).startswith("test reconstruction")


def test_a_form_offers_it_and_the_settings_that_it_uses(open_page, runs):
    app = open_page("train")
    (kinds,) = [box for box in app.selectbox if box.key and ":model.kind@" in box.key]
    assert kinds.options[-1] == "painter"
    kinds.set_value("painter").run()
    assert not app.exception
    keys = " ".join(str(found.key) for kind in (app.select_slider, app.slider) for found in kind)
    assert ":optim.lr@" in keys
    assert ":optim.lr_g@" not in keys
    app.button(key="start").click().run()
    (run,) = runs.list()
    assert run.config == RunConfig().replace({"model.kind": "painter", "data.image_size": 16})
