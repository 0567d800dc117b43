"""Makes the embedding model that ships inside the program.

    python tools/embedding/train.py --data DIR --out crates/learn/model/embedding-1.bin

DIR holds `arxiv-archive.jsonl.zst` and `arxiv-recent.jsonl.zst`. The recipe, its reasons and its figures: README.md beside this file.
The same seed, data and package versions give the same table up to rounding.
"""

import argparse
import dataclasses
import time

import numpy as np

import contrast
import corpus
import table
import teacher
import words

WIDTH = 256
# Weight of a token at the start: rare tokens near 1, a token that is one in a thousand 1/2.
RARE = 1e-3
# How often a word of the title counts.
TITLE_WEIGHT = 2.0
# Papers from which the rotation for the sign codes is taken.
CODED = 50_000


def principal(vectors, width):
    """The directions of most variance, mean length 1."""
    centred = vectors - vectors.mean(0)
    directions = np.linalg.svd(centred.T @ centred)[0][:, :width]
    reduced = centred @ directions
    return reduced / np.linalg.norm(reduced, axis=1).mean()


def start(vocabulary, extra, texts):
    """Directions from the teacher, weights from the frequency of the tokens."""
    pieces = [[i] for i in range(len(vocabulary))] + [ids for _, ids in extra]
    vectors = principal(teacher.Teacher().embed(pieces), WIDTH)
    share = np.bincount(texts.ids, minlength=len(pieces)) / len(texts.ids)
    return vectors, RARE / (RARE + share)


def rotation(vectors, seed, rounds=30):
    """An orthogonal matrix after which the signs of the numbers keep the most (iterative quantisation)."""
    rng = np.random.default_rng(seed)
    turn = np.linalg.qr(rng.standard_normal((vectors.shape[1], vectors.shape[1])))[0].astype(np.float32)
    for _ in range(rounds):
        left, _, right = np.linalg.svd(vectors.T @ np.sign(vectors @ turn))
        turn = (left @ right).astype(np.float32)
    return turn


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--data", required=True)
    options.add_argument("--out", required=True)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--epochs", type=float, default=3)
    options.add_argument("--extra-words", type=int, default=0, help="whole words beyond the teacher's vocabulary")
    options.add_argument("--set", nargs="*", default=[], metavar="NAME=NUMBER", help="other fields of contrast.Recipe")
    given = options.parse_args()
    began = time.monotonic()

    def say(text):
        print(f"{time.monotonic() - began:6.0f} s  {text}", flush=True)

    papers = corpus.arxiv(given.data)
    say(f"{len(papers)} papers")
    base = teacher.vocabulary()
    extra = []
    if given.extra_words:
        counts = words.count_words(f"{title} {text}" for title, text, _ in papers)
        extra = words.cut_words(counts, words.tokenizer(base), given.extra_words)
    vocabulary = base + [word for word, _ in extra]
    cutter, unknown = words.tokenizer(vocabulary), vocabulary.index(words.UNKNOWN)
    titles = contrast.Texts(cutter, [p[0] for p in papers], unknown)
    abstracts = contrast.Texts(cutter, [p[1] for p in papers], unknown)
    say("texts cut")
    vectors, weights = start(base, extra, abstracts)
    say("teacher asked")
    categories = np.unique([p[2] for p in papers], return_inverse=True)[1]
    recipe = contrast.Recipe(epochs=given.epochs, hide=0.7, seed=given.seed)
    for name, _, value in (pair.partition("=") for pair in given.set):
        recipe = dataclasses.replace(recipe, **{name: type(getattr(recipe, name))(value)})
    trained = contrast.train(
        vectors, weights, titles, abstracts, categories, recipe, lambda epoch, loss, _: say(f"epoch {epoch:.0f}, loss {loss:.3f}")
    )
    chosen = np.random.default_rng(given.seed).permutation(len(papers))[:CODED]
    sample = [papers[i][:2] for i in chosen]
    model = table.Table(vocabulary, trained, TITLE_WEIGHT)
    coded = model.encode_papers(sample)
    # A rotation of all vectors changes no similarity, so it goes into the table and costs nothing later.
    turn = rotation(coded, given.seed)
    table.write(given.out, table.Table(vocabulary, trained @ turn, TITLE_WEIGHT))
    say(f"written to {given.out}")


if __name__ == "__main__":
    main()
