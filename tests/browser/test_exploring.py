"""Explore in a browser: picking samples, the way between them, sliders that cause no pass of the page, drawing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from gancore.algorithms import build_algorithm
from gancore.bench.waiting import until
from gancore.store import Run
from gancore.store.checkpoints import Checkpoint
from tests.browser.serving import App, serve
from tests.miniatures import tiny

pytestmark = pytest.mark.browser

PIXELS = "canvas => [...canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data].join()"
SAME = f"([canvas, before]) => ({PIXELS})(canvas) === before"
OTHER = f"([canvas, before]) => ({PIXELS})(canvas) !== before"


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """One server for all of them: each test has runs of its own."""
    with serve(tmp_path_factory.mktemp("exploring")) as app:
        yield app


def saved(app: App, kind: str, changes: dict[str, Any] | None = None) -> Run:
    """A run with a checkpoint of networks as they begin, whose samples differ well."""
    config = tiny(kind, {"model.init": "default", **(changes or {})})
    run = app.store.create(config, name=f"a {kind}")
    state = build_algorithm(config).state_dict()
    Checkpoint(100, 800, 1.0, state).save(run.path / "checkpoints" / "last.pt")
    return run


def look(canvas: Locator) -> str:
    """What a canvas shows."""
    pixels: str = canvas.evaluate(PIXELS)
    return pixels


def expect_other(canvas: Locator, before: str, page: Page) -> None:
    """Wait until a canvas shows something else."""
    until(page, f"([canvas, before]) => ({PIXELS})(canvas) !== before", arg=[canvas.element_handle(), before])


def expect_again(canvas: Locator, before: str, page: Page) -> None:
    """Wait until a canvas shows the same as before."""
    until(page, f"([canvas, before]) => ({PIXELS})(canvas) === before", arg=[canvas.element_handle(), before])


def sample(page: Page, number: int) -> Locator:
    return page.locator(".samples button.pick").nth(number - 1)


def choose(page: Page, view: str) -> None:
    page.get_by_role("group", name="View").get_by_role("radio", name=view, exact=True).check()


def test_two_samples_are_picked_and_the_way_between_them_plays(app: App, new_page: Callable[[], Page]) -> None:
    run = saved(app, "mlp")
    page = new_page()
    page.goto(f"{app.url}/explore?run={run.id}")
    expect(page.locator(".samples canvas.drawn")).to_have_count(64)
    assert len({look(page.locator(".samples canvas").nth(at)) for at in range(4)}) == 4
    sample(page, 3).click()
    sample(page, 10).click()
    expect(sample(page, 3).locator(".badge")).to_have_text("A")
    expect(sample(page, 10).locator(".badge")).to_have_text("B")
    page.wait_for_url("**picks=0.2%2C0.9**")
    choose(page, "Interpolate")
    expect(page.get_by_text("From A, sample 3 of seed 0, to B, sample 10 of seed 0.")).to_be_visible()
    expect(page.locator(".strip canvas.drawn")).to_have_count(18)
    page.wait_for_url("**view=between**")

    film, button = page.locator(".player canvas"), page.locator(".player button.play")
    expect(button).to_have_text("❚❚ Hold")  # it plays by itself
    expect_other(film, look(film), page)
    button.click()
    expect(button).to_have_text("▶ Play")
    with page.expect_download() as download:
        page.get_by_role("button", name="GIF").click()
    assert download.value.path().read_bytes()[:6] == b"GIF89a"

    page.reload()  # the address says it all
    expect(page.get_by_text("From A, sample 3 of seed 0, to B, sample 10 of seed 0.")).to_be_visible()


def test_a_film_does_not_move_by_itself_where_less_motion_is_wanted(app: App, browser: Browser) -> None:
    run = saved(app, "mlp")
    page = browser.new_page(reduced_motion="reduce")
    page.goto(f"{app.url}/explore?run={run.id}&view=between")
    expect(page.locator(".player canvas.drawn")).to_be_visible()
    expect(page.locator(".player button.play")).to_have_text("▶ Play")
    page.close()


def test_a_slider_moves_the_picture_without_a_pass_of_the_page(app: App, new_page: Callable[[], Page]) -> None:
    run = saved(app, "mlp")
    page = new_page()
    sent: list[object] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(frame)))
    page.goto(f"{app.url}/explore?run={run.id}&view=directions")
    expect(page.locator(".direction canvas.drawn")).to_have_count(4 * 7)
    expect(page.locator("canvas.large.drawn")).to_be_visible()
    before, frames = look(page.locator("canvas.large")), len(sent)
    slider = page.locator(".direction input[type=range]").first
    slider.focus()
    for _ in range(20):
        page.keyboard.press("ArrowRight")
    expect(page.locator(".direction output").first).to_have_text("1.00")
    expect_other(page.locator("canvas.large"), before, page)
    assert len(sent) <= frames + 1  # the page itself may ask once more as it begins, but not at each of 20 moves
    page.get_by_role("button", name="Reset").click()
    expect_again(page.locator("canvas.large"), before, page)
    expect(page.locator(".direction output").first).to_have_text("0.00")


def test_the_grid_is_walked_with_the_arrow_keys(app: App, new_page: Callable[[], Page]) -> None:
    run = saved(app, "mlp")
    page = new_page()
    page.goto(f"{app.url}/explore?run={run.id}")
    expect(page.locator(".samples canvas.drawn")).to_have_count(64)
    sample(page, 1).focus()
    for key in ("ArrowRight", "ArrowDown", "Enter"):
        page.keyboard.press(key)
    expect(sample(page, 10)).to_have_attribute("aria-pressed", "true")
    expect(sample(page, 10)).to_be_focused()
    page.get_by_role("button", name="Next seed").click()
    page.wait_for_url("**seed=1**")
    expect(sample(page, 10)).to_have_attribute("aria-pressed", "false")


def test_what_is_drawn_is_made_bold_while_it_is_drawn(app: App, new_page: Callable[[], Page]) -> None:
    run = saved(app, "translator")
    page = new_page()
    page.goto(f"{app.url}/explore?run={run.id}")
    expect(page.locator(".strip canvas.drawn")).to_have_count(8)
    expect(page.get_by_text("pixels wide")).to_be_visible()
    regular = page.locator("canvas.large")
    before = look(regular)
    box = page.locator("canvas.drawing").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 40, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + 200, box["y"] + 60, steps=4)
    expect_other(regular, before, page)
    page.mouse.up()


def test_classes_codes_neighbours_and_d_are_shown(app: App, new_page: Callable[[], Page]) -> None:
    conditional, vae = saved(app, "cmlp"), saved(app, "vae")
    page = new_page()
    page.goto(f"{app.url}/explore?run={conditional.id}&view=classes")
    expect(page.locator(".classgrid canvas.drawn")).to_have_count(150)
    expect(page.locator(".strip canvas.drawn")).to_have_count(9)
    choose(page, "Nearest training images")
    expect(page.get_by_text("The nearest of 43 training images")).to_have_count(2)
    choose(page, "What D says")
    expect(page.get_by_text("D says real with a probability of")).to_be_visible()
    expect(page.get_by_label("D is told the class")).to_have_value("0")
    page.get_by_role("radio", name="Training image", exact=True).check()
    page.get_by_role("button", name="training image 2, 9").click()
    expect(page.get_by_label("D is told the class")).to_have_value("9")
    page.get_by_role("radio", name="Upload", exact=True).check()
    page.set_input_files("input[type=file]", {"name": "x.png", "mimeType": "image/png", "buffer": b"no image"})
    expect(page.get_by_role("alert")).to_have_text("This image cannot be used: not a readable image.")

    page.goto(f"{app.url}/explore?run={vae.id}&view=codes")
    expect(page.get_by_text("principal components")).to_be_visible()
    decoded = page.locator(".moved canvas.large")
    expect(decoded).to_have_class("large drawn")
    before = look(decoded)
    page.locator("canvas.plane").focus()
    for _ in range(5):
        page.keyboard.press("ArrowUp")
    expect_other(decoded, before, page)


def test_from_class_to_class_is_a_film(app: App, new_page: Callable[[], Page]) -> None:
    one, other = saved(app, "cmlp"), saved(app, "cmlp", {"seed": 5, "data.classes": (0, 1, 7)})
    page = new_page()
    page.goto(f"{app.url}/explore?run={one.id}&beside={other.id}&view=classes")
    expect(page.locator(".ways .strip canvas.drawn")).to_have_count(18)
    film = page.locator(".ways .player canvas").first
    expect_other(film, look(film), page)  # it plays by itself
    page.locator(".ways .player button.play").first.click()
    last = page.locator(".ways .strip canvas").nth(8)
    before = look(last)
    end = page.locator(".ways select").last
    expect(end.locator("option")).to_have_text(["0", "1", "7"])  # which both know
    end.select_option("1")
    expect_other(last, before, page)
    with page.expect_download() as download:
        page.get_by_role("button", name="GIF").first.click()
    assert download.value.path().read_bytes()[:6] == b"GIF89a"

    plain = saved(app, "mlp")
    page.goto(f"{app.url}/explore?run={one.id}&beside={plain.id}&view=classes")
    expect(page.get_by_text("This run was trained without classes.")).to_be_visible()
    expect(page.locator(".ways .strip canvas.drawn")).to_have_count(9)


def test_two_runs_stand_beside_each_other(app: App, new_page: Callable[[], Page]) -> None:
    one, other = saved(app, "mlp"), saved(app, "mlp", {"seed": 5, "model.nz": 6})
    page = new_page()
    page.goto(f"{app.url}/explore?run={one.id}&beside={other.id}")
    expect(page.locator(".samples canvas.drawn")).to_have_count(128)
    expect(page.get_by_text("z has 4 dimensions in the first run and 6 in the second")).to_be_visible()
    choose(page, "Directions")
    expect(page.locator(".direction canvas.drawn")).to_have_count(4 * 7 * 2)


def test_two_runs_are_asked_about_the_same_image(app: App, new_page: Callable[[], Page]) -> None:
    one, other = saved(app, "mlp"), saved(app, "mlp", {"seed": 5, "data.name": "fashion-mnist"})
    page = new_page()
    page.goto(f"{app.url}/explore?run={one.id}&beside={other.id}&view=nearest")
    expect(page.get_by_text("The nearest of 43 training images")).to_have_count(4)
    images = page.locator(".asked canvas")
    own = look(images.nth(1))
    assert look(images.nth(0)) != own  # each has a sample of its own from the same noise
    page.get_by_role("radio", name="Held-out", exact=True).check()
    page.get_by_role("button", name="held-out image 2,").click()
    expect(page.locator(".asked .caption")).to_have_text(["held-out image 2, 5"] * 2)
    expect_other(images.nth(1), own, page)
    assert look(images.nth(1)) == look(images.nth(0))  # also where the second one has other data

    choose(page, "What D says")
    expect(page.get_by_text("D says real with a probability of")).to_have_count(2)
    expect(page.get_by_text("Each D has learned against its own G")).to_be_visible()


def test_what_goes_wrong_with_one_run_is_said_whatever_the_other_answers(
    app: App, new_page: Callable[[], Page]
) -> None:
    one, other = saved(app, "mlp"), saved(app, "mlp", {"seed": 5})
    page = new_page()
    asked = page.locator(".problem")

    def fail(route: Route) -> None:
        route.fulfill(status=500, body="This cannot be computed.")

    def answer_later(route: Route) -> None:
        expect(asked).to_have_text("This cannot be computed.")
        route.continue_()

    page.route(f"**/{other.id}/judge", fail)
    page.route(f"**/{one.id}/judge", answer_later)
    page.goto(f"{app.url}/explore?run={one.id}&beside={other.id}&view=judge")
    expect(page.get_by_text("D says real with a probability of")).to_have_count(1)
    expect(page.locator("[data-asking]")).to_have_count(0)
    expect(asked).to_have_text("This cannot be computed.")
    page.unroute_all()
    page.get_by_role("button", name="Next seed").click()
    expect(page.get_by_text("D says real with a probability of")).to_have_count(2)
    expect(asked).to_have_text("")


def test_two_vaes_show_their_codes_of_the_same_image(app: App, new_page: Callable[[], Page]) -> None:
    one, other = saved(app, "vae"), saved(app, "vae", {"seed": 5, "model.nz": 2})
    page = new_page()
    page.goto(f"{app.url}/explore?run={one.id}&beside={other.id}&view=codes")
    expect(page.get_by_text("both dimensions")).to_be_visible()
    expect(page.get_by_text("principal components")).to_be_visible()
    expect(page.locator(".rebuilt canvas.drawn")).to_have_count(4)
    expect(page.locator(".walk canvas.drawn")).to_have_count(2)
    first, second = (page.locator(".moved canvas.large").nth(at) for at in range(2))
    expect(second).to_have_class("large drawn")
    before, beside = look(first), look(second)
    page.locator("canvas.plane").nth(1).focus()
    for _ in range(5):
        page.keyboard.press("ArrowUp")
    expect_other(second, beside, page)
    assert look(first) == before  # each run has codes of its own


def test_a_second_run_without_a_game_says_so(app: App, new_page: Callable[[], Page]) -> None:
    one = saved(app, "semi")
    other = saved(app, "semi", {"objective.unsupervised_weight": 0.0})
    page = new_page()
    page.goto(f"{app.url}/explore?run={one.id}&beside={other.id}&view=judge")
    expect(page.get_by_text("This run has no discriminator that tells")).to_be_visible()
    expect(page.locator("canvas.ruler")).to_have_count(1)
