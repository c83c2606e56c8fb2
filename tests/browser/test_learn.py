"""The lessons in a browser: their mathematics against numpy, torch and gancore, and a class's way through a lesson."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from playwright.sync_api import Browser, Locator, Page, WebSocket, expect
from scipy.special import expit
from scipy.stats import norm, wasserstein_distance

from gancore.bench.waiting import until
from gancore.losses import LOSSES
from gancore.metrics.distances import frechet_distance
from gancore.metrics.neighbours import prdc
from gancore.penalties import gradient_penalty
from tests.browser.serving import App, serve
from tests.browser.test_looks import is_complaint
from ui.learn.lesson import Lesson
from ui.learn.lessons import LESSONS
from ui.server import library

pytestmark = pytest.mark.browser

Compute = Callable[..., Any]
IMPORT = (
    "async ([address, script, given]) => await (new Function('modules', 'given', script))(await import(address), given)"
)
LOGITS = [-30.0, -4.0, -1.0, -0.2, 0.0, 0.7, 1.5, 30.0]


@pytest.fixture(scope="module")
def lessons(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    with serve(tmp_path_factory.mktemp("lessons")) as app:
        yield app


@pytest.fixture(scope="module")
def compute(lessons: App, browser: Browser) -> Iterator[Compute]:
    """Run a script with one of the lessons' modules, as a student's browser would."""
    page = browser.new_page()
    page.goto(f"{lessons.url}/{library.SCRIPTS}learn/losses.js")  # of the same origin, and nothing else

    def run(module: str, script: str, **given: Any) -> Any:
        address = f"{lessons.url}/{library.SCRIPTS}learn/{module}.js"
        return page.evaluate(IMPORT, [address, script, given])

    yield run
    page.close()


# --- mathematics ---


@pytest.mark.parametrize("name", LOSSES)
def test_losses_and_their_slopes_are_those_of_gancore(compute: Compute, name: str) -> None:
    script = """const { real, fake, g } = modules.LOSSES[given.name]
        return given.logits.map((l) => [real, fake, g].map((term) => [term.loss(l), term.slope(l)]))"""
    found = np.array(compute("losses", script, name=name, logits=LOGITS))
    for at, value in enumerate(LOGITS):
        logit = torch.tensor([value], dtype=torch.float64, requires_grad=True)
        (real_slope,) = torch.autograd.grad(LOSSES[name].d(logit, logit.detach()), logit)
        whole = LOSSES[name].d(logit.detach(), logit)
        (fake_slope,) = torch.autograd.grad(whole, logit)
        g = LOSSES[name].g(logit)
        (g_slope,) = torch.autograd.grad(g, logit)
        assert found[at, 0, 0] + found[at, 1, 0] == pytest.approx(whole.item(), rel=1e-12, abs=1e-15)
        assert found[at, 2, 0] == pytest.approx(g.item(), rel=1e-12, abs=1e-15)
        assert found[at, :, 1] == pytest.approx([each.item() for each in (real_slope, fake_slope, g_slope)], rel=1e-12)


def test_the_optimal_d_and_the_divergence_are_those_of_the_paper(compute: Compute) -> None:
    script = """const m = modules, xs = m.grid(-12, 12, 4801), step = xs[1] - xs[0]
        const [p, q] = [given.p, given.q].map((parts) => m.mixture(xs, parts))
        const d = m.optimalD(p, q)
        return [Array.from(d), m.jensenShannon(p, q, step), m.value(p, q, d, step)]"""
    p = [{"share": 0.6, "mean": -1.2, "width": 0.6}, {"share": 0.4, "mean": 1.6, "width": 0.6}]
    for q in ([{"share": 1, "mean": 0.5, "width": 0.9}], [{"share": 1, "mean": 5.0, "width": 0.3}], p):
        d, jsd, value = compute("densities", script, p=p, q=q)
        xs = np.linspace(-12, 12, 4801)
        real, fake = (sum(e["share"] * norm.pdf(xs, e["mean"], e["width"]) for e in parts) for parts in (p, q))
        middle = (real + fake) / 2
        terms = (np.where(part > 0, part * np.log(np.where(part > 0, part / middle, 1)), 0) for part in (real, fake))
        expected = np.trapezoid(sum(terms) / 2, xs)
        assert d == pytest.approx(real / (real + fake), rel=1e-9, abs=1e-12)
        assert jsd == pytest.approx(expected, rel=1e-9, abs=1e-12)
        assert value == pytest.approx(2 * expected - np.log(4), rel=1e-9)
    assert jsd == pytest.approx(0, abs=1e-12)


def plain(parameters: list[float], sizes: list[int]) -> torch.nn.Sequential:
    """The network in PyTorch whose parameters are those, in order."""
    layers: list[torch.nn.Module] = []
    for inputs, outputs in pairwise(sizes):
        layers += [torch.nn.Linear(inputs, outputs), torch.nn.LeakyReLU(0.2)]
    network = torch.nn.Sequential(*layers[:-1]).double()
    torch.nn.utils.vector_to_parameters(torch.tensor(parameters, dtype=torch.float64), network.parameters())
    return network


def flat(network: torch.nn.Module) -> list[float]:
    return torch.nn.utils.parameters_to_vector(network.parameters()).tolist()


@pytest.mark.parametrize("name", LOSSES)
def test_three_iterations_of_the_gan_are_those_of_torch(compute: Compute, name: str) -> None:
    script = """const gan = new modules.Gan({ loss: given.name, hidden: 7, batch: 6, seed: 3 })
        const first = [Array.from(gan.g.parameters), Array.from(gan.d.parameters)]
        const turns = []
        for (let turn = 0; turn < 3; turn++) {
          gan.stepD(0.01)
          const drawn = [gan.real, gan.fake, gan.mixed ?? []].map((each) => Array.from(each))
          gan.stepG(0.02)
          turns.push({ drawn, z: Array.from(gan.z), losses: [gan.lossD, gan.lossG],
                       after: [Array.from(gan.g.parameters), Array.from(gan.d.parameters)] })
        }
        return { first, turns, penalty: gan.penalty }"""
    found = compute("gan", script, name=name)
    g, d = plain(found["first"][0], [2, 7, 7, 2]), plain(found["first"][1], [2, 7, 7, 1])
    adam_g, adam_d = (
        torch.optim.Adam(net.parameters(), lr=rate, betas=(0.5, 0.999)) for net, rate in ((g, 0.02), (d, 0.01))
    )
    for turn in found["turns"]:
        real, fake, mixed = (torch.tensor(each, dtype=torch.float64).view(-1, 2) for each in turn["drawn"])
        loss_d = LOSSES[name].d(d(real)[:, 0], d(fake)[:, 0])
        price = gradient_penalty(lambda x: d(x)[:, 0], mixed, mixed, torch.zeros(len(mixed), 1)) if len(mixed) else 0
        adam_d.zero_grad()
        (loss_d + found["penalty"] * price).backward()
        adam_d.step()
        loss_g = LOSSES[name].g(d(g(torch.tensor(turn["z"], dtype=torch.float64).view(-1, 2)))[:, 0])
        adam_g.zero_grad()
        loss_g.backward()
        adam_g.step()
        assert turn["losses"] == pytest.approx([loss_d.item(), loss_g.item()], rel=1e-9)
        assert turn["after"][0] == pytest.approx(flat(g), rel=1e-7, abs=1e-9)
        assert turn["after"][1] == pytest.approx(flat(d), rel=1e-7, abs=1e-9)
    assert bool(found["penalty"]) == (name == "wasserstein")


def test_random_numbers_are_uniform_and_normal_and_follow_from_the_seed(compute: Compute) -> None:
    script = """const draw = (seed) => { const random = new modules.Random(seed)
          return Array.from({ length: 20000 }, () => [random.uniform(), random.normal()]) }
        return [draw(1), draw(1), draw(2)]"""
    one, same, other = (np.array(each) for each in compute("random", script))
    assert (one == same).all()
    assert (one != other).all()
    assert one[:, 0].mean() == pytest.approx(0.5, abs=0.01)
    assert one[:, 0].var() == pytest.approx(1 / 12, abs=0.003)
    assert one[:, 1].mean() == pytest.approx(0, abs=0.03)
    assert one[:, 1].std() == pytest.approx(1, abs=0.03)


@pytest.mark.parametrize("penalty", [0.0, 0.3])
@pytest.mark.parametrize("name", ["nonsaturating", "minimax", "wasserstein"])
def test_the_smallest_gan_moves_as_torch_says(compute: Compute, name: str, penalty: float) -> None:
    script = (
        "return modules.slopes({ theta: given.theta, psi: given.psi }, { loss: given.name, penalty: given.penalty })"
    )
    theta, psi = (torch.tensor(value, dtype=torch.float64, requires_grad=True) for value in (1.3, -0.7))
    (down_psi,) = torch.autograd.grad(LOSSES[name].d(psi * 0, psi * theta) + penalty / 2 * psi**2, psi)
    (down_theta,) = torch.autograd.grad(LOSSES[name].g(psi * theta), theta)
    found = compute("dirac", script, name=name, penalty=penalty, theta=1.3, psi=-0.7)
    assert [found["theta"], found["psi"]] == pytest.approx([down_theta.item(), down_psi.item()], rel=1e-12)


def test_the_smallest_gan_spirals_out_circles_or_arrives(compute: Compute) -> None:
    script = """const rules = { loss: "wasserstein", rateG: 0.1, rateD: 0.1, dSteps: 1, penalty: 0, clip: 0, ...given }
        let place = { theta: 1.5, psi: 0 }
        for (let step = 0; step < 400; step++) place = modules.round(place, rules)
        return modules.distance(place)"""
    at_once = compute("dirac", script, order="simultaneous")
    assert at_once == pytest.approx(1.5 * (1 + 0.1**2) ** 200, rel=1e-9)  # each step multiplies it by sqrt(1 + lr^2)
    assert compute("dirac", script, order="alternating") == pytest.approx(1.5, abs=0.2)
    assert compute("dirac", script, order="alternating", penalty=0.5) < 0.01
    assert compute("dirac", script, order="simultaneous", loss="minimax") > 2  # as the lesson says
    assert compute("dirac", script, order="alternating", loss="minimax") == pytest.approx(1.5, abs=0.4)
    assert compute("dirac", script, order="alternating", loss="nonsaturating") < 1
    clipped = compute("dirac", script, order="simultaneous", clip=0.3)
    assert clipped < at_once


@pytest.mark.parametrize("seed", range(3))
def test_frechet_distance_precision_and_recall_are_those_of_gancore(compute: Compute, seed: int) -> None:
    script = """const [real, fake] = [given.real, given.fake].map((points) => Float64Array.from(points.flat()))
        const [one, other] = [real, fake].map(modules.gaussianOf)
        return { fid: modules.frechetDistance(one, other), ...modules.precisionRecall(real, fake, 5) }"""
    numbers = np.random.default_rng(seed)
    real = numbers.normal(size=(90, 2)) @ np.array([[1.0, 0.4], [0.0, 0.3]])
    fake = numbers.normal(size=(70, 2)) * (0.2 + seed) + np.array([0.5, -0.2])
    found = compute("frechet", script, real=real.tolist(), fake=fake.tolist())
    expected = prdc(torch.from_numpy(real), torch.from_numpy(fake), k=5)
    assert found["fid"] == pytest.approx(frechet_distance(torch.from_numpy(real), torch.from_numpy(fake)), rel=1e-9)
    assert [found[name] for name in ("precision", "recall")] == [expected[name] for name in ("precision", "recall")]


def test_an_ellipse_is_where_the_gaussian_is_as_far_from_its_mean(compute: Compute) -> None:
    script = "return modules.ellipse({ mean: [1, -2], xx: 0.9, xy: 0.4, yy: 0.5 }, 2)"
    xs, ys = (np.array(each) for each in compute("frechet", script))
    apart = np.stack([xs - 1, ys + 2])
    assert np.einsum("in,ij,jn->n", apart, np.linalg.inv([[0.9, 0.4], [0.4, 0.5]]), apart) == pytest.approx(4, rel=1e-9)


def test_the_distance_on_a_line_is_that_of_scipy(compute: Compute) -> None:
    script = "return modules.wasserstein(Float64Array.from(given.one), Float64Array.from(given.other))"
    one, other = np.random.default_rng(1).normal(size=(2, 50))
    found = compute("critic", script, one=one.tolist(), other=(2 * other + 1).tolist())
    assert found == pytest.approx(wasserstein_distance(one, 2 * other + 1), rel=1e-12)


def test_a_penalised_critic_finds_the_distance_and_a_clipped_one_does_not(compute: Compute) -> None:
    script = """const [real, fake] = [modules.placed(-2, 0.4), modules.placed(2, 0.4)]
        return ["clip", "penalty", "log"].map((kind) => {
          const critic = new modules.Critic(kind, 0)
          for (let step = 0; step < 800; step++) critic.step(real, fake, { rate: 5e-3, most: 0.1, weight: 10 })
          const [slope] = critic.steepness(Float64Array.of(0))
          return [critic.gap(real, fake), slope, critic.logits(fake)[0]] })"""
    clipped, penalised, log = compute("critic", script)
    slope = 1 + 4 / (2 * 10)  # the best for 4 s - 10 (s - 1)^2
    assert penalised[:2] == pytest.approx([4 * slope, -slope], rel=0.05)
    assert clipped[0] < 2 or clipped[0] > 6
    assert expit(log[2]) < 0.01  # D is sure, and what the equation leaves of G's gradient is as small


def test_paths_are_straight_or_keep_to_the_radius(compute: Compute) -> None:
    script = """const way = (name) => Array.from(modules.path([1, 0], [0, -1], 5, name))
        return [way("straight"), way("around"), modules.roughness(Float64Array.of(0, 0, 1, 0, 2, 0, 5, 0))]"""
    straight, around, rough = compute("paths", script)
    assert np.reshape(straight, (5, 2))[2] == pytest.approx([0.5, -0.5])
    assert np.linalg.norm(np.reshape(around, (5, 2)), axis=1) == pytest.approx(1)
    assert np.reshape(around, (5, 2))[2] == pytest.approx([0.5**0.5, -(0.5**0.5)])
    assert rough == pytest.approx(3 / (5 / 3))


# --- a lesson ---


def open_lesson(page: Page, app: App, lesson: str, *, answer: str | None = "Just show me") -> Locator:
    page.goto(f"{app.url}/learn?lesson={lesson}")
    figure = page.locator(f".lesson[data-ready={LESSONS[lesson].figure}]")
    expect(figure).to_be_visible()
    if answer:
        page.get_by_role("button", name=answer).click()
        expect(figure.locator("fieldset:enabled")).to_be_visible()
    return figure


def reading(figure: Locator, name: str) -> Locator:
    return figure.locator(f".readouts dd[data-of={name}]")


def test_a_lesson_asks_first_and_then_follows_the_keyboard(lessons: App, new_page: Callable[[], Page]) -> None:
    page = new_page()
    figure = open_lesson(page, lessons, "saturation", answer=None)
    expect(figure.locator("fieldset:disabled")).to_be_visible()
    page.get_by_role("button", name="the one in use").click()
    expect(page.get_by_text("You expected: the one in use")).to_be_visible()
    expect(figure.locator("fieldset:enabled")).to_be_visible()
    slider = figure.get_by_role("slider", name="D(G(z))")
    slider.focus()
    page.keyboard.press("Home")
    least = float(expit(-9))
    expect(slider).to_have_attribute("aria-valuetext", "1.2e-4")
    expect(reading(figure, "weak")).to_have_text("1.2e-4")
    assert least == pytest.approx(1.2e-4, rel=0.05)
    page.keyboard.press("End")
    expect(reading(figure, "strong")).to_have_text("1.2e-4")
    expect(figure.get_by_role("status")).to_contain_text("non-saturating gradient 1.2e-4")  # said, too


def test_a_figure_can_be_dragged_played_and_reset(lessons: App, new_page: Callable[[], Page]) -> None:
    page = new_page()
    figure = open_lesson(page, lessons, "game")
    mean = figure.get_by_role("slider", name="mean of p_g")
    assert mean.input_value() == "3.2"
    box = figure.locator("canvas").first.bounding_box()
    assert box
    left, right = box["x"] + 52, box["x"] + box["width"] - 14  # the axis from -6 to 6
    top, bottom = box["y"] + 12, box["y"] + box["height"] - 40  # from 1.05 to 0
    across = lambda x: left + (x + 6) / 12 * (right - left)  # noqa: E731
    page.mouse.move(across(3.2), bottom - norm.pdf(0, scale=0.6) / 1.05 * (bottom - top))
    page.mouse.down()
    page.mouse.move(across(-1.2), bottom - 100, steps=4)
    page.mouse.up()
    assert float(mean.input_value()) == pytest.approx(-1.2, abs=0.1)
    jsd = reading(figure, "jsd")
    before = float(jsd.inner_text().split()[0])
    figure.get_by_role("button", name="One step").click()
    until(page, "([dd, before]) => parseFloat(dd.textContent) < before", arg=[jsd.element_handle(), before])
    figure.get_by_role("button", name="Play", exact=True).click()
    until(page, "dd => parseFloat(dd.textContent) < 0.1", arg=jsd.element_handle())
    figure.get_by_role("button", name="Pause").click()
    figure.get_by_role("button", name="Reset").click()
    expect(mean).to_have_value("3.2")


def test_a_teacher_steps_through_the_lessons_on_the_full_screen(lessons: App, new_page: Callable[[], Page]) -> None:
    page = new_page()
    open_lesson(page, lessons, "game")
    page.get_by_role("button", name="Present").click()
    until(page, "document.fullscreenElement?.classList.contains('st-key-lesson')")
    page.keyboard.press("PageDown")
    expect(page.get_by_role("heading", level=1)).to_have_text("The loss that is not in the equation")
    expect(page.locator(".lesson[data-ready=saturation]")).to_be_visible()
    assert page.evaluate("document.fullscreenElement?.classList.contains('st-key-lesson')")
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("heading", level=1)).to_have_text("The game and the best D")
    page.get_by_role("button", name="Leave").click()
    until(page, "document.fullscreenElement === null")
    page.keyboard.press("PageDown")  # is the page's own again
    expect(page.get_by_role("heading", level=1)).to_have_text("The game and the best D")


def test_a_figure_computes_without_the_server(lessons: App, new_page: Callable[[], Page]) -> None:
    page = new_page()
    figure = open_lesson(page, lessons, "game")
    page.context.set_offline(True)
    figure.get_by_role("button", name="Play", exact=True).click()
    until(page, "dd => parseFloat(dd.textContent) < 0.3", arg=reading(figure, "jsd").element_handle())
    page.context.set_offline(False)


def test_gans_under_every_loss_train_side_by_side(lessons: App, new_page: Callable[[], Page]) -> None:
    page = new_page()
    figure = open_lesson(page, lessons, "collapse")
    expect(reading(figure, "hinge")).to_contain_text("of 8")  # the workers have said what is there
    expect(reading(figure, "step")).to_have_text("0")
    figure.get_by_role("button", name="One step").click()
    expect(reading(figure, "step")).to_have_text("1")
    figure.get_by_role("button", name="Step of D").click()
    expect(reading(figure, "step")).to_have_text("2")
    figure.get_by_role("button", name="Play", exact=True).click()
    until(page, "dd => Number(dd.textContent) > 20", arg=reading(figure, "step").element_handle())
    figure.get_by_label("data").select_option("grid")  # begins anew, with the new data
    expect(reading(figure, "wasserstein")).to_contain_text("of 25")


# Pictures of frames that began long before, as on a busy machine.
LATE = """const ask = window.requestAnimationFrame.bind(window)
window.requestAnimationFrame = (act) => ask((now) => act(now - 500))"""


def test_the_same_gan_trains_with_gancore_on_the_server(lessons: App, new_page: Callable[[], Page]) -> None:
    page = new_page()
    sockets: list[WebSocket] = []
    frames: list[int] = []

    def watch(socket: WebSocket) -> None:
        if socket.url.endswith("/lessons/toy"):
            sockets.append(socket)
            socket.on("framereceived", lambda frame: frames.append(len(frame)))

    page.on("websocket", watch)
    page.add_init_script(LATE)
    open_lesson(page, lessons, "collapse")
    figure = page.locator(".lesson[data-ready=trained]")
    figure.scroll_into_view_if_needed()  # a figure draws nothing, and says nothing, that is out of sight
    expect(reading(figure, "server")).to_have_text("waits")
    figure.get_by_role("button", name="One step").click()
    expect(reading(figure, "step")).to_have_text("1 of 3000")
    expect(reading(figure, "modes")).to_contain_text("of 8")
    before = look(figure.locator("canvas").first)
    figure.get_by_role("button", name="Play", exact=True).click()
    until(page, "dd => parseInt(dd.textContent) > 40", arg=reading(figure, "step").element_handle())
    figure.get_by_role("button", name="Pause").click()
    expect(reading(figure, "server")).to_have_text("waits")
    assert look(figure.locator("canvas").first) != before
    step, told = reading(figure, "step").inner_text(), len(frames)
    figure.get_by_role("button", name="One step").click()
    expect(reading(figure, "step")).to_have_text(f"{int(step.split()[0]) + 1} of 3000")  # it stood still meanwhile
    assert len(frames) == told + 1
    assert set(frames) == {1516}
    figure.get_by_label("loss").select_option("hinge")  # begins anew
    expect(reading(figure, "step")).to_have_text("–")
    figure.get_by_role("button", name="One step").click()
    expect(reading(figure, "step")).to_have_text("1 of 3000")
    assert len(sockets) == 2


def look(canvas: Locator) -> str:
    picture: str = canvas.evaluate("canvas => canvas.toDataURL()")
    return picture


def test_a_gan_in_the_browser_finds_the_ring_and_the_same_one_each_time(compute: Compute) -> None:
    script = """const train = () => {
          const gan = new modules.Gan({ loss: "nonsaturating", hidden: 24, seed: 0 })
          const z = gan.drawZ(new Float64Array(512))
          for (let step = 0; step < given.steps; step++) gan.step({ rateG: 5e-3, rateD: 5e-3 })
          return [gan.quality(gan.samples(z)), Array.from(gan.g.parameters)] }
        return [train(), train()]"""
    (quality, parameters), (_, again) = compute("gan", script, steps=1500)
    assert parameters == again
    assert quality["modes"] >= 5
    assert 0.1 < quality["near"] <= 1


@pytest.mark.parametrize("lesson", LESSONS.values(), ids=LESSONS)
def test_every_figure_follows_each_of_its_sliders(lessons: App, new_page: Callable[[], Page], lesson: Lesson) -> None:
    page = new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if is_complaint(message) else None)
    figure = open_lesson(page, lessons, lesson.id)
    for slider in figure.get_by_role("slider").all():
        before = slider.get_attribute("aria-valuetext")
        slider.focus()
        for key in ("End", "Home"):
            page.keyboard.press(key)
        for _ in range(3):
            page.keyboard.press("ArrowRight")
        assert (before, slider.get_attribute("aria-valuetext")) != (before, None)
    step = figure.get_by_role("button", name="One step")
    for _ in range(3 if step.count() else 0):
        step.click()
    expect(figure.locator(".readouts dd").first).not_to_have_text("–")
    texts = figure.locator(".readouts dd").all_text_contents()
    assert not [text for text in texts if "NaN" in text or "undefined" in text or not text]
    assert complaints == []
