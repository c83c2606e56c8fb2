"""The Learn page: all lessons, or one of them."""

from __future__ import annotations

import streamlit as st

from gancore.experiments import EXPERIMENTS
from ui import navigation
from ui.frontend import learn
from ui.learn.lesson import Lesson
from ui.learn.lessons import LESSONS
from ui.words import plain

_ANSWERS = "lesson-answers"  # in the session, by lesson: what somebody expects; empty: they would rather see at once
PARAMETER = "lesson"  # of the address


def overview() -> None:
    """Every lesson as a card."""
    st.title("Learn", anchor=False)
    st.markdown("The theory behind the reports, to touch: the figures compute live, in your browser.")
    with st.grid(3, min_column_width=300):
        for number, lesson in enumerate(LESSONS.values(), start=1):
            with st.container(border=True, height="stretch"):
                _button(f"**{number}. {plain(lesson.title)}**", lesson, key=f"open-{lesson.id}")
                st.markdown(plain(lesson.question.text))
                st.caption(plain(lesson.source))


def page(lesson: Lesson) -> None:
    """One lesson: words and a question beside its figure, all in one container that can be shown full-screen."""
    with st.container(key="lesson"):
        _steps(lesson)
        st.title(plain(lesson.title), anchor=False)
        words, picture = st.columns([1, 1.6], gap="medium")
        with words:
            st.markdown(plain(lesson.text))
            for formula in lesson.formulas:
                st.latex(formula)
            _predict(lesson)
        with picture:
            learn.figure(lesson.figure, alt=lesson.alt, locked=answer_to(lesson) is None)
            st.markdown("\n".join(f"- {plain(each)}" for each in lesson.tries))
            if lesson.trained:
                _trained(lesson)
        st.page_link(
            navigation.EXPERIMENTS,
            label=f"**{plain(EXPERIMENTS[lesson.experiment].title)}**: {plain(lesson.shows)}",
            icon=":material/science:",
            query_params={"experiment": lesson.experiment},
        )
        st.caption(plain(f"Source: {lesson.source}"))


def _trained(lesson: Lesson) -> None:
    st.subheader("The same with gancore", anchor=False)
    st.markdown(plain(lesson.trained))
    alt = "Samples of G and D's surface while gancore trains them, and how many modes it has found"
    learn.figure("trained", alt=alt, locked=answer_to(lesson) is None, key="lesson-trained")


def answer_to(lesson: Lesson) -> str | None:
    """What was expected, in this session; None: nobody has said so yet."""
    answer: str | None = st.session_state.get(_ANSWERS, {}).get(lesson.id)
    return answer


def _steps(lesson: Lesson) -> None:
    """To all lessons, the one before, the next one, and full-screen."""
    every = list(LESSONS.values())
    place = every.index(lesson)
    with st.container(horizontal=True, vertical_alignment="center"):
        _button("All lessons", None, key="all-lessons", icon=":material/apps:")
        _button("Previous", every[place - 1] if place else lesson, key="lesson-previous", icon=":material/arrow_back:")
        st.markdown(f"{place + 1} of {len(every)}", width="content")
        following = every[place + 1] if place + 1 < len(every) else lesson
        _button("Next", following, key="lesson-next", icon=":material/arrow_forward:")
        learn.present("lesson")


def _button(label: str, lesson: Lesson | None, *, key: str, icon: str | None = None) -> None:
    """A way to a lesson, or to all of them; without effect on the lesson that is shown."""
    shown = lesson is not None and st.query_params.get(PARAMETER) == lesson.id
    st.button(label, type="tertiary", key=key, icon=icon, on_click=_open, args=(lesson,), disabled=shown)


def _open(lesson: Lesson | None) -> None:
    st.query_params.from_dict({PARAMETER: lesson.id} if lesson else {})


def _predict(lesson: Lesson) -> None:
    """Ask what somebody expects, and then say what is to be seen."""
    question, answer = lesson.question, answer_to(lesson)
    with st.container(border=True, key="predict"):
        st.markdown(f"**Predict first.** {plain(question.text)}")
        if answer is None:
            for place, choice in enumerate(question.choices):
                st.button(plain(choice), key=f"expect-{place}", width="stretch", on_click=_keep, args=(lesson, choice))
            st.button("Just show me", type="tertiary", key="show", on_click=_keep, args=(lesson, ""))
            return
        if answer:
            icon = ":material/check_circle:" if answer == question.right else ":material/lightbulb:"
            st.markdown(f"{icon} You expected: {plain(answer)}.")
        st.markdown(plain(question.seen))
        st.button("Ask me again", type="tertiary", key="again", on_click=_forget, args=(lesson,))


def _keep(lesson: Lesson, answer: str) -> None:
    st.session_state.setdefault(_ANSWERS, {})[lesson.id] = answer


def _forget(lesson: Lesson) -> None:
    st.session_state.get(_ANSWERS, {}).pop(lesson.id, None)
