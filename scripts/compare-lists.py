#!/usr/bin/env python3
"""Compares the lists of a night with those of implicit's ALS on what users did next.

  scripts/with-postgres scripts/with-python peers scripts/compare-lists.py LOG [--from DAY] [--budget 10min]

LOG is a file of tab-separated user, item and second since 1970; .gz is unpacked. Without --from each user's
latest item that was new to the user is held out, with all that the user did after it. With --from DAY (UTC)
everything from that day on is held out, and a user's target is the first item from then on that is new to the
user. What is left goes into a table, and a job with no setting but --budget publishes lists of it; with --from
it has `evaluate.split: clock`. implicit learns the same, with the best of nine settings by each user's latest
item of what is left. Both lists are compared with the targets. The result is a table on stdout. Exit status: 0;
1 when a side fails.
"""

import argparse
import collections
import gzip
import hashlib
import math
import os
import pathlib
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timezone

import numpy
from implicit.als import AlternatingLeastSquares
from scipy import sparse

# Factors, regularisation, alpha.
SETTINGS = [
    (64, 16, 1), (64, 5, 5), (128, 10, 10), (128, 40, 20), (128, 40, 40), (192, 40, 40),
    (64, 20, 5), (192, 40, 3), (128, 80, 10),
]
K = 10
TIES = "x"
DISCOUNTS = 1 / numpy.log2(numpy.arange(K) + 2)


def moment(event):
    """Orders events of a second by a hash, as times with ties say nothing of their order."""
    user, item, second = event
    return second, hashlib.md5(f"{user} {item} {TIES}".encode()).hexdigest()


def read(path):
    opened = gzip.open if path.endswith(".gz") else open
    with opened(path, "rt") as lines:
        fields = (line.rstrip("\n").split("\t")[:3] for line in lines)
        return sorted(((user, item, int(second)) for user, item, second in fields), key=moment)


def hold_out(events, cut):
    """What is left of a log, and each tested user's item."""
    known, targets = [], {}
    if cut is not None:
        known = [event for event in events if event[2] < cut]
        had = collections.defaultdict(set)
        for user, item, _ in known:
            had[user].add(item)
        for user, item, second in events:
            if second >= cut and user in had and item not in had[user]:
                targets.setdefault(user, item)
        return known, targets
    by_user = collections.defaultdict(list)
    for event in events:
        by_user[event[0]].append(event)
    for user, own in by_user.items():
        met, last = set(), None
        for event in own:
            if event[1] not in met:
                met.add(event[1])
                last = event
        if len(met) < 2:
            known += own
            continue
        targets[user] = last[1]
        known += [event for event in own if event[1] != last[1] and moment(event) < moment(last)]
    return known, targets


def nightly_lists(known, budget, cut, binary, folder):
    """Runs a job on what is left; its lists, and what it said."""
    log = folder / "known.tsv"
    log.write_text("".join(f"{user}\t{item}\t{second}\n" for user, item, second in known))
    job = folder / "job.yaml"
    job.write_text(
        "job: comparison\nsource: {table: app.events}\n"
        + f"auto: {{budget: {budget}}}\n"
        + ("evaluate: {split: clock}\n" if cut is not None else "")
    )
    for arguments in (
        ["migrate", "up"],
        ["load", "tsv", str(log), "--table", "app.events"],
        ["run", "--config", str(job)],
    ):
        done = subprocess.run([binary, *arguments], capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"compare-lists: {arguments[0]} ended with {done.returncode}: {done.stderr[-500:]}")
    rows = subprocess.run(
        ["psql", "-XAtF", "\t", "-c", "SELECT user_id, item_id, rank FROM ncf.recommendations"],
        capture_output=True, text=True, check=True,
    ).stdout
    lists = collections.defaultdict(dict)
    for row in rows.splitlines():
        user, item, rank = row.split("\t")
        lists[user][item] = int(rank)
    chosen = [line for line in done.stdout.splitlines() if line.strip().startswith("method")]
    return lists, chosen[0].strip() if chosen else "", done.stdout.splitlines()[0]


def peer_lists(known):
    """The lists of implicit's ALS with the best of the settings, and of popularity."""
    users = sorted({event[0] for event in known})
    items = sorted({event[1] for event in known})
    user_index = {user: index for index, user in enumerate(users)}
    item_index = {item: index for index, item in enumerate(items)}
    firsts = {}
    for user, item, second in known:
        firsts.setdefault((user_index[user], item_index[item]), second)
    by_user = collections.defaultdict(list)
    for user, item in firsts:
        by_user[user].append(item)
    validation = {user: own[-1] for user, own in by_user.items() if len(own) > 2}

    def matrix(pairs):
        rows, columns = numpy.array(list(pairs)).T
        return sparse.csr_matrix(
            (numpy.ones(len(rows), numpy.float32), (rows, columns)), shape=(len(users), len(items))
        )

    def fitted(setting, log):
        factors, regularization, alpha = setting
        model = AlternatingLeastSquares(
            factors=factors, regularization=float(regularization), alpha=float(alpha),
            iterations=15, num_threads=os.cpu_count(), random_state=1, use_gpu=False,
        )
        model.fit(log, show_progress=False)
        return model

    def ranked(model, log, some):
        return model.recommend(
            some, log[some], N=K, filter_already_liked_items=True)[0]

    training = matrix(pair for pair in firsts if validation.get(pair[0]) != pair[1])
    validated = numpy.array(sorted(validation))
    held = numpy.array([validation[user] for user in validated])[:, None]
    values = {}
    for setting in SETTINGS:
        found = ranked(fitted(setting, training), training, validated)
        values[setting] = float(((found == held) * DISCOUNTS).sum(1).mean())
        print(f"implicit {setting}: validation NDCG@{K} {values[setting]:.4f}", file=sys.stderr)
    best = max(values, key=values.get)
    whole = matrix(firsts)
    found = ranked(fitted(best, whole), whole, numpy.arange(len(users)))
    own = {
        user: {items[item]: rank + 1 for rank, item in enumerate(found[index])}
        for index, user in enumerate(users)
    }
    order = numpy.argsort(-numpy.asarray(whole.sum(0)).ravel(), kind="stable")
    popular = {}
    for index, user in enumerate(users):
        had = set(by_user[index])
        listed = (item for item in order if item not in had)
        popular[user] = {items[item]: rank + 1 for rank, item in zip(range(K), listed)}
    return best, own, popular


def judged(lists, targets):
    ranks = (lists.get(user, {}).get(item, math.inf) for user, item in sorted(targets.items()))
    return numpy.array([1 / math.log2(rank + 1) if rank <= K else 0.0 for rank in ranks])


def main():
    parser = argparse.ArgumentParser(description="Compares a night's lists with implicit's ALS.")
    parser.add_argument("log")
    parser.add_argument("--from", dest="cut", help="hold out everything from this day on (UTC)")
    parser.add_argument("--budget", default="10min", help="auto.budget of the job")
    parser.add_argument("--binary", default=".build/release/ncf-batch")
    arguments = parser.parse_args()
    cut = arguments.cut and int(
        datetime.fromisoformat(arguments.cut).replace(tzinfo=timezone.utc).timestamp())
    known, targets = hold_out(read(arguments.log), cut)
    print(f"{len(known)} events are left, {len(targets)} users are tested", file=sys.stderr)
    with tempfile.TemporaryDirectory() as folder:
        start = time.monotonic()
        lists, chosen, said = nightly_lists(
            known, arguments.budget, cut, arguments.binary, pathlib.Path(folder))
        between = time.monotonic()
    setting, peers, popular = peer_lists(known)
    end = time.monotonic()
    own, other = judged(lists, targets), judged(peers, targets)
    difference = own - other
    z = difference.mean() / (difference.std(ddof=1) / math.sqrt(len(difference)))
    print("| lists | HR@10 | NDCG@10 | seconds |\n|---|---|---|---|")
    for name, values, seconds in (
        ("ncf-batch", own, f"{between - start:.0f}"),
        (f"implicit, ALS {setting}, best of {len(SETTINGS)}", other, f"{end - between:.0f}"),
        ("popular items", judged(popular, targets), ""),
    ):
        print(f"| {name} | {(values > 0).mean():.4f} | {values.mean():.4f} | {seconds} |")
    print(f"\nratio {own.mean() / other.mean():.3f}, z {z:.1f}, {len(targets)} users; {said}\n{chosen}")


if __name__ == "__main__":
    main()
