//! Pinyin for search: the full syllables of a name and its initials.

use pinyin::ToPinyinMulti;

/// Readings for names of places and people, where the common reading is wrong.
const IN_NAMES: [(&str, &str); 12] = [
    ("重庆", "chong qing"),
    ("单县", "shan xian"),
    ("六安", "lu an"),
    ("乐山", "le shan"),
    ("大埔", "da bu"),
    ("番禺", "pan yu"),
    ("蚌埠", "beng bu"),
    ("枞阳", "zong yang"),
    ("中牟", "zhong mu"),
    ("长", "chang"),
    ("朝阳", "chao yang"),
    ("都", "du"),
];

/// Maximum readings kept per name; a name with more heteronyms loses the rarest.
const READINGS: usize = 16;

/// All readings of a name: for each, its syllables run together, then its initials.
/// Text that is not Chinese is kept in lower case.
pub fn sounds(name: &str) -> Vec<String> {
    let mut readings: Vec<(String, String)> = vec![Default::default()];
    let mut rest = name;
    while let Some(c) = rest.chars().next() {
        let (syllables, length) = syllables_of(rest, c);
        rest = &rest[length..];
        readings = readings
            .iter()
            .flat_map(|(full, short)| {
                syllables.iter().map(move |syllable| {
                    let words = syllable.split(' ');
                    let initials: String = words.clone().filter_map(|word| word.chars().next()).collect();
                    (full.clone() + &words.collect::<String>(), short.clone() + &initials)
                })
            })
            .take(READINGS)
            .collect();
    }
    let mut all: Vec<String> = readings.into_iter().flat_map(|(full, short)| [full, short]).collect();
    all.sort();
    all.dedup();
    all
}

/// Readings of the first word or character of `rest`, and its length in bytes.
fn syllables_of(rest: &str, c: char) -> (Vec<String>, usize) {
    if let Some((word, sound)) = IN_NAMES.iter().find(|(word, _)| word.chars().count() > 1 && rest.starts_with(word)) {
        return (vec![(*sound).to_owned()], word.len());
    }
    let mut all: Vec<String> = match c.to_pinyin_multi() {
        Some(multi) => (0..multi.count()).map(|i| multi.get(i).plain().to_owned()).collect(),
        None => vec![c.to_lowercase().collect()],
    };
    if let Some((_, sound)) = IN_NAMES.iter().find(|(word, _)| rest.starts_with(word)) {
        all.insert(0, (*sound).to_owned());
    }
    let mut seen = vec![];
    all.retain(|sound| {
        let first = !seen.contains(sound);
        seen.push(sound.clone());
        first
    });
    (all, c.len_utf8())
}

/// Initials of the most likely reading: `rhz` for 仁和镇.
pub fn initials(name: &str) -> String {
    let mut rest = name;
    let mut out = String::new();
    while let Some(c) = rest.chars().next() {
        let (syllables, length) = syllables_of(rest, c);
        rest = &rest[length..];
        if let Some(first) = syllables.first() {
            out.extend(first.split(' ').filter_map(|word| word.chars().next()));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_by_its_sound_and_its_initials() {
        let of = sounds("仁和镇社工站");
        assert!(of.contains(&"rhzsgz".to_owned()), "{of:?}");
        assert!(of.contains(&"renhezhenshegongzhan".to_owned()), "{of:?}");
    }

    #[test]
    fn heteronyms_are_kept() {
        let of = sounds("长寿路");
        assert!(of.contains(&"csl".to_owned()) && of.contains(&"zsl".to_owned()), "{of:?}");
        assert_eq!(initials("重庆A1"), "cqa1");
    }

    #[test]
    fn a_name_of_many_heteronyms_does_not_explode() {
        assert!(sounds(&"和".repeat(60)).len() <= 2 * READINGS);
    }
}
