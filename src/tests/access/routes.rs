//! Routes of the router: pages, forms, files, the event stream and the JSON API.

use std::collections::BTreeSet;

use cruddur_messages::server::http::assets::PUBLIC_FILES;
use cruddur_messages::server::http::router::router;
use futures::{StreamExt, stream};
use reqwest::{Method, StatusCode};

use super::actors::Actor;
use super::functions;
use super::roles::{Decision, ROLES_AT_ONCE, Role, Rule};
use crate::support::app::{TestApp, form, new_id};

/// Kind of route, which decides how a refusal looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Page,
    Form,
    /// For programs, with a token.
    Api,
    /// For scripts, with the cookie.
    Stream,
}

/// Route with its rule, and the fields that are posted to it.
struct Entry {
    method: &'static str,
    path: &'static str,
    kind: Kind,
    rule: Rule,
    fields: &'static [(&'static str, &'static str)],
}

const fn page(path: &'static str, rule: Rule) -> Entry {
    Entry { method: "GET", path, kind: Kind::Page, rule, fields: &[] }
}

const fn posted(path: &'static str, rule: Rule, fields: &'static [(&'static str, &'static str)]) -> Entry {
    Entry { method: "POST", path, kind: Kind::Form, rule, fields }
}

const fn of(kind: Kind, method: &'static str, path: &'static str, rule: Rule) -> Entry {
    Entry { method, path, kind, rule, fields: &[] }
}

/// All routes but those of files and of server functions. The last ones end the session.
const ENTRIES: &[Entry] = &[
    page("/", Rule::Visitors),
    page("/signin", Rule::Visitors),
    page("/signup", Rule::Visitors),
    page("/signin/code", Rule::Visitors),
    page("/signin/password", Rule::Visitors),
    page("/confirm", Rule::Open),
    page("/forgot", Rule::Open),
    page("/privacy", Rule::Open),
    page("/healthz", Rule::Open),
    page("/readyz", Rule::Open),
    page("/.well-known/security.txt", Rule::Open),
    page("/settings", Rule::SignedIn),
    page("/settings/authenticator", Rule::SignedIn),
    page("/settings/blocked", Rule::SignedIn),
    page("/settings/delete", Rule::SignedIn),
    page("/settings/email", Rule::SignedIn),
    page("/settings/export", Rule::SignedIn),
    page("/settings/password", Rule::SignedIn),
    page("/settings/profile", Rule::SignedIn),
    page("/settings/sessions", Rule::SignedIn),
    page("/messages", Rule::SignedIn),
    page("/messages/requests", Rule::SignedIn),
    page("/messages/new", Rule::SignedIn),
    page("/messages/new/{handle}", Rule::SignedIn),
    page("/messages/new/user/{id}", Rule::SignedIn),
    page("/messages/{message_group_uuid}", Rule::Members),
    page("/messages/{message_group_uuid}/message/{time}/{id}", Rule::Members),
    page("/messages/{message_group_uuid}/report", Rule::Members),
    page("/messages/{message_group_uuid}/message/{time}/{id}/report", Rule::MessageReport),
    of(Kind::Stream, "GET", "/events", Rule::SignedIn),
    of(Kind::Api, "ANY", "/api/", Rule::Open),
    of(Kind::Api, "GET", "/api/openapi.json", Rule::Open),
    of(Kind::Api, "GET", "/api/users/{handle}/short", Rule::Open),
    of(Kind::Api, "GET", "/api/message_groups", Rule::SignedIn),
    of(Kind::Api, "GET", "/api/messages/{message_group_uuid}", Rule::Members),
    of(Kind::Api, "POST", "/api/messages", Rule::Delivery),
    posted("/signin", Rule::Open, &[]),
    posted("/signin/code", Rule::Open, &[]),
    posted("/signin/password", Rule::Open, &[]),
    posted("/signup", Rule::Open, &[]),
    posted("/confirm", Rule::Open, &[]),
    posted("/forgot", Rule::Open, &[]),
    posted(
        "/messages/{message_group_uuid}",
        Rule::Delivery,
        &[("conversation", "CONVERSATION"), ("id", "NEW"), ("body", "hi")],
    ),
    posted("/messages/{message_group_uuid}/message/{time}/{id}", Rule::Reaction, &[("emoji", "👍"), ("on", "true")]),
    posted("/messages/{message_group_uuid}/report", Rule::Members, &[("reason", "spam")]),
    posted("/messages/{message_group_uuid}/message/{time}/{id}/report", Rule::MessageReport, &[("reason", "spam")]),
    posted("/messages/new/{handle}", Rule::FirstMessage, &[("handle", "HANDLE"), ("id", "NEW"), ("body", "hi")]),
    posted("/messages/new/user/{id}", Rule::FirstMessage, &[("to", "PEER"), ("id", "NEW"), ("body", "hi")]),
    posted("/settings", Rule::SignedIn, &[("receipts", "true")]),
    posted("/settings/authenticator", Rule::SignedIn, &[]),
    posted("/settings/blocked", Rule::SignedIn, &[]),
    posted("/settings/delete", Rule::SignedIn, &[]),
    posted("/settings/email", Rule::SignedIn, &[]),
    posted("/settings/export", Rule::SignedIn, &[]),
    posted("/settings/password", Rule::SignedIn, &[]),
    posted("/settings/profile", Rule::SignedIn, &[]),
    posted("/settings/sessions", Rule::SignedIn, &[]),
    posted("/signout-everywhere", Rule::Open, &[]),
    posted("/signout", Rule::Open, &[]),
];

/// Returns the methods and paths of a router, as its debug text shows them: axum has no list of them.
fn routes(router: &axum::Router) -> BTreeSet<(String, String)> {
    let text = format!("{router:?}");
    let (text, _) = text.split_once(", fallback_router: ").expect("the fallbacks come last");
    let (endpoints, paths) = text.split_once("node: Node { paths: ").expect("the paths");
    let methods = |id: &str| {
        let (_, rest) = endpoints.split_once(&format!("{id}: ")).expect("an endpoint");
        let endpoint = rest.split("RouteId(").next().unwrap_or_default();
        match endpoint.split_once("allow_header: Bytes(b\"").and_then(|(_, rest)| rest.split_once('"')) {
            Some((methods, _)) => methods.split(',').filter(|it| *it != "HEAD").map(str::to_owned).collect(),
            None => vec!["ANY".to_owned()],
        }
    };
    let named = paths.split("RouteId(").skip(1).filter_map(|rest| {
        let (number, rest) = rest.split_once("): \"")?;
        Some((format!("RouteId({number})"), rest.split_once('"')?.0.to_owned()))
    });
    named.flat_map(|(id, path)| methods(&id).into_iter().map(move |method| (method, path.clone()))).collect()
}

/// Returns true for a file of the site, which is open to all.
fn is_file(path: &str) -> bool {
    let name = path.trim_start_matches('/');
    PUBLIC_FILES.contains(&name) || name == "emoji/{file}" || name == "pkg" || name.starts_with("pkg/")
}

impl Entry {
    /// Returns the path for an actor.
    fn path_of(&self, actor: &Actor) -> String {
        // No user reports a message of their own.
        let message = if self.path.ends_with("/report") { &actor.other_message } else { &actor.message };
        let id = match self.path.contains("/user/") {
            true => actor.peer.1.clone(),
            false => message.id.to_string(),
        };
        let handle = if self.kind == Kind::Api { format!("@{}", actor.peer.0) } else { actor.peer.0.clone() };
        let path = self.path.replace("{message_group_uuid}", &actor.conversation).replace("{handle}", &handle);
        path.replace("{time}", &message.sent_at.url_safe()).replace("{id}", &id)
    }

    /// Returns the values of the fields for an actor.
    fn fields_of(&self, actor: &Actor) -> Vec<(&'static str, String)> {
        let value = |value: &str| match value {
            "CONVERSATION" => actor.conversation.clone(),
            "HANDLE" => actor.peer.0.clone(),
            "PEER" => actor.peer.1.clone(),
            "NEW" => new_id(),
            other => other.to_owned(),
        };
        self.fields.iter().map(|(name, text)| (*name, value(text))).collect()
    }

    /// Makes the request as an actor. Returns the status, and the target of a redirect.
    async fn request(&self, actor: &Actor) -> (StatusCode, String) {
        let path = self.path_of(actor);
        let method = if self.method == "POST" { Method::POST } else { Method::GET };
        let request = match self.kind {
            Kind::Api if method == Method::POST => {
                let message = serde_json::json!({ "message": "hi", "message_group_uuid": actor.conversation });
                actor.client.request(method, &path).json(&message)
            }
            Kind::Api => actor.client.request(method, &path),
            Kind::Form => {
                let fields = self.fields_of(actor);
                let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
                form(actor.browser.request(method, &path).header("accept", "text/html"), &fields)
            }
            Kind::Page | Kind::Stream => actor.browser.request(method, &path).header("accept", "text/html"),
        };
        // Not the body: that of the stream has no end.
        let response = request.send().await.expect("an answer");
        let location = response.headers().get("location").and_then(|it| it.to_str().ok()).unwrap_or_default();
        (response.status(), location.to_owned())
    }

    /// Returns true if an answer is as it must be after a decision.
    fn is_as_decided(&self, decision: Decision, status: StatusCode, location: &str) -> bool {
        let leads_to_sign_in = status == StatusCode::SEE_OTHER && location.starts_with("/signin");
        match (self.kind, decision) {
            (Kind::Form, Decision::Allowed) => {
                let is_done = status == StatusCode::SEE_OTHER && (self.rule == Rule::Open || !leads_to_sign_in);
                is_done || matches!(status, StatusCode::OK | StatusCode::UNPROCESSABLE_ENTITY)
            }
            // The start page has no contents of its own, none of the users waits for a step of a sign-in, and without a
            // contact there is no file that names it.
            (Kind::Page, Decision::Allowed) if self.path == "/" || self.path.starts_with("/signin/") => {
                leads_to_sign_in
            }
            (Kind::Page, Decision::Allowed) if self.path.ends_with("/security.txt") => status == StatusCode::NOT_FOUND,
            (Kind::Api, Decision::Allowed) if self.path == "/api/" => status == StatusCode::NOT_FOUND,
            // A user with a conversation is led into it.
            (Kind::Page, Decision::Allowed) if self.path.starts_with("/messages/new/") => {
                status == StatusCode::OK || status == StatusCode::FOUND && location.starts_with("/messages/")
            }
            (_, Decision::Allowed) => status == StatusCode::OK,
            (Kind::Page, Decision::SignInFirst) => leads_to_sign_in,
            // A text that would be lost is shown again.
            (Kind::Form, Decision::SignInFirst) => leads_to_sign_in || status == StatusCode::UNAUTHORIZED,
            (Kind::Api | Kind::Stream, Decision::SignInFirst) => status == StatusCode::UNAUTHORIZED,
            (Kind::Page | Kind::Form, Decision::LedOn) => status == StatusCode::SEE_OTHER && !leads_to_sign_in,
            (Kind::Api | Kind::Stream, Decision::LedOn) => false,
            (_, Decision::NotFound) | (Kind::Api, Decision::Undeliverable) => status == StatusCode::NOT_FOUND,
            (_, Decision::Undeliverable | Decision::AcceptFirst) => status == StatusCode::CONFLICT,
        }
    }
}

async fn request_all(app: &TestApp, role: Role) {
    let mut actor = Actor::new(app, role).await;
    for entry in ENTRIES {
        let decision = entry.rule.decide(role);
        let (status, location) = entry.request(&actor).await;
        let what = format!("{} {} as {role:?}: {decision:?}, not {status} {location}", entry.method, entry.path);
        assert!(entry.is_as_decided(decision, status, &location), "{what}");
        actor.renew_request_after(app, entry.rule).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_role_gets_what_it_may_from_every_route() {
    let app = TestApp::start_with(|config| config.budgets_factor = 10).await;
    // A few at a time: a small machine would not answer the sign-ins of all roles in time.
    stream::iter(Role::ALL).for_each_concurrent(ROLES_AT_ONCE, |role| request_all(&app, role)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_is_classified() {
    let app = TestApp::start().await;
    let found = routes(&router(app.state.clone()));
    let (functions, others): (BTreeSet<_>, BTreeSet<_>) =
        found.into_iter().filter(|(_, path)| !is_file(path)).partition(|(_, path)| path.starts_with("/rpc/"));
    let known = ENTRIES.iter().map(|entry| (entry.method.to_owned(), entry.path.to_owned())).collect();
    assert_eq!(others, known, "the router, and the table of this test");
    assert!(functions.len() > 30, "{functions:?}");
    for (method, path) in functions {
        let endpoint = path.trim_start_matches("/rpc/");
        assert!(method == "POST" && functions::rule(endpoint).is_some(), "{method} {path}");
    }
}

#[test]
fn the_check_itself_reads_routers() {
    use axum::routing::{any, get, post};
    let nested = axum::Router::new().route("/b/{id}", post(async || ())).fallback(async || ());
    let router = axum::Router::new()
        .route("/a", get(async || ()).post(async || ()))
        .nest("/n", nested)
        .route("/any", any(async || ()))
        .fallback(async || ());
    let expected = [("ANY", "/any"), ("GET", "/a"), ("POST", "/a"), ("POST", "/n/b/{id}")];
    let expected = expected.map(|(method, path)| (method.to_owned(), path.to_owned()));
    assert_eq!(routes(&router), BTreeSet::from(expected));
}
