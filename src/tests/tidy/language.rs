//! Plain English in comments: the part of it that a machine can check.

use std::fs;
use std::path::{Path, PathBuf};

use super::{files, sources};

/// Words with which a clause begins that stands in place of a noun: "What carrying takes."
pub(super) const CLAUSES: [&str; 11] =
    ["what", "who", "whom", "whose", "which", "whether", "where", "when", "how", "that", "so"];

/// The largest share of comment blocks that may open with one of [`CLAUSES`], in percent. In well-known crates it is 0
/// to 3.
const CLAUSES_MAX: usize = 3;

/// Words that hide the subject of a sentence. Name the user, the caller, the member, the server.
pub(super) const VAGUE: [&str; 4] = ["somebody", "nobody", "whoever", "of one's"];

/// Folders whose comments are read, besides the files at the top.
const FOLDERS: [&str; 8] = ["src", "end2end", "sql", "style", "bin", "aws", ".cargo", ".ci"];

/// Files that stay as they are: a migration's checksum is stored by every database that has run it.
const UNCHANGEABLE: &str = "sql/migrations";

/// Public items that say what they are, in a doc line above them.
const DOCUMENTED: [&str; 8] = ["fn ", "async fn ", "const ", "struct ", "enum ", "trait ", "type ", "static "];

/// A run of comment lines of one kind.
struct Block {
    path: PathBuf,
    line: usize,
    text: String,
}

/// The marks with which comment lines begin, by kind of file.
fn marks(path: &Path) -> &'static [&'static str] {
    match path.extension().and_then(|it| it.to_str()) {
        Some("rs") => &["//!", "///", "//"],
        Some("ts" | "mjs") => &["//", "/**", "/*", "*"],
        Some("css") => &["/*", "*"],
        Some("sql" | "lua") => &["--"],
        Some("sh" | "toml" | "yaml" | "yml" | "py") | None => &["#"],
        Some(_) => &[],
    }
}

fn blocks(path: &Path, text: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut open = None;
    for (line, code) in (1..).zip(text.lines().map(str::trim_start)) {
        let mark = marks(path).iter().find(|mark| code.starts_with(**mark) && !code.starts_with("#!"));
        match mark {
            Some(mark) => {
                let words = code[mark.len()..].trim();
                match blocks.last_mut().filter(|_| open == Some(mark)) {
                    Some(block) => block.text = format!("{} {words}", block.text),
                    None => blocks.push(Block { path: path.to_owned(), line, text: words.to_owned() }),
                }
                open = Some(mark);
            }
            None => open = None,
        }
    }
    blocks
}

fn all_blocks() -> Vec<Block> {
    let folders = FOLDERS.iter().flat_map(|folder| files(Path::new(folder)));
    let top = ["Cargo.toml", "Leptos.toml", "build.rs"].map(PathBuf::from);
    let is_ours = |path: &PathBuf| !path.starts_with(UNCHANGEABLE) && !path.starts_with("end2end/test-results");
    let readable = folders.chain(top).filter(is_ours).filter_map(|path| Some((fs::read_to_string(&path).ok()?, path)));
    readable.flat_map(|(text, path)| blocks(&path, &text)).collect()
}

fn opens_with_a_clause(block: &Block) -> bool {
    let first: String = block.text.chars().take_while(|it| it.is_alphabetic()).collect();
    CLAUSES.contains(&first.to_lowercase().as_str())
}

/// A word by itself or within others, such as "nobody" in "nobody's".
pub(super) fn has_word(text: &str, word: &str) -> bool {
    text.to_lowercase().match_indices(word).any(|(at, _)| !text[..at].ends_with(char::is_alphanumeric))
}

#[test]
fn comments_open_with_a_noun_or_a_verb() {
    let blocks = all_blocks();
    let clauses: Vec<_> = blocks.iter().filter(|block| opens_with_a_clause(block)).collect();
    let list =
        || clauses.iter().map(|it| format!("{}:{}: {}\n", it.path.display(), it.line, it.text)).collect::<String>();
    assert!(blocks.len() > 1_000, "comments are read");
    assert!(clauses.len() * 100 <= blocks.len() * CLAUSES_MAX, "{} of {}:\n{}", clauses.len(), blocks.len(), list());
}

#[test]
fn comments_name_their_subject() {
    for block in all_blocks().iter().filter(|block| !block.path.ends_with("tests/tidy/language.rs")) {
        for word in VAGUE {
            assert!(!has_word(&block.text, word), "{}:{} says “{word}”", block.path.display(), block.line);
        }
    }
}

#[test]
fn public_items_say_what_they_are() {
    for path in sources(Path::new("src")).into_iter().filter(|path| !path.starts_with("src/tests")) {
        let text = fs::read_to_string(&path).expect("a source file");
        let lines: Vec<_> = text.lines().map(str::trim).collect();
        assert!(lines.first().is_some_and(|line| line.starts_with("//!")), "{} opens with its subject", path.display());
        for (number, line) in lines.iter().enumerate() {
            let is_public =
                line.strip_prefix("pub ").is_some_and(|it| DOCUMENTED.iter().any(|kind| it.starts_with(kind)));
            let above = lines[..number].iter().rev().take_while(|line| !line.is_empty() && **line != "}");
            let is_documented = above.into_iter().any(|line| line.starts_with("///"));
            assert!(!is_public || is_documented, "{}:{} has no doc line", path.display(), number + 1);
        }
    }
}

#[test]
fn the_check_itself_reads_comments() {
    let text = "/// What it takes.\nfn f() {}\n// A reason.\n// So it goes on.\n";
    let found = blocks(Path::new("a.rs"), text);
    assert_eq!(found.iter().map(|it| (it.line, opens_with_a_clause(it))).collect::<Vec<_>>(), [(1, true), (3, false)]);
    assert!(
        has_word("None of one's own", "of one's") && has_word("nobody's", "nobody") && !has_word("anobody", "nobody")
    );
}
