"""The doctor: on recorded runs, on curves made up for one sign each, and on what a folder may lack."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from gancore.config import RunConfig
from gancore.config.forks import is_fixed
from gancore.config.losses import LOSS_FACTS
from gancore.data.batches import to_range
from gancore.evaluation.drawing import Samples
from gancore.evaluation.evaluator import Evaluator
from gancore.health import Finding, diagnose, examine, judged
from gancore.health.limits import LIMITS
from gancore.health.signs import SIGNS
from gancore.store import Run, RunStore
from gancore.store.evaluations import Evaluation
from gancore.store.records import Status
from gancore.store.scalars import ScalarWriter
from tests.miniatures import tiny
from tests.recordings import RECORDED, RECORDINGS

STEPS = 1_500
HEALTHY = {"loss_d": 1.0, "loss_g": 1.5, "d_real": 0.65, "d_fake": 0.35, "d_fake_g": 0.3}
GRADIENTS = {"grad_norm_d": 10.0, "grad_norm_g": 5.0}


def curves(steps: int = STEPS, **columns: Any) -> pd.DataFrame:
    """A healthy GAN's curves with some noise, other `columns` in place of these."""
    source = np.random.default_rng(0)
    noise = 1 + 0.1 * source.standard_normal(steps)
    step = np.arange(1, steps + 1)
    made = {name: np.broadcast_to(value, steps) * noise for name, value in (HEALTHY | GRADIENTS | columns).items()}
    return pd.DataFrame({"step": step} | made)


def falling(start: float, end: float) -> np.ndarray[Any, Any]:
    """From one value to another within the first tenth of the run, in equal ratios."""
    return np.geomspace(start, end, STEPS).clip(*sorted((start, end)))


def evaluation(step: int, **values: float) -> Evaluation:
    healthy = {
        "fid": 6.0,
        "contrast": 0.9,
        "diversity": 0.9,
        "precision": 0.7,
        "recall": 0.8,
        "coverage": 0.7,
        "closer_to_training": 0.3,
    }
    return Evaluation(
        step=step,
        weights="raw",
        size="cheap",
        samples=1_000,
        reference="mnist-5k, training images",
        reference_count=4_500,
        seconds=1.0,
        extractor="mnist-cnn-v1",
        values=healthy | values,
        histogram=(100,) * 10,
        expected=(450,) * 10,
    )


def signs(found: list[Finding], *, certain: bool = True) -> set[str]:
    return {finding.code for finding in found if finding.certain == certain}


# --- recorded runs ----------------------------------------------------------------------------------------------------

HEALTHY_RUNS = [name for name, recording in RECORDINGS.items() if not recording.signs and not recording.known_miss]


def until(run: Run, step: int) -> list[Finding]:
    """What was found when the run had come as far as `step`."""
    rows = run.scalars()
    evaluations = [each for each in run.evaluations() if each.step <= step]
    return diagnose(run.config, rows[rows["step"] <= step], evaluations)


@pytest.mark.parametrize("name", RECORDINGS)
def test_what_is_found_in_a_recorded_run(name: str) -> None:
    recording, found = RECORDINGS[name], signs(examine(Run(RECORDED / name)))
    is_right = set(recording.signs) <= found <= {*recording.signs, *recording.further}
    assert is_right != bool(recording.known_miss), found


@pytest.mark.parametrize("name", HEALTHY_RUNS)
def test_a_healthy_run_raises_no_alarm_while_it_trains(name: str) -> None:
    run, passing = Run(RECORDED / name), set(RECORDINGS[name].passing)
    steps = {*range(25, run.status.step, 100), *(each.step for each in run.evaluations())}
    assert {step: found for step in sorted(steps) if (found := signs(until(run, step)) - passing)} == {}


@pytest.mark.parametrize("name", [name for name, recording in RECORDINGS.items() if recording.signs])
def test_a_finding_is_there_from_the_step_on_that_it_names(name: str) -> None:
    run = Run(RECORDED / name)
    for finding in examine(run):
        if finding.code != "not_a_number":
            assert finding.code in signs(until(run, finding.step))
        assert 0 < finding.step <= run.status.step


@pytest.mark.parametrize("name", [name for name, recording in RECORDINGS.items() if recording.signs])
def test_remedies_fit_the_run(name: str) -> None:
    run = Run(RECORDED / name)
    for finding in diagnose(run.config, run.scalars(), run.evaluations(), run.status.error):
        assert finding.remedies, finding.code
        changes = [remedy.changes for remedy in finding.remedies]
        assert all(changes.count(each) == 1 for each in changes)
        for remedy in finding.remedies:
            after = run.config.replace(remedy.changes)
            assert all(after.uses(path) and after.flat[path] != run.config.flat[path] for path in remedy.changes)
            assert not remedy.fork or not any(map(is_fixed, remedy.changes))
            assert "{" not in remedy.text


def test_some_recordings_are_held_out_and_every_sign_is_planted_in_one() -> None:
    assert {path.name for path in RECORDED.iterdir()} == set(RECORDINGS)
    for sick in (False, True):
        held_out = [recording.held_out for recording in RECORDINGS.values() if bool(recording.signs) == sick]
        assert sum(held_out) >= 5
    assert all(recording.held_out for recording in RECORDINGS.values() if recording.known_miss)
    assert {sign for recording in RECORDINGS.values() for sign in recording.signs} == set(SIGNS)


def test_recordings_are_small_and_trained_as_the_catalogue_says() -> None:
    assert sum(file.stat().st_size for file in RECORDED.rglob("*.*") if file.is_file()) < 6_000_000
    for name, recording in RECORDINGS.items():
        assert Run(RECORDED / name).config == RunConfig().replace(recording.settings), name


# --- curves made up ---------------------------------------------------------------------------------------------------


SICK: Mapping[str, tuple[Mapping[str, Any], Mapping[str, Any]]] = {  # the sign, settings, curves
    "d_too_strong": ({}, {"loss_d": 1e-3, "loss_g": 9.0, "d_real": 0.99, "d_fake_g": 1e-3}),
    "vanishing": (
        {"objective.loss": "minimax"},
        {"loss_d": 1e-3, "loss_g": -1e-3, "d_fake_g": 1e-3, "grad_norm_g": falling(1, 1e-4)},
    ),
    "d_fooled": ({}, {"loss_d": 2.5, "loss_g": 0.1, "d_real": 0.5, "d_fake": 0.9, "d_fake_g": 0.9}),
    "growing": ({}, {"grad_norm_d": falling(1e4, 1)[::-1]}),
    "oscillation": ({}, {"loss_d": 1 + np.sin(np.arange(STEPS) / 40)}),
    "jumping": ({}, {"loss_d": np.tile([0.1, 2.0], STEPS // 2)}),
}


@pytest.mark.parametrize("sign", SICK)
def test_a_sign_shows_in_curves_made_for_it(sign: str) -> None:
    settings, columns = SICK[sign]
    assert signs(diagnose(RunConfig().replace(settings), curves(**columns), [])) == {sign}


@pytest.mark.parametrize("loss", ["least_squares", "hinge"])
def test_what_d_loses_is_measured_by_what_guessing_costs(loss: Any) -> None:
    config = RunConfig().replace({"objective.loss": loss})
    level = LIMITS.sure * LOSS_FACTS[loss].guessing
    assert signs(diagnose(config, curves(loss_d=level / 2), [])) == {"d_too_strong"}
    assert diagnose(config, curves(loss_d=level * 2), []) == []


def test_smoothed_targets_cost_a_d_that_is_sure_something() -> None:
    least = -0.1 * np.log(0.1) - 0.9 * np.log(0.9)
    smoothed = RunConfig().replace({"objective.label_smoothing": 0.1})
    rows = curves(steps=600)
    rows["loss_d"] = least + 1e-3
    assert signs(diagnose(smoothed, rows, [])) == {"d_too_strong"}
    assert diagnose(RunConfig(), rows, []) == []


@pytest.mark.parametrize(("spread", "found"), [(0.9, set()), (2.5, {"jumping"})])
def test_losses_that_leap_now_and_then_jump(spread: float, found: set[str]) -> None:
    loss_d = np.where(np.arange(STEPS) % 10 == 0, 1 + 3 * spread, 1.0)
    assert signs(diagnose(RunConfig(), curves(loss_d=loss_d), [])) == found


@pytest.mark.parametrize(
    ("fids", "loss_d", "found"),
    [
        ((140.0, 141.0, 139.0), 0.2, {"d_too_strong"}),
        ((140.0, 141.0, 120.0), 0.2, set()),  # G gets on
        ((40.0, 41.0, 39.0), 0.2, set()),  # G is well
        ((140.0, 141.0, 139.0), 1.0, set()),  # it is not D that keeps G from it
        ((140.0, 141.0), 0.2, set()),
    ],
)
def test_a_d_that_wins_is_too_strong_where_g_gets_nowhere(
    fids: tuple[float, ...], loss_d: float, found: set[str]
) -> None:
    lost = [evaluation(600 + 200 * place, fid=fid) for place, fid in enumerate(fids)]
    assert signs(diagnose(RunConfig(), curves(loss_d=loss_d), lost)) == found


def test_a_vaes_code_that_says_nothing() -> None:
    rows = pd.DataFrame({"step": np.arange(1, 301), "loss": 200.0, "recon": 200.0, "kl": 1e-3, "grad_norm": 900.0})
    (finding,) = diagnose(tiny("vae"), rows, [])
    assert finding.code == "posterior_collapse"
    assert "distinguish 1 kinds" in finding.observation


def test_what_has_passed_is_not_told() -> None:
    strong = np.where(np.arange(STEPS) < 1_000, 1e-3, 1.0)
    assert signs(until_step(strong, 900)) == {"d_too_strong"}
    assert until_step(strong, STEPS) == []


def until_step(loss_d: Any, step: int) -> list[Finding]:
    return diagnose(RunConfig(), curves(loss_d=loss_d).head(step), [])


def test_a_young_run_is_left_alone() -> None:
    young = LIMITS.block * LIMITS.window - 1
    for settings, columns in SICK.values():
        assert diagnose(RunConfig().replace(settings), curves(**columns).head(young), []) == []


@pytest.mark.parametrize("rows", [0, 1, 2, 24, 25, 26, 199, 200, 1_049, 1_050])
def test_any_number_of_rows_will_do(rows: int) -> None:
    assert diagnose(RunConfig(), curves().head(rows), []) == []


@pytest.mark.parametrize("missing", [*HEALTHY, *GRADIENTS, "step"])
def test_a_curve_may_be_missing(missing: str) -> None:
    assert diagnose(RunConfig(), curves().drop(columns=missing), []) == []


def test_a_frame_may_be_empty_and_a_curve_constant() -> None:
    assert diagnose(RunConfig(), pd.DataFrame(), []) == []
    assert diagnose(RunConfig(), pd.DataFrame({"step": []}), []) == []
    assert diagnose(RunConfig(), curves() * 0 + 0.7, []) == []


# --- numbers that are not finite --------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("rows", [1, 30, 1_000])
@pytest.mark.parametrize("name", ["loss_d", "grad_norm_g"])
def test_a_last_row_that_is_not_finite(value: float, rows: int, name: str) -> None:
    frame = curves().head(rows).copy()
    frame.loc[rows - 1, name] = value
    (finding,) = diagnose(RunConfig(), frame, [])
    assert (finding.code, finding.step) == ("not_a_number", rows)
    assert name in finding.observation


def test_a_curve_that_another_part_of_a_lineage_lacks_is_not_broken() -> None:
    rows = curves()
    rows["penalty"] = np.where(rows["step"] < 500, 0.1, np.nan)
    assert diagnose(RunConfig(), rows, []) == []


def test_the_error_of_a_run_tells_without_any_row() -> None:
    (finding,) = diagnose(
        RunConfig(), pd.DataFrame({"step": []}), [], "the run diverged: loss_d is infinite at step 1."
    )
    assert (finding.code, finding.observation) == ("not_a_number", "The run diverged: loss_d is infinite at step 1.")


@pytest.mark.parametrize(("code", "found"), [("diverged", {"not_a_number"}), ("no-space", set())])
def test_the_code_of_an_error_tells_whether_a_run_diverged(store: RunStore, code: str, found: set[str]) -> None:
    run = store.create(RunConfig())
    failed = Status(state="failed", error="Whatever the sentence says.", error_code=code)
    (run.path / "status.json").write_text(failed.model_dump_json())
    assert signs(examine(run)) == found


# --- evaluations ------------------------------------------------------------------------------------------------------


def found_in(evaluations: list[Evaluation], **settings: Any) -> set[str]:
    changes = {path.replace("__", "."): value for path, value in settings.items()}
    return signs(diagnose(RunConfig().replace(changes), curves(), evaluations))


def test_classes_that_are_missing_from_good_samples() -> None:
    lacking = {"histogram": (180, 180, 180, 180, 180, 100, 0, 0, 0, 0)}
    early, later, _ = lasting = [evaluation(step).model_copy(update=lacking) for step in (600, 800, 900)]
    (finding,) = diagnose(RunConfig(), curves(), lasting)
    assert (finding.code, finding.step, finding.observation) == (
        "mode_collapse",
        900,
        "There are hardly any samples of 6, 7, 8 and 9.",
    )
    assert found_in([early, later]) == set()  # it may yet find them
    assert signs(diagnose(RunConfig(), curves(), [early, later]), certain=False) == {"mode_collapse"}
    assert found_in([early, later], train__steps=800) == {"mode_collapse"}  # it will not
    blurred = [each.model_copy(update={"values": {**each.values, "precision": 0.1}}) for each in lasting]
    assert found_in(blurred) == set()


def test_classes_that_nobody_has_heard_of_are_told_by_their_number() -> None:
    foreign = {"histogram": (100,) * 10 + (0,) * 5, "expected": (300,) * 15}
    for steps in ((600, 900), (600, 1_050)):
        (finding,) = diagnose(RunConfig(), curves(), [evaluation(step).model_copy(update=foreign) for step in steps])
        assert finding.observation == "There are hardly any samples of 10, 11, 12, 13 and 14."
    for lengths in ((3, 10), (10, 3), (0, 10), (10, 0)):
        odd = {"histogram": (100,) * lengths[0], "expected": (450,) * lengths[1]}
        assert found_in([evaluation(step).model_copy(update=odd) for step in (600, 900)]) == set()


def test_what_is_doubtful_hides_nothing_that_is_certain() -> None:
    dead = evaluation(800, diversity=0.1)
    lacking = {"histogram": (200,) * 5 + (0,) * 5}
    seen = [evaluation(step).model_copy(update=lacking) for step in (400, 500, 600, 700)]
    assert found_in([*seen, dead.model_copy(update=lacking)]) == {"mode_collapse"}  # not implied by what is doubtful


def test_what_can_be_judged_yet(store: RunStore) -> None:
    run = strong_d(store, 150)
    assert judged(run) == (False, False)
    run.write_status(Status(step=199))
    assert judged(run) == (False, False)
    run.write_status(Status(step=200))
    assert judged(run) == (True, False)
    for step, enough in ((100, False), (200, False), (400, False), (600, True)):
        run.add_evaluation(evaluation(step))
        assert judged(run) == (True, enough)
    run.add_evaluation(evaluation(700).model_copy(update={"extractor": "another"}))
    assert judged(run) == (True, False)  # which the findings hang on now
    fork = store.create(run.config)
    fork.edit_meta(parent=run.id, parent_step=700)
    fork.write_status(Status(step=800))
    fork.add_evaluation(evaluation(700))
    fork.add_evaluation(evaluation(800).model_copy(update={"size": "full"}))
    assert judged(fork) == (False, True)


def test_a_toys_modes_may_be_looked_for_until_the_run_is_over() -> None:
    found = {"modes": 8.0, "near_modes": 0.7, "recall": 0.9}
    lost = [
        evaluation(step).model_copy(update={"values": dict.fromkeys(found, 0.0)}) for step in range(500, 2_600, 100)
    ]
    ring = {"data__name": "ring", "model__kind": "mlp", "model__g_output": "linear", "model__init": "default"}
    assert found_in(lost[:-1], **ring, train__steps=5_000) == set()
    assert found_in(lost[:-1], **ring, train__steps=2_400) == {"mode_collapse"}
    assert found_in(lost, **ring, train__steps=5_000) == {"mode_collapse"}
    assert found_in([*lost, evaluation(2_600).model_copy(update={"values": found})], **ring) == set()


def test_rare_classes_are_not_missed() -> None:
    uneven = {"histogram": (500, 500, *(0,) * 8), "expected": (2_200, 2_200, *(10,) * 8)}
    assert found_in([evaluation(step).model_copy(update=uneven) for step in (600, 800)]) == set()


def test_one_picture_again_and_again() -> None:
    same = [evaluation(step, diversity=0.1) for step in (600, 800)]
    assert found_in(same) == {"dead_output"}
    assert found_in([evaluation(step, diversity=0.1, contrast=0.12) for step in (600, 800)]) == set()  # only pale
    assert found_in([*same, evaluation(1_000)]) == set()  # it came back
    assert found_in([evaluation(step, diversity=0.1) for step in (100, 200)]) == set()  # it has hardly begun


def test_one_small_evaluation_is_not_enough_and_a_full_one_is() -> None:
    once = evaluation(800, diversity=0.1)
    assert found_in([once]) == set()
    (doubt,) = diagnose(RunConfig(), curves(), [once])
    assert (doubt.code, doubt.step, doubt.certain) == ("dead_output", 800, False)
    assert "0.10 times the diversity of real images" in doubt.observation
    assert found_in([once.model_copy(update={"size": "full"})]) == {"dead_output"}


def test_a_full_evaluation_tells_nothing_that_the_small_one_of_its_step_denies() -> None:
    full = evaluation(1_000, diversity=0.1).model_copy(update={"size": "full"})
    assert found_in([evaluation(1_000), full]) == set()
    assert found_in([evaluation(800), full]) == {"dead_output"}
    assert found_in([evaluation(1_000, diversity=0.1), full]) == {"dead_output"}


def test_only_evaluations_of_as_many_samples_tell_whether_samples_get_better() -> None:
    same = [evaluation(step, diversity=0.1, fid=fid) for step, fid in ((600, 90.0), (800, 89.0))]
    full = evaluation(800, diversity=0.1, fid=60.0).model_copy(update={"size": "full", "samples": 10_000})
    assert found_in([*same, full]) == {"dead_output"}  # whose FID is lower by the number of its samples alone
    better = evaluation(800, diversity=0.1, fid=70.0)
    assert found_in([same[0], better, full]) == set()


def test_the_average_of_g_stands_for_the_run_where_there_is_one() -> None:
    raw = [evaluation(step, diversity=0.1) for step in (600, 800)]
    average = [evaluation(step).model_copy(update={"weights": "ema"}) for step in (600, 800)]
    assert found_in([*raw, *average]) == set()


def test_samples_that_still_get_better_are_left_alone() -> None:
    same = [evaluation(step, diversity=0.1, fid=fid) for step, fid in ((600, 120.0), (800, 90.0), (1_000, 80.0))]
    assert found_in(same[:2]) == found_in(same) == set()
    assert found_in([*same, evaluation(1_200, diversity=0.1, fid=81.0)]) == {"dead_output"}


def test_one_picture_a_class_is_collapse_unless_it_is_like_nothing_real() -> None:
    few = [evaluation(step, recall=0.0, fid=20.0) for step in (600, 1_000)]
    assert found_in(few) == {"mode_collapse"}
    spot = {"recall": 0.0, "coverage": 0.005, "fid": 80.0}
    assert found_in([evaluation(step, **spot) for step in (600, 1_000)]) == set()


@pytest.fixture(scope="module")
def evaluator() -> Evaluator:
    return Evaluator(RunConfig())


@pytest.mark.parametrize(
    ("classes", "pictures", "found"),
    [
        *(([only], None, True) for only in (0, 1, 3, 7)),
        ([1, 7], None, True),
        ([0, 1, 2, 3, 4], None, True),
        ([0, 1, 2, 3, 5, 6, 7, 8], None, True),
        (range(10), 1, True),
        (range(10), 5, True),
        (range(9), None, False),  # one class may be hard
        (range(10), 50, False),
        (range(10), None, False),
    ],
)
def test_a_g_that_draws_nothing_but_these_real_images_has_collapsed(
    evaluator: Evaluator, classes: Sequence[int], pictures: int | None, found: bool
) -> None:
    source = torch.Generator().manual_seed(0)
    places = [(evaluator.real.labels == each).nonzero()[:pictures, 0] for each in classes]
    drawn = [each[torch.randint(len(each), (1_000 // len(classes),), generator=source)] for each in places]
    samples = Samples(to_range(evaluator.real.pixels[torch.cat(drawn)], "-1..1"))
    values, described = evaluator.measure(samples, "cheap")
    del values["closer_to_training"]  # they are training images
    assert described is not None
    seen = {
        "values": values,
        "histogram": tuple(described.classes.bincount(minlength=10).tolist()),
        "expected": tuple(evaluator.real.labels.bincount(minlength=10).tolist()),
    }
    assert found_in([evaluation(step).model_copy(update=seen) for step in (500, 700, 1_000)]) == (
        {"mode_collapse"} if found else set()
    )


@pytest.mark.parametrize(
    ("later", "found"),
    [
        ({"recall": 0.001, "fid": 20.0}, {"mode_collapse"}),
        ({"recall": 0.008, "fid": 20.0}, set()),  # more of the real images lie among samples
        ({"recall": 0.0, "fid": 15.0}, {"mode_collapse"}),  # which are only better drawn
        ({"recall": 0.0, "fid": 15.0, "coverage": 0.1}, set()),
    ],
)
def test_collapse_is_excused_only_where_samples_get_more_varied(later: dict[str, float], found: set[str]) -> None:
    first = evaluation(600, recall=0.0, fid=20.0, coverage=0.02)
    assert found_in([first, evaluation(1_000, **({"coverage": 0.02} | later))]) == found


def test_what_comes_and_goes_is_told_if_most_of_the_last_evaluations_show_it() -> None:
    def after(*copies: float) -> list[Finding]:
        near = [evaluation(400 + 200 * place, closer_to_training=each) for place, each in enumerate(copies)]
        return diagnose(RunConfig().replace({"data.limit": 200}), curves(), near)

    (finding,) = after(0.9, 0.9, 0.5, 0.9, 0.5)
    assert (finding.code, finding.step) == ("memorisation", 600)
    assert finding.observation.endswith("0.50. That was at step 1,000: it comes and goes.")
    assert after(0.9, 0.9, 0.5, 0.9, 0.5, 0.5) == after(0.5, 0.5, 0.9) == []


@pytest.mark.parametrize(("closer", "found"), [(0.95, {"memorisation"}), (0.6, set())])
def test_copies_are_told(closer: float, found: set[str]) -> None:
    assert found_in([evaluation(step, closer_to_training=closer) for step in (600, 800)]) == found


def test_values_through_another_extractor_do_not_compare() -> None:
    before, dead = evaluation(500, fid=200.0), evaluation(800, diversity=0.1, fid=90.0)
    dead = dead.model_copy(update={"size": "full"})
    assert found_in([before, dead]) == set()  # it gets better
    assert found_in([before.model_copy(update={"extractor": "inception-v3"}), dead]) == {"dead_output"}


def test_which_fid_is_lost_hangs_on_the_extractor() -> None:
    for extractor, fid, found in (
        ("mnist-cnn-v1", 80.0, set()),
        ("mnist-cnn-v1", 130.0, {"d_too_strong"}),
        ("fashion-cnn-v1", 80.0, {"d_too_strong"}),
        ("inception-v3", 300.0, set()),
    ):
        lost = [evaluation(s, fid=fid).model_copy(update={"extractor": extractor}) for s in (600, 800, 1_000)]
        assert signs(diagnose(RunConfig(), curves(loss_d=0.2), lost)) == found


# --- what to do -------------------------------------------------------------------------------------------------------


def strong_d(store: RunStore, steps: int) -> Run:
    """A run of 2,000 steps in which D was too strong for the first ones."""
    run = store.create(RunConfig().replace({"train.steps": 2_000}))
    rows = curves(steps, loss_d=1e-3)
    writer = ScalarWriter(run.path / "scalars.arrow")
    writer.append({str(name): rows[name].to_numpy() for name in rows})
    writer.close()
    return run


def forks(run: Run) -> set[bool]:
    return {remedy.fork for finding in examine(run) for remedy in finding.remedies if "optim.lr_d" in remedy.changes}


def test_a_fork_goes_on_from_a_checkpoint_that_is_there(store: RunStore) -> None:
    run = strong_d(store, 500)
    assert forks(run) == {False}
    (run.path / "checkpoints").mkdir()
    (run.path / "checkpoints" / "last.pt").touch()
    assert forks(run) == {True}


def test_a_run_that_is_over_is_begun_anew(store: RunStore) -> None:
    run = strong_d(store, 2_000)
    (run.path / "checkpoints").mkdir()
    (run.path / "checkpoints" / "last.pt").touch()
    assert forks(run) == {False}


def test_a_folder_that_cannot_be_read_has_no_findings(store: RunStore) -> None:
    run = strong_d(store, 500)
    assert signs(examine(run)) == {"d_too_strong"}
    (run.path / "config.json").write_text("{")
    assert examine(Run(run.path)) == []


def offered(columns: Mapping[str, Any], **settings: Any) -> list[dict[str, Any]]:
    """What the remedies for such curves change, in order."""
    changes = {path.replace("__", "."): value for path, value in settings.items()}
    found = diagnose(RunConfig().replace(changes), curves(**columns), [])
    return [dict(remedy.changes) for finding in found for remedy in finding.remedies]


STRONG_D = {"loss_d": 1e-3}


def test_remedies_change_what_has_an_effect() -> None:
    remedies = offered(STRONG_D)
    assert {"optim.lr_d": 5e-5} in remedies
    assert {"model.ndf": 16} in remedies
    assert not any("model.dropout" in changes for changes in remedies)  # which a DCGAN has not


def test_a_remedy_says_what_it_changes() -> None:
    (finding,) = diagnose(RunConfig(), curves(**STRONG_D), [])
    texts = [remedy.text for remedy in finding.remedies if "optim.lr_d" in remedy.changes]
    assert texts == ["lower lr_d to 5e-5"]


def test_rates_far_above_the_usual_come_first() -> None:
    remedies = offered(STRONG_D, optim__lr_g=0.1, optim__lr_d=0.1)
    assert remedies[0] == {"optim.lr_g": 5e-4, "optim.lr_d": 2e-4}
    assert {"optim.lr_d": 1e-3} in remedies  # not to a quarter, which is still far too much
    assert offered(STRONG_D, optim__lr_d=0.1)[0] == {"optim.lr_d": 2e-4}
    assert offered(STRONG_D, optim__optimizer="sgd", optim__lr_g=0.1, optim__lr_d=0.1)[0] == {"optim.lr_d": 0.025}


def test_a_minimax_game_is_offered_the_other_loss() -> None:
    other = {"objective.loss": "nonsaturating"}
    assert offered(STRONG_D, objective__loss="minimax")[0] == other
    assert other not in offered(STRONG_D)


def test_what_is_there_already_is_not_offered() -> None:
    assert any(changes.get("objective.penalty") == "r1" for changes in offered(STRONG_D))
    there = offered(STRONG_D, objective__penalty="r1", objective__penalty_weight=10.0)
    assert not any("objective.penalty" in changes or "objective.penalty_weight" in changes for changes in there)


def test_adam_comes_before_a_tenth_of_the_rates() -> None:
    rows = curves(10)
    rows.loc[9, "loss_d"] = np.nan
    sgd = RunConfig().replace({"optim.optimizer": "sgd", "optim.lr_g": 1.0, "optim.lr_d": 1.0})
    (finding,) = diagnose(sgd, rows, [])
    adam, tenth = (remedy.changes for remedy in finding.remedies)
    assert adam == {"optim.optimizer": "adam", "optim.lr_g": 5e-4, "optim.lr_d": 2e-4}
    assert tenth == {"optim.lr_g": 0.1, "optim.lr_d": 0.1}


def test_all_images_do_not_make_a_run_longer() -> None:
    few = RunConfig().replace({"data.limit": 64, "train.epochs": 1_000})
    copies = [evaluation(step, closer_to_training=0.95) for step in (600, 800)]
    (finding,) = diagnose(few, curves(), copies)
    remedy = finding.remedies[0]
    assert remedy.changes["data.limit"] is None
    assert few.replace(remedy.changes).total_steps == few.total_steps


def test_many_rows_take_little_time() -> None:
    rows = curves(25_000)
    evaluations = [evaluation(step, fid=10.0, recall=0.5) for step in range(0, 25_000, 200)]

    def measure() -> float:
        begin = time.perf_counter()
        diagnose(RunConfig(), rows, evaluations)
        return time.perf_counter() - begin

    assert min(measure() for _ in range(5)) < 0.1


# --- forks ------------------------------------------------------------------------------------------------------------


def part(store: RunStore, first: int, last: int, parent: Run | None = None, **columns: Any) -> Run:
    """A run of some steps, from scratch or forked from where another one ends, with curves made up for it."""
    run = store.create(RunConfig().replace({"train.steps": 10_000}))
    rows = curves(last - first + 1, **columns)
    rows["step"] = np.arange(first, last + 1)
    writer = ScalarWriter(run.path / "scalars.arrow")
    writer.append({str(name): rows[name].to_numpy() for name in rows})
    writer.close()
    run.write_status(Status(step=last, total_steps=10_000))
    if parent:
        run.edit_meta(parent=parent.id, parent_step=first - 1)
    return run


def test_a_fork_is_held_against_the_first_step_of_its_lineage(store: RunStore) -> None:
    root = part(store, 1, 300)
    middle = part(store, 301, 400, root)
    fork = part(store, 401, 700, middle, grad_norm_d=1e4)
    (finding,) = examine(fork)
    assert (finding.code, finding.step) == ("growing", 600)
    assert finding.observation.endswith("at the first step.")
    store.delete(root)
    (finding,) = examine(fork)
    assert finding.observation.endswith("at step 301.")
    store.delete(middle)
    assert examine(fork) == []  # nothing is left to tell that it was ever smaller


def test_a_fork_is_not_told_what_went_wrong_before_it(store: RunStore) -> None:
    sick = part(store, 1, 500, loss_d=1e-3)
    assert signs(examine(sick)) == {"d_too_strong"}
    assert examine(part(store, 501, 600, sick)) == examine(part(store, 501, 900, sick)) == []
    assert examine(part(store, 501, 600, sick, loss_d=1e-3)) == []  # it may only need some time
    assert signs(examine(part(store, 501, 700, sick, loss_d=1e-3))) == {"d_too_strong"}


def test_a_fork_without_curves_or_with_a_damaged_parent_is_examined(store: RunStore) -> None:
    parent = part(store, 1, 300)
    fork = store.create(RunConfig())
    fork.edit_meta(parent=parent.id, parent_step=300)
    assert examine(fork) == []
    (parent.path / "scalars.arrow").write_bytes(b"")
    (parent.path / "config.json").write_text("{")
    assert examine(fork) == examine(part(store, 301, 600, parent)) == []


def test_the_samples_of_a_fork_are_its_own_and_as_good_as_ever_in_its_lineage(store: RunStore) -> None:
    parent = part(store, 1, 900)
    parent.add_evaluation(evaluation(600, fid=20.0))
    fork = part(store, 801, 1_300, parent)
    parent.add_evaluation(evaluation(900, fid=10.0))  # past the fork
    for step, fid in ((1_000, 120.0), (1_200, 90.0)):  # better and better, and yet worse than before
        fork.add_evaluation(evaluation(step, fid=fid, diversity=0.1))
    assert signs(examine(fork)) == {"dead_output"}
    store.delete(parent)
    assert examine(fork) == []


def test_samples_of_a_parent_are_not_held_against_its_fork(store: RunStore) -> None:
    parent = part(store, 1, 900)
    for step in (600, 800):
        parent.add_evaluation(evaluation(step, diversity=0.1))
    fork = part(store, 801, 1_300, parent)
    fork.add_evaluation(evaluation(1_000, diversity=0.1))
    assert examine(fork) == []
    fork.add_evaluation(evaluation(1_200, diversity=0.1))
    assert signs(examine(fork)) == {"dead_output"}


def test_samples_of_a_g_that_is_not_trained_tell_nothing() -> None:
    """A classifier on few labels has one all the same, whose samples are grey for ever."""
    grey = [evaluation(step, contrast=0.01, diversity=0.001) for step in (800, 1_000, 1_200)]
    alone = tiny("semi", {"objective.unsupervised_weight": 0.0})
    rows = curves()[["step", "grad_norm_d"]].assign(loss_class=0.1, accuracy=0.8)
    assert "dead_output" in {finding.code for finding in diagnose(tiny("semi"), curves(), grey)}
    assert diagnose(alone, rows, grey) == []


@pytest.mark.parametrize("name", RECORDINGS)
def test_a_recording_says_how_it_was_made(name: str) -> None:
    """Whatever became of the system that it began with."""
    recorded = Run(RECORDED / name).config
    assert RunConfig().replace(RECORDINGS[name].settings).differences(recorded) == {}
