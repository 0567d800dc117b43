"""The vocabulary and the tokeniser: BERT's WordPieces plus whole words of science that BERT would cut into pieces."""

import collections
import re

from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

UNKNOWN = "[UNK]"
WORD = re.compile(r"[a-z]{4,30}")


def tokenizer(vocabulary):
    """The reference tokeniser; crates/learn must give the same ids."""
    model = models.WordPiece({t: i for i, t in enumerate(vocabulary)}, unk_token=UNKNOWN, max_input_chars_per_word=100)
    made = Tokenizer(model)
    made.normalizer = normalizers.BertNormalizer(clean_text=True, handle_chinese_chars=True, strip_accents=True, lowercase=True)
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return made


def count_words(texts):
    """In how many texts each plain lower-case word stands."""
    counts = collections.Counter()
    for text in texts:
        counts.update(set(WORD.findall(text.lower())))
    return counts


def cut_words(counts, base, at_most, at_least=8):
    """The words most often met which the tokeniser cuts: [(word, its pieces)], most frequent first, ties by spelling."""
    words = sorted((w for w, n in counts.items() if n >= at_least), key=lambda w: (-counts[w], w))
    chosen = []
    for word, encoded in zip(words, base.encode_batch(words, add_special_tokens=False)):
        if len(encoded.ids) > 1:
            chosen.append((word, encoded.ids))
            if len(chosen) == at_most:
                break
    return chosen
