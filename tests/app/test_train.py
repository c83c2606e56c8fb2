"""The form and its consequences. What moves by itself is tested in a browser."""

import pytest
from streamlit.testing.v1 import AppTest

from gancore.algorithms import build_algorithm
from gancore.config import SETTINGS, RunConfig, needed
from gancore.config.datasets import TOYS
from gancore.config.kinds import KINDS
from gancore.experiments import EXPERIMENTS
from gancore.store.records import Status
from gancore.training.previews import build_preview
from tests.miniatures import tiny
from ui.forms import picker
from ui.run import film
from ui.state import _torch_loaded


def widget(app: AppTest, path: str, role: str = "stw"):
    """The widget of a setting: its slider (s), the box to type into (t), or whatever it has (w)."""
    for kind in ("select_slider", "slider", "selectbox", "toggle", "text_input"):
        for found in getattr(app, kind):
            if found.key and found.key.split("@")[0] in [f"{one}:{path}" for one in role]:
                return found
    raise AssertionError(f"no widget for {path}")


def experiments(app: AppTest):
    """The picker of what to start from."""
    (found,) = [box for box in app.selectbox if box.key and box.key.startswith("experiment-")]
    return found


def unfold(app: AppTest) -> AppTest:
    for toggle in app.toggle:
        if toggle.label.startswith("More "):
            toggle.set_value(True)
    return app.run()


def with_torch(app: AppTest) -> AppTest:
    """The page once torch is there, which it imports in the background."""
    assert _torch_loaded().wait(60)
    return app.run()


def start(app: AppTest) -> AppTest:
    return app.button(key="start").click().run()


@pytest.mark.parametrize("kind", ["dcgan", "mlp"])
def test_the_form_shows_every_setting_that_has_an_effect_and_no_other(open_page, kind):
    app = unfold(open_page("train"))
    widget(app, "model.kind", "w").set_value(kind).run()
    config = EXPERIMENTS["quickstart"].base.replace({"model.kind": kind})
    for path in SETTINGS:
        if config.uses(path):
            assert widget(app, path).help or SETTINGS[path].scale == "log"
        else:
            with pytest.raises(AssertionError):
                widget(app, path)


def test_start_trains_exactly_what_the_sliders_say(open_page, runs):
    app = open_page("train")
    widget(app, "model.ngf", "s").set_value(64).run()
    widget(app, "optim.lr_d", "s").set_value(0.1).run()
    widget(app, "model.nz", "t").set_value("77").run()
    start(app)
    (run,) = runs.list()
    changes = {"model.ngf": 64, "optim.lr_d": 0.1, "model.nz": 77}
    assert run.config == EXPERIMENTS["quickstart"].base.replace(changes)
    assert run.status.state == "queued"
    assert run.name == "quickstart, ngf 64, nz 77, lr_d 0.1"


def shown_paths(app: AppTest) -> set[str]:
    """The settings that have a widget."""
    kinds = (app.select_slider, app.slider, app.selectbox, app.toggle, app.text_input)
    keys = [found.key for kind in kinds for found in kind if found.key and "@" in found.key]
    return {key.split("@")[0].partition(":")[2] for key in keys}


@pytest.mark.parametrize("kind", KINDS)
def test_every_family_can_be_chosen_and_started(open_page, runs, kind):
    app = open_page("train")
    widget(app, "model.kind").set_value(kind).run()
    assert not app.error
    assert not app.exception
    start(app)
    (run,) = runs.list()
    wanted = {"model.kind": kind} | needed("model.kind", kind)
    assert run.config == RunConfig().replace(wanted)
    assert open_page("train", run=run.id).query_params["run"] == run.id


def test_a_vae_has_its_own_rate_and_pixel_range_and_the_way_back_restores_them(open_page):
    app = open_page("train")
    before = shown_paths(app)
    widget(app, "model.kind").set_value("vae").run()
    shown = shown_paths(app)
    assert "optim.lr" in shown
    assert not {"optim.lr_g", "optim.lr_d", "model.ngf", "model.ndf", "objective.loss"} & shown
    assert app.session_state["draft"]["data.range"] == "0..1"
    assert "Objective" not in [group.label for group in app.expander]  # nothing is left in it
    unfold(app)
    assert widget(app, "data.range").value == "0..1"
    widget(app, "model.kind").set_value("dcgan").run()
    assert widget(app, "data.range").value == "-1..1"
    for toggle in app.toggle:
        if toggle.label.startswith("More "):
            toggle.set_value(False)
    app.run()
    assert shown_paths(app) == before
    assert not any("Changed" in caption.value for caption in app.caption)


@pytest.mark.parametrize("toy", [name for name in TOYS if name != "drawn"])
def test_a_toy_brings_networks_that_fit_it_and_images_bring_theirs(open_page, runs, toy):
    app = open_page("train")
    widget(app, "data.name").set_value(toy).run()
    assert not app.error
    assert widget(app, "model.kind").value == "mlp"
    unfold(app)
    assert widget(app, "model.g_output").value == "linear"
    assert not {"data.image_size", "data.range", "model.nc"} & shown_paths(app)
    start(app)
    assert runs.list()[0].config.shape == (2,)
    widget(app, "data.name").set_value("mnist-5k").run()
    assert widget(app, "model.kind").value == "dcgan"
    assert app.session_state["draft"] == dict(EXPERIMENTS["quickstart"].base.flat)


def test_networks_for_images_leave_the_toy(open_page):
    app = open_page("train")
    widget(app, "data.name").set_value("ring").run()
    widget(app, "model.kind").set_value("cdcgan").run()
    assert not app.error
    assert widget(app, "data.name").value == "mnist-5k"


def test_a_translator_shows_its_pairs(open_page):
    app = open_page("train")
    assert "data.pairs" not in shown_paths(app)
    widget(app, "model.kind").set_value("translator").run()
    widget(app, "data.pairs").set_value("unpaired").run()
    assert not app.error
    assert "objective.pixel_weight" not in shown_paths(app)


def test_coloured_images_come_in_colour(open_page):
    app = unfold(open_page("train"))
    widget(app, "data.name").set_value("cifar10").run()
    assert widget(app, "model.nc").value == 3
    widget(app, "data.name").set_value("mnist-5k").run()
    assert widget(app, "model.nc").value == 1


def test_what_a_form_fills_in_by_itself_has_no_widget(open_page):
    app = unfold(open_page("train"))
    for dataset in ("drawn", "own"):
        widget(app, "data.name").set_value(dataset).run()
        assert not {path for path in shown_paths(app) if SETTINGS[path].hidden}
        assert "data.own" not in shown_paths(app)  # it has a panel of its own


def test_a_settings_help_says_where_its_value_comes_from(open_page):
    app = open_page("train")
    assert "Here" not in widget(app, "optim.lr_g", "s").help
    experiments(app).set_value("dcgan-ngf").run()
    app.get_by_key("scale:dcgan-ngf").set_value("full").run()
    experiment = EXPERIMENTS["dcgan-ngf"]
    arm = next(iter(experiment.arms))
    for path in ("model.ngf", "optim.lr_d", "train.batch_size"):
        source = experiment.source_of(path, arm, "full")
        assert source
        assert source in widget(app, path, "s").help
    widget(app, "optim.lr_d", "t").set_value("0.1").run()
    assert "Here **2e-4**" in widget(app, "optim.lr_d", "s").help  # of what it started with, not of what was typed


def test_classes_have_names_in_the_help(open_page):
    app = unfold(open_page("train"))
    widget(app, "data.name").set_value("fashion-mnist").run()
    assert "0 T-shirt" in widget(app, "data.classes").help


def test_a_typed_value_moves_the_slider(open_page):
    app = open_page("train")
    widget(app, "optim.lr_g", "t").set_value("3e-4").run()
    assert widget(app, "optim.lr_g", "s").value == 3e-4


@pytest.mark.parametrize(
    ("path", "typed"), [("model.ngf", "5000"), ("model.ngf", "many"), ("optim.lr_g", "-1"), ("optim.lr_g", "NaN")]
)
def test_a_bad_value_is_explained_in_a_sentence_and_start_waits(open_page, path, typed):
    app = open_page("train")
    widget(app, path, "t").set_value(typed).run()
    (problem,) = app.error
    assert path in problem.value
    assert "must be" in problem.value
    assert app.button(key="start").disabled
    assert widget(app, path, "t").value == typed  # nothing is lost
    widget(app, path, "t").set_value("0.5" if "lr" in path else "16").run()
    assert not app.error
    assert not app.button(key="start").disabled


def test_changes_from_the_starting_point_are_marked_and_can_be_reset(open_page):
    app = open_page("train")
    assert not any("Changed" in caption.value for caption in app.caption)
    widget(app, "model.ngf", "s").set_value(64).run()
    (line,) = [caption.value for caption in app.caption if "Changed" in caption.value]
    assert "ngf" in line
    assert "32 → 64" in line
    next(button for button in app.button if button.label == "Reset").click().run()
    assert widget(app, "model.ngf", "s").value == 32


SCALES = [
    (key, scale) for key, entry in EXPERIMENTS.items() for scale in (("quick", "full") if entry.quick else ("full",))
]


@pytest.mark.parametrize(("key", "scale"), SCALES[1:])
def test_choosing_an_experiment_fills_the_form(open_page, runs, key, scale):
    app = open_page("train")
    experiments(app).set_value(key).run()
    experiment = EXPERIMENTS[key]
    arm = list(experiment.arms)[-1]
    if len(experiment.arms) > 1:
        app.selectbox(key=f"arm:{key}").set_value(arm).run()
    if experiment.quick:
        app.get_by_key(f"scale:{key}").set_value(scale).run()
    start(app)
    (run,) = runs.list()
    assert run.config == experiment.arm(arm, scale)
    assert (run.experiment, run.arm, run.scale) == (key, arm, scale if experiment.quick else "full")


def test_the_draft_survives_a_visit_to_another_page(open_page):
    app = open_page("train")
    widget(app, "model.ngf", "s").set_value(64).run()
    app.switch_page("../pages/runs.py").run()
    app.switch_page("../pages/train.py").run()
    assert widget(app, "model.ngf", "s").value == 64


def test_parameters_are_counted_as_the_sliders_move(open_page):
    app = with_torch(open_page("train"))
    assert any("G 369,600 · D 166,848 parameters" in caption.value for caption in app.caption)
    widget(app, "model.ndf", "s").set_value(64).run()
    expected = 16 * (64 + 64 * 128 + 128 * 256 + 256) + 2 * (64 + 128 + 256)
    assert any(f"D {expected:,} parameters" in caption.value for caption in app.caption)


def test_a_dataset_that_is_not_here_yet_says_what_it_will_download(open_page, monkeypatch, tmp_path):
    monkeypatch.setenv("GANCORE_DATA", str(tmp_path / "nothing"))
    app = with_torch(open_page("train"))
    assert not any("to download" in caption.value for caption in app.caption)
    widget(app, "data.name").set_value("fashion-mnist").run()
    assert any("31 MB to download first" in caption.value for caption in app.caption)


def test_a_second_start_waits_in_a_queue_one_can_see_and_leave(open_page, runs):
    app = open_page("train")
    start(app)
    start(app)
    first, second = runs.queue()
    assert second.name == "quickstart #2"
    app = open_page("train", run=first.id)
    assert any("Queue · 1 waiting" in block.proto.popover.label for block in app.get("popover"))
    app.button(key=f"dequeue-{second.id}").click().run()
    assert [run.id for run in runs.list()] == [run.id for run in runs.queue()] == [first.id]
    assert [run.id for run in runs.trashed()] == [second.id]  # it never began: nothing of it is left to look at
    assert "the trash on the Runs page has it" in app.toast[0].value


def test_a_run_that_had_begun_stays_when_it_leaves_the_queue(open_page, runs, finished):
    shown, begun = finished("shown"), finished("begun")
    begun.enqueue()
    app = open_page("train", run=shown.id)
    app.button(key=f"dequeue-{begun.id}").click().run()
    assert begun.state == "stopped"
    assert not runs.trashed()


def test_the_queue_can_be_put_into_another_order(open_page, runs):
    app = open_page("train")
    for _ in range(8):
        start(app)
    watched, *waiting = runs.queue()
    app = open_page("train", run=watched.id)
    assert any(caption.value == "and 1 more" for caption in app.caption)
    app.button(key=f"up-{waiting[1].id}").click().run()
    waiting[:2] = waiting[1::-1]
    assert [run.id for run in runs.queue()] == [run.id for run in (watched, *waiting)]
    app.toggle(key="queue-all").set_value(True).run()
    app.button(key=f"first-{waiting[6].id}").click().run()
    order = [waiting[6], *waiting[:6]]
    assert [run.id for run in runs.queue()] == [run.id for run in (watched, *order)]
    assert not any(button.key == f"up-{waiting[6].id}" for button in app.button)


def test_a_run_that_failed_for_want_of_a_network_offers_the_embedded_digits(open_page, runs, finished):
    run = finished("far away", {"data.name": "fashion-mnist"})
    error = "fashion-mnist could not be downloaded: connect once, or train on mnist-5k."
    run.write_status(Status(state="failed", error=error))
    app = open_page("train", run=run.id)
    assert app.error[0].value == error
    next(button for button in app.button if button.label == "Train on mnist-5k instead").click().run()
    (other,) = runs.queue()
    assert other.config == run.config.replace({"data.name": "mnist-5k"})


def test_an_interrupted_run_can_be_resumed(open_page, runs, finished):
    run = finished("cut short")
    run.write_status(Status(state="running", step=10, total_steps=1050, attempt=1))
    app = open_page("train", run=run.id)
    next(button for button in app.button if button.label == "Resume").click().run()
    assert runs.open(run.id).state == "queued"


def test_a_link_to_nowhere_shows_the_page_all_the_same(open_page, finished):
    finished("here")
    app = open_page("train", run="../../etc")
    assert any("here" in element.value for element in app.subheader)


@pytest.mark.parametrize("typed", ["[1]", "[1, 2]", "true", '"5"'])
def test_what_is_no_number_never_reaches_a_number(open_page, typed):
    app = open_page("train")
    widget(app, "model.ngf", "t").set_value(typed).run()
    assert not app.exception
    assert "model.ngf must be a whole number" in app.error[0].value


def test_a_value_beyond_its_slider_can_be_taken_over_from_a_run(open_page, finished):
    run = finished("slow", {"optim.beta1": 0.995})
    app = open_page("train", run=run.id)
    next(button for button in app.button if button.label == "Use settings").click().run()
    unfold(app)
    assert not app.exception
    assert widget(app, "optim.beta1").value == 0.995
    assert experiments(app).value == picker.OTHER


def test_after_taking_over_a_run_the_catalogue_can_be_chosen_again(open_page, finished):
    run = finished("wide", {"model.ngf": 64})
    app = open_page("train", run=run.id)
    next(button for button in app.button if button.label == "Use settings").click().run()
    assert widget(app, "model.ngf", "s").value == 64
    experiments(app).set_value("quickstart").run()
    assert widget(app, "model.ngf", "s").value == 32


def test_a_link_to_a_deleted_run_says_so(open_page, finished, runs):
    here = finished("here")
    gone = finished("gone")
    runs.delete(gone)
    app = open_page("train", run=gone.id)
    assert "no longer exists" in app.info[0].value
    assert app.query_params["run"] == here.id  # the address names what is seen


def test_what_a_status_says_is_no_markup(open_page, finished):
    run = finished("odd")
    run.write_status(run.status.model_copy(update={"device": "<b>*x*</b>"}))
    app = open_page("train", run=run.id)
    shown = [each.proto.json for each in app.get("bidi_component") if "progress" in each.proto.component_name]
    assert "on <b>*x*</b>" in "".join(shown)  # the component shows text as text
    assert not any("<b>" in each.value for each in app.markdown)


@pytest.mark.parametrize("classes", [None, (1, 7)])
@pytest.mark.parametrize("kind", ["cdcgan", "mlp"])
def test_a_picture_has_its_room_before_it_is_there(kind, classes):
    config = tiny(kind, {"data.classes": classes})
    width, height = build_preview(build_algorithm(config), config)().size
    assert film.aspect(config) == pytest.approx(width / height, rel=0.05)
