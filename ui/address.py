"""What a page shows, kept in the session and said by its address: whoever opens the address sees the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Generic, Protocol, TypeVar, cast

import streamlit as st


class Said(Protocol):
    """A view that an address can say: a dataclass."""

    def texts(self) -> dict[str, str]:
        """What is read from an address again; nothing where it is as it always is."""
        ...


V = TypeVar("V", bound=Said)


class Address(Generic[V]):
    """The view of one page, whose parameters in the address have the given names."""

    def __init__(self, page: str, names: Sequence[str], parse: Callable[[Mapping[str, str]], V]) -> None:
        self._view, self._written = f"{page}-view", f"{page}-address"  # in the session
        self._names, self._parse = names, parse

    def current(self) -> V:
        """What this session shows."""
        return cast(V, st.session_state[self._view]) if self._view in st.session_state else self._parse({})

    def begin(self) -> V:
        """Take what the address says, if it is not what was written there last: at the beginning of the page."""
        said = {name: st.query_params[name] for name in self._names if name in st.query_params}
        if said and said != st.session_state.get(self._written):
            st.session_state[self._view] = self._parse(said)
        self._write()
        return self.current()

    def change(self, **changes: Any) -> None:
        """Show something else, and have the address say so; the fields of the view."""
        self.show(replace(self.current(), **changes))  # type: ignore[type-var]

    def show(self, view: V) -> None:
        """Show another view, and have the address say so."""
        st.session_state[self._view] = view
        self._write()

    def _write(self) -> None:
        said = self.current().texts()
        for name in self._names:
            if st.query_params.get(name, "") != said.get(name, ""):
                if name in said:
                    st.query_params[name] = said[name]
                else:
                    del st.query_params[name]
        st.session_state[self._written] = said
