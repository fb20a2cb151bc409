import type { Page } from "@playwright/test";
import { inConversation } from "./support/conversation.ts";
import { expect, test } from "./support/people.ts";

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

test("links can be followed, and a look-alike host is shown for what it is", async ({ people }) => {
  const { ana, ben, path } = await inConversation(people);
  await ben.open(path);
  await ana.send("see https://example.com/a and https://\u0430pple.com/login");
  const links = ben.messages.last().getByRole("link");
  await expect(links).toHaveText(["https://example.com/a", "https://xn--pple-43d.com/login"]);
  await expect(links.first()).toHaveAttribute("rel", /noopener noreferrer/);
});
