//! A scriptable user pool, for behavior that the emulator lacks: faults, token rotation, key changes, unexpected
//! responses.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use aws_lc_rs::hmac;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::prelude::BASE64_STANDARD as STANDARD;
use cruddur_messages::server::cognito::check::PROBE_EMAIL;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use uuid::Uuid;

use super::browser::PoolAddress;
use super::fake_accounts::{change_email, own_account, verify_email};
use super::fake_challenges::{challenge, respond};
use super::signing::{self, SigningKey, now};

/// Id of the pool.
pub const POOL_ID: &str = "eu-central-1_Fake00001";

/// Name of the server's check of its configuration, for the counters.
pub const PROBE: &str = "Probe";

/// Id of the client.
pub const CLIENT_ID: &str = "fakeclient";

/// Issuer in the pool's tokens.
pub const ISSUER: &str = "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Fake00001";

/// Response of the key set's address.
#[derive(Clone)]
pub enum KeySetAnswer {
    /// The set with these keys.
    Keys(Vec<Value>),
    /// This text, as JSON.
    Text(String),
    /// This text, with this content type.
    TextAs(&'static str, String),
    /// An empty response with this status.
    Status(u16),
    /// A redirect to a valid set.
    Redirect,
    /// No response, ever.
    Hang,
    /// A valid set, one byte every 100 ms.
    Drip,
}

/// Response to the calls of the API.
#[derive(Clone)]
pub enum CallAnswer {
    /// The regular response.
    Good,
    /// An error with this code and message.
    Refuse(&'static str, &'static str),
    /// An error with this code whose message repeats the whole request.
    Repeat(&'static str),
    /// The regular response, after a delay.
    Slow,
    /// A server error with this code.
    Trouble(&'static str),
    /// No response, ever.
    Hang,
    /// A challenge.
    Challenge(&'static str),
}

/// Switches and counters of the pool.
pub struct Switches {
    pub keys: KeySetAnswer,
    pub calls: CallAnswer,
    /// Key that signs the tokens.
    pub signer: &'static SigningKey,
    /// Lifetime of access tokens, in seconds.
    pub access_secs: u64,
    /// True if each refresh returns a new refresh token and invalidates the old one.
    pub rotates: bool,
    /// Changes to the claims of the ID token; null removes a claim.
    pub id_claims: Value,
    /// Changes to the claims of the access token; null removes a claim.
    pub access_claims: Value,
    /// Secret that the client must prove to know; `None` accepts any.
    pub secret: Option<&'static str>,
    /// Refusal of
    /// [`GetUser`](https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_GetUser.html): code
    /// and message.
    pub refused_access: Option<(&'static str, &'static str)>,
    /// Refusal of the calls that read the settings of pool and client.
    pub refused_settings: Option<&'static str>,
    /// Ids of accounts whose address is not the one with which they were created.
    pub subs: HashMap<String, String>,
    /// Call that says that a new address belongs to another account.
    pub refused_email: Option<&'static str>,
    /// Account and new address that wait for a code.
    pub(super) new_email: Option<(String, String)>,
    /// Names of the challenges that follow every password, in order.
    pub challenges: Vec<&'static str>,
    /// Challenges that wait for an answer: the account, and the number of challenges that it has passed.
    pub sessions: HashMap<String, (String, usize)>,
    pub(super) refresh_tokens: HashMap<String, String>,
    counts: HashMap<String, usize>,
    bodies: Vec<Value>,
}

/// A running pool. It stops with the test's runtime.
#[derive(Clone)]
pub struct FakePool {
    pub endpoint: String,
    switches: Arc<Mutex<Switches>>,
}

impl FakePool {
    /// Starts a pool with one key. It accepts every password but `wrong` for `<name>@example.com`.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
        let switches = Switches {
            keys: KeySetAnswer::Keys(vec![signing::key().jwk()]),
            calls: CallAnswer::Good,
            signer: signing::key(),
            access_secs: 300,
            rotates: false,
            id_claims: json!({}),
            access_claims: json!({}),
            secret: None,
            refused_access: None,
            refused_settings: None,
            subs: HashMap::new(),
            refused_email: None,
            new_email: None,
            challenges: Vec::new(),
            sessions: HashMap::new(),
            refresh_tokens: HashMap::new(),
            counts: HashMap::new(),
            bodies: Vec::new(),
        };
        let pool = Self { endpoint, switches: Arc::new(Mutex::new(switches)) };
        let router = Router::new()
            .route("/", post(call))
            .route("/good-keys", get(async || Json(json!({ "keys": [signing::key().jwk()] }))))
            .route(&format!("/{POOL_ID}/.well-known/jwks.json"), get(key_set))
            .with_state(pool.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        pool
    }

    /// Returns the pool's address and credentials for a server.
    pub fn address(&self) -> PoolAddress {
        PoolAddress {
            endpoint: self.endpoint.clone(),
            user_pool_id: POOL_ID.to_owned(),
            client_id: CLIENT_ID.to_owned(),
            client_secret: Some("the client's secret".to_owned()),
        }
    }

    /// Returns the address of the key set.
    pub fn key_set_url(&self) -> String {
        format!("{}/{POOL_ID}/.well-known/jwks.json", self.endpoint)
    }

    /// Returns the switches. The guard must not be held across an await.
    pub fn set(&self) -> MutexGuard<'_, Switches> {
        self.switches.lock().expect("not poisoned")
    }

    /// Returns the number of calls with this name; `keys` counts fetches of the key set.
    pub fn count(&self, call: &str) -> usize {
        self.set().counts.get(call).copied().unwrap_or(0)
    }

    /// Returns the body of the last call with this name.
    pub fn last(&self, call: &str) -> Value {
        let switches = self.set();
        switches.bodies.iter().rfind(|body| body["call"] == call).cloned().unwrap_or_default()
    }

    /// Returns one of the valid refresh tokens.
    pub fn a_refresh_token(&self) -> String {
        self.set().refresh_tokens.keys().next().cloned().expect("a user has signed in")
    }

    /// Waits until a call was made this many times.
    pub async fn wait_for(&self, call: &str, count: usize) {
        let waited = tokio::time::timeout(Duration::from_secs(10), async {
            while self.count(call) < count {
                tokio::task::yield_now().await;
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        });
        waited.await.unwrap_or_else(|_| panic!("{call} was not called {count} times"));
    }
}

/// Returns the claims of a valid access token.
pub fn access_claims(sub: &str) -> Value {
    json!({
        "sub": sub, "iss": ISSUER, "client_id": CLIENT_ID, "token_use": "access", "username": sub,
        "scope": "aws.cognito.signin.user.admin", "exp": now() + 300, "iat": now(), "auth_time": now(),
        "jti": Uuid::new_v4(), "origin_jti": Uuid::new_v4(), "event_id": Uuid::new_v4(),
    })
}

/// Returns the claims of a valid ID token.
pub fn id_claims(sub: &str) -> Value {
    json!({
        "sub": sub, "iss": ISSUER, "aud": CLIENT_ID, "token_use": "id", "cognito:username": sub,
        "email": "ana@example.com", "email_verified": true, "name": "Ana", "preferred_username": "ana",
        "exp": now() + 300, "iat": now(), "auth_time": now(), "jti": Uuid::new_v4(),
    })
}

/// Returns `claims` with `changes` applied; null removes a claim.
pub fn changed(mut claims: Value, changes: &Value) -> Value {
    for (name, value) in changes.as_object().expect("an object") {
        match value {
            Value::Null => claims.as_object_mut().expect("an object").remove(name),
            _ => claims.as_object_mut().expect("an object").insert(name.clone(), value.clone()),
        };
    }
    claims
}

/// Returns the `sub` of the user with this e-mail address: always the same.
pub fn sub_of(email: &str) -> String {
    Uuid::new_v5(&Uuid::NAMESPACE_URL, email.as_bytes()).to_string()
}

pub(super) fn sub_in(switches: &Switches, email: &str) -> String {
    switches.subs.get(email).cloned().unwrap_or_else(|| sub_of(email))
}

async fn key_set(State(pool): State<FakePool>) -> Response {
    let answer = {
        let mut switches = pool.set();
        *switches.counts.entry("keys".to_owned()).or_default() += 1;
        switches.keys.clone()
    };
    match answer {
        KeySetAnswer::Keys(keys) => Json(json!({ "keys": keys })).into_response(),
        KeySetAnswer::Text(text) => ([(header::CONTENT_TYPE, "application/json")], text).into_response(),
        KeySetAnswer::TextAs(kind, text) => ([(header::CONTENT_TYPE, kind)], text).into_response(),
        KeySetAnswer::Status(status) => StatusCode::from_u16(status).expect("a status").into_response(),
        KeySetAnswer::Redirect => (StatusCode::FOUND, [(header::LOCATION, "/good-keys")]).into_response(),
        KeySetAnswer::Hang => std::future::pending().await,
        KeySetAnswer::Drip => {
            let body = json!({ "keys": [signing::key().jwk()] }).to_string().into_bytes();
            let bytes = futures::stream::unfold(body.into_iter(), async |mut bytes| {
                tokio::time::sleep(Duration::from_millis(100)).await;
                let byte = bytes.next()?;
                Some((Ok::<_, std::convert::Infallible>(Bytes::from(vec![byte])), bytes))
            });
            ([(header::CONTENT_TYPE, "application/json")], Body::from_stream(bytes)).into_response()
        }
    }
}

async fn call(State(pool): State<FakePool>, headers: HeaderMap, body: Bytes) -> Response {
    let target = headers.get("x-amz-target").and_then(|value| value.to_str().ok()).expect("a target");
    let mut name = target.rsplit('.').next().expect("a name").to_owned();
    let mut body: Value = serde_json::from_slice(&body).expect("JSON");
    if body["AuthParameters"]["USERNAME"] == PROBE_EMAIL {
        // The server's check of its configuration is no sign-in of a user.
        name = PROBE.to_owned();
    }
    body["call"] = json!(name);
    let answer = {
        let mut switches = pool.set();
        *switches.counts.entry(name.clone()).or_default() += 1;
        switches.bodies.push(body.clone());
        switches.calls.clone()
    };
    match answer {
        CallAnswer::Good => good(&pool, &name, &body),
        CallAnswer::Slow => {
            // The old refresh token is invalid now, and the new token is still on its way.
            let answer = good(&pool, &name, &body);
            tokio::time::sleep(Duration::from_millis(300)).await;
            answer
        }
        CallAnswer::Refuse(code, message) => refuse(code, message),
        CallAnswer::Repeat(code) => refuse(code, &body.to_string()),
        CallAnswer::Trouble(code) => {
            let body = json!({ "__type": code, "message": "trouble" });
            (StatusCode::INTERNAL_SERVER_ERROR, Json(body)).into_response()
        }
        CallAnswer::Hang => std::future::pending().await,
        CallAnswer::Challenge(challenge) => {
            let email = body["AuthParameters"]["USERNAME"].as_str().unwrap_or_default();
            let sub = sub_in(&pool.set(), email);
            let parameters = json!({ "USER_ID_FOR_SRP": sub });
            Json(json!({ "ChallengeName": challenge, "Session": "s", "ChallengeParameters": parameters }))
                .into_response()
        }
    }
}

pub(super) fn refuse(code: &str, message: &str) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({ "__type": code, "message": message }))).into_response()
}

fn good(pool: &FakePool, name: &str, body: &Value) -> Response {
    if let Some(refusal) = wrong_secret(pool, body) {
        return refusal;
    }
    match name {
        PROBE => refuse("NotAuthorizedException", "Incorrect username or password."),
        "GetUser" => match pool.set().refused_access {
            Some((code, message)) => refuse(code, message),
            None => own_account(body),
        },
        "UpdateUserAttributes" => change_email(pool, body),
        "VerifyUserAttribute" => verify_email(pool, body),
        "DescribeUserPool" | "DescribeUserPoolClient" => match pool.set().refused_settings {
            Some(code) => refuse(code, "not allowed"),
            None => Json(json!({
                "UserPool": { "Id": POOL_ID, "UsernameConfiguration": { "CaseSensitive": false } },
                "UserPoolClient": { "ClientId": CLIENT_ID },
            }))
            .into_response(),
        },
        "InitiateAuth" if body["AuthParameters"]["PASSWORD"] == "wrong" => {
            refuse("NotAuthorizedException", "Incorrect username or password.")
        }
        "InitiateAuth" => challenge(pool, body["AuthParameters"]["USERNAME"].as_str().expect("a name"), 0),
        "RespondToAuthChallenge" => respond(pool, body),
        "GetTokensFromRefreshToken" => {
            let refresh = body["RefreshToken"].as_str().expect("a token").to_owned();
            let known = {
                let switches = pool.set();
                switches.refresh_tokens.get(&refresh).cloned().map(|email| (email, switches.rotates))
            };
            let Some((email, rotates)) = known else {
                return refuse("NotAuthorizedException", "Invalid Refresh Token");
            };
            let next = rotates.then(|| Uuid::new_v4().to_string());
            if let Some(next) = &next {
                let mut switches = pool.set();
                switches.refresh_tokens.remove(&refresh);
                switches.refresh_tokens.insert(next.clone(), email.clone());
            }
            tokens(pool, &email, next)
        }
        "RevokeToken" => {
            pool.set().refresh_tokens.remove(body["Token"].as_str().expect("a token"));
            Json(json!({})).into_response()
        }
        "SignUp" => Json(json!({ "UserConfirmed": false, "UserSub": Uuid::new_v4() })).into_response(),
        _ => Json(json!({})).into_response(),
    }
}

/// Refuses a call with a wrong proof of the client's secret, with the messages of Cognito.
fn wrong_secret(pool: &FakePool, body: &Value) -> Option<Response> {
    let secret = pool.set().secret?;
    let user = body["AuthParameters"]["USERNAME"].as_str().or(body["ChallengeResponses"]["USERNAME"].as_str());
    let user = user.or(body["Username"].as_str()).unwrap_or_default();
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let proof = STANDARD.encode(hmac::sign(&key, format!("{user}{CLIENT_ID}").as_bytes()));
    let (hash, plain) = (&body["AuthParameters"]["SECRET_HASH"], &body["ClientSecret"]);
    let message = match body["call"].as_str() {
        Some("InitiateAuth" | PROBE) if hash.is_null() => {
            format!("Client {CLIENT_ID} is configured with secret but SECRET_HASH was not received")
        }
        Some("InitiateAuth" | PROBE) if *hash != proof => {
            format!("Unable to verify secret hash for client {CLIENT_ID}")
        }
        Some("RespondToAuthChallenge") if body["ChallengeResponses"]["SECRET_HASH"] != proof => {
            format!("Unable to verify secret hash for client {CLIENT_ID}")
        }
        // Cognito says no more than this of a token that comes with a wrong secret.
        Some("GetTokensFromRefreshToken") if *plain != secret => "Invalid Refresh Token".to_owned(),
        _ => return None,
    };
    let body = json!({ "__type": "NotAuthorizedException", "message": message });
    Some((StatusCode::BAD_REQUEST, Json(body)).into_response())
}

pub(super) fn tokens(pool: &FakePool, email: &str, refresh: Option<String>) -> Response {
    let switches = pool.set();
    let (sub, name) = (sub_in(&switches, email), email.split('@').next().unwrap_or_default());
    let exp = json!({ "exp": now() + switches.access_secs });
    let profile = json!({ "email": email, "name": name, "preferred_username": name });
    let access = changed(changed(access_claims(&sub), &exp), &switches.access_claims);
    let id = changed(changed(changed(id_claims(&sub), &exp), &profile), &switches.id_claims);
    let mut result = json!({
        "AccessToken": switches.signer.token(&access), "IdToken": switches.signer.token(&id),
        "ExpiresIn": switches.access_secs, "TokenType": "Bearer",
    });
    if let Some(refresh) = refresh {
        result["RefreshToken"] = json!(refresh);
    }
    Json(json!({ "AuthenticationResult": result, "ChallengeParameters": {} })).into_response()
}
