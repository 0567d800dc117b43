//! MathML of formulas from real abstracts, read by a person.

use paper::text::{Kind, parse};

/// Each formula with its plain text and its MathML, one block a formula.
#[test]
fn formulas_become_mathml() {
    let formulas = [
        r"$O(n\log n)$",
        r"$\mathbb{R}^{n\times n}$",
        r"$\tilde{O}(\sqrt{T})$",
        r"$\frac{\lambda}{8}$",
        r"$d-\frac{d-1}{2k}$",
        r"$\ell_1$",
        r"$\sigma_{1:T}^2$",
        r"$\mathcal{O}(\varepsilon^{-1})$",
        r"$\mathfrak{sl}(2,\mathbb{R})$",
        r"$\|x\|_2^2$",
        r"$f''(x)$",
        r"$y'^2$",
        r"$x \not\in A$",
        r"$\left( \frac{a}{b} \right]$",
        r"$\left. x \right|_{0}$",
        r"$\sum_{i=1}^n x_i$",
        r"$$\int_\Omega f\,dx$$",
        r"$\lim_{n\to\infty} a_n$",
        r"$\operatorname{rank} A$",
        r"$\argmax_x f$",
        r"$50\%$",
        r"$x_{\text{max if $y$}}$",
        r"${\cal G}$",
        r"$a \over b$",
        r"$\binom{n}{k}$",
        r"$\begin{cases} a & b \\ c & d \end{cases}$",
        r"$\sqrt[3]{x}$",
        r"$\stackrel{iid}{\sim}$",
        r"$\ours{} = \norm{x}$",
        r"$a<b \& c$",
        r"$\bm{\theta}^\top$",
        r"$10\,\mu\mathrm{m}$",
    ];
    let mut shown = String::new();
    for formula in formulas {
        let text = parse(formula, Kind::Abstract);
        assert!(text.report().fallbacks.is_empty(), "{formula}");
        shown.push_str(&format!("{formula}\n  {}\n  {}\n", text.plain(), text.html()));
    }
    insta::assert_snapshot!(shown);
}

#[test]
fn a_formula_that_is_too_large_is_shown_as_its_source() {
    let deep = format!("${}x{}$", "{".repeat(100), "}".repeat(100));
    let long = format!("${}$", "x+".repeat(1_500));
    for raw in [deep, long] {
        let text = parse(&raw, Kind::Abstract);
        assert_eq!(text.report().fallbacks.len(), 1);
        assert!(text.html().starts_with("<code>"), "{}", text.html());
        assert!(text.plain().contains('x'));
    }
}

#[test]
fn forms_of_html() {
    let text = parse("We study $x^2<1$ at https://a.org/b.\n  \\emph{Second} part & more.", Kind::Abstract);
    insta::assert_snapshot!(text.html_blocks(), @r#"
    <p>We study <math alttext="x^2&lt;1"><msup><mi>x</mi><mn>2</mn></msup><mo>&lt;</mo><mn>1</mn></math> at <a href="https://a.org/b" rel="nofollow noopener">https://a.org/b</a>.</p>
    <p><em>Second</em> part &amp; more.</p>
    "#);
    insta::assert_snapshot!(text.html_list(), @"We study x²&lt;1 at https://a.org/b. <em>Second</em> part &amp; more.");
}
