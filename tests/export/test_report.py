"""The lab report: one file that opens offline, says what the runs say, and trusts none of them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gancore.cli.settings import parse_changes
from gancore.config import RunConfig
from gancore.experiments import CLAIMS, EXPERIMENTS, judge
from gancore.export.report import MOST_BYTES, ReportError, lab_report
from gancore.pictures.grids import encode_png
from gancore.store import Run, RunStore
from gancore.sweeps.predictions import Expected, Predictions
from gancore.sweeps.sweep import Cell, Sweep

WRITTEN = datetime(2026, 11, 27, 12, tzinfo=UTC)
VOID = {"br", "img", "meta"}
Answer = Callable[..., Run]


class Page(HTMLParser):
    """A document's elements, and whether each is closed in its place."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self._open: list[str] = []
        self.feed(content.decode())
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def report(store: RunStore, *experiments: str) -> bytes:
    return lab_report(store, experiments, written=WRITTEN)


def test_opens_offline(nz: RunStore) -> None:
    """Nothing is fetched: every picture is inside, and no element that loads something names an address."""
    page = Page(report(nz, "dcgan-nz"))
    for tag, attributes in page.elements:
        assert tag not in ("script", "link", "iframe", "object", "embed", "base")
        assert not (attributes.get("src") or "data:").startswith(("http", "//"))
        assert tag == "a" or (attributes.get("href") or "#").startswith("#")
        assert not any(name.startswith("on") for name in attributes)
    style = report(nz, "dcgan-nz").decode().partition("<style>")[2].partition("</style>")[0]
    assert "url(" not in style
    assert "@import" not in style
    policy = next(each["content"] for each in page.all("meta") if each.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    assert policy.startswith("default-src 'none'")


def test_links_stand_among_the_references_alone(nz: RunStore) -> None:
    body, _, references = report(nz, "dcgan-nz").decode().partition("References</h2>")
    assert 'href="http' not in body
    assert "https://arxiv.org/abs/1511.06434" in references  # the DCGAN paper
    assert "Heusel" in references  # of the FID, which the results name
    assert "Kingma, M. Welling" not in references  # nothing here is a VAE


def test_says_what_the_runs_say(nz: RunStore) -> None:
    page = Page(report(nz, "dcgan-nz"))
    assert EXPERIMENTS["dcgan-nz"].title in page.text
    assert EXPERIMENTS["dcgan-nz"].question in page.text
    assert "9 runs with 3 seeds" in page.text
    logs = np.log([6.0, 6.1, 6.2])  # as FIDs are compared; a single one is known to 3 %
    half = 4.302653 * np.hypot(logs.std(ddof=1), 0.03) / np.sqrt(3)  # Student's t for three seeds
    low, mean, high = np.exp(logs.mean() + half * np.array([-1, 0, 1]))
    assert f"{mean:.3g} [{low:.3g}, {high:.3g}]" in page.text
    assert "27 November 2026" in page.text
    assert "1 min 30 s" in page.text
    assert all(run.id in page.text for run in nz.list())


def test_shows_a_grid_of_every_arm_from_the_same_noise(nz: RunStore) -> None:
    page = Page(report(nz, "dcgan-nz"))
    pictures = page.all("img")
    assert [each["alt"] for each in pictures] == [f"samples of nz {n}, seed 0, step 200" for n in (10, 100, 1000)]
    assert "the noise itself differs between the arms" in page.text  # its length is what varies


def test_only_settings_that_differ_are_in_the_table(nz: RunStore) -> None:
    content = report(nz, "dcgan-nz").decode()
    table = content.partition('<table class="settings short">')[2].partition("</table>")[0]
    heads = re.findall(r"<th>(.*?)</th>", table)
    assert heads == ["Arm", "nz"]
    common = content.partition('class="settings common"')[2].partition("</p>")[0]
    assert "ngf 32" in common
    assert ">nz " not in common


def test_the_commands_make_the_same_runs(nz: RunStore) -> None:
    text = Page(report(nz, "dcgan-nz")).text
    assert "python -m gancore reproduce dcgan-nz --scale quick --seeds 3" in text
    assert "python -m gancore train --experiment dcgan-nz --arm 'nz 1000' --scale quick --seed 2" in text


def test_is_the_same_each_time(nz: RunStore) -> None:
    assert report(nz, "dcgan-nz") == report(nz, "dcgan-nz")


def test_no_two_elements_have_one_id(nz: RunStore, answer: Answer) -> None:
    """Though an experiment and a sweep of it have the same claims."""
    answer("dcgan-init", "init custom", fid=5.0)
    cells = tuple(Cell(arm=run.arm, seed=run.config.seed, run=run.id) for run in nz.list() if run.arm == "nz 10")
    sweep = Sweep(id="s1", experiment="dcgan-nz", scale="quick", cells=cells)
    page = Page(lab_report(nz, ["dcgan-nz", "dcgan-init"], [sweep], written=WRITTEN))
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    targets = {href[1:] for each in page.all("a") if (href := each["href"] or "").startswith("#")}
    assert targets <= set(ids)


def test_prints(nz: RunStore) -> None:
    content = report(nz, "dcgan-nz").decode()
    assert "@page" in content
    assert "size: A4" in content
    assert "@media print" in content
    assert "break-inside: avoid" in content


def test_is_small_however_much_there_is(store: RunStore, answer: Answer) -> None:
    """Four experiments with twelve runs each, of noise in three colours, which no PNG makes smaller."""
    asked = ("dcgan-nz", "dcgan-ngf", "dcgan-ndf", "dcgan-lr")
    noise = np.random.default_rng(0).integers(0, 256, (600, 600, 3), np.uint8)
    picture = encode_png(Image.fromarray(noise))
    for experiment in asked:
        for arm in list(EXPERIMENTS[experiment].arms)[:4]:
            for seed in range(3):
                run = answer(experiment, arm, seed, "full", fid=6.0 + seed, coverage=0.9)
                (run.path / "samples" / "000201.png").write_bytes(picture)
    content = report(store, *asked)
    assert len(content) < MOST_BYTES
    assert len(Page(content).all("img")) == sum(min(len(EXPERIMENTS[each].arms), 4) for each in asked)


def test_what_comes_from_a_run_is_text(nz: RunStore) -> None:
    hostile = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'&"
    run = nz.list()[0]
    run.edit_meta(name=hostile, tags=(hostile,), notes=hostile)
    run.write_status(run.status.model_copy(update={"device": hostile}))
    content = lab_report(nz, ["dcgan-nz"], title=hostile, author=hostile, written=WRITTEN)
    page = Page(content)
    assert page.all("script") == []
    assert all((each["src"] or "").startswith("data:image/png;base64,") for each in page.all("img"))
    assert page.text.count("<script>alert(1)</script>") >= 4  # in words


def test_long_words_of_people_are_cut(nz: RunStore) -> None:
    nz.list()[0].edit_meta(notes="x" * 100_000)
    assert b"x" * 1_000 not in report(nz, "dcgan-nz")


@pytest.mark.parametrize("content", [b"", b"no picture", b"\x89PNG\r\n\x1a\n" + b"\0" * 100])
def test_a_picture_that_cannot_be_read_is_said_to_be_missing(nz: RunStore, content: bytes) -> None:
    for run in nz.list():
        if run.arm == "nz 10":
            (run.path / "samples" / "000200.png").write_bytes(content)
    page = Page(report(nz, "dcgan-nz"))
    assert len(page.all("img")) == 2
    assert "no samples were kept" in page.text


def test_a_run_with_other_settings_does_not_count(nz: RunStore) -> None:
    config = EXPERIMENTS["dcgan-nz"].arm("nz 100", "quick", 7).replace({"optim.lr_g": 0.1})
    other = nz.create(config, experiment="dcgan-nz", arm="nz 100", scale="quick")
    other.write_status(other.status.model_copy(update={"state": "finished"}))
    assert other.id not in Page(report(nz, "dcgan-nz")).text


def test_every_claim_has_its_verdict_with_numbers_and_runs(nz: RunStore) -> None:
    page = Page(report(nz, "dcgan-nz"))
    on_it = [claim for claim in CLAIMS.values() if claim.experiment == "dcgan-nz"]
    for claim in on_it:
        verdict = judge(claim, nz)
        assert page.text.count(verdict.words) == 1
        assert all(run in page.text for run in verdict.runs)
    assert judge(CLAIMS["nz-10-as-good"], nz).verdict == "supported"
    assert page.text.count("FID × 1.00 (") == 2  # on the title page, and with its claim
    icons = [each for each in page.all("svg") if each.get("class") == "icon"]
    assert len(icons) >= 2 * len(on_it)  # beside the words


def test_a_sweep_of_an_experiment_is_judged_by_its_own_runs(nz: RunStore) -> None:
    seed = [run for run in nz.list() if run.config.seed == 0]
    cells = tuple(Cell(arm=run.arm, seed=0, run=run.id) for run in seed)
    sweep = Sweep(id="s1", title="one seed", experiment="dcgan-nz", scale="quick", cells=cells)
    text = Page(lab_report(nz, sweeps=[sweep], written=WRITTEN)).text
    assert "One seed proves nothing: 3 are the least" in text
    assert "0 supported" in text


@pytest.mark.parametrize(
    ("expected", "came"),
    [("about the same", "It came true."), ("higher", "It did not come true."), ("", "")],
)
def test_what_was_predicted_stands_beside_the_verdict(nz: RunStore, expected: Expected, came: str) -> None:
    predictions = Predictions(nz)
    predictions.keep("nz-10-as-good", expected, "ten numbers <are> enough")
    text = Page(lab_report(nz, ["dcgan-nz"], predictions=predictions, written=WRITTEN)).text
    said = f"{expected}: ten numbers <are> enough" if expected else "ten numbers <are> enough"
    assert f"Predicted beforehand: {said}. {came}".rstrip() in text


def test_says_what_was_not_run_and_what_failed(store: RunStore, answer: Answer) -> None:
    answer(arm="nz 10", fid=6.0)
    failed = answer(arm="nz 100", state="failed")
    failed.write_status(failed.status.model_copy(update={"error": "the run diverged", "error_code": "diverged"}))
    page = Page(report(store, "dcgan-nz"))
    assert "Not run: “nz 1000”" in page.text
    assert "1, 1 failed" in page.text
    assert "the run diverged" in page.text
    assert "One seed" in page.text


def test_a_sweep_of_ones_own(store: RunStore, answer: Answer) -> None:
    runs = [answer(arm=arm, fid=6.0) for arm in ("nz 10", "nz 100")]
    cells = tuple(Cell(arm=f"narrow <{run.arm}>", seed=0, run=run.id) for run in runs)
    sweep = Sweep(id="s1", title="My <b>sweep</b>", cells=cells)
    page = Page(lab_report(store, sweeps=[sweep], written=WRITTEN))
    assert "My <b>sweep</b>" in page.text
    assert page.all("b") == [each for each in page.all("b") if not each]
    assert "narrow <nz 10>" in page.text
    assert "gancore reproduce" not in page.text
    commands = next(text for text in page.texts if "gancore train --set" in text).splitlines()
    changes = [parse_changes(shlex.split(line)[5:-2:2], seed=0) for line in commands]
    assert [RunConfig().replace(each) for each in changes] == [run.config for run in runs]


@pytest.mark.parametrize(
    ("experiments", "words"),
    [((), "needs an experiment"), (("nix",), "unknown experiment 'nix'"), (("dcgan-nz",), "none of its runs")],
)
def test_nothing_to_report(store: RunStore, experiments: tuple[str, ...], words: str) -> None:
    with pytest.raises(ReportError, match=words) as raised:
        report(store, *experiments)
    assert "\n" not in str(raised.value)


def test_reads_nothing_outside_run_folders(nz: RunStore, tmp_path: Path) -> None:
    """A sample that is a link to something else is left alone."""
    secret = tmp_path / "secret.png"
    Image.new("L", (8, 8)).save(secret)
    run = next(run for run in nz.list() if run.arm == "nz 10" and run.config.seed == 0)
    (run.path / "samples" / "000200.png").unlink()
    (run.path / "samples" / "000200.png").symlink_to(secret)
    alts = [each["alt"] or "" for each in Page(report(nz, "dcgan-nz")).all("img")]
    assert not any(alt.startswith("samples of nz 10, seed 0") for alt in alts)
