"""A run as one plain PyTorch file, which gives the same curves and needs nothing of this project.

What makes curves equal is repeated in the open: every random number comes from a generator that is seeded by a hash of
(seed, stream, counter) and drawn on the CPU, images come in the same order, and weights are drawn layer by layer. The
file has the code of its run's settings and no other: templates of which only the lines stay that are needed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from textwrap import wrap

from gancore.config import STEERABLE, RunConfig, needed
from gancore.config.datasets import TOYS
from gancore.experiments import EXPERIMENTS
from gancore.export.formats import CannotExport
from gancore.export.script.data import data
from gancore.export.script.games import game
from gancore.export.script.imports import imports
from gancore.export.script.networks import names, networks
from gancore.export.script.settings import changes, constants
from gancore.export.script.template import fill
from gancore.store import Run
from gancore.store.records import Change, printable

__all__ = ["changed_lines", "plain_script"]

_SCRIPT = '''
    """$title

    $words
    """

    $imports

    $constants

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, $where)  #? files
    parser.add_argument("--out", type=Path, default=Path(), help="folder to write to")
    parser.add_argument("--steps", type=int, default=STEPS, help="stop after so many")
    options = parser.parse_args()
    torch.set_num_threads($threads)  # as the run had: in another order, sums round differently  #? threads
    device = $device


    def stream(name, counter=0, seed=SEED):
        """A generator for one purpose at one step: what it gives depends on these three alone."""
        digest = hashlib.blake2b(f"{seed}/{name}/{counter}".encode(), digest_size=4).digest()
        return torch.Generator().manual_seed(int.from_bytes(digest, "little"))


    # --- data ---
    $data


    # --- networks ---
    $networks


    # --- training ---
    $game

    $results
'''
_RESULTS = """
    options.out.mkdir(parents=True, exist_ok=True)
    with open(options.out / "curves.csv", "w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    $network.eval()  #? samples !averaged
    with torch.no_grad():  #? samples
        samples = $samples  #? samples !classes
        labels = torch.arange(CLASSES, device=device).repeat_interleave(8)  #? classes
        samples = $network(latent(8, stream("preview")).repeat(CLASSES, 1), labels)  #? classes
    save_image(samples, options.out / "samples.png", normalize=True, value_range=($low, 1))  #? images
    (options.out / "samples.csv").write_text("".join(f"{x},{y}\\\\n" for x, y in samples.tolist()))  #? points
"""

_FOLDERS = {
    "olivetti": 'default=Path("data"), help="folder of scikit-learn\'s data sets"',
    "own": 'required=True, help="folder of the images, whose classes are its folders"',
}
_DOWNLOADED = 'default=Path("data"), help="folder of torchvision\'s data sets"'
_AUTO = '"cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"'


_USUAL = (
    "It gives the same curves as the run in GAN Workbench, step by step, within rounding: all random numbers are drawn "
    "on the CPU, each from a generator for its purpose and step. It writes curves.csv and samples of the last step; "
    "it does not measure samples, and keeps no checkpoints.",
)


def plain_script(run: Run) -> str:
    """The script of a run. Raises `ConfigError` if its settings cannot be read, `CannotExport` if its networks are of a
    kind that no script is written for."""
    if not run.config.kind.script:
        raise CannotExport(f"{run.name} has no script: none is written for {run.config.model.kind} networks")
    made = [change for change in run.changes() if change.step is not None]
    return _script(run.config, made, title=f"{run.name} (run {run.id})", notes=_notes(run, made), threads=run.threads)


def encode(run: Run) -> bytes:
    """`plain_script` as a file."""
    return plain_script(run).encode()


def script_of(config: RunConfig, threads: int | None = None) -> str:
    """The script of a run that would have these settings."""
    return _script(config, (), title="A run", notes=[], threads=threads)


def changed_lines(run: Run) -> list[int]:
    """The lines of a run's script, from 1, that its settings touch which differ from those it started from.

    Those are its experiment's, else the defaults of its networks and data.
    """
    script = plain_script(run)
    mine, base = _code(script), _code(script_of(starting_point(run), run.threads))
    offset = len(script.splitlines()) - len(mine)
    blocks = SequenceMatcher(a=base, b=mine, autojunk=False).get_opcodes()
    changed = [line for kind, _, _, low, high in blocks if kind != "equal" for line in range(low, high)]
    return [offset + line + 1 for line in changed if mine[line].strip()]


def starting_point(run: Run) -> RunConfig:
    """The settings that a run's are compared with: of its experiment, or the usual ones of its networks and data."""
    if run.experiment in EXPERIMENTS:
        return EXPERIMENTS[run.experiment].base
    config = run.config
    own = {path: config.flat[path] for path in config.flat if path.startswith("data.own") or path == "data.points"}
    chosen = {"data.name": config.data.name, "model.kind": config.model.kind}
    needs = {other: value for path in chosen for other, value in needed(path, chosen[path]).items()}
    return RunConfig().replace(needs | own | chosen | {"model.nc": config.model.nc})


def _code(script: str) -> list[str]:
    """Its lines from the first import on."""
    return script.splitlines()[script.count("\n", 0, script.index("\nimport argparse")) + 1 :]


def _script(config: RunConfig, made: Sequence[Change], *, title: str, notes: Sequence[str], threads: int | None) -> str:
    body = {
        "data": _spaced(data(config)),
        "networks": _spaced(networks(config)),
        "game": _spaced(game(config, _ever(config, made), changes(config, made))),
        "results": _results(config),
    }
    flags = {"threads" if threads else "", "files" if _reads_files(config) else ""}
    where = _FOLDERS.get(config.data.name, _DOWNLOADED)
    device = _AUTO if config.train.device == "auto" else repr(config.train.device)
    values = body | {"where": where, "threads": str(threads), "device": device}
    words = "\n".join(line for note in (*_USUAL, *notes) for line in (*wrap(note, 100), ""))
    head = {"title": plain(title), "words": words.rstrip("\n")}
    code = fill(_SCRIPT, flags, **values, **head, imports="", constants="")
    known = constants(config, code)
    whole = fill(_SCRIPT, flags, **values, **head, imports=imports(code), constants=known)
    return f"{whole}\n"


def _spaced(code: str) -> str:
    """Code below a comment, as far from it as PEP 8 wants functions to be."""
    return ("\n\n" if code.startswith(("def ", "class ")) else "\n") + code


def _reads_files(config: RunConfig) -> bool:
    return config.data.name not in (*TOYS, "digits-8x8")


def _ever(config: RunConfig, made: Sequence[Change]) -> dict[str, frozenset[object]]:
    """The values that each setting which can change while a run trains has at some step."""
    return {
        path: frozenset([config.flat[path], *(each.changes[path] for each in made if path in each.changes)])
        for path in STEERABLE
    }


def _results(config: RunConfig) -> str:
    """The code that writes down what came of it."""
    first, second = names(config)
    averaged = config.uses("optim.ema") and config.optim.ema
    kind = config.kind.condition
    points = config.data.name in TOYS
    classifier = bool(config.labelled) and not config.objective.unsupervised_weight
    flags = {
        "samples": not classifier,
        "classes": kind == "class",
        "averaged": bool(averaged),  # in eval mode from the beginning
        "points": points,
        "images": not points and not classifier,
    }
    network = second if first == "encoder" else "average" if averaged else "generator"
    count = "min(64, len(regular))" if kind == "image" else "1000" if points else "64"
    given = "scaled(regular[:64]), " if kind == "image" else ""
    made = f'{network}({given}latent({count}, stream("preview")))'
    if first == "encoder" or kind == "image":
        made = f"torch.sigmoid({made})"
    return fill(
        _RESULTS,
        {name for name, holds in flags.items() if holds},
        network=network,
        samples=made,
        low="0" if config.data.range == "0..1" else "-1",
    )


def _notes(run: Run, made: Sequence[Change]) -> list[str]:
    """What the script repeats of what happened to its run, and what it does not."""
    notes = []
    if made:
        notes.append("Settings that were changed while the run trained change at the same steps.")
    if run.meta.parent is not None:
        notes.append(
            f"The run is a fork, which went on from step {run.meta.parent_step or 0:,} of another one. This file "
            "starts anew: its curves are NOT those of the run."
        )
    if run.config.data.name == "own":
        notes.append(
            f"The images are those that were imported as {run.config.data.own}: give --data the folder that they were "
            "imported from. Images of 16 bits a channel, and files that are no images, are not treated as the import "
            "does."
        )
    return notes


def plain(text: str) -> str:
    """A name from anywhere, fit for a line of a docstring: it may come from somebody else's run."""
    return re.sub(r"[^\w .,:;=+()/-]", "?", printable(text, 120))
