//! Users who write to each other and retry until a send is acknowledged.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Context;
use cruddur_messages::domain::conversation;
use cruddur_messages::domain::message;
use cruddur_messages::domain::user::User;
use cruddur_messages::server::store::Store;
use reqwest::header::HeaderValue;
use tokio::sync::Semaphore;
use tokio::time::sleep;
use uuid::Uuid;

use super::accounts::Accounts;
use super::ledger::{Ledger, Outcome, Send};
use super::options::Options;
use super::requests::{Attempt, SendMethod, attempt_send, http_client, post};
use super::signed_in::{self, SignedIn};

/// Deadline of a send, from the first attempt. Afterwards its outcome is unknown: the message may be stored or not.
const SEND_DEADLINE: Duration = Duration::from_secs(60);

/// Percentage of sends that are not retried after an attempt without a response, as if the user had closed the page.
/// The message may be stored nevertheless. If the server died before moving its inbox rows, only the stream's reader
/// moves them.
const ABANDON_PERCENT: u32 = 40;

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
    /// Number of sends to be acknowledged.
    pub goal: u64,
    proxies: [SocketAddr; 2],
    http: reqwest::Client,
    started: AtomicU64,
    concurrency: Semaphore,
    seed: u64,
}

impl Scenario {
    /// Creates the state before the first send.
    pub fn new(options: &Options, users: Vec<AuditUser>, proxies: [SocketAddr; 2]) -> anyhow::Result<Self> {
        Ok(Self {
            users,
            ledger: Ledger::new(),
            goal: options.sends,
            proxies,
            http: http_client()?,
            started: AtomicU64::new(0),
            concurrency: Semaphore::new(options.at_once),
            seed: options.seed,
        })
    }

    /// Counts one more send, and returns `false` if the goal has been reached.
    fn start_send(&self) -> bool {
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

/// Runs a user: sends a few messages in a row, waits for another turn, and repeats this until the goal is reached.
pub async fn run_user(scenario: Arc<Scenario>, me: usize) {
    let me = u16::try_from(me).unwrap_or(u16::MAX);
    let mut rng = fastrand::Rng::with_seed(scenario.seed.wrapping_mul(31).wrapping_add(me.into()));
    let mut known = HashMap::new();
    loop {
        // The semaphore is never closed, so this only waits.
        let Ok(_permit) = scenario.concurrency.acquire().await else { return };
        for _ in 0..rng.u32(1..4) {
            if !scenario.start_send() {
                return;
            }
            let recipient = scenario.recipient(me);
            send_message(&scenario, me, recipient, &mut known, &mut rng).await;
        }
    }
}

/// Sends one message, and retries until it is acknowledged or the deadline has passed.
async fn send_message(
    scenario: &Scenario,
    me: u16,
    recipient: u16,
    known: &mut HashMap<u16, conversation::Id>,
    rng: &mut fastrand::Rng,
) {
    let pair = (&scenario.users[usize::from(me)], &scenario.users[usize::from(recipient)]);
    let method = choose_method(known.get(&recipient).copied(), rng);
    let id = message::Id(Uuid::now_v7());
    let mut send = Send { id, from: me, to: recipient, began: scenario.ledger.now(), outcome: Outcome::Unknown };
    let deadline = send.began + SEND_DEADLINE.as_micros() as u64;
    let (mut second_server, abandons) = (rng.bool(), rng.u32(0..100) < ABANDON_PERCENT);
    while scenario.ledger.now() < deadline {
        let proxy = scenario.proxies[usize::from(second_server)];
        let (attempt, label) = attempt_send(&scenario.http, proxy, pair, method, id).await;
        scenario.ledger.record_attempt(label);
        match attempt {
            Attempt::Acknowledged(conversation, seq) => {
                known.insert(recipient, conversation);
                send.outcome = Outcome::Acknowledged { at: scenario.ledger.now(), conversation, seq };
                scenario.record(send);
                if let Some(seq) = seq.filter(|_| rng.u32(0..100) < 10) {
                    mark_read(scenario, second_server, me, (conversation, seq.into())).await;
                    // Another tab of the same user is behind.
                    mark_read(scenario, !second_server, me, (conversation, rng.u64(1..=seq.into()))).await;
                }
                return;
            }
            Attempt::Retry(_) if abandons => break,
            Attempt::Retry(delay) => {
                sleep(delay + Duration::from_millis(rng.u64(20..300))).await;
                // The server may be down, so half of the retries go to the other server.
                second_server ^= rng.bool();
            }
            Attempt::Rejected(reason) => {
                scenario.ledger.record_rejection();
                println!("rejected: {reason}");
                break;
            }
        }
    }
    scenario.record(send);
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
    let (proxy, user) = (scenario.proxies[usize::from(second_server)], &scenario.users[usize::from(me)]);
    let response = post(&scenario.http, proxy, user, "/rpc/mark_read", &fields).send().await;
    if response.is_ok_and(|response| response.status().is_success()) {
        scenario.ledger.record_read(me, conversation, seq);
    }
}
