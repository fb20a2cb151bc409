import { expect, test, type People, type Person } from "./support/people.ts";
import { writeBehindTheServer } from "./support/table.ts";

/** Ana and Ben in a conversation of so many messages of hers, which he has not opened yet. */
async function unread(people: People, count: number) {
  const [ana, ben] = await Promise.all([people.signedIn("Ana"), people.signedIn("Ben")]);
  const path = await ana.startConversation(ben, "message 0");
  await ana.sendAll(path, Array.from({ length: count - 1 }, (_, n) => `message ${n + 1}`));
  return { ana, ben, path };
}

test("a conversation opens where the unread begin, and they are read once the end has been in view", async ({ people }) => {
  const { ana, ben, path } = await unread(people, 3);
  const row = ben.page.locator(".conversation").first();
  await ben.open(path);
  const line = ben.page.getByText("New messages", { exact: true });
  await expect(line).toBeInViewport();
  await expect(row).not.toContainText("unread");
  await ben.open("/messages");
  await ana.sendAll(path, ["x1", "x2", "x3"]);
  await expect(row).toContainText("3 unread");
  await ben.open(path);
  await expect(line).toBeInViewport();
  await expect(ben.page.locator(".unread-line + .message")).toContainText("x1");
  await ben.send("I have read them");
  await expect(line).toHaveCount(0);
});

test("more unread messages than fit begin at the top of the view, and none is left out", async ({ people }) => {
  const { ben, path } = await unread(people, 27);
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

test("however many are unread, a conversation opens where they begin, and goes on to the newest", async ({ people }) => {
  const { ana, ben, path } = await unread(people, 25);
  await ben.read(path, 25);
  await writeBehindTheServer(path, 260);
  const row = ben.page.locator(".conversation").first();
  // Only the table's stream tells of them.
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
  // What is older comes by itself, and what has just been written does not stand where something is missing before it.
  await expect.poll(() => ben.messages.count()).toBeGreaterThan(104);
  await expect(line).toBeInViewport();
  await ana.sendAll(path, ["meanwhile"]);
  await expect(button(261)).toBeVisible();
  await expect(row).toContainText("261 unread");
  await expect(ben.messages.last()).toHaveText("message 101");

  // What comes next is there before the end of what was; a part is read once that has been in view.
  for (const [next, last, before, after] of [
    ["message 201", "message 101", /\D261 unread/, /\D160 unread/],
    ["meanwhile", "message 201", /\D160 unread/, /\D60 unread/],
  ] as const) {
    await ben.thread.evaluate((scroller) => (scroller.scrollTop = -300));
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

test("what is unread shows in the tab's title and icon", async ({ people }) => {
  const { ben } = await unread(people, 2);
  await expect(ben.page).toHaveTitle("(2) Messages · Cruddur");
  const icon = ben.page.locator("link[rel=icon]");
  await expect(icon).toHaveAttribute("href", "/favicon-unread.svg");
  expect((await ben.page.request.get("/favicon-unread.svg")).ok()).toBe(true);
  await ben.conversations.first().click();
  await expect(ben.page).toHaveTitle("Conversation · Cruddur");
  await expect(icon).toHaveAttribute("href", "/favicon.svg");
});

test("an older part goes on to the newest, also after a question that has failed", async ({ people }) => {
  const { ana, ben, path } = await unread(people, 27);
  await ben.open(path);
  await ben.page.getByRole("button", { name: "27 new messages" }).click();
  await expect(ben.page.locator(".conversation").first()).not.toContainText("unread");
  // The link that a browser without script follows to what is older. There is none before the server knows what he has read.
  const older = () =>
    ben.page.evaluate(async (path) => {
      const page = new DOMParser().parseFromString(await (await fetch(path)).text(), "text/html");
      return page.querySelector("a[href*='before=']")?.getAttribute("href") ?? "";
    }, path);
  await expect.poll(older).not.toBe("");
  const part = await older();
  ben.complaints.expectNoAnswer();
  await ben.page.route("**/rpc/messages_after", (route) => route.abort());
  const asked = ben.page.waitForRequest("**/rpc/messages_after");
  await ben.open(part);
  await asked;
  await expect(ben.messages.last()).toHaveText("message 6");
  await ben.page.unroute("**/rpc/messages_after");
  await ana.send("meanwhile");
  await expect(ben.messages).toHaveCount(28);
  await expect(ben.messages.last()).toHaveText("meanwhile");
});

test("a slow page opens where one goes on reading, whatever comes before its first frame", async ({ people }) => {
  const { ana, ben, path } = await unread(people, 27);
  const opened = async ({ page }: Person) => {
    await page.evaluate(() => new Promise((then) => requestAnimationFrame(() => requestAnimationFrame(then))));
  };
  for (const { page } of [ana, ben]) {
    await page.addInitScript(() => {
      const frame = window.requestAnimationFrame.bind(window);
      window.requestAnimationFrame = (then) => window.setTimeout(() => frame(then), 500);
    });
  }
  await ana.open(`${path}?after=after-2022-12-31T15:00:00.000Z`);
  await opened(ana);
  await expect(ana.messages.first()).toHaveText("message 0");
  await expect(ana.messages.first()).toBeInViewport();
  await ben.open(path);
  await ana.sendAll(path, ["meanwhile"]);
  await expect(ben.messages).toHaveCount(28);
  await opened(ben);
  await expect(ben.page.getByText("New messages", { exact: true })).toBeInViewport();
});

test("a date leads to what was written from then on, and one after the last message to the newest", async ({ people }) => {
  const { ana, path } = await unread(people, 27);
  await ana.open(path);
  await expect(ana.messages).toHaveCount(20);
  const go = async (date: string) => {
    await ana.page.locator(".date-form__summary").click();
    await ana.page.getByLabel("Show messages from").fill(date);
    await ana.page.getByRole("button", { name: "Go", exact: true }).click();
    await expect(ana.page.getByLabel("Show messages from")).toBeHidden();
  };
  await go("2023-01-01");
  // Midnight of the browser's zone.
  await expect(ana.page).toHaveURL(`${path}?after=after-2022-12-31T15:00:00.000Z`);
  await expect(ana.messages.first()).toHaveText("message 0");
  await expect(ana.messages.first()).toBeInViewport();
  await expect(ana.messages.last()).not.toBeInViewport();
  await go("2100-01-01");
  await expect(ana.messages.last()).toHaveText("message 26");
});

test("a conversation that is marked as unread stays so on every page until it is opened", async ({ people }) => {
  const { ben, path } = await unread(people, 2);
  const [row, elsewhere] = [ben.page.locator(".conversation").first(), await people.again(ben)];
  await elsewhere.enter();
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

test("who opens another conversation before one is marked as unread stays in it", async ({ people, viewport }) => {
  test.skip(!viewport || viewport.width < 720, "narrow screens show no list beside it");
  const [ana, ben, cy] = await Promise.all([people.signedIn("Ana"), people.known("Ben"), people.known("Cy")]);
  const bens = await ana.startConversation(ben, "hello Ben");
  const cys = await ana.startConversation(cy, "hello Cy");
  await ana.open(bens);
  const release = await ana.hold("mark_unread");
  const asked = ana.page.waitForRequest("**/rpc/mark_unread");
  await ana.page.getByRole("button", { name: "Mark as unread" }).click();
  await asked;
  await ana.conversations.filter({ hasText: cy.handle }).click();
  await expect(ana.messages).toHaveText(["hello Cy"]);
  release();
  await expect(ana.conversations.filter({ hasText: ben.handle })).toContainText("Marked as unread");
  await ana.send("still here");
  await expect(ana.messages).toHaveText(["hello Cy", "still here"]);
  await expect(ana.page).toHaveURL(cys);
});

test("scrolled up, a page holds on to no more messages than it may, however many come", async ({ people }) => {
  const [ana, ben] = await Promise.all([people.signedIn("Ana"), people.signedIn("Ben")]);
  const path = await ana.startConversation(ben, "hello");
  // With the first one as many as a page may hold on to, and all of them loaded: the next one is one too many.
  await writeBehindTheServer(path, 299);
  await ana.read(path, 300);
  await ana.open(path);
  const loaded = async () => {
    await ana.thread.evaluate((scroller) => scroller.scrollTo({ top: -scroller.scrollHeight }));
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
