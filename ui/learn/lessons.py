"""The lessons, in their order."""

from __future__ import annotations

from ui.learn.lesson import Lesson, Question

_GAME = Lesson(
    id="game",
    title="The game and the best D",
    text="D says how likely x is to be real; G wants D to be wrong. Against a fixed G there is one best D, "
    "and what G then minimises is, but for a constant, how far its density lies from that of the data: the "
    "Jensen-Shannon divergence.",
    formulas=(
        r"\begin{aligned} \min_G \max_D V(D, G) &= \mathbb{E}_{p_\mathrm{data}} \log D(x) \\ "
        r"&+ \mathbb{E}_{p_g} \log(1 - D(x)) \end{aligned}",
        r"D^*(x) = \frac{p_\mathrm{data}(x)}{p_\mathrm{data}(x) + p_g(x)}",
        r"V(D^*, G) = 2\,\mathrm{JSD} - \log 4",
    ),
    figure="game",
    alt="Densities of data and of G on a line, the best D between them, and what each place adds to the divergence",
    tries=(
        "Drag the top of p_g to and fro, its flank for its width, and give it a second bump.",
        "Far away, move it a little: D* and the divergence hardly notice. That is why G gets no gradient there.",
        "Press Play: G goes down the divergence, with the best D before each step.",
    ),
    question=Question(
        "G has become perfect: p_g is p_data. What does the best D say?",
        ("1 everywhere", "1/2 everywhere", "0 everywhere"),
        "1/2 everywhere",
        "Where both densities are equal D* is 1/2, the divergence is 0, and V is -log 4, about -1.386.",
    ),
    experiment="toy-optimal-d",
    shows="how close a trained D comes to this one",
    source="Goodfellow et al. 2014, section 4; report 001",
)

_SATURATION = Lesson(
    id="saturation",
    title="The loss that is not in the equation",
    text="The equation tells G to minimise log(1 - D(G(z))). In practice everybody minimises -log D(G(z)) instead: "
    "both want the same, but they pull with different force. With D(G(z)) = σ(l), the pull at D's logit l is "
    "σ(l) for the one and 1 - σ(l) for the other.",
    formulas=(
        r"\frac{\partial}{\partial l} \log(1 - \sigma(l)) = -\sigma(l)",
        r"\frac{\partial}{\partial l} \bigl(-\log \sigma(l)\bigr) = -(1 - \sigma(l))",
    ),
    figure="saturation",
    alt="Both losses of G and the size of their gradients, against D's output for a fake",
    tries=(
        "Drag D(G(z)) to the left, where D is sure that it sees a fake: one gradient vanishes.",
        "Press Play: both G's start at the same place and go down their loss. In slow motion, watch who leaves first.",
        "With logarithmic axes the gradient of the minimax loss is a straight line: it is D(G(z)) itself.",
    ),
    question=Question(
        "Training begins: D is sure that G's images are fakes, D(G(z)) = 0.01. Which loss moves G more?",
        ("the equation's, log(1 - D(G(z)))", "the one in use, -log D(G(z))", "both alike"),
        "the one in use, -log D(G(z))",
        "At D(G(z)) = 0.01 the loss in use pulls 99 times as hard; at 1/2 both pull alike.",
    ),
    experiment="dcgan-loss",
    shows="what the two losses make of digits",
    source="Goodfellow et al. 2014, section 3; report 002, question 3",
)

_COLLAPSE = Lesson(
    id="collapse",
    title="Mode collapse, live",
    text="Five small GANs start from the same weights and see the same data; only the loss differs. Grey is real, "
    "vermilion is what G makes of 256 fixed z, blue is where D says real, arrows show where G is pulled. "
    "A mode that no sample comes near is lost, until D notices.",
    formulas=(
        r"\text{non-saturating: } -\log \sigma(D(G(z)))",
        r"\text{least squares: } \tfrac12 (D(G(z)) - 1)^2",
        r"\text{Wasserstein, hinge: } -D(G(z))",
    ),
    figure="collapse",
    alt="Five GANs in the plane under five losses, and how many modes each has found",
    tries=(
        "Press Play, and watch samples gather, jump from mode to mode, and spread.",
        "Set Adam's beta1 to 0.9: momentum makes samples overshoot, and modes are lost.",
        "Step of D, Step of G: one player moves, the other waits. Show G's mesh to see how it folds the square of z.",
        "Give D five steps, or ten times G's learning rate: who finds the modes sooner?",
    ),
    question=Question(
        "Eight modes on a ring. After the first few hundred steps, how many does G cover?",
        ("all eight at once", "one or a few, and they change", "none, ever"),
        "one or a few, and they change",
        "At first samples gather on few modes and move on as D learns to reject them; with time most losses find "
        "most of the ring, the grid of 25 seldom.",
    ),
    experiment="toy-collapse",
    shows="which losses find all modes, counted over many seeds",
    source="Goodfellow et al. 2014; Mao et al. 2017; Gulrajani et al. 2017; Lim and Ye 2017; reports 001 and 002",
)

LESSONS = {lesson.id: lesson for lesson in (_GAME, _SATURATION, _COLLAPSE)}
