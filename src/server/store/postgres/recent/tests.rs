//! Tests of the rules by which rows are remembered.

use std::sync::atomic::AtomicUsize;

use futures::future::join;
use tokio::sync::{Semaphore, oneshot};

use super::*;
use crate::domain::error::AppError;

type Names = Recent<u8, &'static str>;

fn names() -> Names {
    Recent::new("names", 100)
}

/// Reads no row: for tests in which all rows are remembered or absent.
async fn read_none(_: Vec<u8>) -> Result<Vec<(u8, &'static str)>, Failure> {
    Ok(Vec::new())
}

fn age(names: &Names, key: u8, age: Duration) {
    let entry = names.0.entries.get(&key).expect("an entry");
    let read_at = Instant::now().checked_sub(age).expect("the machine runs for longer");
    let used_at = AtomicU64::new(entry.used_at.load(Ordering::Relaxed));
    names.0.entries.insert(key, Arc::new(Entry { value: entry.value, read_at, used_at }));
}

#[tokio::test]
async fn a_row_is_read_once_and_remembered_for_seconds() {
    let (names, reads) = (names(), AtomicUsize::new(0));
    let read = |keys: Vec<u8>| {
        reads.fetch_add(1, Ordering::Relaxed);
        async { Ok(keys.into_iter().map(|key| (key, "ana")).collect()) }
    };
    for _ in 0..3 {
        assert_eq!(names.get_or_read([1, 1], read).await.expect("rows"), [(1, "ana")]);
    }
    assert_eq!(reads.load(Ordering::Relaxed), 1);
    age(&names, 1, AGE_MAX - Duration::from_secs(1));
    assert_eq!(names.get(&1), Some("ana"));
    age(&names, 1, AGE_MAX);
    assert_eq!(names.get(&1), None);
}

#[tokio::test]
async fn a_row_that_does_not_exist_is_not_remembered() {
    let names = names();
    assert_eq!(names.get_or_read([1], read_none).await.expect("no row"), []);
    let found = names.get_or_read([1], |_| async { Ok(vec![(1, "ana")]) }).await;
    assert_eq!(found.expect("a row"), [(1, "ana")]);
}

#[tokio::test]
async fn a_query_that_began_before_a_change_does_not_bring_the_old_row_back() {
    let names = names();
    let (is_read, wait) = oneshot::channel();
    let (answer, answered) = oneshot::channel::<()>();
    let once = Mutex::new(Some((is_read, answered)));
    // The query has read the row, and its answer is under way.
    let slow = names.get_or_read([1, 2], |_| {
        let (is_read, answered) = once.lock().expect("not poisoned").take().expect("one query");
        async {
            let _ = is_read.send(());
            let _ = answered.await;
            Ok(vec![(1, "old"), (2, "ben")])
        }
    });
    let change = async {
        wait.await.expect("a query");
        drop(names.changing(&[1]));
        let _ = answer.send(());
    };
    let (slow, ()) = join(slow, change).await;
    slow.expect("rows");
    assert_eq!((names.get(&1), names.get(&2)), (None, Some("ben")), "only the changed row is forgotten");
}

#[test]
fn no_row_of_a_query_is_remembered_if_too_many_or_all_have_changed_since() {
    let names = names();
    let reading = names.begin();
    (0..1_025_u16).for_each(|_| names.forget_locally(&[9]));
    names.remember(&reading, [(1, "old")]);
    assert_eq!(names.get(&1), None);
    let reading = names.begin();
    names.forget_all_locally();
    names.forget_locally(&[9]);
    names.remember(&reading, [(1, "old")]);
    assert_eq!(names.get(&1), None);
    names.remember(&names.begin(), [(1, "new")]);
    assert_eq!(names.get(&1), Some("new"));
    names.forget_all_locally();
    assert_eq!(names.get(&1), None);
}

#[test]
fn an_older_query_does_not_replace_the_row_of_a_newer_one() {
    let names = names();
    let (older, newer) = (names.begin(), names.begin());
    names.remember(&newer, [(1, "new")]);
    names.remember(&older, [(1, "old")]);
    assert_eq!(names.get(&1), Some("new"));
}

#[test]
fn the_listener_hears_of_changes_of_this_server_only() {
    let (names, heard) = (names(), Arc::new(Mutex::new(Vec::<u8>::new())));
    let hear = Arc::clone(&heard);
    names.listen(move |keys: &[u8]| hear.lock().expect("not poisoned").extend(keys));
    names.forget_locally(&[1]);
    names.forget_all_locally();
    drop(names.changing(&[2]));
    names.forget(&[3, 4]);
    assert_eq!(*heard.lock().expect("not poisoned"), [2, 3, 4]);
}

#[tokio::test]
async fn concurrent_requests_share_a_query_and_its_error() {
    let unavailable: fn() -> Failure = || Failure::Unavailable(anyhow::anyhow!("broken"));
    let unexpected: fn() -> Failure = || Failure::Unexpected(anyhow::anyhow!("broken"));
    let not_found: fn() -> Failure = || AppError::NotFound.into();
    for failure in [None, Some(unavailable), Some(unexpected), Some(not_found)] {
        let (names, reads, turn) = (names(), AtomicUsize::new(0), Semaphore::new(0));
        let read = |keys: Vec<u8>| {
            reads.fetch_add(1, Ordering::Relaxed);
            let turn = &turn;
            async move {
                let _turn = turn.acquire().await.expect("open");
                let rows = keys.into_iter().map(|key| (key, "ana")).collect();
                failure.map_or(Ok(rows), |failure| Err(failure()))
            }
        };
        let release = async {
            tokio::task::yield_now().await;
            turn.add_permits(9);
        };
        let (one, other, ()) = tokio::join!(names.get_or_read([1, 2], read), names.get_or_read([2, 1], read), release);
        assert_eq!(reads.load(Ordering::Relaxed), 1);
        assert!(!matches!(other, Err(Failure::Unavailable(_) | Failure::Unexpected(_))), "the cause is logged once");
        let error = failure.map(|failure| failure().public());
        let answers = [one, other].map(|rows| rows.map(|rows| rows.len()).map_err(|failure| failure.public()));
        assert_eq!(answers, [(); 2].map(|()| error.clone().map_or(Ok(2), Err)));
    }
}

#[tokio::test]
async fn two_requests_that_need_rows_of_each_other_both_get_them() {
    let names = names();
    let read = |keys: Vec<u8>| async {
        tokio::task::yield_now().await;
        Ok(keys.into_iter().map(|key| (key, "ana")).collect())
    };
    let first = names.0.reads.begin(vec![1]);
    let (one, other, ()) = tokio::join!(names.get_or_read([1, 2], read), names.get_or_read([2, 1, 3], read), async {
        tokio::task::yield_now().await;
        // A cancelled request: those that wait for it read its row themselves.
        drop(first);
    });
    assert_eq!((one.expect("rows").len(), other.expect("rows").len()), (2, 3));
}

#[tokio::test]
async fn a_row_in_use_is_confirmed_and_a_deleted_one_forgotten() {
    let names = names();
    names.remember(&names.begin(), [(1, "ana"), (2, "ben"), (3, "cy"), (4, "di")]);
    age(&names, 1, CONFIRMED_FROM_AGE);
    age(&names, 2, CONFIRMED_FROM_AGE);
    age(&names, 3, CONFIRMED_FROM_AGE);
    // The last use of `cy` is too long ago, and `di` has just been read.
    let at = Instant::now().checked_sub(IN_USE + Duration::from_secs(1)).expect("the machine runs for longer");
    let names = Recent(Arc::new(Shared { created_at: at, ..Arc::into_inner(names.0).expect("one handle") }));
    for key in [1, 2, 4] {
        names.get(&key).expect("a row");
    }
    let asked = Mutex::new(Vec::new());
    let read = |keys: Vec<u8>| {
        asked.lock().expect("not poisoned").extend(keys);
        async { Ok(vec![(1, "ana lima")]) }
    };
    names.confirm(read).await.expect("confirmed");
    asked.lock().expect("not poisoned").sort_unstable();
    assert_eq!(*asked.lock().expect("not poisoned"), [1, 2]);
    assert_eq!((names.get(&1), names.get(&2)), (Some("ana lima"), None));
    assert!(names.0.entries.get(&1).is_some_and(|entry| entry.read_at.elapsed() < CONFIRMED_FROM_AGE));
}

#[tokio::test]
async fn a_row_that_is_forgotten_while_it_is_confirmed_stays_forgotten() {
    let names = names();
    names.remember(&names.begin(), [(1, "old")]);
    age(&names, 1, CONFIRMED_FROM_AGE);
    let confirmed = names.confirm(|_| {
        names.forget_locally(&[1]);
        async { Ok(vec![(1, "old")]) }
    });
    confirmed.await.expect("confirmed");
    assert_eq!(names.get(&1), None);
}
