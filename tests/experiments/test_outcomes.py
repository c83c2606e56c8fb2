"""Outcomes are read from what a run's folder says, and a run that failed counts as the worst."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from gancore.experiments import OUTCOMES, outcome, readings
from gancore.store import Run, RunStore
from gancore.store.evaluations import Evaluation
from gancore.store.index import Index
from gancore.store.scalars import ScalarWriter
from tests.experiments.making import evaluation, make_run

Fids = Sequence[tuple[int, float]]


def on_the_way(store: RunStore, values: Mapping[int, Mapping[str, float]]) -> Run:
    """A run of 780 steps of which these were measured on the way."""
    run = make_run(store, "dcgan-nz", "nz 10", 0, {"fid": 1.0})
    run.write_status(run.status.model_copy(update={"step": 780, "total_steps": 780}))
    for step, found in values.items():
        run.add_evaluation(evaluation(step, found, cheap=True))
    return run


def test_the_final_evaluation_counts(store: RunStore) -> None:
    run = make_run(store, "dcgan-nz", "nz 10", 0, {"fid": 6.0, "coverage": 0.5})
    run.add_evaluation(evaluation(10, {"fid": 60.0}))
    run.add_evaluation(evaluation(2_000, {"fid": 1.0}, cheap=True))
    assert (outcome(run, "fid"), outcome(run, "coverage"), outcome(run, "parzen")) == (6.0, 0.5, None)


def test_curves_are_summed_up(store: RunStore) -> None:
    run = make_run(store, "dcgan-nz", "nz 10", 0, {}, summary={"tail_loss_g": 1.5})
    assert (outcome(run, "tail_loss_g"), outcome(run, "fid")) == (1.5, None)


def test_the_curves_of_a_run_that_did_not_sum_them_up_are_summed_up_now(store: RunStore) -> None:
    run = make_run(store, "dcgan-nz", "nz 10", 0, {}, summary={"loss_g": 1.0})
    steps = np.arange(1, 1_001, dtype=np.float64)
    writer = ScalarWriter(run.path / "scalars.arrow")
    writer.append({"step": steps, "loss_g": np.where(steps > 900, 2.5, 1.0), "loss_d": np.ones(1_000)})
    writer.close()
    assert outcome(run, "tail_loss_g") == pytest.approx(2.5)
    [snapshot] = Index(store.root).runs()
    assert outcome(snapshot, "mid_loss_g") == pytest.approx(1.0)


@pytest.mark.parametrize("key", ["fid", "coverage", "tail_loss_g", "fid_over_best", "score_follows_fid"])
def test_a_failed_run_is_the_worst_whatever_it_measured(store: RunStore, key: str) -> None:
    run = make_run(
        store, "dcgan-nz", "nz 10", 0, {"fid": 1.0}, state="failed", error_code="diverged", summary={"tail_loss_g": 1.5}
    )
    assert outcome(run, key) == OUTCOMES[key].worst


@pytest.mark.parametrize("state", ["stopped", "paused", "queued", "running"])
def test_a_run_that_did_not_end_has_none(store: RunStore, state: str) -> None:
    run = make_run(store, "dcgan-nz", "nz 10", 0, {"fid": 1.0}, state=state)  # type: ignore[arg-type]
    assert outcome(run, "fid") is None


def test_a_failure_that_is_not_its_fault_has_none(store: RunStore) -> None:
    run = make_run(store, "dcgan-nz", "nz 10", 0, {}, state="failed", error_code="no-memory")
    assert outcome(run, "fid") is None


def test_the_worst_is_no_better_than_anything() -> None:
    for known in OUTCOMES.values():
        if known.better == "high":
            assert known.worst <= 1
        if known.ratio:
            assert known.worst > known.floor > 0


# --- on the way -------------------------------------------------------------------------------------------------------


def test_what_was_lost_since_the_best(store: RunStore) -> None:
    run = on_the_way(store, {100: {"coverage": 0.2}, 300: {"coverage": 0.6}, 700: {"coverage": 0.45}})
    assert outcome(run, "coverage_lost") == pytest.approx(0.15)
    assert outcome(run, "fid_over_best") is None


def test_the_last_fid_over_the_best(store: RunStore) -> None:
    run = on_the_way(store, {100: {"fid": 40.0}, 300: {"fid": 8.0}, 700: {"fid": 12.0}})
    assert outcome(run, "fid_over_best") == pytest.approx(1.5)


@pytest.mark.parametrize(
    ("fids", "third", "usable"),
    [
        (((100, 40.0), (300, 8.0), (700, 12.0)), 8.0, 300),
        (((260, 40.0), (700, 12.0)), 40.0, 780),
        (((100, 9.0),), None, 100),
    ],
)
def test_how_soon_it_gets_good(store: RunStore, fids: Fids, third: float | None, usable: float) -> None:
    run = on_the_way(store, {step: {"fid": fid} for step, fid in fids})
    assert (outcome(run, "fid_after_a_third"), outcome(run, "steps_until_usable")) == (third, usable)


def test_what_was_never_measured_is_no_outcome(store: RunStore) -> None:
    run = on_the_way(store, {})
    for key in ("coverage_lost", "fid_over_best", "fid_after_a_third", "steps_until_usable", "score_follows_fid"):
        assert outcome(run, key) is None


def test_the_score_of_d_against_the_fid(store: RunStore) -> None:
    scores = (0.1, 0.2, 0.25, 0.4, 0.3)
    fids = (90.0, 30.0, 20.0, 7.0, 8.0)
    steps = range(100, 600, 100)
    values = {step: {"d_score_fake": score, "fid": fid} for step, score, fid in zip(steps, scores, fids, strict=True)}
    assert outcome(on_the_way(store, values), "score_follows_fid") == pytest.approx(-1.0)
    assert outcome(on_the_way(store, dict(list(values.items())[:4])), "score_follows_fid") is None


def test_ranks_are_correlated_as_spearman_did() -> None:
    """From scipy.stats.spearmanr, ties included."""
    assert readings.rank_correlation([1, 2, 3, 4, 5], [5, 6, 7, 8, 7]) == pytest.approx(0.8207826816681233)
    assert readings.rank_correlation([1, 2, 3, 4, 5], [1, 1, 1, 1, 1]) is None


# --- derived ----------------------------------------------------------------------------------------------------------


def test_a_vae_is_judged_by_its_reconstructions_and_others_by_their_samples(store: RunStore) -> None:
    vae = make_run(store, "vae-vs-gan", "VAE", 0, {"fid": 30.0, "recon_fid": 10.0})
    gan = make_run(store, "vae-vs-gan", "GAN, pixels -1..1", 0, {"fid": 20.0})
    assert (outcome(vae, "shown_fid"), outcome(gan, "shown_fid")) == (10.0, 20.0)


def test_a_difference_of_two_values_needs_both(store: RunStore) -> None:
    run = make_run(store, "toy-collapse", "ring, minimax", 0, {"js_of_loss": 0.3, "js_divergence": 0.1})
    assert outcome(run, "js_gap") == pytest.approx(0.2)
    other = make_run(store, "toy-collapse", "ring, minimax", 1, {"js_of_loss": 0.3})
    assert outcome(other, "js_gap") is None


def test_what_d_knows_is_told_by_its_outputs_as_it_learns(store: RunStore) -> None:
    run = make_run(
        store, "dcgan-nz", "nz 10", 0, {}, summary={"tail_loss_g": 1, "tail_d_real": 0.7, "tail_d_fake": 0.3}
    )
    assert outcome(run, "d_gap") == pytest.approx(0.4)


def test_a_snapshot_is_read_once(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    make_run(store, "dcgan-nz", "nz 10", 0, {"fid": 6.0})
    [run] = Index(store.root).runs()
    assert outcome(run, "fid") == 6.0
    monkeypatch.setattr(Run, "evaluations", lambda _: pytest.fail("it was read again"))
    assert outcome(run, "fid") == 6.0
    assert isinstance(readings.evaluations(run)[0], Evaluation)
