import { expectAccessible } from "./support/accessible.ts";
import { directConversation, openMenu, row } from "./support/conversation.ts";
import { expect, test } from "./support/people.ts";
import { messagePage, replyPath } from "./support/table.ts";

test("a user blocks another one in their conversation, and nothing passes until they are unblocked", async ({ people }) => {
  const [ana, ben] = await Promise.all([people.signedIn("Ana"), people.signedIn("Ben")]);
  const path = await ana.startConversation(ben, "hello");
  await ben.open(path);
  const online = (person: typeof ana) => person.page.locator(".thread__handle").getByTitle("Online");
  await Promise.all([expect(online(ana)).toBeVisible(), expect(online(ben)).toBeVisible()]);

  const summary = ana.page.locator("summary", { hasText: `Block ${ben.account.name}…` });
  await summary.click();
  await expectAccessible(ana.page);
  await ana.page.getByRole("button", { name: "Block", exact: true }).click();
  await expect(ana.page.getByText("You have blocked")).toBeVisible();
  await expect(ana.composer).toHaveCount(0);
  await expect(ana.page.getByRole("heading", { level: 1 })).toBeFocused();
  await expect(ana.messages).toHaveText(["hello"]);
  await expectAccessible(ana.page);
  // Nothing is offered that would be refused.
  const menu = await openMenu(ana, "hello");
  await expect(menu.getByRole("menuitem", { name: "Copy text" })).toBeVisible();
  await expect(menu.getByRole("menuitemcheckbox")).toHaveCount(0);
  await expect(ana.page.locator(".message [data-react]")).toHaveCount(0);
  await ana.page.keyboard.press("Escape");
  await Promise.all([expect(online(ana)).toHaveCount(0), expect(online(ben)).toHaveCount(0)]);

  ben.errors.expectStatus(409);
  await ben.send("are you there?");
  await expect(ben.page.getByText("This message can't be delivered.")).toBeVisible();
  await expect(ben.page.getByText("have blocked")).toHaveCount(0);

  await ana.page.getByRole("button", { name: "Unblock" }).click();
  await expect(ana.composer).toBeVisible();
  await ana.send("hello again");
  // The refused message stays below all others until its author discards it or sends it again.
  await expect(ben.messages).toHaveText(["hello", "hello again", "are you there?"]);
  await expect(online(ben)).toBeVisible();
});

test("a block shows in the blocker's other tab", async ({ people }) => {
  const [ana, ben] = await Promise.all([people.signedIn("Ana"), people.signedIn("Ben")]);
  const path = await ana.startConversation(ben, "hello");
  const other = await ana.inAnotherTab();
  await other.open(path);
  await expect(other.composer).toBeVisible();
  await ana.page.locator("summary", { hasText: "Block" }).click();
  await ana.page.getByRole("button", { name: "Block", exact: true }).click();
  await expect(other.page.getByRole("button", { name: "Unblock" })).toBeVisible();
  await other.page.getByRole("button", { name: "Unblock" }).click();
  await expect(ana.composer).toBeVisible();
});

test("a user is blocked from the page of a first message, and does not find the blocker", async ({ people }) => {
  const [ana, ben] = await Promise.all([people.signedIn("Ana"), people.signedIn("Ben")]);
  await ana.open(`/messages/new/${ben.account.handle}`);
  await ana.page.locator("summary", { hasText: "Block" }).click();
  await ana.page.getByRole("button", { name: "Block", exact: true }).click();
  await expect(ana.page.getByRole("button", { name: "Unblock" })).toBeVisible();
  await expectAccessible(ana.page);
  await ben.open(`/messages/new?q=${ana.account.handle}`);
  await expect(ben.page.getByText("No people found.")).toBeVisible();
  await ana.page.getByRole("button", { name: "Unblock" }).click();
  await expect(ana.composer).toBeVisible();
  await ben.page.reload();
  await expect(ben.page.getByRole("link", { name: ana.account.handle })).toBeVisible();
});

test("blocked people are listed in the settings, and unblocked there", async ({ people }) => {
  const [ana, ben] = await Promise.all([people.signedIn("Ana"), people.signedIn("Ben")]);
  const path = await ana.startConversation(ben, "hello");
  await ana.page.locator("summary", { hasText: "Block" }).click();
  await ana.page.getByRole("button", { name: "Block", exact: true }).click();
  await expect(ana.page.getByRole("button", { name: "Unblock" })).toBeVisible();
  await ana.open("/settings");
  await ana.page.getByRole("link", { name: "Blocked people" }).click();
  await expect(ana.page.getByRole("heading", { name: "Blocked people" })).toBeFocused();
  await expect(ana.page.getByRole("listitem")).toContainText(ben.account.name);
  await expectAccessible(ana.page);
  await ana.page.getByRole("button", { name: `Unblock ${ben.account.name}` }).click();
  await expect(ana.page.getByRole("status")).toHaveText("Unblocked.");
  await expect(ana.page.getByText("You haven't blocked anyone.")).toBeVisible();
  await ana.open(path);
  await expect(ana.composer).toBeVisible();
});

test("what has been sent does not come back with the composer", async ({ people }) => {
  const { ana, path } = await directConversation(people);
  await ana.open(await replyPath(path));
  await expect(ana.page.getByText("Replying to yourself")).toBeVisible();
  await ana.send("the answer");
  await expect(row(ana, "the answer").getByText("Sent")).toBeVisible();
  await ana.page.locator("summary", { hasText: "Block" }).click();
  await ana.page.getByRole("button", { name: "Block", exact: true }).click();
  await ana.page.getByRole("button", { name: "Unblock" }).click();
  await expect(ana.composer).toBeVisible();
  await expect(ana.composer).toHaveValue("");
  await expect(ana.page.getByText("Replying to yourself")).toHaveCount(0);
});

test("a block of another user leaves an open conversation, message and first message alone", async ({ people }) => {
  const { ana, path } = await directConversation(people);
  const [ben, cy] = await Promise.all([people.signedIn("Benno"), people.signedIn("Cy")]);
  const [other, list] = [await ana.inAnotherTab(), await ana.inAnotherTab()];
  const withBen = await ana.startConversation(ben, "hello");
  await list.open(withBen);
  const block = async () => {
    await list.page.locator("summary", { hasText: "Block" }).click();
    await list.page.getByRole("button", { name: "Block", exact: true }).click();
    await expect(list.page.getByRole("button", { name: "Unblock" })).toBeVisible();
  };
  const unblock = async () => {
    await list.page.getByRole("button", { name: "Unblock" }).click();
    await expect(list.composer).toBeVisible();
  };
  for (const page of [path, await messagePage(path), `/messages/new/${cy.account.handle}`]) {
    await other.open(page);
    const field = other.page.locator("textarea").last();
    await field.fill("half of");
    const drawn = await field.elementHandle();
    await block();
    await unblock();
    // Later events come in order, so this tab has heard of both.
    await ben.call("send_message", { conversation: withBen.split("/").at(-1) ?? "", id: crypto.randomUUID(), body: `after ${page}` });
    await expect(other.page.locator(".conversation", { hasText: `after ${page}`.slice(0, 20) })).toHaveCount(1);
    await other.page.keyboard.type(" a sentence");
    await expect(field).toHaveValue("half of a sentence");
    expect(await drawn?.evaluate((it) => it.isConnected), page).toBe(true);
    await field.fill("");
  }
});
