import type { BrowserContext, Page } from "@playwright/test";
import { expect, test, type People, type Person } from "./support/people.ts";

/** Ana and Ben in their conversation, she having begun it. */
async function inConversation(people: People) {
  const [ana, ben] = await Promise.all([people.signedIn("Ana"), people.signedIn("Ben")]);
  const path = await ana.startConversation(ben, "Are you there?");
  return { ana, ben, path };
}

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

/** How soon it must show that somebody writes, in milliseconds from the first key. */
const SHOWN_MS = 300;

/** How often that is measured. The middle one counts. */
const TRIES = 7;

// Times are noted in the pages, whose clock is one and the same: how long it takes to look at them from here does not count.
/** Has a page note when a key was pressed in it last, and when it last began to show that the other person writes. */
async function noteWriting(page: Page): Promise<void> {
  await page.evaluate(() => {
    const notes = document.documentElement.dataset;
    addEventListener("keydown", () => (notes.pressedAt = `${Date.now()}`), true);
    let shows = false;
    const look = () => {
      const showed = shows;
      shows = document.querySelector(".thread__typing")?.checkVisibility() ?? false;
      if (shows && !showed) notes.writingAt = `${Date.now()}`;
    };
    new MutationObserver(look).observe(document.body, { childList: true, subtree: true });
  });
}

/** What it has noted, in milliseconds since 1970. */
async function noted(page: Page, what: "pressedAt" | "writingAt"): Promise<number> {
  return page.evaluate((what) => Number(document.documentElement.dataset[what]), what);
}

test("a message appears on the other side without a reload, in the conversation and in both lists", async ({ people }) => {
  const { ana, ben, path } = await inConversation(people);
  // He looks at his list only: the new conversation comes into it by itself.
  await expect(ben.conversations).toHaveCount(1);
  await expect(ben.conversations.first()).toContainText("Are you there?");
  await expect(ben.conversations.first()).toContainText("1 unread");
  await ben.conversations.first().click();
  await expect(ben.messages).toHaveText(["Are you there?"]);
  await expect(ben.page).toHaveURL(path);
  await ben.send("I am.");
  await expect(ana.messages).toHaveText(["Are you there?", "I am."]);
  await ana.send("Good.");
  await expect(ben.messages).toHaveText(["Are you there?", "I am.", "Good."]);
});

test("what one does on one page shows on one's other pages", async ({ people }) => {
  const { ana, path } = await inConversation(people);
  const again = await people.again(ana);
  await again.signIn();
  await again.open(path);
  await ana.send("from the one");
  await expect(again.messages).toHaveText(["Are you there?", "from the one"]);
  await again.send("from the other");
  await expect(ana.messages).toHaveText(["Are you there?", "from the one", "from the other"]);
});

test("somebody who is writing is said to be, until they send", async ({ people }) => {
  const { ana, ben, path } = await inConversation(people);
  await ben.open(path);
  await ben.composer.pressSequentially("I");
  await expect(ana.page.getByText("is writing…")).toBeVisible();
  await ben.sendButton.click();
  await expect(ana.messages).toHaveText(["Are you there?", "I"]);
  await expect(ana.page.getByText("is writing…")).toBeHidden();
});

test("that somebody writes shows within 300 ms of the first key, message for message, and goes away by itself", async ({ people }) => {
  const { ana, ben, path } = await inConversation(people);
  await ben.open(path);
  await Promise.all([ana.page, ben.page].map(noteWriting));
  const writing = ana.page.getByText("is writing…");
  const took: number[] = [];
  for (let n = 0; n < TRIES; n++) {
    await expect(writing).toBeHidden();
    await ben.composer.press("x");
    await expect(writing).toBeVisible();
    took.push((await noted(ana.page, "writingAt")) - (await noted(ben.page, "pressedAt")));
    await ben.sendButton.click();
    await expect(ana.messages).toHaveCount(n + 2);
  }
  took.sort((a, b) => a - b);
  expect(took[Math.floor(TRIES / 2)], `the middle one of ${took.join(", ")} ms`).toBeLessThan(SHOWN_MS);
  await expect(writing).toBeHidden();
  await ben.composer.press("x");
  await expect(writing).toBeVisible();
  await expect(writing).toBeHidden();
});

test("a page that was cut off shows everything once it is back, in order", async ({ people }) => {
  const { ana, ben, path } = await inConversation(people);
  await ben.open(path);
  await expect(ben.messages).toHaveCount(1);
  ben.complaints.expectNoAnswer();
  await ben.page.context().setOffline(true);
  await expect(ben.page.getByText("No connection.")).toBeVisible();
  const texts = Array.from({ length: 25 }, (_, n) => `missed ${n}`);
  await ana.sendAll(path, texts);
  await ben.page.context().setOffline(false);
  await expect(ben.page.getByText("No connection.")).toBeHidden();
  await expect(ben.messages).toHaveText(["Are you there?", ...texts]);
});

test("what comes while one reads older messages moves nothing, and is counted", async ({ people }) => {
  const { ana, ben, path } = await inConversation(people);
  await ana.sendAll(path, Array.from({ length: 27 }, (_, n) => `message ${n}`));
  await ben.open(path);
  await ben.page.getByRole("button", { name: "28 new messages" }).click();
  await expect(ben.messages.last()).toBeInViewport();
  await ben.thread.evaluate((scroller) => scroller.scrollTo({ top: -300 }));
  await expect(ben.page.getByRole("button", { name: "Newest messages" })).toBeVisible();
  const seen = ben.messages.filter({ hasText: /^message 15$/ });
  const before = await seen.boundingBox();
  await ana.send("while you read");
  await ana.send("and another");
  const button = ben.page.getByRole("button", { name: "2 new messages" });
  await expect(button).toBeVisible();
  const after = await seen.boundingBox();
  expect(Math.abs((after?.y ?? 0) - (before?.y ?? 99))).toBeLessThanOrEqual(1);
  await button.click();
  await expect(ben.messages.last()).toBeInViewport();
  await expect(button).toBeHidden();
});

test("a new message is announced once, author first", async ({ people }) => {
  const { ana, ben, path } = await inConversation(people);
  await ben.open(path);
  await ana.send("listen");
  const log = ben.page.getByRole("log", { name: "New messages" });
  await expect(log).toHaveText(`${ana.account.name}: listen`);
});

test("older messages come as one scrolls, to the first", async ({ people }) => {
  const { ana, ben, path } = await inConversation(people);
  await ana.sendAll(path, Array.from({ length: 27 }, (_, n) => `message ${n}`));
  await ben.open(path);
  for (let n = 0; n < 10; n++) {
    await ben.thread.evaluate((scroller) => scroller.scrollTo({ top: -scroller.scrollHeight }));
    if (await ben.page.getByText("This is the beginning").isVisible()) break;
    await ben.page.waitForTimeout(300);
  }
  await expect(ben.messages).toHaveCount(28);
  await expect(ben.messages.first()).toHaveText("Are you there?");
});

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
  const asked = ana.page.waitForEvent("dialog").then(async (dialog) => {
    await dialog.dismiss();
    return dialog.message();
  });
  await ana.page.locator(".account__summary").click();
  await ana.page.getByRole("button", { name: "Sign out", exact: true }).click();
  expect(await asked).toContain("have not been sent");
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
  const asked = ana.page.waitForEvent("dialog").then(async (dialog) => {
    await dialog.dismiss();
    return dialog.message();
  });
  await ana.page.locator(".account__summary").click();
  await ana.page.getByRole("button", { name: "Sign out", exact: true }).click();
  expect(await asked).toContain("have not been sent");
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

test("links can be followed, and a look-alike host is shown for what it is", async ({ people }) => {
  const { ana, ben, path } = await inConversation(people);
  await ben.open(path);
  await ana.send("see https://example.com/a and https://\u0430pple.com/login");
  const links = ben.messages.last().getByRole("link");
  await expect(links).toHaveText(["https://example.com/a", "https://xn--pple-43d.com/login"]);
  await expect(links.first()).toHaveAttribute("rel", /noopener noreferrer/);
});
