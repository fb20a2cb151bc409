//! Checks that `faults.md` has every fault that was found by trying the product, and that the tests named there exist.

use super::test_names::TestNames;

/// Number of faults.
const FAULTS: usize = 70;

/// Rows of the table: number, present behavior, tests.
fn rows(table: &'static str) -> Vec<(usize, &'static str, Vec<&'static str>)> {
    let cells = table.lines().map(|line| line.split(" | ").collect::<Vec<_>>());
    let row = |cells: Vec<&'static str>| match cells[..] {
        [first, behavior, tests] => {
            let number = first.strip_prefix("| F")?.parse().ok()?;
            Some((number, behavior, tests.split('`').skip(1).step_by(2).collect()))
        }
        _ => None,
    };
    cells.filter_map(row).collect()
}

#[test]
fn every_fault_has_tests_that_exist() {
    let names = TestNames::read();
    for (number, behavior, tests) in rows(include_str!("faults.md")) {
        assert!(behavior.ends_with('.'), "F{number}: a sentence, not {behavior}");
        assert!(!tests.is_empty(), "F{number}: no test");
        for test in tests {
            assert!(names.has_function(test) || names.has_title(test), "F{number}: no test {test}");
        }
    }
}

#[test]
fn every_fault_is_in_the_table_once() {
    let numbers: Vec<_> = rows(include_str!("faults.md")).into_iter().map(|(number, ..)| number).collect();
    assert_eq!(numbers, (1..=FAULTS).collect::<Vec<_>>(), "in order, and without gaps");
}

#[test]
fn the_check_itself_reads_rows() {
    let table = "| id | now | tests |\n| --- | --- | --- |\n| F7 | Kept. | `a_b`, `a title` |\n| F8 | Kept. | none |\n";
    assert_eq!(rows(table), [(7, "Kept.", vec!["a_b", "a title"]), (8, "Kept.", vec![])]);
}
