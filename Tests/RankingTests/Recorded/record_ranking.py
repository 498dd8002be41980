"""Records what ranx, ir-measures and SciPy make of random rankings, for RecordedFiguresTests.

usage: python3 record_ranking.py > ranking.json      needs: ranx ir-measures scipy

Every user has scores of some items, all different so that no tie rule shows, and one relevant item.
Every metric is recorded for each user at each k, by both libraries, which have to agree. Two models
are compared by SciPy's paired t-test and given its bootstrap interval; lists of items with vectors
get the mean cosine distance of all pairs. All numbers that the figures depend on stand in the file.
"""
import json
from importlib.metadata import version

import ir_measures
import numpy as np
import ranx
import scipy
from ir_measures import AP, P, R, RR, Success, nDCG
from scipy.spatial.distance import pdist

random = np.random.default_rng(11)
USERS, ITEMS, CUTS = 60, 40, [1, 2, 3, 5, 10, 20, 40]
NAMES = {
    "hr": ("hit_rate", Success), "ndcg": ("ndcg", nDCG), "mrr": ("mrr", RR),
    "recall": ("recall", R), "precision": ("precision", P), "map": ("map", AP)}


def rankings():
    scores = [[int(x) for x in random.permutation(ITEMS)] for _ in range(USERS)]
    # Better than chance, so that every rank near the top occurs.
    relevant = [int(np.argsort(row)[-1 - min(int(random.exponential(8)), ITEMS - 1)])
                for row in scores]
    return scores, relevant


def metrics(scores, relevant):
    truth = {f"u{user:03}": {f"i{item}": 1} for user, item in enumerate(relevant)}
    run = {f"u{user:03}": {f"i{item}": float(x) for item, x in enumerate(row)}
           for user, row in enumerate(scores)}
    names = sorted(truth)
    figures = {}
    for metric, (in_ranx, in_ir_measures) in NAMES.items():
        figures[metric] = []
        for k in CUTS:
            one = ranx.evaluate(
                ranx.Qrels(truth), ranx.Run(run), f"{in_ranx}@{k}", return_mean=False)
            measured = ir_measures.iter_calc([in_ir_measures @ k], truth, run)
            other = {line.query_id: line.value for line in measured}
            assert max(abs(one[place] - other[name]) for place, name in enumerate(names)) < 1e-9
            figures[metric].append([float(x) for x in one])
    return figures


def comparisons(figures):
    """Paired tests of models on real and on made-up figures, close ones and far ones."""
    ndcg = figures["ndcg"][CUTS.index(10)]
    pairs = [(ndcg, figures["mrr"][CUTS.index(10)]), (ndcg, figures["hr"][CUTS.index(1)])]
    for count, shift in ((2, 0.5), (5, 0), (30, 0.02), (400, -0.1), (800, 0.004)):
        first = random.random(count)
        pairs.append((list(first), list(first * 0.7 + random.random(count) * 0.3 - shift)))
    made = []
    for first, second in pairs:
        test = scipy.stats.ttest_rel(first, second)
        sides = [scipy.stats.ttest_rel(first, second, alternative=side).pvalue
                 for side in ("greater", "less")]
        made.append({
            "first": [float(x) for x in first], "second": [float(x) for x in second],
            "t": float(test.statistic), "twoSided": float(test.pvalue),
            "firstIsBetter": float(sides[0]), "secondIsBetter": float(sides[1])})
    return made


def interval(values):
    found = scipy.stats.bootstrap(
        (np.array(values),), np.mean, n_resamples=50_000, method="percentile", batch=1_000,
        rng=random).confidence_interval
    return {"values": values, "low": float(found.low), "high": float(found.high)}


def diversity():
    width, items = 6, 25
    vectors = np.float32(random.standard_normal((items, width)))
    lists = [[int(x) for x in random.choice(items, size, replace=False)]
             for size in (2, 3, 7, 10, 25)]
    means = [float(pdist(vectors[chosen].astype(float), "cosine").mean()) for chosen in lists]
    return {"width": width, "vectors": [float(x) for x in vectors.ravel()], "lists": lists,
            "means": means}


scores, relevant = rankings()
figures = metrics(scores, relevant)
print(json.dumps({
    "versions": {name: version(name) for name in ("ranx", "ir-measures", "scipy", "numpy")},
    "cuts": CUTS, "scores": scores, "relevant": relevant, "metrics": figures,
    "comparisons": comparisons(figures), "interval": interval(figures["ndcg"][CUTS.index(10)]),
    "diversity": diversity()}))
