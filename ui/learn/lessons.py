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
    trained="The same ring in PyTorch: the server trains the very run of the experiment below, 3,000 steps with rates "
    "that fall, so that it comes to rest. Nothing of it is kept.",
)

_ONE_SIDED = Lesson(
    id="one-sided",
    title="One equation alone",
    text="Equation (6) of the hand-out is G's part, equation (7) is D's, and training takes turns. "
    "Here is the same GAN three times: with both, with G alone against a D that never learns, "
    "and with D alone against a G that never moves.",
    formulas=(
        r"(6)\quad \max_G \; \mathbb{E}_z \log D(G(z))",
        r"\begin{aligned} (7)\quad \max_D \; &\mathbb{E}_x \log D(x) \\ "
        r"+\; &\mathbb{E}_z \log(1 - D(G(z))) \end{aligned}",
    ),
    figure="onesided",
    alt="The same GAN in the plane with both players learning, with G alone and with D alone",
    tries=(
        "Press Play: G alone runs to wherever its untrained D happens to be high, and D(G(z)) goes to 1.",
        "D alone learns to tell them apart, D(G(z)) goes to 0, and the samples stay noise.",
        "Another seed gives G another way out: it has nothing to do with the data.",
    ),
    question=Question(
        "Only G learns; D stays as it was at first. What becomes of the samples?",
        (
            "they come to look like the data",
            "they run to where D is highest, fool it, and look like nothing",
            "they stay",
        ),
        "they run to where D is highest, fool it, and look like nothing",
        "A D that never learned knows nothing of the data: fooling it is easy and worth nothing. Report 002 "
        "says so, too.",
    ),
    experiment="dcgan-one-sided",
    shows="the same with digits",
    source="report 002, question 1",
)

_CIRCLING = Lesson(
    id="circling",
    title="Rates, steps and a game that circles",
    text="The smallest GAN there is: the data are one point at 0, G is a point θ, D a line of slope ψ. "
    "Each player goes down its own loss, and the direction in which both move leads not to the equilibrium but "
    "around it.",
    formulas=(
        r"D(x) = \psi x, \qquad G(z) = \theta",
        r"V(\theta, \psi) = \log \sigma(0) + \log(1 - \sigma(\psi \theta))",
    ),
    figure="circling",
    alt="The parameters of a Dirac-GAN as a path in the plane and against the step",
    tries=(
        "Play D, then G, then both at once: the one circles, the other spirals out.",
        "Give D more steps or a larger rate: the circle becomes an ellipse, and G moves less or more.",
        "The non-saturating loss creeps inwards. A little of the R1 penalty on D's slope, and any loss arrives.",
    ),
    question=Question(
        "Under the minimax loss both players move at once, at equal rates, without a penalty. Where does the game go?",
        ("to the equilibrium", "around it, on the same circle for ever", "around it, ever further out"),
        "around it, ever further out",
        "Every step at once leads a little out of the circle; in turns it stays on it; with a penalty it arrives.",
    ),
    experiment="gan-fashion-lr",
    shows="unequal learning rates on garments",
    source="Mescheder et al. 2018; Heusel et al. 2017 (two time scales); reports 001 and 003",
)

_LATENT = Lesson(
    id="latent",
    title="What z is",
    text="z is a place in a square, nothing more; G bends the square until it covers the data. Neighbours stay "
    "neighbours, so between two modes there must be a bridge: z that become samples like no data.",
    formulas=(
        r"z(a) = a\,z_1 + (1 - a)\,z_2",
        r"x(a) = G(z(a))",
    ),
    figure="latent",
    alt="A grid of z with a path between two points, and where a GAN that learns in the browser puts both",
    tries=(
        "Press Play and watch the grid fold itself around the ring.",
        "Drag both ends of the path, then slide along it: long stretches on a mode, then a leap to the next.",
        "Where is the grid dense, and where thin? Dense is where samples often fall.",
    ),
    question=Question(
        "You go from one z to another in small, even steps. How does G(z) move once G is trained on a ring of 8 "
        "points?",
        ("in small, even steps", "it rests on a mode and then leaps", "at random"),
        "it rests on a mode and then leaps",
        "G is continuous, so it must cross the gaps, and learns to cross them fast: the largest step is several times "
        "the mean one. On images, where there are no such gaps, changes are smoother.",
    ),
    experiment="dcgan-interpolate",
    shows="paths between digits",
    source="report 002, to do 7 and question 9",
)

_LIPSCHITZ = Lesson(
    id="lipschitz",
    title="Wasserstein, and how to keep D from being steep",
    text="Where real and fake do not overlap, a good D is flat on the fakes, and the equation's gradient vanishes. "
    "Wasserstein's distance still tells how far to go, if the critic's slope is at most 1: "
    "by clipping its weights, or by a price on slopes other than 1.",
    formulas=(
        r"W(p, q) = \sup_{\lVert D \rVert_L \le 1} \mathbb{E}_p D(x) - \mathbb{E}_q D(x)",
        r"\lambda\, \mathbb{E}_{\hat x} (\lVert \nabla D(\hat x) \rVert - 1)^2",
    ),
    figure="lipschitz",
    alt="Three discriminators on a line: with the log loss, with clipped weights and with a gradient penalty",
    tries=(
        "Press Play, then drag the fakes away: the log loss's pull goes, the penalised critic's stays near 1.",
        "Clip at 0.01: the critic is nearly flat. At 1: it is far too steep. Between them lies luck.",
        "Compare the distance that each critic sees with the exact one.",
    ),
    question=Question(
        "The fakes lie far from the data, and every D has been trained for long. Which still pulls on G with a "
        "force of about 1?",
        ("D with the log loss", "the critic with clipped weights", "the critic with the gradient penalty"),
        "the critic with the gradient penalty",
        "Its slope between both is 1, and a little more for the price's being finite: 1 + W / (2 λ). Clipping leaves "
        "whatever slope the limit allows, and of the equation's log loss nothing is left.",
    ),
    experiment="stability",
    shows="what penalties do for a DCGAN",
    source="Arjovsky et al. 2017; Gulrajani et al. 2017; report 001, future work",
)

_MEASURING = Lesson(
    id="fid",
    title="What FID sees, and what it does not",
    text="FID fits one Gaussian to the real features and one to the fakes, and measures how far these are apart. "
    "What two Gaussians have in common it cannot tell from what the samples have in common; "
    "precision and recall look at the samples themselves.",
    formulas=(
        r"\begin{aligned} \mathrm{FID} &= \lVert \mu - \mu' \rVert^2 \\ "
        r"&+ \operatorname{tr}\bigl(\Sigma + \Sigma' - 2 (\Sigma \Sigma')^{1/2}\bigr) \end{aligned}",
    ),
    figure="measuring",
    alt="Real points and fakes in the plane with the Gaussian that fits each",
    tries=(
        "Drag the fakes away, spread and blur them: FID notices all of it.",
        "Drop a mode, then two: recall falls at once. What does FID say?",
        "One Gaussian with the same moments: FID is near 0, and hardly a sample looks real.",
        "Copies of the real points: the best FID there is, and nothing new.",
    ),
    question=Question(
        "Fakes from one wide Gaussian whose mean and covariance are those of four real clusters. What is their FID?",
        ("large: they look nothing like the data", "near 0", "it cannot be computed"),
        "near 0",
        "FID compares means and covariances, and those agree; precision says that few of these samples look real.",
    ),
    experiment="dcgan-nz",
    shows="FID beside coverage on digits",
    source="Heusel et al. 2017; Kynkäänniemi et al. 2019",
)

_ORDER = (_GAME, _SATURATION, _ONE_SIDED, _CIRCLING, _COLLAPSE, _LATENT, _LIPSCHITZ, _MEASURING)
LESSONS = {lesson.id: lesson for lesson in _ORDER}
