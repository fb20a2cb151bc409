import { expect, test, type People } from "./support/people.ts";

test("an empty list leads to a new conversation", async ({ people }) => {
  const ana = await people.signedIn("Ana");
  await ana.page.getByRole("link", { name: "Start a conversation" }).click();
  await expect(ana.page.getByRole("heading", { name: "New message" })).toBeFocused();
});

test("the list shows the newest conversation first, with its last message and sender", async ({ people }) => {
  const ana = await people.signedIn("Ana");
  const [ben, cy] = [await people.signedIn("Ben"), await people.signedIn("Cy")];
  const withBen = await ana.startConversation(ben, "hello Ben");
  await ana.startConversation(cy, "hello Cy");
  await ana.open("/messages");
  await expect(ana.conversations).toHaveCount(2);
  await expect(ana.conversations.first()).toContainText("Cy");
  await ben.open(withBen);
  await ben.send("hello Ana");
  await expect(ben.messages).toHaveText(["hello Ben", "hello Ana"]);
  await ana.open("/messages");
  await expect(ana.conversations.first()).toContainText("hello Ana");
  await expect(ana.conversations.first()).toContainText("1 unread");
  await expect(ana.conversations.last()).toContainText("You: hello Cy");
});

test("all older conversations load on demand", async ({ people }) => {
  const ana = await people.signedIn("Ana");
  for (let n = 1; n <= 22; n++) {
    const { handle } = await people.offline(`P${n}`);
    await ana.call("start_conversation", { handle, id: crypto.randomUUID(), body: `message ${n}` });
  }
  await ana.open("/messages");
  await expect(ana.conversations).toHaveCount(20);
  await expect(ana.conversations.first()).toContainText("message 22");
  await ana.page.getByRole("link", { name: "Older conversations" }).click();
  await expect(ana.conversations).toHaveCount(22);
  await expect(ana.conversations.last()).toContainText("message 1");
  await expect(ana.page.getByRole("link", { name: "Older conversations" })).toBeHidden();
});

test("on a narrow screen one pane is shown at a time, with a way back", async ({ people, viewport }) => {
  test.skip(!viewport || viewport.width > 720, "wide screens show both panes");
  const [ana, ben] = [await people.signedIn("Ana"), await people.signedIn("Ben")];
  await ana.startConversation(ben, "hello");
  await expect(ana.conversations).toBeHidden();
  await ana.page.getByRole("link", { name: "Back to all messages" }).click();
  await expect(ana.conversations).toBeVisible();
  await expect(ana.composer).toBeHidden();
});

test("a missing conversation and a conversation of other users look the same", async ({ people }) => {
  const [ana, ben, cy] = [await people.signedIn("Ana"), await people.signedIn("Ben"), await people.signedIn("Cy")];
  const path = await ana.startConversation(ben, "a secret");
  cy.errors.expectStatus(404);
  const texts: string[] = [];
  for (const wrong of [path, "/messages/00000000-0000-4000-8000-000000000000", "/messages/nonsense"]) {
    const response = await cy.page.goto(wrong);
    expect(response?.status()).toBe(404);
    await expect(cy.page.getByRole("heading", { name: "Page not found" })).toBeVisible();
    texts.push(await cy.page.getByRole("main").innerText());
  }
  expect(new Set(texts).size).toBe(1);
  const response = await cy.page.goto("/no/such/page");
  expect(response?.status()).toBe(404);
  await expect(cy.page.getByRole("heading", { name: "Page not found" })).toBeVisible();
});

// F46
test("the title counts all unread messages, on every page", async ({ people }) => {
  test.setTimeout(120_000);
  const ana = await people.signedIn("Ana");
  for (let n = 1; n <= 25; n++) {
    await people.startAs(await people.offline(`P${n}`), ana, `message ${n}`);
  }
  await ana.open("/messages");
  await expect(ana.page).toHaveTitle(/^\(25\) Messages/);
  const older = ana.page.getByRole("link", { name: "Older conversations" });
  const secondPage = (await older.getAttribute("href")) ?? "";
  await older.click();
  await expect(ana.conversations).toHaveCount(25);
  await expect(ana.page).toHaveTitle(/^\(25\) Messages/);
  await ana.open(secondPage);
  await expect(ana.conversations).toHaveCount(5);
  await expect(ana.page).toHaveTitle(/^\(25\) Messages/);
  await ana.open("/messages");
  await expect(ana.page).toHaveTitle(/^\(25\) Messages/);
  const read = ana.page.waitForResponse("**/rpc/mark_read");
  await ana.conversations.first().click();
  await expect(ana.messages).toHaveText(["message 25"]);
  await expect(ana.page).toHaveTitle(/^\(24\) Conversation/);
  await read;
  await ana.open("/messages/new");
  await expect(ana.page).toHaveTitle(/^\(24\) New message/);
});

/** Returns Ana with conversations with Ben, below, and Cy, above, and the path of the one with Ben. */
async function twoConversations(people: People) {
  const [ana, ben, cy] = [await people.signedIn("Ana"), await people.signedIn("Ben"), await people.signedIn("Cy")];
  const pathToBen = await ana.startConversation(ben, "hello Ben");
  const pathToCy = await ana.startConversation(cy, "hello Cy");
  await ana.open("/messages");
  await expect(ana.conversations).toHaveCount(2);
  return { ana, ben, cy, pathToBen, pathToCy };
}

// F14
test("the pressed conversation opens, although another one moves up and the pressed one changes meanwhile", async ({ people }) => {
  const { ana, ben, cy, pathToBen, pathToCy } = await twoConversations(people);
  await ana.conversations.first().hover();
  await ana.page.mouse.down();
  await cy.sendAll(pathToCy, ["redrawn"]);
  await expect(ana.conversations.first()).toContainText("redrawn");
  await ben.sendAll(pathToBen, ["moves up"]);
  await expect(ana.conversations.last()).toContainText("moves up");
  await expect(ana.conversations.last()).toContainText("1 unread");
  await ana.page.mouse.up();
  await expect(ana.page).toHaveURL(pathToCy);
});

// F14
test("the list keeps its order as long as the pointer rests on it", async ({ people }) => {
  const { ana, ben, pathToBen } = await twoConversations(people);
  await ana.conversations.first().hover();
  await ben.sendAll(pathToBen, ["later"]);
  await expect(ana.conversations.last()).toContainText("later");
  await expect(ana.conversations.first()).toContainText("hello Cy");
  await ana.page.getByRole("link", { name: "Cruddur", exact: true }).hover();
  await expect(ana.conversations.first()).toContainText("later");
});

test("the list is where it was after a conversation", async ({ people }) => {
  const ana = await people.signedIn("Ana");
  for (let n = 1; n <= 19; n++) {
    const { handle } = await people.offline(`P${n}`);
    await ana.call("start_conversation", { handle, id: crypto.randomUUID(), body: `message ${n}` });
  }
  await ana.open("/messages");
  await expect(ana.conversations).toHaveCount(19);
  const list = ana.page.locator(".panes__list");
  const top = () => list.evaluate((element) => element.scrollTop);
  const row = ana.conversations.filter({ hasText: "message 3" }).first();
  await row.scrollIntoViewIfNeeded();
  await expect.poll(top).toBeGreaterThan(100);
  const before = await top();
  await row.click();
  await expect(ana.messages).toHaveText(["message 3"]);
  await ana.page.goBack();
  await expect(ana.page).toHaveURL(/\/messages$/);
  await expect.poll(top).toBe(before);
});

test("a new name of the other user appears in the open conversation", async ({ people }) => {
  const [ana, ben] = [await people.signedIn("Ana"), await people.signedIn("Ben")];
  const path = await ana.startConversation(ben, "hello Ben");
  await ben.open(path);
  await ben.send("hello Ana");
  await ana.open(path);
  await expect(ana.messages).toHaveText(["hello Ben", "hello Ana"]);
  await ben.call("save_profile", { name: "Zacharias", handle: ben.account.handle });
  const author = ana.page.locator(".message__author").filter({ hasText: "Zacharias" });
  await expect(author).toHaveCount(1);
  await expect(ana.page.locator(".conversation .avatar").first()).toHaveText(/^z$/i);
});
