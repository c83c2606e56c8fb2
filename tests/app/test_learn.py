"""The Learn page without a browser: its lessons, their order and addresses, and the question before each figure."""

from __future__ import annotations

from pathlib import Path

import pytest

from gancore.experiments import EXPERIMENTS
from ui.frontend import learn
from ui.learn.lessons import LESSONS
from ui.server.lessons import EXPERIMENT

MODULES = Path(learn.__file__).parent
FIRST, SECOND = list(LESSONS.values())[:2]


@pytest.fixture
def figures(monkeypatch):
    """What the browser is asked to show, newest last."""
    shown = []
    monkeypatch.setattr(learn, "figure", lambda name, **more: shown.append((name, more["locked"])))
    return shown


def words(app):
    return " ".join(element.value for kind in (app.markdown, app.title, app.caption, app.latex) for element in kind)


def press(app, key):
    return app.button(key).click().run()


def test_every_lesson_is_a_card_that_opens_it(open_page, figures):
    app = open_page("learn")
    press(app, f"open-{SECOND.id}")
    assert app.query_params["lesson"] == SECOND.id
    assert app.title[0].value == SECOND.title
    assert figures[-1][0] == SECOND.figure


@pytest.mark.parametrize("lesson", LESSONS.values(), ids=LESSONS)
@pytest.mark.usefixtures("figures")
def test_a_lesson_has_all_its_parts(open_page, lesson):
    app = open_page("learn", lesson=lesson.id)
    assert [formula.value.strip("$\n") for formula in app.latex] == list(lesson.formulas)
    assert lesson.source in words(app)
    (link,) = [link for link in app.get("page_link") if link.query_string]
    assert link.query_string == f"experiment={lesson.experiment}"
    assert 2 <= len(lesson.question.choices) <= 4
    assert lesson.question.right in lesson.question.choices
    assert lesson.experiment in EXPERIMENTS
    assert (MODULES / f"{lesson.figure}.js").is_file()


def test_what_the_server_trains_is_of_the_experiment_that_the_lesson_leads_to(open_page, figures):
    (lesson,) = [lesson for lesson in LESSONS.values() if lesson.trained]
    assert lesson.experiment == EXPERIMENT
    app = open_page("learn", lesson=lesson.id)
    assert figures[-2:] == [(lesson.figure, True), ("trained", True)]
    press(app, "show")
    assert figures[-2:] == [(lesson.figure, False), ("trained", False)]
    assert (MODULES / "trained.js").is_file()


def test_the_figure_stands_still_until_somebody_has_said_what_they_expect(open_page, figures):
    app = open_page("learn", lesson=FIRST.id)
    assert figures[-1] == (FIRST.figure, True)
    assert FIRST.question.seen not in words(app)
    press(app, "expect-0")
    assert figures[-1] == (FIRST.figure, False)
    assert "You expected: 1 everywhere." in words(app)
    press(app, "lesson-next")
    assert figures[-1] == (SECOND.figure, True)
    press(app, "lesson-previous")  # the answer was kept
    assert figures[-1] == (FIRST.figure, False)
    press(app, "again")
    assert figures[-1] == (FIRST.figure, True)


def test_who_would_rather_see_at_once_can(open_page, figures):
    app = press(open_page("learn", lesson=FIRST.id), "show")
    assert figures[-1] == (FIRST.figure, False)
    assert "You expected" not in words(app)


@pytest.mark.usefixtures("figures")
def test_the_first_and_the_last_lesson_lead_no_further(open_page):
    assert open_page("learn", lesson=FIRST.id).button("lesson-previous").disabled
    assert open_page("learn", lesson=list(LESSONS)[-1]).button("lesson-next").disabled


def test_an_address_that_names_no_lesson_is_said_in_a_sentence(open_page, figures):
    app = open_page("learn", lesson="<b>none</b>")
    assert app.info[0].value == "There is no such lesson here."
    assert not figures
