"""The papers that a document mentions, found in its text: `Heusel et al. 2017`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from gancore.config import RunConfig


@dataclass(frozen=True)
class Paper:
    """A reference, as it is listed."""

    authors: str
    year: int
    title: str
    where: str
    address: str = ""


# By the words that mention them.
PAPERS = {
    "Arjovsky and Bottou 2017": Paper(
        "M. Arjovsky, L. Bottou",
        2017,
        "Towards principled methods for training generative adversarial networks",
        "ICLR",
        "https://arxiv.org/abs/1701.04862",
    ),
    "Arjovsky et al. 2017": Paper(
        "M. Arjovsky, S. Chintala, L. Bottou",
        2017,
        "Wasserstein generative adversarial networks",
        "ICML",
        "https://arxiv.org/abs/1701.07875",
    ),
    "Benjamini and Hochberg 1995": Paper(
        "Y. Benjamini, Y. Hochberg",
        1995,
        "Controlling the false discovery rate: a practical and powerful approach to multiple testing",
        "Journal of the Royal Statistical Society B 57(1), 289-300",
    ),
    "Bińkowski et al. 2018": Paper(
        "M. Bińkowski, D. J. Sutherland, M. Arbel, A. Gretton",
        2018,
        "Demystifying MMD GANs",
        "ICLR",
        "https://arxiv.org/abs/1801.01401",
    ),
    "Castro et al. 2019": Paper(
        "D. C. Castro, J. Tan, B. Kainz, E. Konukoglu, B. Glocker",
        2019,
        "Morpho-MNIST: quantitative assessment and diagnostics for representation learning",
        "Journal of Machine Learning Research 20(178)",
        "https://arxiv.org/abs/1809.10780",
    ),
    "Goodfellow et al. 2014": Paper(
        "I. Goodfellow, J. Pouget-Abadie, M. Mirza, B. Xu, D. Warde-Farley, S. Ozair, A. Courville, Y. Bengio",
        2014,
        "Generative adversarial nets",
        "NIPS",
        "https://arxiv.org/abs/1406.2661",
    ),
    "Gulrajani et al. 2017": Paper(
        "I. Gulrajani, F. Ahmed, M. Arjovsky, V. Dumoulin, A. Courville",
        2017,
        "Improved training of Wasserstein GANs",
        "NIPS",
        "https://arxiv.org/abs/1704.00028",
    ),
    "Heusel et al. 2017": Paper(
        "M. Heusel, H. Ramsauer, T. Unterthiner, B. Nessler, S. Hochreiter",
        2017,
        "GANs trained by a two time-scale update rule converge to a local Nash equilibrium",
        "NIPS",
        "https://arxiv.org/abs/1706.08500",
    ),
    "Kingma and Ba 2015": Paper(
        "D. P. Kingma, J. Ba",
        2015,
        "Adam: a method for stochastic optimization",
        "ICLR",
        "https://arxiv.org/abs/1412.6980",
    ),
    "Kingma and Welling 2014": Paper(
        "D. P. Kingma, M. Welling",
        2014,
        "Auto-encoding variational Bayes",
        "ICLR",
        "https://arxiv.org/abs/1312.6114",
    ),
    "Kodali et al. 2017": Paper(
        "N. Kodali, J. Abernethy, J. Hays, Z. Kira",
        2017,
        "On convergence and stability of GANs",
        "arXiv",
        "https://arxiv.org/abs/1705.07215",
    ),
    "Kynkäänniemi et al. 2019": Paper(
        "T. Kynkäänniemi, T. Karras, S. Laine, J. Lehtinen, T. Aila",
        2019,
        "Improved precision and recall metric for assessing generative models",
        "NeurIPS",
        "https://arxiv.org/abs/1904.06991",
    ),
    "LeCun et al. 1998": Paper(
        "Y. LeCun, L. Bottou, Y. Bengio, P. Haffner",
        1998,
        "Gradient-based learning applied to document recognition",
        "Proceedings of the IEEE 86(11), 2278-2324",
    ),
    "Lim and Ye 2017": Paper("J. H. Lim, J. C. Ye", 2017, "Geometric GAN", "arXiv", "https://arxiv.org/abs/1705.02894"),
    "Lin et al. 2018": Paper(
        "Z. Lin, A. Khetan, G. Fanti, S. Oh",
        2018,
        "PacGAN: the power of two samples in generative adversarial networks",
        "NeurIPS",
        "https://arxiv.org/abs/1712.04086",
    ),
    "Mao et al. 2017": Paper(
        "X. Mao, Q. Li, H. Xie, R. Y. K. Lau, Z. Wang, S. P. Smolley",
        2017,
        "Least squares generative adversarial networks",
        "ICCV",
        "https://arxiv.org/abs/1611.04076",
    ),
    "Meehan et al. 2020": Paper(
        "C. Meehan, K. Chaudhuri, S. Dasgupta",
        2020,
        "A non-parametric test to detect data-copying in generative models",
        "AISTATS",
        "https://arxiv.org/abs/2004.05675",
    ),
    "Mescheder et al. 2018": Paper(
        "L. Mescheder, A. Geiger, S. Nowozin",
        2018,
        "Which training methods for GANs do actually converge?",
        "ICML",
        "https://arxiv.org/abs/1801.04406",
    ),
    "Metz et al. 2017": Paper(
        "L. Metz, B. Poole, D. Pfau, J. Sohl-Dickstein",
        2017,
        "Unrolled generative adversarial networks",
        "ICLR",
        "https://arxiv.org/abs/1611.02163",
    ),
    "Mirza and Osindero 2014": Paper(
        "M. Mirza, S. Osindero",
        2014,
        "Conditional generative adversarial nets",
        "arXiv",
        "https://arxiv.org/abs/1411.1784",
    ),
    "Miyato et al. 2018": Paper(
        "T. Miyato, T. Kataoka, M. Koyama, Y. Yoshida",
        2018,
        "Spectral normalization for generative adversarial networks",
        "ICLR",
        "https://arxiv.org/abs/1802.05957",
    ),
    "Naeem et al. 2020": Paper(
        "M. F. Naeem, S. J. Oh, Y. Uh, Y. Choi, J. Yoo",
        2020,
        "Reliable fidelity and diversity metrics for generative models",
        "ICML",
        "https://arxiv.org/abs/2002.09797",
    ),
    "Odena et al. 2017": Paper(
        "A. Odena, C. Olah, J. Shlens",
        2017,
        "Conditional image synthesis with auxiliary classifier GANs",
        "ICML",
        "https://arxiv.org/abs/1610.09585",
    ),
    "Radford et al. 2016": Paper(
        "A. Radford, L. Metz, S. Chintala",
        2016,
        "Unsupervised representation learning with deep convolutional generative adversarial networks",
        "ICLR",
        "https://arxiv.org/abs/1511.06434",
    ),
    "Salimans et al. 2016": Paper(
        "T. Salimans, I. Goodfellow, W. Zaremba, V. Cheung, A. Radford, X. Chen",
        2016,
        "Improved techniques for training GANs",
        "NIPS",
        "https://arxiv.org/abs/1606.03498",
    ),
    "Schuirmann 1987": Paper(
        "D. J. Schuirmann",
        1987,
        "A comparison of the two one-sided tests procedure and the power approach for assessing the equivalence of "
        "average bioavailability",
        "Journal of Pharmacokinetics and Biopharmaceutics 15(6), 657-680",
    ),
    "Sønderby et al. 2017": Paper(
        "C. K. Sønderby, J. Caballero, L. Theis, W. Shi, F. Huszár",
        2017,
        "Amortised MAP inference for image super-resolution",
        "ICLR",
        "https://arxiv.org/abs/1610.04490",
    ),
    "Srivastava et al. 2017": Paper(
        "A. Srivastava, L. Valkov, C. Russell, M. U. Gutmann, C. Sutton",
        2017,
        "VEEGAN: reducing mode collapse in GANs using implicit variational learning",
        "NIPS",
        "https://arxiv.org/abs/1705.07761",
    ),
    "Welch 1947": Paper(
        "B. L. Welch",
        1947,
        "The generalization of 'Student's' problem when several different population variances are involved",
        "Biometrika 34(1/2), 28-35",
    ),
    "Xiao et al. 2017": Paper(
        "H. Xiao, K. Rasul, R. Vollgraf",
        2017,
        "Fashion-MNIST: a novel image dataset for benchmarking machine learning algorithms",
        "arXiv",
        "https://arxiv.org/abs/1708.07747",
    ),
}
_SPELLED = {re.compile(re.escape(words).replace(r"and\ ", r"(?:and|&)\ ")): paper for words, paper in PAPERS.items()}

_OF_KINDS = {
    "dcgan": ("Goodfellow et al. 2014", "Radford et al. 2016"),
    "cdcgan": ("Radford et al. 2016", "Mirza and Osindero 2014"),
    "mlp": ("Goodfellow et al. 2014",),
    "cmlp": ("Mirza and Osindero 2014",),
    "cs231n": ("Radford et al. 2016",),
    "vae": ("Kingma and Welling 2014",),
    "semi": ("Salimans et al. 2016",),
    "translator": ("Goodfellow et al. 2014",),
}
_OF_DATA = {"mnist": "LeCun et al. 1998", "mnist-5k": "LeCun et al. 1998", "fashion-mnist": "Xiao et al. 2017"}


def behind(configs: Iterable[RunConfig]) -> str:
    """A text that mentions where the networks, the data and the loss of some runs come from."""
    said: list[str] = []
    for config in configs:
        said += _OF_KINDS.get(config.model.kind, ())
        said.append(_OF_DATA.get(config.data.name, ""))
        if config.uses("objective.loss"):
            said.append(
                {"least_squares": "Mao et al. 2017", "wasserstein": "Arjovsky et al. 2017"}.get(
                    config.objective.loss, ""
                )
            )
        said.append("Kingma and Ba 2015" if config.optim.optimizer == "adam" else "")
    return "; ".join(dict.fromkeys(filter(None, said)))


def mentioned(text: str) -> list[Paper]:
    """The papers that a text mentions, by their first author's name."""
    found = [paper for spelling, paper in _SPELLED.items() if spelling.search(text)]
    return sorted(found, key=lambda paper: (paper.authors.split(",")[0].split(" ")[-1], paper.year))
