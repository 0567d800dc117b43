//! Figures of one ranking.

use std::collections::HashMap;

/// nDCG of the first ten with linear gain, as trec_eval computes it.
pub(super) fn ndcg_at_10(ranking: &[&str], judgements: &HashMap<String, i32>) -> f64 {
    let gain = |place: usize, grade: i32| f64::from(grade.max(0)) / ((place + 2) as f64).log2();
    let grade = |id: &&str| judgements.get(*id).copied().unwrap_or(0);
    let found: f64 = ranking.iter().take(10).enumerate().map(|(place, id)| gain(place, grade(id))).sum();
    let mut grades: Vec<i32> = judgements.values().copied().collect();
    grades.sort_unstable_by(|one, other| other.cmp(one));
    let best: f64 = grades.into_iter().take(10).enumerate().map(|(place, grade)| gain(place, grade)).sum();
    if best > 0.0 { found / best } else { 0.0 }
}

/// The share of the relevant documents among the first hundred.
pub(super) fn recall_at_100(ranking: &[&str], judgements: &HashMap<String, i32>) -> f64 {
    let relevant = judgements.values().filter(|grade| **grade > 0).count();
    let found = ranking.iter().take(100).filter(|id| is_relevant(id, judgements)).count();
    if relevant > 0 { found as f64 / relevant as f64 } else { 0.0 }
}

/// One over the place of the first relevant document among the first ten.
pub(super) fn mrr_at_10(ranking: &[&str], judgements: &HashMap<String, i32>) -> f64 {
    let place = ranking.iter().take(10).position(|id| is_relevant(id, judgements));
    place.map_or(0.0, |place| 1.0 / (place + 1) as f64)
}

fn is_relevant(id: &str, judgements: &HashMap<String, i32>) -> bool {
    judgements.get(id).is_some_and(|grade| *grade > 0)
}

/// The value that one in a hundred exceeds; 0 for none.
pub(super) fn p99(values: &mut [f64]) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let at = (values.len() * 99).div_ceil(100).saturating_sub(1);
    values.get(at).copied().unwrap_or(0.0)
}

/// The mean; 0 for none.
pub(super) fn mean(values: impl IntoIterator<Item = f64>) -> f64 {
    let (sum, count) = values.into_iter().fold((0.0, 0u32), |(sum, count), value| (sum + value, count + 1));
    if count > 0 { sum / f64::from(count) } else { 0.0 }
}

/// The probability that a relevant item stands before another one, ties counting half. `None` without either kind.
pub(super) fn area_under_curve(scored: &[(f32, bool)]) -> Option<f64> {
    let mut sorted: Vec<(f32, bool)> = scored.to_vec();
    sorted.sort_unstable_by(|one, other| one.0.total_cmp(&other.0));
    let relevant = sorted.iter().filter(|item| item.1).count() as f64;
    let others = sorted.len() as f64 - relevant;
    let (mut below, mut pairs) = (0.0, 0.0);
    for tied in sorted.chunk_by(|one, other| one.0 == other.0) {
        let good = tied.iter().filter(|item| item.1).count() as f64;
        let bad = tied.len() as f64 - good;
        pairs += good * (below + bad / 2.0);
        below += bad;
    }
    (relevant > 0.0 && others > 0.0).then(|| pairs / (relevant * others))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(pairs: &[(&str, i32)]) -> HashMap<String, i32> {
        pairs.iter().map(|(id, grade)| (id.to_string(), *grade)).collect()
    }

    #[test]
    fn gains_are_linear_and_discounted() {
        let judgements = judged(&[("a", 2), ("b", 1), ("c", 0)]);
        assert!((ndcg_at_10(&["a", "b"], &judgements) - 1.0).abs() < 1e-12);
        let swapped = (1.0 + 2.0 / 3f64.log2()) / (2.0 + 1.0 / 3f64.log2());
        assert!((ndcg_at_10(&["b", "a"], &judgements) - swapped).abs() < 1e-12);
        assert_eq!(recall_at_100(&["c", "b"], &judgements), 0.5);
        assert_eq!(mrr_at_10(&["c", "b"], &judgements), 0.5);
    }

    #[test]
    fn ties_count_half() {
        assert_eq!(area_under_curve(&[(1.0, true), (0.0, false)]), Some(1.0));
        assert_eq!(area_under_curve(&[(0.0, true), (0.0, false)]), Some(0.5));
        assert_eq!(area_under_curve(&[(0.0, true)]), None);
    }
}
