"""The runs that a view shows: found, sorted, grouped, and those of one page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from gancore.query import Facts, QueryError, parse
from gancore.query.clauses import choose, chosen
from gancore.store.index import Snapshot
from ui.runs import columns
from ui.runs.facts import facts, known, look
from ui.runs.view import View

FACETS = {"state": "State", "experiment": "Experiment", "data": "Data", "family": "Family", "tag": "Tag"}
MOST_VALUES = 60  # of a facet
NONE = "none"  # the group of runs that have no value


@dataclass(frozen=True)
class Group:
    """Runs with one value of what they are grouped by."""

    name: str
    runs: Sequence[Snapshot]


@dataclass(frozen=True)
class Facet:
    """The values that a field has among the runs, with how many have each, and those that the query asks for."""

    name: str
    title: str
    values: Mapping[str, int]
    chosen: Sequence[str]


class Listing:
    """All runs, seen through a view."""

    def __init__(self, runs: Sequence[Snapshot], view: View) -> None:
        self.runs, self.view = runs, view
        look(runs)
        self.facts: dict[str, Facts] = {run.id: facts(run) for run in runs}

    @cached_property
    def error(self) -> QueryError | None:
        """What is wrong with what is typed."""
        try:
            parse(self.view.typed)
        except QueryError as error:
            return error
        return None

    @cached_property
    def found(self) -> Sequence[Snapshot]:
        """The runs that the query finds, in order. Of a query that cannot be read, all."""
        try:
            query = parse(self.view.where)
        except QueryError:
            query = parse("")
        found = [run for run in self.runs if query.matches(self.facts[run.id])]
        return self._sorted(found)

    def _sorted(self, runs: Sequence[Snapshot]) -> list[Snapshot]:
        """By the view's column, the newest first where that says nothing; empty values last in both directions."""
        keys = {run.id: columns.sort_key(self.view.by, self.facts[run.id], known(run)) for run in runs}
        full = [run for run in runs if keys[run.id] is not None]
        empty = [run for run in runs if keys[run.id] is None]
        return sorted(full, key=lambda run: keys[run.id], reverse=self.view.descending) + empty

    @cached_property
    def groups(self) -> Sequence[Group]:
        """The found runs by what the view groups them by; one without a name if by nothing."""
        if not self.view.group:
            return [Group("", self.found)]
        made: dict[str, list[Snapshot]] = {}
        for run in self.found:
            made.setdefault(self.group_of(run), []).append(run)
        return [Group(name, runs) for name, runs in made.items()]

    def group_of(self, run: Snapshot) -> str:
        """The name of a run's group."""
        value = self.facts[run.id].get(self.view.group)
        return str(value[0] if isinstance(value, tuple) else value) if value else NONE

    @cached_property
    def lines(self) -> Sequence[Group | Snapshot]:
        """What the table shows from top to bottom: headings of groups, and the runs of those that are open."""
        if not self.view.group:
            return self.found
        lines: list[Group | Snapshot] = []
        for group in self.groups:
            lines.append(group)
            lines += [] if group.name in self.view.folded else group.runs
        return lines

    @property
    def pages(self) -> int:
        """How many pages the lines fill."""
        return max(-(-len(self.lines) // self.view.size), 1)

    @cached_property
    def page(self) -> Sequence[Group | Snapshot]:
        """The lines of the view's page; a group that goes on has its heading again."""
        first = min(self.view.page, self.pages - 1) * self.view.size
        shown = list(self.lines[first : first + self.view.size])
        if shown and self.view.group and not isinstance(shown[0], Group):
            name = self.group_of(shown[0])
            shown.insert(0, next(group for group in self.groups if group.name == name))
        return shown

    @cached_property
    def ticked(self) -> Sequence[Snapshot]:
        """The ticked runs that are still there, found or not, in the order of ticking."""
        here = {run.id: run for run in self.runs}
        return [here[run_id] for run_id in self.view.ticked if run_id in here]

    @cached_property
    def facets(self) -> Sequence[Facet]:
        """Each with the counts that choosing a value would give: of the runs that the rest of the query finds."""
        return [self._facet(name, title) for name, title in FACETS.items()]

    def _facet(self, name: str, title: str) -> Facet:
        try:
            asked = chosen(self.view.where, name)
            among = self._found_by(choose(self.view.where, name, ())) if asked else self.found
        except QueryError:
            asked, among = (), self.found
        counts = Counter(value for run in among for value in _values(self.facts[run.id].get(name)))
        shown = dict(counts.most_common(MOST_VALUES))
        here = {value.lower() for value in shown}
        return Facet(name, title, shown | {value: 0 for value in asked if value not in here}, asked)

    def _found_by(self, where: str) -> Iterable[Snapshot]:
        query = parse(where)
        return [run for run in self.runs if query.matches(self.facts[run.id])]


def _values(value: object) -> Sequence[str]:
    """What is counted of a field: of a state one word."""
    if isinstance(value, tuple):
        return value[:1] if value[1:] == ("training",) else value
    return (str(value),) if value else ()
