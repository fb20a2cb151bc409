import type { BrowserContext, Page } from "@playwright/test";
import { inConversation } from "./support/conversation.ts";
import { expect, test, type People, type Person } from "./support/people.ts";

/** Ana, about to write to Ben for the first time. */
async function beforeTheFirst(people: People) {
  const [ana, ben] = await Promise.all([people.signedIn("Ana"), people.signedIn("Ben")]);
  const path = `/messages/new/${ben.account.handle}`;
  await ana.open(path);
  return { ana, ben, path };
}

/** The address of a conversation. */
const conversation = /\/messages\/[0-9a-f-]{36}$/;

/** What sends a message into a conversation, or a first one. */
const sending = /\/rpc\/send_(first_)?message$/;

/** Lets nothing that she sends leave her page, or other pages of hers, as without a network. */
async function sendNothing(person: Person, from: Page | BrowserContext = person.page) {
  person.complaints.expectNoAnswer();
  await from.route(sending, (route) => route.abort("internetdisconnected"));
}

/** Presses what signs out, is asked about what is unsent, and stays. */
async function changeOnesMind(person: Person) {
  const asked = person.page.waitForEvent("dialog").then(async (dialog) => {
    await dialog.dismiss();
    return dialog.message();
  });
  await person.page.locator(".account__summary").click();
  await person.page.getByRole("button", { name: "Sign out", exact: true }).click();
  expect(await asked).toContain("have not been sent");
}

test("what is written without a network waits, survives a reload, and goes out in order, once", async ({ people }) => {
  const { ana, ben, path } = await inConversation(people);
  await ben.open(path);
  await sendNothing(ana);
  await ana.send("one");
  await ana.send("two");
  await expect(ana.page.getByText("Sending…")).toHaveCount(2);
  await ana.open(path);
  await expect(ana.messages).toHaveText(["Are you there?", "one", "two"]);
  await ana.send("three");
  await ana.page.unroute(sending);
  await expect(ana.page.getByText("Sending…")).toHaveCount(0, { timeout: 40_000 });
  await expect(ana.messages).toHaveText(["Are you there?", "one", "two", "three"]);
  await expect(ben.messages).toHaveText(["Are you there?", "one", "two", "three"]);
});

test("on a slow network what one sends shows at once, and arrives in order", async ({ people }) => {
  const { ana, ben, path } = await inConversation(people);
  await ben.open(path);
  const session = await ana.page.context().newCDPSession(ana.page);
  await session.send("Network.enable");
  const slow = { latency: 500, downloadThroughput: 20_000, uploadThroughput: 20_000 };
  await session.send("Network.emulateNetworkConditions", { offline: false, ...slow });
  const texts = Array.from({ length: 6 }, (_, n) => `message ${n + 1}`);
  for (const text of texts) await ana.send(text);
  // Half a second each, one after the other: the last one cannot have been stored yet.
  await expect(ana.page.locator(".message--unsent").filter({ hasText: "message 6" })).toContainText("Sending…");
  await expect(ana.messages).toHaveText(["Are you there?", ...texts]);
  await expect(ben.messages).toHaveText(["Are you there?", ...texts], { timeout: 30_000 });
  await expect(ana.page.getByText("Sending…")).toHaveCount(0, { timeout: 30_000 });
  await expect(ana.messages).toHaveText(["Are you there?", ...texts]);
});

test("where the browser keeps nothing, a message is sent and shown all the same", async ({ people }) => {
  const { ana, ben, path } = await inConversation(people);
  await ben.open(path);
  await ana.page.addInitScript(() => {
    const get = () => {
      throw new DOMException("Nothing is kept.", "SecurityError");
    };
    Object.defineProperty(window, "localStorage", { get });
  });
  await ana.open(path);
  await expect(ana.page.evaluate(() => localStorage.length)).rejects.toThrow("Nothing is kept.");
  await ana.send("kept nowhere");
  await expect(ben.messages).toHaveText(["Are you there?", "kept nowhere"]);
  await expect(ana.page.getByText("Sending…")).toHaveCount(0);
  await expect(ana.messages).toHaveText(["Are you there?", "kept nowhere"]);
});

test("two tabs share what is unsent, and send it once", async ({ people }) => {
  const { ana, path } = await inConversation(people);
  const context = ana.page.context();
  await sendNothing(ana, context);
  const other = await context.newPage();
  await other.goto(path);
  await expect(other.locator("html")).toHaveAttribute("data-hydrated", "");
  await ana.send("from the one tab");
  await expect(other.getByText("from the one tab")).toBeVisible();
  await other.getByRole("textbox", { name: "Message", exact: true }).fill("from the other");
  await other.getByRole("button", { name: "Send", exact: true }).click();
  await context.unroute(sending);
  for (const page of [ana.page, other]) {
    await expect(page.getByText("Sending…")).toHaveCount(0, { timeout: 40_000 });
    await expect(page.locator(".message__body")).toHaveText(["Are you there?", "from the one tab", "from the other"]);
  }
});

test("signing out with unsent messages asks first, and another person never sees them", async ({ people }) => {
  const { ana } = await inConversation(people);
  await sendNothing(ana);
  await ana.send("unsent");
  await expect(ana.page.getByText("Sending…")).toBeVisible();
  await changeOnesMind(ana);
  await expect(ana.page.getByText("unsent", { exact: true })).toBeVisible();
});

test("what one left unsent waits until one is back, whoever signs in meanwhile", async ({ people }) => {
  const { ana, ben, path } = await inConversation(people);
  await ben.open(path);
  await sendNothing(ana);
  await ana.send("unsent");
  await expect(ana.page.getByText("Sending…")).toBeVisible();
  // Her session is over, but not because she has signed out: that would have had the browser forget what it keeps.
  await ana.page.context().clearCookies();
  const guest = ana.handOver(ben.account);
  await guest.signIn();
  await guest.page.unroute(sending);
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

test("a first message without a network waits, goes out in order, once, by itself, and leads to the conversation", async ({ people }) => {
  const { ana, ben } = await beforeTheFirst(people);
  ana.complaints.expectNoAnswer();
  await ana.page.context().setOffline(true);
  await expect(ana.page.getByText("No connection.")).toBeVisible();
  await ana.send("one");
  await ana.send("two");
  await expect(ana.messages).toHaveText(["one", "two"]);
  await expect(ana.page.getByText("Sending…")).toHaveCount(2);
  await ana.composer.pressSequentially("half a sen");
  await ana.page.context().setOffline(false);
  await expect(ana.page).toHaveURL(conversation, { timeout: 40_000 });
  await expect(ana.page.getByText("Sending…")).toHaveCount(0, { timeout: 40_000 });
  await expect(ana.messages).toHaveText(["one", "two"]);
  // She is not taken away from what she is writing.
  await expect(ana.composer).toHaveValue("half a sen");
  await expect(ana.composer).toBeFocused();
  await expect(ben.conversations).toHaveCount(1);
  await ben.conversations.first().click();
  await expect(ben.messages).toHaveText(["one", "two"]);
  await ana.open(new URL(ana.page.url()).pathname);
  await expect(ana.messages).toHaveText(["one", "two"]);
  await expect(ana.composer).toHaveValue("half a sen");
});

test("a first message survives a reload, and is stored once where its answer is lost", async ({ people }) => {
  const { ana, ben, path } = await beforeTheFirst(people);
  await sendNothing(ana);
  // Nor is she told that it has arrived.
  await ana.page.route("**/events", (route) => route.abort("internetdisconnected"));
  await ana.send("hello Ben");
  await expect(ana.page.getByText("Sending…")).toBeVisible();
  await ana.composer.fill("and another thing");
  await ana.open(path);
  await expect(ana.messages).toHaveText(["hello Ben"]);
  await expect(ana.page.getByText("Sending…")).toBeVisible();
  await expect(ana.composer).toHaveValue("and another thing");
  const tries: (string | null)[] = [];
  ana.page.on("request", (request) => {
    if (sending.test(request.url())) tries.push(new URLSearchParams(request.postData() ?? "").get("id"));
  });
  // The server stores the message, but its answer does not arrive.
  await ana.page.route("**/rpc/send_first_message", async (route) => {
    await route.fetch();
    await route.abort();
  }, { times: 1 });
  await ana.page.unroute(sending);
  await expect(ana.page).toHaveURL(conversation, { timeout: 40_000 });
  expect(tries.length, "how often it was sent").toBeGreaterThan(1);
  expect(new Set(tries).size, "the ids it was sent by").toBe(1);
  await expect(ana.messages).toHaveText(["hello Ben"]);
  await expect(ana.composer).toHaveValue("and another thing");
  await expect(ben.conversations).toHaveCount(1);
  await ben.conversations.first().click();
  await expect(ben.messages).toHaveText(["hello Ben"]);
});

test("two tabs share first messages that are unsent, and both are led to the conversation", async ({ people }) => {
  const { ana, ben, path } = await beforeTheFirst(people);
  const context = ana.page.context();
  await sendNothing(ana, context);
  const other = await ana.inAnotherTab();
  await other.open(path);
  await ana.send("from the one tab");
  await expect(other.messages).toHaveText(["from the one tab"]);
  await other.send("from the other");
  await expect(ana.messages).toHaveText(["from the one tab", "from the other"]);
  await context.unroute(sending);
  for (const tab of [ana, other]) {
    await expect(tab.page).toHaveURL(conversation, { timeout: 40_000 });
    await expect(tab.page.getByText("Sending…")).toHaveCount(0, { timeout: 40_000 });
    await expect(tab.messages).toHaveText(["from the one tab", "from the other"]);
  }
  await expect(ben.conversations).toHaveCount(1);
  await ben.conversations.first().click();
  await expect(ben.messages).toHaveText(["from the one tab", "from the other"]);
});

test("with a first message unsent, signing out asks first, and who signs in meanwhile neither sees nor sends it", async ({ people }) => {
  const [{ ana, ben, path }, cy] = await Promise.all([beforeTheFirst(people), people.known("Cy")]);
  await sendNothing(ana);
  await ana.send("for Ben, from Ana");
  await expect(ana.page.getByText("Sending…")).toBeVisible();
  await changeOnesMind(ana);
  // Her session is over, but not because she has signed out.
  await ana.page.context().clearCookies();
  const guest = ana.handOver(cy);
  await guest.signIn();
  await guest.page.unroute(sending);
  await guest.open(path);
  await expect(guest.page.getByText("Write the first message to Ben.")).toBeVisible();
  await guest.send("for Ben, from Cy");
  await expect(guest.page).toHaveURL(conversation);
  await expect(guest.messages).toHaveText(["for Ben, from Cy"]);
  await expect(ben.conversations).toHaveCount(1);
  await ana.page.context().clearCookies();
  await ana.signIn();
  await expect(ben.conversations).toHaveCount(2, { timeout: 40_000 });
  await ben.conversations.filter({ hasText: ana.account.handle }).click();
  await expect(ben.messages).toHaveText(["for Ben, from Ana"]);
});

test("what the other person writes first leads to the conversation, but not away from what one is writing", async ({ people }) => {
  const { ana, ben, path } = await beforeTheFirst(people);
  const other = await ana.inAnotherTab();
  await other.open(path);
  await ana.composer.pressSequentially("I was about to");
  await expect(ana.composer).toBeFocused();
  await ben.startConversation(ana, "first!");
  // A draft is the same on all of her pages.
  for (const tab of [ana, other]) {
    await expect(tab.page.locator(".conversation")).toHaveCount(1);
    await expect(tab.page).toHaveURL(path);
  }
  await expect(ana.composer).toHaveValue("I was about to");
  await ana.sendButton.click();
  for (const tab of [ana, other]) {
    await expect(tab.page).toHaveURL(conversation);
    await expect(tab.messages).toHaveText(["first!", "I was about to"]);
    await expect(tab.composer).toHaveValue("");
  }
});

test("a draft is kept over a reload and shown in the list", async ({ people }) => {
  const { ana, path } = await inConversation(people);
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

test("a draft that is sent in another tab is a draft no more in this one", async ({ people }) => {
  const { ana, path } = await inConversation(people);
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
