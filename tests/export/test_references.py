from __future__ import annotations

import re

import pytest

from gancore.config.kinds import KINDS, ModelKind
from gancore.evaluation.measures import MEASURES
from gancore.experiments import CLAIMS, EXPERIMENTS, OUTCOMES
from gancore.export.references import PAPERS, behind, mentioned
from tests.miniatures import tiny

MENTION = re.compile(r"[^\W\d_]+(?: et al\.| and [A-Z][^\W\d_]+) (?:19|20)\d\d")
TEXTS = [
    *(measure.help for measure in MEASURES.values()),
    *(outcome.help for outcome in OUTCOMES.values()),
    *(f"{each.source} {each.arms_source} {each.note} {each.question}" for each in EXPERIMENTS.values()),
    *(f"{claim.source} {claim.says} {claim.note}" for claim in CLAIMS.values()),
]


@pytest.mark.parametrize("words", sorted({words for text in TEXTS for words in MENTION.findall(text)}))
def test_every_paper_that_a_report_can_mention_is_known(words: str) -> None:
    assert mentioned(f"as in {words}, section 2")


def test_papers_are_found_however_they_are_joined_and_listed_by_name() -> None:
    found = mentioned("Salimans et al. 2016; Kingma & Welling 2014; Goodfellow et al. 2014")
    assert [paper.year for paper in found] == [2014, 2014, 2016]
    assert [paper.authors.split(",")[0] for paper in found] == ["I. Goodfellow", "D. P. Kingma", "T. Salimans"]
    assert mentioned("nothing from 2014") == []


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_networks_comes_from_somewhere(kind: ModelKind) -> None:
    assert len(mentioned(behind([tiny(kind)]))) > 1  # more than the optimiser


def test_addresses_are_plain_links() -> None:
    assert all(paper.address.startswith("https://arxiv.org/abs/") for paper in PAPERS.values() if paper.address)
