"""What a report says of one experiment, part by part. Every number of a caption is computed from the runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gancore.config import SETTINGS, RunConfig
from gancore.experiments import OUTCOMES
from gancore.export import commands, curves, environment, figures, measured
from gancore.export.estimates import estimate
from gancore.export.markup import Markup, joined, table, tag
from gancore.export.measured import Shown
from gancore.export.pictures import Picture, last_samples
from gancore.export.study import Arm, Study, number_that_varies
from gancore.store import Run
from gancore.store.records import printable
from gancore.text import describe_duration, describe_value, listed

MOST_NOTES = 500  # characters of what somebody wrote beside a run
MOST_TAGS = 10
MOST_VALUE = 60  # characters of a setting's value
SHORT_NAME = 16  # characters of an arm's name that stay on one line
MOST_LISTED = 400  # runs that are listed one by one
PANELS = 3  # metrics in a figure
MANY = 8  # grids, beyond which their figure may be divided between pages


@dataclass
class Numbering:
    """Numbers of figures and tables through the whole document."""

    figures: int = 0
    tables: int = 0

    def figure(self, content: Markup, caption: str, class_: str = "") -> Markup:
        """A figure with its number and caption below."""
        self.figures += 1
        label = tag("b", f"Figure {self.figures}. ")
        return tag("figure", content, tag("figcaption", label, caption), class_=class_ or "plain")

    def table(self, content: Markup, caption: str) -> Markup:
        """A table with its number and caption above."""
        self.tables += 1
        label = tag("b", f"Table {self.tables}. ")
        opened, rest = content.split(">", 1)
        return Markup(f"{opened}>{tag('caption', label, caption)}{rest}")


def settings(study: Study, number: Numbering) -> Markup:
    """A table of what differs; what all arms have in common in a paragraph."""
    parts = []
    if study.varies:
        head = ("Arm", *(SETTINGS[path].label for path in study.varies))
        body = [(arm_name(arm), *(value_of(arm.config, path) for path in study.varies)) for arm in study.arms]
        parts.append(number.table(table(head, body, "settings"), "What differs between the arms."))
    return joined([*parts, common_settings(study)])


def common_settings(study: Study) -> Markup:
    """`Network: ngf 32 · ndf 32 ...`, of the settings in use that all arms share."""
    first = study.arms[0].config
    grouped: dict[str, list[Markup]] = {}
    for path, leaf in SETTINGS.items():
        if path != "seed" and path not in study.varies and not leaf.hidden and first.uses(path):
            text = tag("span", f"{leaf.label} {value_of(first, path)}")
            grouped.setdefault(leaf.group, []).append(text)
    groups = [joined([tag("b", group), ": ", joined(said, " · ")]) for group, said in grouped.items()]
    return tag("p", "In common. ", joined(groups, ". "), ".", class_="settings common")


def value_of(config: RunConfig, path: str) -> str:
    """A setting's value for people, of bounded length; a dash where the setting has no effect."""
    if not config.uses(path):
        return "–"
    value = config.flat[path]
    text = SETTINGS[path].empty if value is None else describe_value(value) or "none"
    return printable(text if len(text) <= MOST_VALUE else text[: MOST_VALUE - 1] + "…")


def arm_name(arm: Arm) -> Markup:
    """With the colour that it has in figures."""
    swatch = tag("span", class_="swatch", style=f"background:{arm.color}")
    return tag("span", swatch, arm.label, class_="arm short" if len(arm.label) <= SHORT_NAME else "arm")


def made_with(runs: Sequence[Run], class_: str = "facts wide") -> Markup:
    """The environment of some runs."""
    said = environment.facts(runs)
    return tag("dl", *(tag(kind, text) for pair in said.items() for kind, text in zip(("dt", "dd"), pair, strict=True)),
               class_=class_)  # fmt: skip


def grids(study: Study, number: Numbering, most: int) -> Markup:
    """The arms' last sample grids side by side, of one seed and so of the same noise; each in `most` bytes at most."""
    seed = study.shared_seed
    shown: list[Markup] = []
    drawn: list[Run] = []
    for arm in study.arms:
        run = next((run for run in (arm.of_seed(seed), *arm.runs) if run and run.samples()), None)
        picture = last_samples(run, most) if run else None
        if run is None or picture is None:
            shown.append(tag("div", tag("p", arm_name(arm)), tag("p", "no samples were kept", class_="soft")))
            continue
        drawn.append(run)
        shown.append(_grid(arm, run, picture))
    if not drawn:
        return Markup("")
    content = tag("div", *shown, class_="grids", style=f"--columns:{_columns(len(shown))}")
    caption = f"Samples at the end of training. {_noise_of(drawn)}"
    return number.figure(content, caption, "grids-of-many" if len(shown) > MANY else "")


def _grid(arm: Arm, run: Run, picture: Picture) -> Markup:
    words = f"seed {run.config.seed}, step {picture.step:,}" + (", upper part" if picture.cut else "")
    image = tag("img", src=picture.address, width=picture.width, height=picture.height,
                alt=f"samples of {arm.label}, {words}")  # fmt: skip
    return tag("div", tag("p", arm_name(arm)), image, tag("p", words, class_="soft"))


def _noise_of(runs: Sequence[Run]) -> str:
    """Whether grids can be compared picture by picture."""
    seeds = sorted({run.config.seed for run in runs})
    if len(runs) == 1:
        return ""
    if len(seeds) > 1:
        return f"They are of seeds {listed([str(seed) for seed in seeds])}, and so of different noise."
    if len({(run.config.model.nz, run.config.model.prior) for run in runs}) > 1:
        return f"All are of seed {seeds[0]}; the noise itself differs between the arms."
    return f"All are drawn from the same noise, that of seed {seeds[0]}, so differences are due to the arm."


def _columns(count: int) -> int:
    """Grids in a line: lines that are level, of at most four."""
    return max(-(-count // -(-count // 4)), 2)


def against_the_setting(study: Study, shown: Shown, number: Numbering) -> Markup:
    """The first outcomes against the setting."""
    if not shown:
        return Markup("")
    path = number_that_varies(study)
    first = dict(list(shown.items())[:PANELS])
    panels = [
        figures.Panel(
            _capital(outcome.label),
            outcome.better,
            [_points(arm, key, path) for arm in study.arms],
            outcome.ratio,
        )
        for key, outcome in first.items()
    ]
    setting = SETTINGS[path].label if path else "arm"
    named = _capital(listed([outcome.label for outcome in first.values()]))
    alt = f"{named} against {setting}, a point for each seed"
    svg = figures.against_the_setting(f"figure-{number.figures + 1}", panels, setting, alt)
    through = measured.features(study)
    said = [
        f"{named} by {setting}.",
        "One seed each: a difference may be due to chance." if len(study.seeds) == 1 else "",
        "Points: seeds. Bars: mean and 95 % interval (Student's t)." if len(study.seeds) > 1 else "",
        f"Learned features: {through}." if through else "",
        _failures(study),
    ]
    return number.figure(svg, " ".join(filter(None, said)))


def _points(arm: Arm, key: str, path: str | None) -> figures.Points:
    found = list(measured.values(arm.runs, key).values())
    place = float(arm.config.flat[path]) if path else None
    return figures.Points(arm.label, arm.color, found, estimate(OUTCOMES[key], found), place)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _failures(study: Study) -> str:
    count = sum(len(arm.runs) - len(arm.finished) for arm in study.arms)
    return f"{count} {'run' if count == 1 else 'runs'} failed and have no point." if count else ""


def loss_curves(study: Study, number: Numbering) -> Markup:
    """Losses over the steps, a chart for each arm; where arms have other kinds of losses, a figure for each kind."""
    by_chart: dict[tuple[str, ...], list[tuple[str, list[figures.Band]]]] = {}
    captions: dict[tuple[str, ...], tuple[str, str]] = {}
    for arm in study.arms:
        drawn = curves.bands(arm)
        if drawn:
            panel = curves.main_panel(arm)
            kind = tuple(curve.column for curve in panel.curves)
            by_chart.setdefault(kind, []).append((arm.label, drawn))
            captions[kind] = panel.y, panel.caption
    made = []
    for kind, charts in by_chart.items():
        y, look_for = captions[kind]
        svg = figures.over_steps(f"figure-{number.figures + 1}", charts, y, f"{y} over the steps of {len(charts)} arms")
        said = [
            f"{_capital(y)} over training.",
            "Lines: means over seeds; bands: from the lowest to the highest seed." if len(study.seeds) > 1 else "",
            "What lies far beyond the rest is cut off."
            if figures.cuts([band for _, each in charts for band in each])
            else "",
            look_for,
        ]
        made.append(number.figure(svg, " ".join(filter(None, said))))
    return joined(made)


def results(study: Study, shown: Shown, number: Numbering) -> Markup:
    """Means over seeds with their intervals, a row for each arm."""
    head = ("Arm", "n", *(outcome.label for outcome in shown.values()), "Steps", "Time a run")
    body = [
        (arm_name(arm), _count(arm), *(_cell(arm, key) for key in shown), _steps(arm), _time(arm)) for arm in study.arms
    ]
    several = any(len(arm.finished) > 1 for arm in study.arms)
    caption = (
        "Results at the end of training: mean over n seeds, with its 95 % interval (Student's t) in brackets; where "
        "differences are ratios, as with the FID, the geometric mean."
        if several
        else "Results at the end of training, one seed each: without an interval."
    )
    return number.table(table(head, body, "results"), caption)


def _cell(arm: Arm, key: str) -> Markup | str:
    """Mean, and below it the interval."""
    found = estimate(OUTCOMES[key], measured.values(arm.runs, key).values())
    if found is None:
        return "–"
    mean, _, interval = found.text(OUTCOMES[key].digits).partition(" ")
    return joined([mean, *([tag("span", interval, class_="interval")] if interval else [])])


def _count(arm: Arm) -> str:
    failed = len(arm.runs) - len(arm.finished)
    return str(len(arm.runs)) + (f", {failed} failed" if failed else "")


def _steps(arm: Arm) -> str:
    return " to ".join(dict.fromkeys(f"{each(run.status.step for run in arm.runs):,}" for each in (min, max)))


def _time(arm: Arm) -> str:
    return describe_duration(sum(run.status.seconds for run in arm.runs) / len(arm.runs))


def meanings(shown: Shown) -> Markup:
    """What the numbers are, a line each."""
    return tag("p", joined([joined([tag("b", outcome.label), f": {outcome.help}"]) for outcome in shown.values()], " "),
               class_="settings common")  # fmt: skip


def completeness(study: Study) -> Markup:
    """What is not in the report, and said so."""
    said = []
    if study.absent:
        said.append(f"Not run: {listed([f'“{name}”' for name in study.absent])}.")
    if study.beyond:
        said.append(f"The first {len(study.arms)} arms are shown; there are {study.beyond:,} more.")
    if study.unfinished:
        were = "run has" if study.unfinished == 1 else "runs have"
        said.append(f"{study.unfinished} {were} not ended and {'is' if study.unfinished == 1 else 'are'} left out.")
    return tag("p", " ".join(said)) if said else Markup("")


def reproduction(study: Study, number: Numbering) -> Markup:
    """Commands, and the runs that they made here."""
    whole = commands.reproduce(study)
    parts = [tag("p", "All of it, to the verdicts:", class_="lead"), tag("pre", whole)] if whole else []
    parts += [tag("p", "Each run by itself:", class_="lead")]
    parts += [tag("pre", "\n".join(commands.train(study)[:MOST_LISTED]))]
    body = [
        (tag("code", run.id), arm.label, str(run.config.seed), run.state, _remarks(run))
        for arm in study.arms
        for run in arm.runs
    ]
    listing = table(("Run", "Arm", "Seed", "State", "Remarks"), body[:MOST_LISTED], "runs")
    more = f" The first {MOST_LISTED} of {len(body):,} are listed." if len(body) > MOST_LISTED else ""
    return joined([*parts, number.table(listing, f"The runs of this experiment.{more}")])


def _remarks(run: Run) -> Markup:
    """What people said of a run, and why it failed."""
    meta, status = run.meta, run.status
    said = [meta.name] if meta.name and meta.name != run.id else []
    said += [f"#{each}" for each in meta.tags[:MOST_TAGS]]
    said += [meta.notes[:MOST_NOTES]] if meta.notes else []
    said += [status.error] if run.state == "failed" and status.error else []
    return joined(said, tag("br"))
