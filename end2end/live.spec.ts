import type { Page } from "@playwright/test";
import { directConversation } from "./support/conversation.ts";
import { expect, test } from "./support/people.ts";

/** Deadline for the typing indicator, in milliseconds after the first key. */
const INDICATOR_MAX_MS = 300;

/** Number of measurements, of which the median counts. */
const SAMPLES = 7;

// The pages share a clock and record the times themselves. Times taken in the test would include its own latency.

/** Makes the page record the times of its last key press and of the last appearance of its typing indicator. */
async function recordTypingTimes(page: Page): Promise<void> {
  await page.evaluate(() => {
    const times = document.documentElement.dataset;
    addEventListener("keydown", () => (times.pressedAt = `${Date.now()}`), true);
    let isShown = false;
    const checkIndicator = () => {
      const wasShown = isShown;
      isShown = document.querySelector(".thread__typing")?.checkVisibility() ?? false;
      if (isShown && !wasShown) times.indicatorAt = `${Date.now()}`;
    };
    new MutationObserver(checkIndicator).observe(document.body, { childList: true, subtree: true });
  });
}

/** Returns a time recorded by the page, in milliseconds since 1970. */
async function recordedTime(page: Page, name: "pressedAt" | "indicatorAt"): Promise<number> {
  return page.evaluate((name) => Number(document.documentElement.dataset[name]), name);
}

test("a message reaches the recipient without a reload, in the list and in the conversation", async ({ people }) => {
  const [ana, ben] = [await people.withSession("Ana"), await people.signedIn("Ben")];
  // Ben has only his list open. The new conversation appears in it without a reload.
  const path = await ana.startConversation(ben, "Are you there?");
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

test("a message sent on one page appears on the sender's other pages", async ({ people }) => {
  const { ana, path } = await directConversation(people);
  const elsewhere = await people.inAnotherBrowser(ana);
  await elsewhere.signIn();
  await elsewhere.open(path);
  await ana.send("from the one");
  await expect(elsewhere.messages).toHaveText(["Are you there?", "from the one"]);
  await elsewhere.send("from the other");
  await expect(ana.messages).toHaveText(["Are you there?", "from the one", "from the other"]);
});

test("the typing indicator is shown until the message is sent", async ({ people }) => {
  const { ana, ben, path } = await directConversation(people);
  await ben.open(path);
  await ben.composer.pressSequentially("I");
  await expect(ana.page.getByText("is typing…")).toBeVisible();
  await ben.sendButton.click();
  await expect(ana.messages).toHaveText(["Are you there?", "I"]);
  await expect(ana.page.getByText("is typing…")).toBeHidden();
});

test("the typing indicator appears within 300 ms of the first key of every message and disappears by itself", async ({ people }) => {
  const { ana, ben, path } = await directConversation(people);
  await ben.open(path);
  await Promise.all([ana.page, ben.page].map(recordTypingTimes));
  const indicator = ana.page.getByText("is typing…");
  const took: number[] = [];
  for (let n = 0; n < SAMPLES; n++) {
    await expect(indicator).toBeHidden();
    await ben.composer.press("x");
    await expect(indicator).toBeVisible();
    took.push((await recordedTime(ana.page, "indicatorAt")) - (await recordedTime(ben.page, "pressedAt")));
    await ben.sendButton.click();
    await expect(ana.messages).toHaveCount(n + 2);
  }
  took.sort((a, b) => a - b);
  expect(took[Math.floor(SAMPLES / 2)], `the median of ${took.join(", ")} ms`).toBeLessThan(INDICATOR_MAX_MS);
  await expect(indicator).toBeHidden();
  await ben.composer.press("x");
  await expect(indicator).toBeVisible();
  await expect(indicator).toBeHidden();
});

test("a page that was offline shows all missed messages in order once it is back online", async ({ people }) => {
  const { ana, ben, path } = await directConversation(people);
  await ben.open(path);
  await expect(ben.messages).toHaveCount(1);
  ben.errors.expectNetworkFailure();
  await ben.page.context().setOffline(true);
  await expect(ben.page.getByText("No connection.")).toBeVisible();
  const texts = Array.from({ length: 25 }, (_, n) => `missed ${n}`);
  await ana.sendAll(path, texts);
  await ben.page.context().setOffline(false);
  await expect(ben.page.getByText("No connection.")).toBeHidden();
  await expect(ben.messages).toHaveText(["Are you there?", ...texts]);
});

test("messages that arrive while older ones are read do not move the view, and are counted", async ({ people }) => {
  const { ana, ben, path } = await directConversation(people);
  await ana.sendAll(path, Array.from({ length: 27 }, (_, n) => `message ${n}`));
  await ben.open(path);
  await ben.page.getByRole("button", { name: "28 new messages" }).click();
  await expect(ben.messages.last()).toBeInViewport();
  await ben.scroller.evaluate((scroller) => scroller.scrollTo({ top: -300 }));
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

test("a new message is announced once, sender first", async ({ people }) => {
  const { ana, ben, path } = await directConversation(people);
  await ben.open(path);
  await ana.send("listen");
  const log = ben.page.getByRole("log", { name: "New messages" });
  await expect(log).toHaveText(`${ana.account.name}: listen`);
});

test("scrolling up loads all older messages", async ({ people }) => {
  const { ana, ben, path } = await directConversation(people);
  await ana.sendAll(path, Array.from({ length: 27 }, (_, n) => `message ${n}`));
  await ben.open(path);
  for (let n = 0; n < 10; n++) {
    await ben.scroller.evaluate((scroller) => scroller.scrollTo({ top: -scroller.scrollHeight }));
    if (await ben.page.getByText("This is the beginning").isVisible()) break;
    await ben.page.waitForTimeout(300);
  }
  await expect(ben.messages).toHaveCount(28);
  await expect(ben.messages.first()).toHaveText("Are you there?");
});

test("links can be followed, and a look-alike host is shown in punycode", async ({ people }) => {
  const { ana, ben, path } = await directConversation(people);
  await ben.open(path);
  await ana.send("see https://example.com/a and https://\u0430pple.com/login");
  const links = ben.messages.last().getByRole("link");
  // F33: the link is the text that was written. The style adds the host in Punycode.
  await expect(links).toHaveText(["https://example.com/a", "https://\u0430pple.com/login"]);
  const hint = await links.last().evaluate((link) => getComputedStyle(link, "::after").content);
  expect(hint).toContain("xn--pple-43d.com");
  await expect(links.first()).toHaveAttribute("rel", /noopener noreferrer/);
});
