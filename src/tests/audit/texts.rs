//! Texts of messages. Each names its message and its number, so that readers recognize it without a copy, and so that a
//! scan of the table finds every trace of a deleted message.

use cruddur_messages::domain::message;

/// Sign before the mark of a message in its texts. No other text of the table has it.
const SIGN: char = '§';

/// Number of the text with which a message was sent. Every edit has another number.
pub const FIRST_TEXT: u32 = 0;

/// Text as a reader shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShownText {
    /// The text of the message with this number.
    Number(u32),
    /// The reader says that the message has been deleted.
    Deleted,
    /// None of the texts of this message.
    Altered,
}

impl ShownText {
    /// Recognizes a text of the message `id`, or its first `len_max` characters. `None` means that the message has been
    /// deleted.
    pub fn of(id: message::Id, text: Option<&str>, len_max: usize) -> Self {
        let Some(text) = text else { return Self::Deleted };
        let number = text.split_whitespace().nth(1).and_then(|number| number.parse().ok());
        match number {
            Some(number) if text_of(id, number).chars().take(len_max).eq(text.chars()) => Self::Number(number),
            _ => Self::Altered,
        }
    }
}

/// Returns a text of a message. It is derived from the id and the number, so that texts need not be kept. It has one
/// line or several, in several scripts, up to about 500 characters, and carries the mark of the message at both ends.
pub fn text_of(id: message::Id, number: u32) -> String {
    const WORDS: [&str; 16] = [
        "and",
        "water",
        "Łódź",
        "سلام",
        "お茶",
        "\n",
        "радио",
        "🎈",
        "plum cake",
        "&lt;b&gt;",
        "été",
        "+",
        "100 %",
        "\t",
        "<script>",
        "ok",
    ];
    let mark = mark_of(id);
    let mut rng = fastrand::Rng::with_seed(mark ^ (u64::from(number) << 48));
    let words: Vec<&str> = (0..rng.usize(0..64)).map(|_| WORDS[rng.usize(..WORDS.len())]).collect();
    format!("{SIGN}{mark:012x} {number} {} {SIGN}{mark:012x}.", words.join(" "))
}

/// Returns the mark of a message: the random part of its id.
pub fn mark_of(id: message::Id) -> u64 {
    id.0.as_u64_pair().1 & 0xffff_ffff_ffff
}

/// Returns the marks of all messages of which a text, or one of its ends, is in `text`.
pub fn marks_in(text: &str) -> impl Iterator<Item = u64> {
    text.split(SIGN).skip(1).filter_map(|rest| u64::from_str_radix(rest.get(..12)?, 16).ok())
}
