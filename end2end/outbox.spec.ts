import type { BrowserContext, Page } from "@playwright/test";
import { acceptRequest, directConversation } from "./support/conversation.ts";
import { expect, test, type People, type Person } from "./support/people.ts";

/** Returns Ana and Ben, signed in. Ana has opened the page for her first message to Ben. */
async function openFirstMessage(people: People) {
  const [ana, ben] = await Promise.all([people.signedIn("Ana"), people.signedIn("Ben")]);
  const path = `/messages/new/${ben.account.handle}`;
  await ana.open(path);
  return { ana, ben, path };
}

const conversationUrl = /\/messages\/[0-9a-f-]{36}$/;

/** Endpoints that send a message, in an existing or in a new conversation. */
const sendEndpoints = /\/rpc\/send_(first_)?message$/;

/** Aborts the requests that send a message, as if there were no network. By default only those of the person's page. */
async function failSends(person: Person, target: Page | BrowserContext = person.page) {
  person.errors.expectNetworkFailure();
  await target.route(sendEndpoints, (route) => route.abort("internetdisconnected"));
}

/** Clicks "Sign out" and cancels in the dialog about unsent messages. */
async function cancelSignOut(person: Person) {
  const question = person.page.waitForEvent("dialog").then(async (dialog) => {
    await dialog.dismiss();
    return dialog.message();
  });
  await person.openAccountMenu();
  await person.page.getByRole("button", { name: "Sign out", exact: true }).click();
  expect(await question).toContain("have not been sent");
}

test("messages written offline wait, survive a reload and are sent once, in order", async ({ people }) => {
  const { ana, ben, path } = await directConversation(people);
  await ben.open(path);
  await failSends(ana);
  await ana.send("one");
  await ana.send("two");
  await expect(ana.page.getByText("Sending…")).toHaveCount(2);
  await ana.open(path);
  await expect(ana.messages).toHaveText(["Are you there?", "one", "two"]);
  await ana.send("three");
  await ana.page.unroute(sendEndpoints);
  await expect(ana.page.getByText("Sending…")).toHaveCount(0, { timeout: 40_000 });
  await expect(ana.messages).toHaveText(["Are you there?", "one", "two", "three"]);
  await expect(ben.messages).toHaveText(["Are you there?", "one", "two", "three"]);
});

test("a message that a rate limit holds back for long is refused with the time, and can be sent again", async ({ people }) => {
  const { ana } = await openFirstMessage(people);
  ana.errors.expectStatus(429);
  const denial = { status: 429, json: { RateLimited: { retry_after_secs: 2_880 } } };
  await ana.page.route(sendEndpoints, (route) => route.fulfill(denial), { times: 1 });
  await ana.send("hello");
  await expect(ana.page.getByText("Not sent. Too many attempts. Try again in 48 minutes.")).toBeVisible();
  await ana.page.getByRole("button", { name: "Try again" }).click();
  await expect(ana.messages).toHaveText(["hello"]);
});

test("on a slow network, sent messages are shown at once and arrive in order", async ({ people }) => {
  const { ana, ben, path } = await directConversation(people);
  await ben.open(path);
  const session = await ana.page.context().newCDPSession(ana.page);
  await session.send("Network.enable");
  const slow = { latency: 500, downloadThroughput: 20_000, uploadThroughput: 20_000 };
  await session.send("Network.emulateNetworkConditions", { offline: false, ...slow });
  const texts = Array.from({ length: 6 }, (_, n) => `message ${n + 1}`);
  for (const text of texts) await ana.send(text);
  // The messages are sent one after the other, half a second each: the last one cannot have been stored yet.
  await expect(ana.page.locator(".message--unsent").filter({ hasText: "message 6" })).toContainText("Sending…");
  await expect(ana.messages).toHaveText(["Are you there?", ...texts]);
  await expect(ben.messages).toHaveText(["Are you there?", ...texts], { timeout: 30_000 });
  await expect(ana.page.getByText("Sending…")).toHaveCount(0, { timeout: 30_000 });
  await expect(ana.messages).toHaveText(["Are you there?", ...texts]);
});

test("without local storage, a message is still sent and shown", async ({ people }) => {
  const { ana, ben, path } = await directConversation(people);
  await ben.open(path);
  await ana.page.addInitScript(() => {
    const get = () => {
      throw new DOMException("Storage is disabled.", "SecurityError");
    };
    Object.defineProperty(window, "localStorage", { get });
  });
  await ana.open(path);
  await expect(ana.page.evaluate(() => localStorage.length)).rejects.toThrow("Storage is disabled.");
  await ana.send("sent without storage");
  await expect(ben.messages).toHaveText(["Are you there?", "sent without storage"]);
  await expect(ana.page.getByText("Sending…")).toHaveCount(0);
  await expect(ana.messages).toHaveText(["Are you there?", "sent without storage"]);
});

test("two tabs share unsent messages and send them once", async ({ people }) => {
  const { ana, path } = await directConversation(people);
  const context = ana.page.context();
  await failSends(ana, context);
  const other = await context.newPage();
  await other.goto(path);
  await expect(other.locator("html")).toHaveAttribute("data-hydrated", "");
  await ana.send("from the one tab");
  await expect(other.getByText("from the one tab")).toBeVisible();
  await other.getByRole("textbox", { name: "Message", exact: true }).fill("from the other");
  await other.getByRole("button", { name: "Send", exact: true }).click();
  await context.unroute(sendEndpoints);
  for (const page of [ana.page, other]) {
    await expect(page.getByText("Sending…")).toHaveCount(0, { timeout: 40_000 });
    await expect(page.locator(".message__body")).toHaveText(["Are you there?", "from the one tab", "from the other"]);
  }
});

test("signing out with unsent messages asks for confirmation first", async ({ people }) => {
  const { ana } = await directConversation(people);
  await failSends(ana);
  await ana.send("unsent");
  await expect(ana.page.getByText("Sending…")).toBeVisible();
  await cancelSignOut(ana);
  await expect(ana.page.getByText("unsent", { exact: true })).toBeVisible();
});

test("unsent messages wait for their sender, even if another user signs in meanwhile", async ({ people }) => {
  const { ana, ben, path } = await directConversation(people);
  await ben.open(path);
  await failSends(ana);
  await ana.send("unsent");
  await expect(ana.page.getByText("Sending…")).toBeVisible();
  // End Ana's session without signing out, since signing out would clear the local store.
  await ana.page.context().clearCookies();
  const guest = ana.handOver(ben.account);
  await guest.signIn();
  await guest.page.unroute(sendEndpoints);
  await guest.open(path);
  await expect(guest.messages).toHaveText(["Are you there?"]);
  await guest.send("from Ben");
  await expect(ben.messages).toHaveText(["Are you there?", "from Ben"]);
  await expect(guest.messages).toHaveText(["Are you there?", "from Ben"]);
  await ana.page.context().clearCookies();
  await ana.signIn();
  await expect(ben.messages).toHaveText(["Are you there?", "from Ben", "unsent"], { timeout: 40_000 });
  await expect(ben.page.locator(".message--mine .message__body")).toHaveText(["from Ben"]);
});

test("first messages written offline are sent once, in order, and open the conversation", async ({ people }) => {
  const { ana, ben } = await openFirstMessage(people);
  ana.errors.expectNetworkFailure();
  await ana.page.context().setOffline(true);
  await expect(ana.page.getByText("No connection.")).toBeVisible();
  await ana.send("one");
  await ana.send("two");
  await expect(ana.messages).toHaveText(["one", "two"]);
  await expect(ana.page.getByText("Sending…")).toHaveCount(2);
  await ana.composer.pressSequentially("half a sen");
  await ana.page.context().setOffline(false);
  await expect(ana.page).toHaveURL(conversationUrl, { timeout: 40_000 });
  await expect(ana.page.getByText("Sending…")).toHaveCount(0, { timeout: 40_000 });
  await expect(ana.messages).toHaveText(["one", "two"]);
  // The move to the conversation does not interrupt Ana while she is writing.
  await expect(ana.composer).toHaveValue("half a sen");
  await expect(ana.composer).toBeFocused();
  await acceptRequest(ben, ana.account);
  await expect(ben.messages).toHaveText(["one", "two"]);
  await ana.open(new URL(ana.page.url()).pathname);
  await expect(ana.messages).toHaveText(["one", "two"]);
  await expect(ana.composer).toHaveValue("half a sen");
});

test("a first message survives a reload and is stored once even if its response is lost", async ({ people }) => {
  const { ana, ben, path } = await openFirstMessage(people);
  await failSends(ana);
  // Without the event stream, her page cannot learn from it that the message has arrived.
  await ana.page.route("**/events*", (route) => route.abort("internetdisconnected"));
  await ana.send("hello Ben");
  await expect(ana.page.getByText("Sending…")).toBeVisible();
  await ana.composer.fill("and another thing");
  await ana.open(path);
  await expect(ana.messages).toHaveText(["hello Ben"]);
  await expect(ana.page.getByText("Sending…")).toBeVisible();
  await expect(ana.composer).toHaveValue("and another thing");
  const sentIds: (string | null)[] = [];
  ana.page.on("request", (request) => {
    if (sendEndpoints.test(request.url())) sentIds.push(new URLSearchParams(request.postData() ?? "").get("id"));
  });
  // The server stores the message, but its response does not arrive.
  await ana.page.route("**/rpc/send_first_message", async (route) => {
    await route.fetch();
    await route.abort();
  }, { times: 1 });
  await ana.page.unroute(sendEndpoints);
  await expect(ana.page).toHaveURL(conversationUrl, { timeout: 40_000 });
  expect(sentIds.length, "number of requests").toBeGreaterThan(1);
  expect(new Set(sentIds).size, "number of different ids").toBe(1);
  await expect(ana.messages).toHaveText(["hello Ben"]);
  await expect(ana.composer).toHaveValue("and another thing");
  await acceptRequest(ben, ana.account);
  await expect(ben.messages).toHaveText(["hello Ben"]);
});

test("two tabs share unsent first messages, and both open the conversation", async ({ people }) => {
  const { ana, ben, path } = await openFirstMessage(people);
  const context = ana.page.context();
  await failSends(ana, context);
  const other = await ana.inAnotherTab();
  await other.open(path);
  await ana.send("from the one tab");
  await expect(other.messages).toHaveText(["from the one tab"]);
  await other.send("from the other");
  await expect(ana.messages).toHaveText(["from the one tab", "from the other"]);
  await context.unroute(sendEndpoints);
  for (const tab of [ana, other]) {
    await expect(tab.page).toHaveURL(conversationUrl, { timeout: 40_000 });
    await expect(tab.page.getByText("Sending…")).toHaveCount(0, { timeout: 40_000 });
    await expect(tab.messages).toHaveText(["from the one tab", "from the other"]);
  }
  await acceptRequest(ben, ana.account);
  await expect(ben.messages).toHaveText(["from the one tab", "from the other"]);
});

test("signing out with an unsent first message asks first, and the next user neither sees nor sends it", async ({ people }) => {
  const [{ ana, ben, path }, cy] = await Promise.all([openFirstMessage(people), people.offline("Cy")]);
  await failSends(ana);
  await ana.send("for Ben, from Ana");
  await expect(ana.page.getByText("Sending…")).toBeVisible();
  await cancelSignOut(ana);
  // End Ana's session without signing out.
  await ana.page.context().clearCookies();
  const guest = ana.handOver(cy);
  await guest.signIn();
  await guest.page.unroute(sendEndpoints);
  await guest.open(path);
  await expect(guest.page.getByText("Write the first message to Ben.")).toBeVisible();
  await guest.send("for Ben, from Cy");
  await expect(guest.page).toHaveURL(conversationUrl);
  await expect(guest.messages).toHaveText(["for Ben, from Cy"]);
  await expect(ben.page.getByRole("link", { name: "1 message request" })).toBeVisible();
  await ana.page.context().clearCookies();
  await ana.signIn();
  await expect(ben.page.getByRole("link", { name: "2 message requests" })).toBeVisible({ timeout: 40_000 });
  await acceptRequest(ben, ana.account);
  await expect(ben.messages).toHaveText(["for Ben, from Ana"]);
});

test("a first message from the recipient opens the conversation, but not while a draft is being written", async ({ people }) => {
  const { ana, ben, path } = await openFirstMessage(people);
  const other = await ana.inAnotherTab();
  await other.open(path);
  await ana.composer.pressSequentially("I was about to");
  await expect(ana.composer).toBeFocused();
  await ben.startConversation(ana, "first!");
  // All of Ana's pages share the draft, so none of them leaves it.
  for (const tab of [ana, other]) {
    await expect(tab.page.locator(".conversation")).toHaveCount(1);
    await expect(tab.page).toHaveURL(path);
  }
  await expect(ana.composer).toHaveValue("I was about to");
  await ana.sendButton.click();
  for (const tab of [ana, other]) {
    await expect(tab.page).toHaveURL(conversationUrl);
    await expect(tab.messages).toHaveText(["first!", "I was about to"]);
    await expect(tab.composer).toHaveValue("");
  }
});

test("a draft survives a reload and is shown in the list", async ({ people }) => {
  const { ana, path } = await directConversation(people);
  await ana.composer.fill("I was about to");
  await ana.open("/messages");
  await expect(ana.conversations.first()).toContainText("Draft: I was about to");
  await ana.open(path);
  await expect(ana.composer).toHaveValue("I was about to");
  await ana.sendButton.click();
  await expect(ana.messages.last()).toHaveText("I was about to");
  await ana.open("/messages");
  await expect(ana.conversations.first()).not.toContainText("Draft:");
});

test("a draft sent in another tab is removed in this tab", async ({ people }) => {
  const { ana, path } = await directConversation(people);
  await ana.composer.fill("I was about to");
  await ana.open("/messages");
  const row = ana.conversations.first();
  await expect(row).toContainText("Draft: I was about to");
  const tab = await ana.inAnotherTab();
  await tab.open(path);
  await expect(tab.composer).toHaveValue("I was about to");
  await tab.sendButton.click();
  await expect(row).toContainText("You: I was about to");
  await expect(row).not.toContainText("Draft:");
  await row.click();
  await expect(ana.messages).toHaveText(["Are you there?", "I was about to"]);
  await expect(ana.composer).toHaveValue("");
});

/** Starts conversations of Ana with Ben and with Cy. Returns them, with the paths; the conversation with Ben is open. */
async function twoConversations(people: People) {
  const [ana, ben, cy] = await Promise.all([people.signedIn("Ana"), people.signedIn("Ben"), people.signedIn("Cy")]);
  const withCy = await ana.startConversation(cy, "Hello Cy");
  const withBen = await ana.startConversation(ben, "Are you there?");
  return { ana, ben, cy, withBen, withCy };
}

// F7
test("a message on its way survives a wiped storage, and is sent once", async ({ people }) => {
  const { ana, ben, path } = await directConversation(people);
  await ben.open(path);
  const context = ana.page.context();
  await failSends(ana, context);
  await ana.send("on its way");
  await expect(ana.page.getByText("Sending…")).toBeVisible();
  await ana.page.evaluate(() => localStorage.clear());
  await ana.open(path);
  await expect(ana.messages).toHaveText(["Are you there?", "on its way"]);
  const tab = await ana.inAnotherTab();
  await tab.open("/messages");
  // Now the page gets notice of it from the browser.
  await tab.page.evaluate(() => localStorage.clear());
  await expect.poll(() => tab.page.evaluate(() => JSON.stringify({ ...localStorage }))).toContain("on its way");
  await context.unroute(sendEndpoints);
  await expect(ben.messages).toHaveText(["Are you there?", "on its way"], { timeout: 40_000 });
  await expect(ana.page.getByText("Sending…")).toHaveCount(0);
  await expect(ana.messages).toHaveText(["Are you there?", "on its way"]);
});

// F8
test("a request that is never answered holds up no other conversation, and is repeated", async ({ people }) => {
  const { ana, ben, cy, withBen, withCy } = await twoConversations(people);
  await Promise.all([ben.open(withBen), cy.open(withCy)]);
  let held = 0;
  await ana.page.context().route("**/rpc/send_message", async (route) => {
    const isHeld = route.request().postData()?.includes(withBen.split("/").at(-1) ?? "") && held++ === 0;
    if (!isHeld) await route.continue();
  });
  await ana.send("held");
  await expect.poll(() => held).toBe(1);
  const tab = await ana.inAnotherTab();
  await tab.open(withCy);
  await tab.send("not held");
  await expect(cy.messages).toHaveText(["Hello Cy", "not held"]);
  await expect(ben.messages).toHaveText(["Are you there?"]);
  await expect(ben.messages).toHaveText(["Are you there?", "held"], { timeout: 40_000 });
});

// F8
test("a page whose content never arrives says so", async ({ people }) => {
  const { ana } = await directConversation(people);
  await ana.open("/messages");
  await ana.page.route("**/rpc/open_conversation", () => {});
  await ana.conversations.first().click();
  await expect(ana.page.getByRole("heading", { name: "This conversation couldn't be loaded" })).toBeVisible({ timeout: 25_000 });
});

// F9, F10
test("what a proxy or a broken server answers is not final, and the user sees it in time", async ({ people }) => {
  const { ana, ben, cy, withBen, withCy } = await twoConversations(people);
  await Promise.all([ben.open(withBen), cy.open(withCy)]);
  ana.errors.expectStatus(403, 500);
  await ana.page.clock.install();
  await ana.open(withBen);
  await ana.page.route("**/rpc/send_message", async (route) => {
    const text = new URLSearchParams(route.request().postData() ?? "").get("body");
    if (text === "blocked") return route.fulfill({ status: 403, contentType: "text/html", body: "<h1>Forbidden</h1>" });
    if (text === "broken") return route.fulfill({ status: 500, json: "Unexpected" });
    await route.continue();
  });
  await ana.send("blocked");
  await ana.send("after it");
  await ana.open(withCy);
  await ana.send("broken");
  await expect(ana.page.locator(".thread").getByText("Sending…")).toBeVisible();
  await expect(ana.page.getByText("Not sent")).toHaveCount(0);
  await ana.page.clock.fastForward("05:00");
  await expect(ana.page.locator(".thread").getByText("Not sent yet.")).toBeVisible({ timeout: 15_000 });
  await ana.page.locator(".thread").getByRole("button", { name: "Discard" }).click();
  await ana.send("to Cy");
  await expect(cy.messages).toHaveText(["Hello Cy", "to Cy"]);
  // The list shows what waits in the other conversation.
  await ana.open("/messages");
  const waiting = ana.page.getByRole("region", { name: "Unsent messages" });
  await expect(waiting.locator(".message__body")).toHaveText(["blocked", "after it"]);
  await expect(waiting).toContainText("To Ben");
  await waiting.getByRole("listitem").filter({ hasText: "blocked" }).getByRole("button", { name: "Discard" }).click();
  await expect(ben.messages).toHaveText(["Are you there?", "after it"], { timeout: 40_000 });
  await expect(waiting).toBeHidden();
});

// F11
test("a refused message whose page is gone shows in the list, with copy and discard", async ({ people }) => {
  const { ana, path } = await openFirstMessage(people);
  ana.errors.expectStatus(404);
  await ana.page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await failSends(ana);
  await ana.send("hello Ben");
  await expect(ana.page.getByText("Sending…")).toBeVisible();
  // Ben's account is deleted. This handler comes before the one above, which must stay: without it, the attempt that may be
  // under way would reach the server.
  await ana.page.route(/\/rpc\/(send_first_message|find_recipient)$/, (route) => route.fulfill({ status: 404, json: "NotFound" }));
  await ana.open("/messages");
  const list = ana.page.getByRole("region", { name: "Unsent messages" });
  await expect(list.getByRole("alert")).toContainText("Not sent.", { timeout: 40_000 });
  await expect(list).toContainText("To Ben");
  await ana.page.goto(path.replace(/[^/]+$/, "nobody-of-this-name"));
  await ana.waitUntilHydrated();
  await expect(ana.page.getByRole("heading", { name: "Page not found" })).toBeVisible();
  // On a narrow screen the list is on a page of its own.
  if (await list.isHidden()) await ana.open("/messages");
  await list.getByRole("button", { name: "Copy" }).click();
  await expect(list.getByRole("button", { name: "Copied" })).toBeVisible();
  expect(await ana.page.evaluate(() => navigator.clipboard.readText())).toBe("hello Ben");
  await list.getByRole("button", { name: "Discard" }).click();
  await expect(list).toBeHidden();
  await ana.open("/messages");
  await expect(ana.conversations.or(ana.page.getByText("You have no conversations yet.")).first()).toBeVisible();
  await expect(list).toBeHidden();
});

// F12
test("a message that is too old to be sent again is refused in words", async ({ people }) => {
  const { ana, ben, path } = await directConversation(people);
  await ben.open(path);
  await failSends(ana);
  await ana.send("a month ago");
  await expect(ana.page.getByText("Sending…")).toBeVisible();
  ana.errors.expectStatus(409);
  // As if it had been written then: its id holds the time.
  await ana.page.evaluate((monthAgo) => {
    const key = Object.keys(localStorage).find((key) => key.includes("/unsent/")) ?? "";
    const id = key.split("/").at(-1) ?? "";
    const time = monthAgo.toString(16).padStart(12, "0");
    const old = `${time.slice(0, 8)}-${time.slice(8)}${id.slice(13)}`;
    localStorage.setItem(key.replace(id, old), (localStorage.getItem(key) ?? "").replaceAll(id, old));
    window.addEventListener("pagehide", () => localStorage.removeItem(key));
  }, Date.now() - 31 * 24 * 60 * 60 * 1000);
  await ana.open(path);
  await ana.page.unroute(sendEndpoints);
  await expect(ana.page.getByRole("alert")).toContainText("more than 30 days old", { timeout: 40_000 });
  await ana.page.getByRole("button", { name: "Try again" }).click();
  await expect(ben.messages).toHaveText(["Are you there?", "a month ago"]);
  await expect(ana.page.getByRole("alert")).toHaveCount(0);
});

// F13
test("messages arrive in the order of writing, even if the clock is set back in between", async ({ people }) => {
  const { ana, ben, path } = await directConversation(people);
  await ben.open(path);
  const now = Date.now();
  await ana.page.clock.install({ time: now + 60 * 60 * 1000 });
  await failSends(ana);
  await ana.open(path);
  await ana.send("first");
  await expect(ana.page.getByText("Sending…")).toHaveCount(1);
  await ana.page.clock.setSystemTime(now);
  await ana.send("second");
  await expect(ana.messages).toHaveText(["Are you there?", "first", "second"]);
  await ana.page.unroute(sendEndpoints);
  await ana.open(path);
  await expect(ben.messages).toHaveText(["Are you there?", "first", "second"], { timeout: 40_000 });
});

// F51
test("with a full storage, the page says what it could not keep, and asks before it is left", async ({ people }) => {
  const { ana, ben, path } = await directConversation(people);
  await ben.open(path);
  await failSends(ana);
  await ana.page.evaluate(() => {
    for (let size = 1 << 20; size > 0; size >>= 1) {
      try {
        for (let n = 0; ; n++) localStorage.setItem(`filler-${size}-${n}`, "x".repeat(size));
      } catch {
        // Full for this size.
      }
    }
  });
  await ana.composer.pressSequentially("this is only here, and nowhere else");
  await expect(ana.page.locator(".composer").getByText("Not kept:")).toBeVisible();
  await ana.sendButton.click();
  await expect(ana.page.locator(".message--unsent").getByText("Not kept:")).toBeVisible();
  const asked = ana.page.waitForEvent("dialog").then(async (dialog) => {
    await dialog.dismiss();
    return dialog.type();
  });
  await ana.page.evaluate(() => void window.location.reload());
  expect(await asked).toBe("beforeunload");
  await expect(ana.messages).toHaveText(["Are you there?", "this is only here, and nowhere else"]);
  await ana.page.evaluate(() => localStorage.clear());
  await expect(ana.page.getByText("Not kept:")).toHaveCount(0, { timeout: 15_000 });
  await ana.page.unroute(sendEndpoints);
  await ana.open(path);
  await expect(ben.messages).toHaveText(["Are you there?", "this is only here, and nowhere else"], { timeout: 40_000 });
});
