"""A run that is over, played back: what the page tells the browser."""

import json

from gancore.store.records import Status
from tests.app.evaluations import evaluation, plant


def player(app):
    """What the controls of the replay were given."""
    (found,) = [each for each in app.get("bidi_component") if "player" in each.proto.component_name]
    return json.loads(found.proto.json)


def test_a_finished_run_can_be_played_back_and_left(open_page, finished):
    run = finished("done")
    app = open_page("train", run=run.id)
    next(button for button in app.button if button.label == "Replay").click().run()
    assert not app.exception
    assert app.query_params["replay"] == "1"
    assert player(app)["last"] == 1050
    next(button for button in app.button if button.label == "End replay").click().run()
    assert "replay" not in app.query_params
    assert "Resume" not in [button.label for button in app.button]
    assert "Use settings" in [button.label for button in app.button]


def test_a_link_opens_the_replay(open_page, finished):
    app = open_page("train", run=finished("done").id, replay="1")
    assert player(app)["run"]["replay"]


def test_a_run_that_trains_has_no_replay(open_page, finished):
    run = finished("again")
    run.write_status(Status(state="queued", total_steps=100))
    app = open_page("train", run=run.id, replay="1")
    assert "replay" not in app.query_params
    assert "Replay" not in [button.label for button in app.button]


def test_what_was_measured_comes_with_its_step(open_page, finished):
    run = plant(finished("done"), [evaluation(10), evaluation(40)])
    numbers = player(open_page("train", run=run.id, replay="1"))["numbers"]
    assert [each["step"] for each in numbers] == [10, 40]
    assert "FID 100" in numbers[0]["text"]
    assert "FID 25" in numbers[1]["text"]


def test_changes_are_told_at_their_steps(open_page, finished):
    run = finished("steered")
    run.path.joinpath("changes").mkdir()
    run.path.joinpath("changes", "000001.json").write_text(
        json.dumps({"number": 1, "changes": {"optim.lr_g": 1e-3}, "step": 20, "time": 0})
    )
    (told,) = player(open_page("train", run=run.id, replay="1"))["moments"]
    assert (told["step"], told["kind"]) == (20, "changed")
    assert "lr_g" in told["text"]
