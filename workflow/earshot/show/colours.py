"""The colours of figures: a page exchanges those of ink and of paper for its own, light or dark."""

INK = "#22303c"
PAPER = "#fdfdfb"
# Orange and blue: every kind of colour vision tells them apart, and a light or a dark background carries both.
COLOURS = {"control": "#e08214", "accelerated": "#2f86c8", "other": "#1b8a6b", "published": "#8a8f98"}
