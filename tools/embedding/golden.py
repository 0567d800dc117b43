"""Writes the strings that crates/learn must cut like the reference tokeniser, and vectors that it must reproduce.

    python tools/embedding/golden.py --model crates/learn/model/embedding-1.bin --out crates/learn/tests/golden.tsv

Three columns, each a JSON value: the text, its pieces, and the first eight numbers of its vector (null: no known token).
"""

import argparse
import json

import table

TEXTS = [
    "",
    " ",
    "Attention Is All You Need",
    "We introduce BERT, which stands for Bidirectional Encoder Representations from Transformers.",
    "state-of-the-art (SOTA) results: 93.2% on GLUE, 1.5x faster!",
    "naïve Bayes; Poincaré–Hopf; Schrödinger's cat; Erdős–Rényi graphs; Łukasiewicz logic",
    "CAFÉ cafe\u0301 ﬁne-tuning Ångström K",
    "深度学习 for 自然语言处理",
    "ディープラーニング と 한국어 텍스트",
    "e\u0301\u0301 a\u200bb c\u00add \ufeffstart",
    "tabs\tand\nlines\r\nand\u00a0no-break\u2003em\u3000ideographic spaces",
    "control\x01chars\x7f and\x0bvertical\x0ctab and \x85 next line",
    "null\x00byte and \ufffd replacement",
    "$O(n^2)$ and $\\mathbb{R}^d$ with \\textbf{bold} x_{i,j} <b>html</b> &amp;",
    "https://arxiv.org/abs/1706.03762v5?x=1#y user@host",
    "a" * 100,
    "a" * 101,
    "é" * 100 + " " + "é" * 101,
    "antidisestablishmentarianism pseudopseudohypoparathyroidism",
    "lymphocytes microtubules backpropagation chromatin phosphorylation overfitting",
    "ИИ и машинное обучение: Привет, мир!",
    "العربية עברית हिन्दी ไทย Ελληνικά",
    "İstanbul ISTANBUL ıspanak ẞ ß straße",
    "emoji 🙂 👩‍💻 ☃ ∑ ∫ ≤ → α-β γ₂ x² ½ Ⅷ №",
    "“quotes” ‘single’ «guillemets» „low“ … — – ‐ · • § ¶ ¿ ¡",
    "[CLS] [SEP] [UNK] [MASK] [PAD] ##ing ## # token",
    "LLaMA-3.1-70B vs. GPT-4o; LoRA/QLoRA; CNN+RNN; F1=0.9; p<0.05; ~10^6; 50°C",
    "don't won't it's they're O'Reilly",
    "x" * 5000,
    "word " * 300,
    "𝒜𝓁𝑔𝑒𝒷𝓇𝒶 𝐱 ℝ ℕ ﷺ ｆｕｌｌｗｉｄｔｈ",
    "\u0301 \u0301\u0302 lone marks",
    "가각힣 ㄱㄴ \u1100\u1161",
    "豈更車 㐀 𠀀 〇 々",
    "zero\u200dwidth\u200cjoiners\u2060and\u180ewords",
]


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--model", required=True)
    options.add_argument("--out", required=True)
    given = options.parse_args()
    model = table.read(given.model)
    vectors = model.encode(TEXTS)
    with open(given.out, "w", encoding="utf-8") as out:
        for text, vector in zip(TEXTS, vectors):
            pieces = model.tokenizer.encode(text, add_special_tokens=False).tokens
            first = [round(float(x), 6) for x in vector[:8]] if vector.any() else None
            out.write("\t".join(json.dumps(x) for x in (text, pieces, first)) + "\n")


if __name__ == "__main__":
    main()
