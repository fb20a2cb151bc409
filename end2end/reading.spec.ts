import { directConversation, row as messageRow } from "./support/conversation.ts";
import { expect, test, type People, type Person } from "./support/people.ts";
import { insertMessages } from "./support/table.ts";

/** Returns Ana and Ben in a conversation of `count` messages from Ana, none of which Ben has read. */
async function unreadConversation(people: People, count: number) {
  const [ana, ben] = await Promise.all([people.signedIn("Ana"), people.signedIn("Ben")]);
  const path = await ana.startConversation(ben, "message 0");
  await ana.sendAll(path, Array.from({ length: count - 1 }, (_, n) => `message ${n + 1}`));
  return { ana, ben, path };
}

test("a conversation opens at the first unread message and is read once its end has been in view", async ({ people }) => {
  const { ana, ben, path } = await unreadConversation(people, 3);
  const row = ben.page.locator(".conversation").first();
  const read = ben.page.waitForResponse("**/rpc/mark_read");
  await ben.open(path);
  const line = ben.page.getByText("New messages", { exact: true });
  await expect(line).toBeInViewport();
  await expect(row).not.toContainText("unread");
  await read;
  await ben.open("/messages");
  await ana.sendAll(path, ["x1", "x2", "x3"]);
  await expect(row).toContainText("3 unread");
  await ben.open(path);
  await expect(line).toBeInViewport();
  await expect(ben.page.locator(".unread-line + .message")).toContainText("x1");
  await ben.send("I have read them");
  await expect(line).toHaveCount(0);
});

test("when the unread messages do not fit, the first one is in view and all of them are loaded", async ({ people }) => {
  const { ben, path } = await unreadConversation(people, 27);
  const row = ben.page.locator(".conversation").first();
  await ben.open(path);
  await expect(ben.messages).toHaveCount(27);
  await expect(ben.page.getByText("New messages", { exact: true })).toBeInViewport();
  await expect(ben.messages.last()).not.toBeInViewport();
  await expect(row).toContainText("27 unread");
  await ben.page.getByRole("button", { name: "27 new messages" }).click();
  await expect(ben.messages.last()).toBeInViewport();
  await expect(row).not.toContainText("unread");
});

test("a conversation with hundreds of unread messages opens at the first and loads forward to the newest", async ({ people }) => {
  const { ana, ben, path } = await unreadConversation(people, 25);
  await ben.markRead(path, 25);
  await insertMessages(path, 260);
  const row = ben.page.locator(".conversation").first();
  // The inserted messages reach the list through the table's stream, which takes a moment.
  await expect(async () => {
    await ben.open("/messages");
    await expect(row).toContainText("260 unread", { timeout: 1_000 });
  }).toPass();
  const line = ben.page.getByText("New messages", { exact: true });
  const button = (count: number) => ben.page.getByRole("button", { name: `${count} new messages` });
  for (const open of [() => row.click(), () => ben.open(path)]) {
    await open();
    await expect(button(260)).toBeVisible();
    await expect(line).toBeInViewport();
    await expect(ben.page.locator(".unread-line + .message .message__text")).toHaveText("message 1");
    await expect(ben.page.locator(".message:has(+ .unread-line) .message__text")).toHaveText("message 24");
    await expect(ben.messages.last()).toHaveText("message 101");
  }
  // Older messages load automatically. A new message is not shown while messages between are not loaded yet.
  await expect.poll(() => ben.messages.count()).toBeGreaterThan(104);
  await expect(line).toBeInViewport();
  await ana.sendAll(path, ["meanwhile"]);
  await expect(button(261)).toBeVisible();
  await expect(row).toContainText("261 unread");
  await expect(ben.messages.last()).toHaveText("message 101");

  // The next segment loads before the end of the current segment. A segment is read once its end has been in view.
  for (const [next, last, before, after] of [
    ["message 201", "message 101", /\D261 unread/, /\D160 unread/],
    ["meanwhile", "message 201", /\D160 unread/, /\D60 unread/],
  ] as const) {
    await ben.scroller.evaluate((scroller) => (scroller.scrollTop = -300));
    await expect(ben.messages.last()).toHaveText(next);
    await expect(row).toContainText(before);
    await expect(async () => {
      await ben.messages.getByText(last, { exact: true }).scrollIntoViewIfNeeded();
      await expect(row).toContainText(after, { timeout: 1_000 });
    }).toPass();
  }
  await expect(ben.messages.last()).not.toBeInViewport();
  await button(60).click();
  await expect(ben.messages.last()).toHaveText("meanwhile");
  await expect(ben.messages.last()).toBeInViewport();
  await expect(row).not.toContainText("unread");
});

test("the tab's title and icon show that there are unread messages", async ({ people }) => {
  const { ben } = await unreadConversation(people, 2);
  await expect(ben.page).toHaveTitle("(2) Messages · Cruddur");
  const icon = ben.page.locator("link[rel=icon]");
  await expect(icon).toHaveAttribute("href", "/favicon-unread.svg");
  expect((await ben.page.request.get("/favicon-unread.svg")).ok()).toBe(true);
  await ben.conversations.first().click();
  await expect(ben.page).toHaveTitle("Conversation · Cruddur");
  await expect(icon).toHaveAttribute("href", "/favicon.svg");
});

test("an older page loads forward to the newest message, even after a failed request", async ({ people }) => {
  const { ana, ben, path } = await unreadConversation(people, 27);
  await ben.open(path);
  await ben.page.getByRole("button", { name: "27 new messages" }).click();
  await expect(ben.page.locator(".conversation").first()).not.toContainText("unread");
  // The link to older messages for browsers without script. It is missing until the server has Ben's read position.
  const olderLink = () =>
    ben.page.evaluate(async (path) => {
      const page = new DOMParser().parseFromString(await (await fetch(path)).text(), "text/html");
      return page.querySelector("a[href*='before=']")?.getAttribute("href") ?? "";
    }, path);
  await expect.poll(olderLink).not.toBe("");
  const olderPath = await olderLink();
  ben.errors.expectNetworkFailure();
  await ben.page.route("**/rpc/messages_after", (route) => route.abort());
  const requested = ben.page.waitForRequest("**/rpc/messages_after");
  await ben.open(olderPath);
  await requested;
  await expect(ben.messages.last()).toHaveText("message 6");
  await ben.page.unroute("**/rpc/messages_after");
  await ana.send("meanwhile");
  await expect(ben.messages).toHaveCount(28);
  await expect(ben.messages.last()).toHaveText("meanwhile");
});

test("a slow page opens at the reading position, even if a message arrives before its first frame", async ({ people }) => {
  const { ana, ben, path } = await unreadConversation(people, 27);
  const waitUntilRendered = async ({ page }: Person) => {
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  };
  for (const { page } of [ana, ben]) {
    await page.addInitScript(() => {
      const frame = window.requestAnimationFrame.bind(window);
      window.requestAnimationFrame = (callback) => window.setTimeout(() => frame(callback), 500);
    });
  }
  await ana.open(`${path}?after=after-2022-12-31T15:00:00.000Z`);
  await waitUntilRendered(ana);
  await expect(ana.messages.first()).toHaveText("message 0");
  await expect(ana.messages.first()).toBeInViewport();
  await ben.open(path);
  await ana.sendAll(path, ["meanwhile"]);
  await expect(ben.messages).toHaveCount(28);
  await waitUntilRendered(ben);
  await expect(ben.page.getByText("New messages", { exact: true })).toBeInViewport();
});

test("a date leads to the messages from that day on, and a date after the last message to the newest", async ({ people }) => {
  const { ana, path } = await unreadConversation(people, 27);
  await ana.open(path);
  await expect(ana.messages).toHaveCount(20);
  const go = async (date: string) => {
    await ana.page.locator(".date-form__summary").click();
    await ana.page.getByLabel("Show messages from").fill(date);
    await ana.page.getByRole("button", { name: "Go", exact: true }).click();
    await expect(ana.page.getByLabel("Show messages from")).toBeHidden();
  };
  await go("2023-01-01");
  // Midnight in the browser's time zone.
  await expect(ana.page).toHaveURL(`${path}?after=after-2022-12-31T15:00:00.000Z`);
  await expect(ana.messages.first()).toHaveText("message 0");
  await expect(ana.messages.first()).toBeInViewport();
  await expect(ana.messages.last()).not.toBeInViewport();
  await go("2100-01-01");
  await expect(ana.messages.last()).toHaveText("message 26");
  await expect(ana.messages.last()).toBeInViewport();
  // After a jump to the newest messages the address no longer names the old page.
  await go("2023-01-01");
  await expect(ana.messages.first()).toHaveText("message 0");
  await ana.send("and now");
  await expect(ana.messages.last()).toHaveText("and now");
  await expect(ana.page).toHaveURL(path);
  // The same date leads there again, now and after the user has scrolled away.
  for (let visit = 0; visit < 2; visit++) {
    await go("2023-01-01");
    await expect(ana.messages.first()).toHaveText("message 0");
    await expect(ana.messages.first()).toBeInViewport();
    await expect(ana.page).toHaveURL(`${path}?after=after-2022-12-31T15:00:00.000Z`);
    await expect(ana.page.getByRole("heading", { level: 1 })).toBeFocused();
    await ana.messages.last().scrollIntoViewIfNeeded();
    await expect(ana.messages.last()).toHaveText("and now");
    await ana.messages.last().scrollIntoViewIfNeeded();
    await expect(ana.messages.first()).not.toBeInViewport();
  }
  // What is loaded again stays at the newest messages.
  await go("2023-01-01");
  await expect(ana.messages.first()).toBeInViewport();
  await ana.send("the end");
  await expect(ana.messages.last()).toHaveText("the end");
  await expect(ana.page).toHaveURL(path);
  await expect(ana.messages.last()).toBeInViewport();
  await ana.page.locator("summary", { hasText: "Block" }).click();
  await ana.page.getByRole("button", { name: "Block", exact: true }).click();
  await expect(ana.page.getByText("You have blocked")).toBeVisible();
  await expect(ana.messages.last()).toHaveText("the end");
  await expect(ana.messages.last()).toBeInViewport();
});

test("a conversation marked as unread stays unread on every page until it is opened", async ({ people }) => {
  const { ben, path } = await unreadConversation(people, 2);
  const [row, elsewhere] = [ben.page.locator(".conversation").first(), await people.inAnotherBrowser(ben)];
  await elsewhere.signInDirectly();
  const rowElsewhere = elsewhere.page.locator(".conversation").first();
  await ben.open(path);
  await expect(rowElsewhere).not.toContainText("unread");
  await ben.page.getByRole("button", { name: "Mark as unread" }).click();
  await expect(ben.page).toHaveURL(/\/messages$/);
  await expect(row).toContainText("Marked as unread");
  await expect(rowElsewhere).toContainText("Marked as unread");
  await expect(ben.page).toHaveTitle("(1) Messages · Cruddur");
  await ben.open("/messages");
  await expect(row).toContainText("Marked as unread");
  await elsewhere.conversations.first().click();
  await expect(rowElsewhere).not.toContainText("unread");
  await expect(row).not.toContainText("unread");
});

test("a user who opens another conversation while the first is being marked as unread stays in the new one", async ({ people, viewport }) => {
  test.skip(!viewport || viewport.width < 720, "narrow screens do not show the list beside a conversation");
  const [ana, ben, cy] = await Promise.all([people.signedIn("Ana"), people.offline("Ben"), people.offline("Cy")]);
  const pathToBen = await ana.startConversation(ben, "hello Ben");
  const pathToCy = await ana.startConversation(cy, "hello Cy");
  await ana.open(pathToBen);
  const release = await ana.holdRequests("mark_unread");
  const requested = ana.page.waitForRequest("**/rpc/mark_unread");
  await ana.page.getByRole("button", { name: "Mark as unread" }).click();
  await requested;
  await ana.conversations.filter({ hasText: cy.handle }).click();
  await expect(ana.messages).toHaveText(["hello Cy"]);
  release();
  await expect(ana.conversations.filter({ hasText: ben.handle })).toContainText("Marked as unread");
  await ana.send("still here");
  await expect(ana.messages).toHaveText(["hello Cy", "still here"]);
  await expect(ana.page).toHaveURL(pathToCy);
});

test("a page that is scrolled up never holds more than the maximum number of messages", async ({ people }) => {
  const [ana, ben] = await Promise.all([people.signedIn("Ana"), people.signedIn("Ben")]);
  const path = await ana.startConversation(ben, "hello");
  // Together with the first message, this is the maximum that a page holds: each further message exceeds it.
  await insertMessages(path, 299);
  await ana.markRead(path, 300);
  await ana.open(path);
  const loaded = async () => {
    await ana.scroller.evaluate((scroller) => scroller.scrollTo({ top: -scroller.scrollHeight }));
    return ana.page.locator(".message").count();
  };
  await expect.poll(loaded, { intervals: [100], timeout: 30_000 }).toBe(300);
  await ben.sendAll(path, ["answer 1", "answer 2", "answer 3"]);
  const button = ana.page.getByRole("button", { name: "3 new messages" });
  await expect(button).toBeVisible();
  expect(await ana.page.locator(".message").count()).toBeLessThanOrEqual(300);
  await expect(ana.messages.first()).toHaveText("hello");
  await button.click();
  await expect(ana.messages.last()).toHaveText("answer 3");
});

test("Back returns to the place where a conversation was left", async ({ people }) => {
  const { ana, path } = await directConversation(people);
  await insertMessages(path, 60);
  await ana.markRead(path, 61);
  await ana.open(path);
  await expect(ana.messages.last()).toBeInViewport();
  const read = messageRow(ana, "message 42");
  await read.scrollIntoViewIfNeeded();
  await expect(ana.page.getByRole("button", { name: "Newest messages" })).toBeVisible();
  await ana.page.locator("a[href='/messages']:visible").first().click();
  await expect(ana.page).toHaveURL(/\/messages$/);
  await ana.page.goBack();
  await expect(read).toBeInViewport();
  await expect(ana.messages.last()).not.toBeInViewport();
  // A conversation that is opened anew shows the newest message.
  await ana.page.locator("a[href='/messages']:visible").first().click();
  await ana.page.locator(".conversation").first().click();
  await expect(ana.messages.last()).toBeInViewport();
});
