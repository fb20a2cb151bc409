//! Checks that `docs/security.md` has every rule of the ASVS of levels 1 and 2 in the chapters that concern this
//! program, and that the tests named there exist.

use super::test_names::TestNames;

/// Number of rules of levels 1 and 2 in each section. In all of them, the rules of level 3 come last.
const RULES: &[(&str, u32)] = &[
    ("2.1", 3),
    ("2.2", 3),
    ("2.3", 4),
    ("2.4", 1),
    ("3.2", 2),
    ("3.3", 4),
    ("3.4", 6),
    ("3.5", 5),
    ("3.7", 2),
    ("4.1", 3),
    ("4.2", 1),
    ("4.3", 2),
    ("4.4", 4),
    ("6.1", 3),
    ("6.2", 12),
    ("6.3", 4),
    ("6.4", 4),
    ("6.5", 5),
    ("6.6", 3),
    ("6.8", 4),
    ("7.1", 3),
    ("7.2", 4),
    ("7.3", 2),
    ("7.4", 5),
    ("7.5", 2),
    ("7.6", 2),
    ("8.1", 2),
    ("8.2", 3),
    ("8.3", 1),
    ("8.4", 1),
    ("11.1", 2),
    ("11.2", 3),
    ("11.3", 3),
    ("11.4", 4),
    ("11.5", 1),
    ("11.6", 1),
    ("14.1", 2),
    ("14.2", 4),
    ("14.3", 3),
    ("16.1", 1),
    ("16.2", 5),
    ("16.3", 4),
    ("16.4", 3),
    ("16.5", 3),
];

/// Entry of a rule.
#[derive(Debug, PartialEq, Eq)]
struct Entry<'a> {
    rule: &'a str,
    verdict: &'a str,
    tests: Vec<&'a str>,
    has_reason: bool,
}

/// Reads the entries of a document. Each begins with the number of its rule in bold, then come the verdict in bold, and
/// a reason or the tests.
fn entries<'a>(document: &'a str) -> Vec<Entry<'a>> {
    let items = document.split("\n- **").skip(1).map(|item| item.split_once("\n\n").map_or(item, |(item, _)| item));
    let entry = |item: &'a str| {
        let (rule, rest) = item.split_once("** ")?;
        let is_rule = rule.split('.').all(|part| part.parse::<u32>().is_ok());
        let (_, rest) = rest.split_once("**").filter(|_| is_rule)?;
        let (verdict, rest) = rest.split_once("**")?;
        let tests = rest.split_once("Tests:").map_or("", |(_, tests)| tests);
        Some(Entry {
            rule,
            verdict: verdict.trim_end_matches(['.', ':']),
            tests: tests.split('`').skip(1).step_by(2).collect(),
            has_reason: rest.contains("Reason:"),
        })
    };
    items.filter_map(entry).collect()
}

#[test]
fn every_rule_is_in_the_document_once() {
    let found: Vec<_> = entries(include_str!("../../docs/security.md")).into_iter().map(|entry| entry.rule).collect();
    let in_section =
        |(section, count): &(&str, u32)| (1..=*count).map(|at| format!("{section}.{at}")).collect::<Vec<_>>();
    let rules: Vec<_> = RULES.iter().flat_map(in_section).collect();
    assert_eq!(found, rules, "in order, and without gaps");
}

#[test]
fn every_rule_has_tests_that_exist_or_a_reason() {
    let names = TestNames::read();
    for entry in entries(include_str!("../../docs/security.md")) {
        let has_tests = !entry.tests.is_empty();
        let is_complete = match entry.verdict {
            "Met" => has_tests,
            "Partly met" => has_tests && entry.has_reason,
            "Not met" | "Not applicable" => entry.has_reason,
            _ => false,
        };
        assert!(is_complete, "{entry:?}");
        for test in &entry.tests {
            assert!(names.has_function(test) || names.has_title(test), "{}: no test {test}", entry.rule);
        }
    }
}

#[test]
fn the_check_itself_reads_entries() {
    let document = "# A\n\n- **Not a rule** b.\n\n### V9\n\n- **9.1.2** Text. **Met:** so\n  it is. Tests:\n  `a_b`,\n  \
                    `a title`\n- **9.1.3** Text. **Not met.** Reason: `c`\n  is missing.\n\nEnd `d`.\n";
    let expected = [
        Entry { rule: "9.1.2", verdict: "Met", tests: vec!["a_b", "a title"], has_reason: false },
        Entry { rule: "9.1.3", verdict: "Not met", tests: vec![], has_reason: true },
    ];
    assert_eq!(entries(document), expected);
}
