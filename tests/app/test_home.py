"""The first page: one click to the first GAN, what happened, and what there is to see."""

import pytest

from gancore.experiments import EXPERIMENTS
from gancore.experiments.textbook import CASES
from gancore.store.records import Status
from ui import state
from ui.experiments.cards import reports_of
from ui.home import visits
from ui.home.gallery import SHOWN, cases
from ui.home.next_question import question_after
from ui.words import plain


def words(app):
    return " ".join(element.value for kind in (app.markdown, app.info, app.caption, app.title) for element in kind)


def test_an_empty_store_says_what_to_do_next(open_page):
    app = open_page()
    assert app.button[0].label == "Train my first GAN"
    assert "Nothing trained yet" in words(app)


def test_the_first_button_queues_the_quickstart(open_page, runs):
    app = open_page()
    app.button[0].click().run()
    (run,) = runs.queue()
    assert run.config == EXPERIMENTS["quickstart"].base
    assert run.experiment == "quickstart"


def test_a_run_that_cannot_be_started_is_said_in_a_sentence(open_page, runs):
    app = open_page()
    runs.root.write_text("a file where the folder should be")
    app.button[0].click().run()
    assert not app.exception
    (problem,) = app.error
    assert "something else is in its place" in problem.value
    assert app.button[0].label == "Train my first GAN"


def test_runs_are_shown_as_cards(open_page, finished):
    finished("first")
    finished("second", {"model.ngf": 64})
    app = open_page()
    links = [link.label for link in app.get("page_link")]
    assert "**first**" in links
    assert "**second**" in links
    assert "Compare the last two" in links


def test_what_ended_since_the_last_visit_comes_first(open_page, finished, monkeypatch):
    old, new = finished("old"), finished("new")
    for run, ended in ((old, 1_000.0), (new, 2_000.0)):
        run.write_status(run.status.model_copy(update={"heartbeat": ended}))
    finished("newest, but queued").write_status(Status(state="queued"))
    monkeypatch.setattr(visits, "last_visit", lambda: 1_500.0)
    app = open_page()
    assert "Since your last visit" in [heading.value for heading in app.subheader]
    assert "1 finished" in words(app)
    names = [link.label for link in app.get("page_link") if "**" in link.label]
    assert names[:1] == ["**new**"]
    assert "**old**" in names
    monkeypatch.setattr(visits, "last_visit", lambda: 3_000.0)
    assert "Latest runs" in [heading.value for heading in open_page().subheader]


@pytest.mark.parametrize(
    ("cookie", "since"),
    [
        ("900", 900.0),
        ("1001", None),
        (None, None),
        ("", None),
        ("-5", None),
        ("1e3", None),
        ("٣", None),
        ("9" * 40, None),
    ],
)
def test_what_a_browser_remembers_is_checked(cookie, since):
    assert visits.read(cookie, 1_000.0) == since


def test_the_next_question_is_of_the_report_that_one_was_at(runs):
    assert question_after([]).id == next(
        each.id for each in EXPERIMENTS.values() if "002" in each.source and each.id != "quickstart"
    )
    vae = runs.create(EXPERIMENTS["vae-batch"].base, experiment="vae-batch")
    found = question_after([vae])
    assert found.id != "vae-batch"
    assert reports_of(found.source)[0] == reports_of(EXPERIMENTS["vae-batch"].source)[0]


def test_the_reference_runs_are_pictures_with_a_way_to_their_question(open_page):
    app = open_page()
    chosen = cases(state.reference())
    assert 4 <= len(chosen) <= SHOWN
    assert len({(run.experiment, run.arm) for run in chosen}) == len(chosen)
    links = [link.label for link in app.get("page_link")]
    for run in chosen:
        assert plain(EXPERIMENTS[run.experiment].title) in links


def test_a_damaged_run_does_not_break_any_page(open_page, finished):
    finished("whole")
    broken = finished("broken")
    (broken.path / "config.json").write_text('{"schema": 1, "config": {"model": {"ngf": "many"}}}')
    for page in ("home", "train", "runs", "compare"):
        open_page(page)
    app = open_page("train", run=broken.id)
    assert any("model.ngf" in error.value for error in app.error)


def test_a_gan_can_be_seen_to_fail_before_anything_was_trained(open_page):
    app = open_page()
    assert "See a GAN fail" in [heading.value for heading in app.subheader]
    links = {link.label: link for link in app.get("page_link")}
    for case in CASES.values():
        assert "replay=1" in links[f"**{case.title}**"].query_string
