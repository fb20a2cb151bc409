//! Users who write to each other, and change what they have written.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use anyhow::Context;
use cruddur_messages::domain::conversation;
use cruddur_messages::domain::message::{self, Message};
use cruddur_messages::domain::user::User;
use cruddur_messages::server::store::Store;
use cruddur_messages::server::store::dynamodb::Table;
use reqwest::header::HeaderValue;
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::accounts::Accounts;
use super::changing;
use super::known_messages::{KnownMessage, KnownMessages};
use super::ledger::{Change, ChangeKind, ChangeOutcome, Ledger, Outcome, Send};
use super::options::Options;
use super::requests::{NewMessage, SendMethod, Sent, attempt_accept, attempt_send, http_client, post};
use super::retry::retry;
use super::signed_in::{self, SignedIn};
use super::texts::FIRST_TEXT;

/// Percentage of operations that are changes of messages, as soon as there are some. The others are sends.
const CHANGE_PERCENT: u32 = 50;

/// Percentage of messages into known conversations that answer another message.
const REPLY_PERCENT: u32 = 30;

/// Duration of a round. All users choose their recipient by the same distance in a round, so that pairs write to each
/// other concurrently.
const ROUND_MICROS: u64 = 700_000;

/// Number of users each user writes to, some of them often. More than fit on a page of the conversation list.
const FRIENDS: u16 = 31;

/// Signed-in user.
pub struct AuditUser {
    pub user: User,
    /// E-mail address, used to sign in.
    pub email: String,
    /// Session cookie.
    pub cookie: HeaderValue,
    /// IP address sent to the servers, whose rate limits count by it.
    pub address: String,
}

/// State shared by all users.
pub struct Scenario {
    /// All users, by number.
    pub users: Vec<AuditUser>,
    pub ledger: Ledger,
    /// Messages that can be changed and answered.
    pub messages: KnownMessages,
    /// Number of operations to be acknowledged.
    pub goal: u64,
    pub http: reqwest::Client,
    /// The table, without faults.
    pub table: Table,
    proxies: [SocketAddr; 2],
    started: AtomicU64,
    texts: AtomicU32,
    concurrency: Semaphore,
    seed: u64,
}

impl Scenario {
    /// Creates the state before the first send.
    pub fn new(
        options: &Options,
        users: Vec<AuditUser>,
        proxies: [SocketAddr; 2],
        table: Table,
    ) -> anyhow::Result<Self> {
        Ok(Self {
            users,
            ledger: Ledger::new(),
            messages: KnownMessages::default(),
            goal: options.operations,
            http: http_client()?,
            table,
            proxies,
            started: AtomicU64::new(0),
            texts: AtomicU32::new(FIRST_TEXT),
            concurrency: Semaphore::new(options.at_once),
            seed: options.seed,
        })
    }

    /// Returns the address of a proxy.
    pub fn proxy(&self, second_server: bool) -> SocketAddr {
        self.proxies[usize::from(second_server)]
    }

    /// Returns the number of another text.
    pub fn next_text(&self) -> u32 {
        self.texts.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Counts one more operation, and returns `false` if the goal has been reached.
    fn start_operation(&self) -> bool {
        let counted = |started| (started < self.goal).then_some(started + 1);
        self.started.fetch_update(Ordering::Relaxed, Ordering::Relaxed, counted).is_ok()
    }

    /// Records a send. One that was not acknowledged does not count towards the goal.
    fn record(&self, send: Send) {
        if matches!(send.outcome, Outcome::Unknown) {
            self.started.fetch_sub(1, Ordering::Relaxed);
        }
        self.ledger.record(send);
    }

    /// Records a change. One that was not acknowledged does not count towards the goal.
    pub fn record_change(&self, change: Change) {
        if !matches!(change.outcome, ChangeOutcome::Acknowledged { .. }) {
            self.started.fetch_sub(1, Ordering::Relaxed);
        }
        self.ledger.record_change(change);
    }

    /// Counts and prints the rejection of a valid operation.
    pub fn record_rejection(&self, reason: &str) {
        self.ledger.record_rejection();
        println!("rejected: {reason}");
    }

    /// Returns the user that `me` writes to in this round. The choice is mutual: this user writes to `me`.
    fn recipient(&self, me: u16) -> u16 {
        let round = self.ledger.now() / ROUND_MICROS;
        let mut rng = fastrand::Rng::with_seed(self.seed ^ round);
        // Small distances are more frequent, so some pairs write to each other often.
        let fraction = rng.f32().powi(3);
        let distance = 1 + (f32::from(FRIENDS) * fraction) as u16;
        me ^ distance.min(FRIENDS)
    }
}

/// Creates users with accounts and sessions.
pub async fn sign_in(store: &Store, accounts: &Accounts, count: u16) -> anyhow::Result<Vec<AuditUser>> {
    // The numbers of a user and their recipients differ in the lowest five bits only.
    anyhow::ensure!(count > 0 && count.is_multiple_of(FRIENDS + 1), "--people must be a multiple of {}", FRIENDS + 1);
    let mut users = Vec::with_capacity(count.into());
    for number in 0..count {
        let name = format!("person-{number:03}");
        let email = format!("{name}-{}@example.com", Uuid::new_v4().simple());
        let new_user = accounts.create(&name, &email).await.with_context(|| format!("create {name}"))?;
        let SignedIn { user, cookie } = signed_in::sign_in(store, &new_user).await?;
        users.push(AuditUser { user, email, cookie, address: format!("198.18.{}.{}", number / 250, number % 250 + 1) });
    }
    Ok(users)
}

/// Runs a user: sends and changes a few messages in a row, waits for another turn, and repeats this until the goal is
/// reached.
pub async fn run_user(scenario: Arc<Scenario>, me: usize) {
    let me = u16::try_from(me).unwrap_or(u16::MAX);
    let mut rng = fastrand::Rng::with_seed(scenario.seed.wrapping_mul(31).wrapping_add(me.into()));
    let mut known = HashMap::new();
    loop {
        // The semaphore is never closed, so this only waits.
        let Ok(_permit) = scenario.concurrency.acquire().await else { return };
        for _ in 0..rng.u32(1..4) {
            if !scenario.start_operation() {
                return;
            }
            let recipient = scenario.recipient(me);
            let change = choose_change(&scenario, [me, recipient], &known, &mut rng);
            match change.filter(|_| rng.u32(0..100) < CHANGE_PERCENT) {
                Some((peer, change)) => changing::change_message(&scenario, [me, peer], change, &mut rng).await,
                None => send_message(&scenario, [me, recipient], &mut known, &mut rng).await,
            }
        }
    }
}

/// Chooses a change of a message in the conversation with the recipient of this round. If they have no suitable
/// message, it is one with another user.
fn choose_change(
    scenario: &Scenario,
    [me, recipient]: [u16; 2],
    known: &HashMap<u16, conversation::Id>,
    rng: &mut fastrand::Rng,
) -> Option<(u16, (KnownMessage, ChangeKind))> {
    let others = known.keys().skip(rng.usize(..=known.len())).copied();
    let peers = [recipient].into_iter().chain(others);
    peers.filter_map(|peer| Some((peer, changing::choose(scenario, [me, peer], rng)?))).next()
}

/// Sends one message, and retries until it is acknowledged or the user gives up.
async fn send_message(
    scenario: &Scenario,
    users: [u16; 2],
    known: &mut HashMap<u16, conversation::Id>,
    rng: &mut fastrand::Rng,
) {
    let [me, recipient] = users;
    let pair = (&scenario.users[usize::from(me)], &scenario.users[usize::from(recipient)]);
    let method = choose_method(known.get(&recipient).copied(), rng);
    let id = message::Id(Uuid::now_v7());
    let answers = matches!(method, SendMethod::Send(_) | SendMethod::SendForm(_)) && rng.u32(0..100) < REPLY_PERCENT;
    let answered = if answers { scenario.messages.choose(users, rng, |_| true) } else { None };
    let new = NewMessage { id, reply_to: answered.map(|message| message.reference()) };
    let reply_to = new.reply_to.as_ref().map(|reply_to| reply_to.id);
    let began = scenario.ledger.now();
    let tried = retry(scenario, rng, |server| attempt_send(scenario, server, pair, method, &new)).await;
    let Some(Sent { conversation, message }) = tried.answer else {
        scenario.record(Send { id, from: me, to: recipient, reply_to, began, outcome: Outcome::Unknown });
        return;
    };
    // The first message of the two is a request. The author of an answer finds it accepted.
    let is_accepted = known.contains_key(&recipient)
        || retry(scenario, rng, |server| attempt_accept(scenario, server, pair.1, conversation)).await.answer.is_some();
    if is_accepted {
        known.insert(recipient, conversation);
    }
    let seq = message.as_ref().and_then(|message| u32::try_from(message.seq).ok());
    let outcome = Outcome::Acknowledged { at: scenario.ledger.now(), conversation, seq };
    scenario.record(Send { id, from: me, to: recipient, reply_to, began, outcome });
    // The recipient of a request cannot change or answer its messages.
    if let Some(Message { sent_at, .. }) = message.filter(|_| is_accepted) {
        scenario.messages.add(
            users,
            KnownMessage {
                id,
                conversation,
                sent_at,
                author: me,
                reply_to: new.reply_to,
                edits: 0,
                last_edit: None,
                is_deleting: false,
                is_deleted: false,
            },
        );
    }
    if let Some(seq) = seq.filter(|_| rng.u32(0..100) < 10) {
        mark_read(scenario, tried.second_server, me, (conversation, seq.into())).await;
        // Another tab of the same user is behind.
        mark_read(scenario, !tried.second_server, me, (conversation, rng.u64(1..=seq.into()))).await;
    }
}

/// Chooses mostly the page's script, sometimes a form, and sometimes a first message although a conversation exists.
fn choose_method(known: Option<conversation::Id>, rng: &mut fastrand::Rng) -> SendMethod {
    match (known, rng.u32(0..100)) {
        (Some(conversation), 0..70) => SendMethod::Send(conversation),
        (Some(conversation), 70..85) => SendMethod::SendForm(conversation),
        (_, 0..93) => SendMethod::Start,
        _ => SendMethod::StartForm,
    }
}

/// Marks messages as read, without retrying.
async fn mark_read(scenario: &Scenario, second_server: bool, me: u16, (conversation, seq): (conversation::Id, u64)) {
    let fields = [("conversation", &*conversation.to_string()), ("seq", &*seq.to_string())];
    let (proxy, user) = (scenario.proxy(second_server), &scenario.users[usize::from(me)]);
    let response = post(&scenario.http, proxy, user, "/rpc/mark_read", &fields).send().await;
    if response.is_ok_and(|response| response.status().is_success()) {
        scenario.ledger.record_read(me, conversation, seq);
    }
}
