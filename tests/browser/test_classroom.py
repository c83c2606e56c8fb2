"""A class in browsers: two students and their teacher, who see each other's runs only where they should."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.provider import CLIENT, SECRET, provide
from tests.browser.serving import App, free_port, serve

pytestmark = pytest.mark.browser

SignIn = Callable[..., Page]


@pytest.fixture
def lesson(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[App]:
    """A server with a class."""
    options = f'code = "swan-4821"\nteacher_code = "the-teacher"\njobs = 2\nfolder = "{tmp_path / "class"}"\n'
    (tmp_path / "class.toml").write_text(options)
    monkeypatch.setenv("GANCORE_CLASSROOM", str(tmp_path / "class.toml"))
    with serve(tmp_path) as app:
        yield app


@pytest.fixture
def sign_in(lesson: App, browser: Browser) -> Iterator[SignIn]:
    """Sign in, in a browser of one's own."""
    contexts, errors = [], list[str]()

    def enter(name: str) -> Page:
        contexts.append(browser.new_context(viewport={"width": 1440, "height": 900}))
        page = contexts[-1].new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(lesson.url)
        expect(page.get_by_role("heading", name="GAN Workbench")).to_be_visible()
        if name == "Teacher":
            page.get_by_role("link", name="I am the teacher").click()
            page.get_by_label("Teacher's code").fill("the-teacher")
        else:
            page.get_by_label("Class code").fill("swan-4821")
            page.get_by_label("Your name").fill(name)
            page.get_by_label("Personal code").fill("secret-1")
        page.keyboard.press("Enter")
        expect(page.get_by_role("link", name=name, exact=True)).to_be_visible()
        return page

    yield enter
    for context in contexts:
        context.close()
    assert not errors


def train(page: Page) -> str:
    """Start the quickstart; the run's id."""
    page.get_by_role("button", name="Train my first GAN").click()
    expect(page.locator('.chart[aria-label^="Losses of quickstart"]')).to_be_visible()
    page.wait_for_url("**/train?run=*")
    return page.url.rpartition("run=")[2]


def test_two_students_and_a_teacher(lesson: App, sign_in: SignIn) -> None:
    ann, bo = sign_in("Ann"), sign_in("Bo")
    hers, his = train(ann), train(bo)
    assert hers != his
    for page, other in ((ann, his), (bo, hers)):
        page.goto(f"{lesson.url}/train?run={other}")
        expect(page.get_by_text("The run in this link no longer exists")).to_be_visible()
        page.get_by_role("link", name="Runs").click()
        expect(page.locator(".run")).to_have_count(1)
        answer = page.request.get(f"{lesson.url}/live/{other}/news")
        assert answer.status == 404

    teacher = sign_in("Teacher")
    teacher.get_by_role("link", name="Class", exact=True).click()
    expect(teacher.get_by_role("heading", name="Training now")).to_be_visible()
    for name in ("Ann", "Bo"):
        expect(teacher.locator(".stMarkdown").get_by_text(name, exact=True).first).to_be_visible()
    expect(teacher.locator('[class*="st-key-class-training-"]')).to_have_count(2)
    teacher.locator(f'[class*="st-key-class-stop-now-"][class*="{hers}"] button').click()
    expect(teacher.locator('[class*="st-key-class-training-"]')).to_have_count(1)
    teacher.locator('[class*="st-key-more-ann-"] button').first.click()
    teacher.locator(f'[class*="st-key-publish-ann-"][class*="{hers}"] button').click()
    expect(teacher.get_by_text("Everybody sees quickstart")).to_be_visible()

    for page in (ann, bo):
        page.goto(lesson.url)
        expect(page.get_by_role("heading", name="Shown by your teacher")).to_be_visible()
    bo.goto(f"{lesson.url}/train?run={hers}")
    expect(bo.get_by_text("read-only")).to_be_visible()


def test_a_student_comes_back_and_leaves(lesson: App, sign_in: SignIn) -> None:
    page = sign_in("Ann")
    page.goto(f"{lesson.url}/runs")
    expect(page.get_by_role("heading", name="Runs")).to_be_visible()
    page.get_by_role("link", name="Ann", exact=True).click()
    page.get_by_role("link", name="Sign out").click()
    expect(page.get_by_label("Class code")).to_be_visible()
    page.goto(f"{lesson.url}/runs")
    expect(page.get_by_label("Class code")).to_be_visible()


PEOPLE = {
    "Ann": {"email": "Ann@school.example", "email_verified": True, "name": "Ann Lee"},
    "Mallory": {"email": "mallory@elsewhere.example", "email_verified": True, "name": "Mallory"},
    "Unchecked": {"email": "bo@school.example", "email_verified": False, "name": "Bo"},
    "Ms. Ray": {"email": "ray@school.example", "email_verified": True, "name": "Ms. Ray"},
}


@pytest.fixture
def school(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[App]:
    """A server with a class, whose members sign in with their school."""
    port = free_port()
    options = f'teachers = ["ray@school.example"]\nmembers = ["@school.example"]\nfolder = "{tmp_path / "class"}"\n'
    (tmp_path / "class.toml").write_text(options)
    monkeypatch.setenv("GANCORE_CLASSROOM", str(tmp_path / "class.toml"))
    with provide(PEOPLE) as provider:
        secrets = tmp_path / "secrets.toml"
        secrets.write_text(
            f"""[auth]
            redirect_uri = "http://localhost:{port}/oauth2callback"
            cookie_secret = "long and random, in a class that is none"
            client_id = "{CLIENT}"
            client_secret = "{SECRET}"
            server_metadata_url = "{provider.url}/.well-known/openid-configuration"
            """
        )
        with serve(tmp_path, port=port, options=[f"--secrets.files={secrets}"]) as app:
            yield app


def enter(page: Page, app: App, name: str) -> None:
    """Sign in as the school knows somebody."""
    page.goto(app.url)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name=name, exact=True).click()
    page.wait_for_url(f"{app.url}/**")


def test_a_school_signs_its_members_in(school: App, new_page: Callable[[], Page]) -> None:
    page = new_page()
    enter(page, school, "Ann")
    expect(page.get_by_role("link", name="Ann Lee", exact=True)).to_be_visible()
    run = train(page)
    page.get_by_role("link", name="Ann Lee", exact=True).click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    assert page.request.get(f"{school.url}/live/{run}/news").status != 200

    enter(page, school, "Ms. Ray")
    page.get_by_role("link", name="Class", exact=True).click()
    expect(page.get_by_role("heading", name="Training now")).to_be_visible()
    expect(page.locator(".stMarkdown").get_by_text("Ann Lee", exact=True).first).to_be_visible()


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("Mallory", "mallory@elsewhere.example is not of this class."),
        ("Unchecked", "has no verified email address"),
    ],
    ids=["of elsewhere", "unchecked"],
)
def test_a_school_keeps_out_whom_it_does_not_know(
    name: str, answer: str, school: App, new_page: Callable[[], Page]
) -> None:
    page = new_page()
    enter(page, school, name)
    for address in ("", "/runs"):
        page.goto(f"{school.url}{address}")
        expect(page.get_by_text(answer)).to_be_visible()
        expect(page.get_by_role("button", name="Sign in")).to_be_visible()
        expect(page.get_by_role("link", name="Runs")).to_have_count(0)
