from gancore.experiments import EXPERIMENTS


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


def test_a_damaged_run_does_not_break_any_page(open_page, finished):
    finished("whole")
    broken = finished("broken")
    (broken.path / "config.json").write_text('{"schema": 1, "config": {"model": {"ngf": "many"}}}')
    for page in ("home", "train", "runs", "compare"):
        open_page(page)
    app = open_page("train", run=broken.id)
    assert any("model.ngf" in error.value for error in app.error)
