"""Reads a result and writes text: `answer` for a terminal, `markdown`, `html`, `explain`, frames and table rows.

Computes nothing new: a number here is a number of the result, times 1,000 or 100 at most. Ids, labels, reasons and
warnings may hold what a model or a stranger's catalogue wrote, so they pass `plain.clean` and the escape of their
format before they are shown. Each format says the same, from the same `standing` and `numbers`.
"""
