//! Users who change messages: edits, deletions and reactions, some of them repeated, some of a state that has passed.

use super::change_requests::{Answer, attempt_change, find};
use super::known_messages::KnownMessage;
use super::ledger::{Change, ChangeKind, ChangeOutcome, EMOJI};
use super::requests::{NewMessage, SendMethod, attempt_send};
use super::retry::{Tried, retry};
use super::server_reader::ATTEMPTS_MAX;
use super::table_reader;
use super::users::Scenario;

/// Percentage of edits that are based on a state before the last edit. They must be refused.
const STALE_PERCENT: u32 = 10;

/// Percentage of acknowledged changes that are repeated, as by an outbox that has not noted the answer.
const REPEAT_PERCENT: u32 = 15;

/// Percentage of changes of own messages after which the message is sent again, or its last acknowledged edit is.
const REPLAY_PERCENT: u32 = 10;

/// Chooses a message of two users, and how `me` changes it. `None` if they have no suitable one.
pub fn choose(scenario: &Scenario, users: [u16; 2], rng: &mut fastrand::Rng) -> Option<(KnownMessage, ChangeKind)> {
    let me = users[0];
    let own = |message: &KnownMessage| message.author == me && !message.is_deleted;
    match rng.u32(0..100) {
        0..40 => {
            let message = scenario.messages.choose(users, rng, own)?;
            let is_stale = message.edits > 0 && rng.u32(0..100) < STALE_PERCENT;
            let kind = ChangeKind::Edit { edits: message.edits - u32::from(is_stale), text: scenario.next_text() };
            Some((message, kind))
        }
        40..55 => Some((scenario.messages.choose(users, rng, own)?, ChangeKind::Delete)),
        _ => {
            let message = scenario.messages.choose(users, rng, |_| true)?;
            Some((message, ChangeKind::React { emoji: rng.u8(..EMOJI.len() as u8), on: rng.u32(0..100) < 60 }))
        }
    }
}

/// Changes a message, and retries until the change is answered or the user gives up.
pub async fn change_message(
    scenario: &Scenario,
    users: [u16; 2],
    (message, kind): (KnownMessage, ChangeKind),
    rng: &mut fastrand::Rng,
) {
    let (me, began) = (&scenario.users[usize::from(users[0])], scenario.ledger.now());
    if kind == ChangeKind::Delete {
        scenario.messages.update(users, message.id, |known| known.is_deleting = true);
    }
    let attempt = |server| attempt_change(scenario, server, me, &message, kind);
    let mut tried = retry(scenario, rng, attempt).await;
    let is_deleted = kind == ChangeKind::Delete && matches!(tried.answer, Some(Ok(_)));
    let had_traces = is_deleted && has_traces(scenario, users, &message).await;
    if matches!(tried.answer, Some(Ok(_))) && rng.u32(0..100) < REPEAT_PERCENT {
        let again = attempt(scenario.proxy(rng.bool())).await;
        if let Some(Err(conflict)) = tried.repeat(scenario, again)
            && !is_deleting(scenario, users, &message)
        {
            scenario.record_rejection(&format!("repeated {kind:?}: {conflict:?}"));
        }
    }
    learn(scenario, users, (&message, kind), &tried).await;
    let outcome = match tried.answer {
        Some(Ok(rev)) => ChangeOutcome::Acknowledged { rev },
        Some(Err(conflict)) => ChangeOutcome::Refused(conflict),
        None => ChangeOutcome::Unknown,
    };
    let Tried { strays, stray_at, .. } = tried;
    scenario.record_change(Change {
        message: message.id,
        by: users[0],
        kind,
        began,
        strays,
        stray_at,
        outcome,
        had_traces,
    });
    if message.author == users[0] && rng.u32(0..100) < REPLAY_PERCENT {
        replay(scenario, users, &message, rng).await;
    }
}

/// Reports whether the table still holds a text of a message whose deletion has just been acknowledged.
async fn has_traces(scenario: &Scenario, users: [u16; 2], message: &KnownMessage) -> bool {
    let members = users.map(|number| scenario.users[usize::from(number)].user.id);
    let mut last_error = None;
    for _ in 0..ATTEMPTS_MAX {
        match table_reader::has_text(&scenario.table, message.conversation, members, message.id).await {
            Ok(has_text) => return has_text,
            Err(error) => last_error = Some(error),
        }
    }
    scenario.record_rejection(&format!("the table could not be read: {last_error:?}"));
    false
}

/// Updates what the author knows of a message. After a refusal they read it again.
async fn learn(
    scenario: &Scenario,
    users: [u16; 2],
    (message, kind): (&KnownMessage, ChangeKind),
    tried: &Tried<Answer>,
) {
    match (tried.answer, kind) {
        (Some(Ok(_)), ChangeKind::Edit { edits, text }) => scenario.messages.update(users, message.id, |known| {
            known.edits = edits + 1;
            known.last_edit = Some((edits, text));
        }),
        (Some(Ok(_)), ChangeKind::Delete) => {
            scenario.messages.update(users, message.id, |known| known.is_deleted = true);
        }
        (Some(Err(_)), ChangeKind::Edit { .. } | ChangeKind::Delete) => {
            let (proxy, me) = (scenario.proxy(tried.second_server), &scenario.users[usize::from(users[0])]);
            if let Some(found) = find(&scenario.http, proxy, me, message).await {
                scenario.messages.update(users, message.id, |known| {
                    known.edits = found.edits;
                    known.is_deleted = found.is_deleted();
                });
            }
        }
        (None, _) | (_, ChangeKind::React { .. }) => {}
    }
}

/// Repeats something acknowledged long after it: the send of a message, or its last edit. Nothing may change.
async fn replay(scenario: &Scenario, users: [u16; 2], message: &KnownMessage, rng: &mut fastrand::Rng) {
    let (server, me) = (scenario.proxy(rng.bool()), &scenario.users[usize::from(users[0])]);
    let mut ignored = Tried::<()> { answer: None, strays: 0, stray_at: 0, second_server: false };
    match message.last_edit {
        Some((edits, text)) if rng.bool() => {
            let attempt = attempt_change(scenario, server, me, message, ChangeKind::Edit { edits, text }).await;
            if let Some(Err(conflict)) = ignored.repeat(scenario, attempt)
                && !is_deleting(scenario, users, message)
            {
                scenario.record_rejection(&format!("replayed edit: {conflict:?}"));
            }
        }
        _ => {
            let method = SendMethod::Send(message.conversation);
            let new = NewMessage { id: message.id, reply_to: message.reply_to.clone() };
            let peer = &scenario.users[usize::from(users[1])];
            ignored.repeat(scenario, attempt_send(scenario, server, (me, peer), method, &new).await);
        }
    }
}

/// Returns true if the author has tried to delete the message by now.
fn is_deleting(scenario: &Scenario, users: [u16; 2], message: &KnownMessage) -> bool {
    let mut is_deleting = false;
    scenario.messages.update(users, message.id, |known| is_deleting = known.is_deleting);
    is_deleting
}
