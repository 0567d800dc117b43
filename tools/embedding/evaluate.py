"""Measures a table alone and fused with words, on judged collections.

    python tools/embedding/evaluate.py --data DIR --model crates/learn/model/embedding-1.bin

Settings are chosen on the dev halves and on SciFact's train split; `--final` adds SciFact's test split, once.
"""

import argparse
import collections
import functools
import re
import zlib

import numpy as np
import snowballstemmer

import corpus
import table as tables

DEV = [("cranfield", "dev"), ("cisi", "dev"), ("med", "dev"), ("npl", "dev"), ("cacm", "dev")]
TRAIN = [("scifact", "train")]
FINAL = [("scifact", "test")]
STOP = set(
    "a an and are as at be but by for if in into is it no not of on or such that the their then there these they this to was will with".split()
)
WORD = re.compile(r"\w+")


def stems():
    stem = functools.lru_cache(maxsize=None)(snowballstemmer.stemmer("english").stemWord)
    return lambda text: [stem(w) for w in WORD.findall(text.lower()) if w not in STOP]


def bm25(collection, k1=1.2, b=0.75):
    """(queries, documents) scores, title and text as one field, Lucene's idf."""
    cut = stems()
    documents = [cut(f"{title} {text}") for title, text in collection.documents]
    lengths = np.array([len(d) for d in documents], np.float32)
    norm = k1 * (1 - b + b * lengths / lengths.mean())
    postings = collections.defaultdict(lambda: ([], []))
    for i, words in enumerate(documents):
        for word, n in collections.Counter(words).items():
            postings[word][0].append(i)
            postings[word][1].append(n)
    scores = np.zeros((len(collection.queries), len(documents)), np.float32)
    for q, text in enumerate(collection.queries):
        for word, times in collections.Counter(cut(text)).items():
            if word in postings:
                where, n = np.array(postings[word][0]), np.array(postings[word][1], np.float32)
                idf = np.log(1 + (len(documents) - len(where) + 0.5) / (len(where) + 0.5))
                scores[q, where] += times * idf * n / (n + norm[where])
    return scores


def ndcg(collection, scores, depth=10):
    """nDCG at `depth` of each query (linear gain); equal scores keep the order of the documents."""
    out = []
    for q, query in enumerate(collection.query_ids):
        grades = collection.judgements[query]
        order = np.argsort(-scores[q], kind="stable")[:depth]
        gain = sum(grades.get(collection.ids[d], 0) / np.log2(r + 2) for r, d in enumerate(order))
        best = sum(g / np.log2(r + 2) for r, g in enumerate(sorted(grades.values(), reverse=True)[:depth]))
        out.append(gain / best)
    return np.array(out)


def standard(scores):
    """Standardised over all documents of the query."""
    spread = scores.std(1, keepdims=True)
    return (scores - scores.mean(1, keepdims=True)) / np.where(spread > 0, spread, 1)


def fused(words, vectors, weight):
    return (1 - weight) * standard(words) + weight * standard(vectors)


def interval(ours, theirs, name, rounds=10_000):
    """95 % paired bootstrap interval of the mean difference."""
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    d = ours - theirs
    means = d[rng.integers(0, len(d), (rounds, len(d)))].mean(1)
    return np.quantile(means, [0.025, 0.975])


class Bench:
    """Collections with their word scores, computed once."""

    def __init__(self, data, which):
        self.sets = [corpus.Collection(data, name, split) for name, split in which]
        self.words = [bm25(c) for c in self.sets]
        self.baseline = [ndcg(c, w) for c, w in zip(self.sets, self.words)]

    def vectors(self, model, title_weight=None):
        for c in self.sets:
            documents = model.encode_papers(c.documents, title_weight)
            yield model.encode(c.queries) @ documents.T

    def measure(self, model, weights, title_weight=None):
        """For each collection: nDCG of the vectors alone, and fused at each weight, per query."""
        rows = []
        for c, words, vectors in zip(self.sets, self.words, self.vectors(model, title_weight)):
            rows.append((ndcg(c, vectors), {w: ndcg(c, fused(words, vectors, w)) for w in weights}))
        return rows


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--data", required=True)
    options.add_argument("--model", required=True)
    options.add_argument("--weight", type=float, nargs="*", default=[0.3, 0.4, 0.5, 0.6])
    options.add_argument("--title-weight", type=float)
    options.add_argument("--final", action="store_true")
    given = options.parse_args()
    model = tables.read(given.model)
    print("| collection | queries | words | vectors | " + " | ".join(f"both {w}" for w in given.weight) + " | gain, 95 % |")
    print("|---|---|---|---|" + "---|" * (len(given.weight) + 1))
    for which in [DEV, TRAIN] + ([FINAL] if given.final else []):
        bench = Bench(given.data, which)
        rows = bench.measure(model, given.weight, given.title_weight)
        for c, base, (alone, both) in zip(bench.sets, bench.baseline, rows):
            middle = given.weight[len(given.weight) // 2]
            low, high = interval(both[middle], base, c.name)
            cells = " | ".join(f"{both[w].mean():.3f}" for w in given.weight)
            print(f"| {c.name} | {len(base)} | {base.mean():.3f} | {alone.mean():.3f} | {cells} | {low:+.3f} .. {high:+.3f} |")
        if len(rows) > 1:
            mean = np.mean([b.mean() for b in bench.baseline])
            both = [np.mean([r[1][w].mean() for r in rows]) for w in given.weight]
            cells = " | ".join(f"{b:.3f} ({b / mean * 100 - 100:+.1f} %)" for b in both)
            print(f"| **mean** | | {mean:.3f} | {np.mean([r[0].mean() for r in rows]):.3f} | {cells} | |")


if __name__ == "__main__":
    main()
