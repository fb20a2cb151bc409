//! The emoji table: a text with one emoji per line, read anew by each search. `end2end/emoji-table.mjs` writes it.
//!
//! A line without a tab is the heading of a group. The other lines have the columns characters, shortcodes, name and
//! keywords. The table comes from our own server, so a line that cannot be read is left out.

use crate::domain::emoji::Emoji;

/// Place of the skin tone in the characters of an emoji.
const TONE_PLACE: char = '~';

/// Character that makes a sign an emoji. With a skin tone it is left out.
const EMOJI_PRESENTATION: char = '\u{fe0f}';

/// Skin tones: the modifiers of Unicode and their names.
pub const SKIN_TONES: [(&str, &str); 6] = [
    ("", "Default skin tone"),
    ("\u{1f3fb}", "Light"),
    ("\u{1f3fc}", "Medium-light"),
    ("\u{1f3fd}", "Medium"),
    ("\u{1f3fe}", "Medium-dark"),
    ("\u{1f3ff}", "Dark"),
];

/// Emoji of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry<'a> {
    /// Its characters, with the places of the skin tone.
    template: &'a str,
    shortcodes: &'a str,
    pub name: &'a str,
    keywords: &'a str,
}

impl<'a> Entry<'a> {
    fn read(line: &'a str) -> Option<Self> {
        let mut columns = line.split('\t');
        let mut next = || columns.next();
        Some(Self { template: next()?, shortcodes: next()?, name: next()?, keywords: next()? })
    }

    /// Returns the emoji with a skin tone, one of [`SKIN_TONES`], if it takes one.
    pub fn with_tone(&self, tone: &str) -> Emoji {
        let mut characters = String::new();
        for c in self.template.chars() {
            match c {
                TONE_PLACE if tone.is_empty() => {}
                TONE_PLACE => {
                    if characters.ends_with(EMOJI_PRESENTATION) {
                        characters.pop();
                    }
                    characters.push_str(tone);
                }
                c => characters.push(c),
            }
        }
        Emoji::stored(characters)
    }

    /// Returns the shortcode that is shown, without colons.
    pub fn shortcode(&self) -> &'a str {
        self.shortcodes.split(' ').next().unwrap_or_default()
    }

    /// Returns the shortcode that begins with `typed`, if there is one, and otherwise the first.
    pub fn shortcode_for(&self, typed: &str) -> &'a str {
        let typed = typed.to_ascii_lowercase();
        self.shortcodes.split(' ').find(|code| code.starts_with(&typed)).unwrap_or(self.shortcode())
    }

    /// Returns how well the emoji matches a search in lower case: 0 is best, [`RANKS`] and above is no match.
    fn rank(&self, query: &str) -> usize {
        let mut shortcodes = self.shortcodes.split(' ');
        if shortcodes.clone().any(|code| code == query) {
            0
        } else if shortcodes.any(|code| code.starts_with(query)) {
            1
        } else {
            // Of several words, each has to match.
            query.split_ascii_whitespace().map(|word| self.rank_of_word(word)).max().unwrap_or(RANKS)
        }
    }

    fn rank_of_word(&self, word: &str) -> usize {
        if has_word(self.shortcodes, word) || has_word(&self.name.to_ascii_lowercase(), word) {
            2
        } else if has_word(self.keywords, word) {
            3
        } else {
            RANKS
        }
    }
}

/// Number of ranks of matches.
const RANKS: usize = 4;

/// Returns true if a word of `text` begins with `start`.
fn has_word(text: &str, start: &str) -> bool {
    // A byte that is not ASCII belongs to a letter.
    let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || !byte.is_ascii();
    text.match_indices(start).any(|(at, _)| !text.as_bytes()[..at].last().is_some_and(is_letter))
}

/// Returns the groups of the table: their headings and their emoji.
pub fn groups(table: &str) -> Vec<(&str, Vec<Entry<'_>>)> {
    let mut groups: Vec<(&str, Vec<Entry>)> = Vec::new();
    for line in table.lines() {
        match (Entry::read(line), groups.last_mut()) {
            (Some(entry), Some((_, entries))) => entries.push(entry),
            (None, _) => groups.push((line, Vec::new())),
            (Some(_), None) => {}
        }
    }
    groups
}

/// Returns at most `max` emoji that match the words of `query`, the best first, and otherwise in the order of the
/// table.
pub fn search<'a>(table: &'a str, query: &str, max: usize) -> Vec<Entry<'a>> {
    let query = query.trim().to_ascii_lowercase();
    let mut ranks: [Vec<Entry>; RANKS] = [const { Vec::new() }; RANKS];
    for entry in table.lines().filter_map(Entry::read) {
        if let Some(rank) = ranks.get_mut(entry.rank(&query)) {
            rank.push(entry);
        }
    }
    let mut found = ranks.concat();
    found.truncate(max);
    found
}

/// Returns the entry of an emoji with any skin tone.
pub fn find<'a>(table: &'a str, emoji: &str) -> Option<Entry<'a>> {
    let is_tone = |c: char| ('\u{1f3fb}'..='\u{1f3ff}').contains(&c);
    let plain = |text: &str| text.replace(|c| is_tone(c) || [TONE_PLACE, EMOJI_PRESENTATION].contains(&c), "");
    let wanted = plain(emoji);
    table.lines().filter_map(Entry::read).find(|entry| plain(entry.template) == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::emoji::TABLE_FILE;

    fn table() -> String {
        std::fs::read_to_string(format!("public/{TABLE_FILE}")).expect("the emoji table")
    }

    fn found(query: &str) -> Vec<String> {
        search(&table(), query, 6).iter().map(|entry| entry.with_tone("").to_string()).collect()
    }

    #[test]
    fn every_line_of_the_table_is_a_group_or_an_emoji() {
        let table = table();
        let groups = groups(&table);
        assert_eq!(groups.len(), 9);
        assert!(groups.iter().all(|(heading, entries)| heading.len() < 30 && entries.len() > 50));
        let entries = groups.iter().map(|(_, entries)| entries.len()).sum::<usize>();
        assert_eq!(entries + groups.len(), table.lines().count());
    }

    #[test]
    fn the_whole_shortcode_comes_first_then_beginnings_then_words() {
        assert_eq!(found("tada"), ["🎉"]);
        assert_eq!(found("heart")[0], "❤\u{fe0f}");
        assert_eq!(found("thumbs")[..2], ["👍", "👎"]);
        assert_eq!(found("+1"), ["👍"]);
        assert_eq!(found("tipsy")[0], "🥴", "by its keyword");
        assert_eq!(found("germany")[0], "🇩🇪", "by its name in capitals");
        assert!(found("zzz_nothing").is_empty());
    }

    #[test]
    fn each_of_several_words_has_to_match() {
        assert_eq!(found("Red heart ")[0], "❤\u{fe0f}");
        assert!(found("red nothing").is_empty());
    }

    #[test]
    fn a_match_begins_a_word() {
        assert!(has_word("pinata party", "par") && has_word("thumbs_up", "up") && has_word("flag-de", "de"));
        assert!(!has_word("piñata", "ata") && !has_word("thumbsup", "up"));
    }

    #[test]
    fn a_skin_tone_goes_to_its_places() {
        let table = table();
        let toned = |shortcode, tone| search(&table, shortcode, 1)[0].with_tone(tone).to_string();
        let (dark, _) = SKIN_TONES[5];
        assert_eq!([toned("+1", ""), toned("+1", dark)], ["👍", "👍🏿"]);
        assert_eq!([toned("point_up", ""), toned("point_up", dark)], ["☝\u{fe0f}", "☝🏿"]);
        assert_eq!(toned("people_holding_hands", dark), "🧑🏿\u{200d}🤝\u{200d}🧑🏿");
        assert_eq!(toned("tada", dark), "🎉");
    }

    #[test]
    fn an_emoji_is_found_with_any_skin_tone() {
        let table = table();
        let name = |emoji| find(&table, emoji).map(|entry| entry.name);
        assert_eq!(
            [name("👍"), name("👍🏿"), name("☝🏿"), name("x")],
            [Some("thumbs up"), Some("thumbs up"), Some("index pointing up"), None]
        );
    }
}
