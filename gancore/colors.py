"""Which colour means what, on every page and in every report. All are told apart by colour-blind eyes."""

from __future__ import annotations

D = "#0072B2"
G = "#D55E00"
REAL = "#6B7280"

# Okabe-Ito without black and without D's and G's own, then Paul Tol's muted. His two darkest and his palest are lighter
# and darker here, or a line of them would be lost on a dark or a white page.
CYCLE = ("#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#B3446C", "#999933", "#7B6BC9", "#AA4499", "#44AA99", "#B8932B")

VERDICTS = {"supported": "#00795A", "contradicted": "#A3265A", "not decided": "#5B6370"}  # never without icon and word
