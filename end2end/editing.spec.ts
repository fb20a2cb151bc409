import { expectAccessible } from "./support/accessible.ts";
import { directConversation, openMenu, row } from "./support/conversation.ts";
import { expect, test, type Person } from "./support/people.ts";
import { signOut } from "./support/sign-out.ts";

/** Endpoint that edits a message. */
const edits = "**/rpc/edit_message";

/** Aborts requests, as if there were no network. */
async function fail(person: Person, endpoint: string) {
  person.errors.expectNetworkFailure();
  await person.page.context().route(endpoint, (route) => route.abort("internetdisconnected"));
}

/** Counts the requests to an endpoint. */
function countRequests(person: Person, endpoint: string): () => number {
  let count = 0;
  person.page.on("request", (request) => (count += request.url().endsWith(endpoint) ? 1 : 0));
  return () => count;
}

/** Starts to edit the last message with the arrow up, and returns once its text is in the field. */
async function editLast(person: Person, text: string) {
  await person.composer.press("ArrowUp");
  await expect(person.page.locator(".composer__mode")).toContainText("Editing");
  await expect(person.composer).toHaveValue(text);
}

/** Opens the conversation in Ben's browser, and expects these messages. */
async function expectMessages(ben: Person, path: string, texts: string[]) {
  await ben.open(path);
  await expect(ben.messages).toHaveText(texts);
}

test("the arrow up edits the last message, over a reload and in two tabs, and Escape leaves", async ({ people }) => {
  const { ana, ben, path } = await directConversation(people);
  const count = countRequests(ana, "/rpc/edit_message");
  const saveButton = ana.page.getByRole("button", { name: "Save", exact: true });
  await editLast(ana, "Are you there?");
  await expect(ana.composer).toBeFocused();
  await ana.pressSend();
  await expect(ana.page.locator(".composer__mode"), "the same text saves nothing").toBeHidden();
  await expect(ana.composer).toHaveValue("");
  await editLast(ana, "Are you there?");
  await ana.composer.pressSequentially(" Ben");
  const tab = await ana.inAnotherTab();
  const countInTab = countRequests(tab, "/rpc/edit_message");
  for (const it of [tab, ana]) {
    await it.open(path);
    await expect(it.page.locator(".composer__mode")).toContainText("Editing");
    await expect(it.composer).toHaveValue("Are you there? Ben");
  }
  await ana.composer.press("Escape");
  for (const it of [tab, ana]) {
    await expect(it.page.locator(".composer__mode")).toBeHidden();
    await expect(it.composer).toHaveValue("");
  }
  expect(count()).toBe(0);
  await editLast(ana, "Are you there?");
  await ana.composer.fill("Is anybody there?");
  await saveButton.click();
  await expect(ana.composer).toHaveValue("");
  // Either tab may send it.
  await expect.poll(() => count() + countInTab()).toBe(1);
  await expectMessages(ben, path, ["Is anybody there?"]);
  // A draft keeps the arrow up for itself.
  await ana.composer.fill("a draft");
  await ana.composer.press("ArrowUp");
  await expect(ana.page.locator(".composer__mode")).toBeHidden();
});

test("edits and reactions that are made offline survive a reload, and arrive once", async ({ people }) => {
  const { ana, ben, path } = await directConversation(people);
  await fail(ana, edits);
  await fail(ana, "**/rpc/react");
  for (const [before, after] of [["Are you there?", "Are you here?"], ["Are you here?", "Where are you?"]] as const) {
    await editLast(ana, before);
    await ana.composer.fill(after);
    await ana.pressSend();
    await expect(ana.composer).toHaveValue("");
    await ana.open(path);
  }
  for (const emoji of ["🎉", "👍", "👍"]) {
    await (await openMenu(ana, "Where are you?")).getByRole("menuitemcheckbox", { name: emoji }).click();
  }
  const chip = row(ana, "Where are you?").locator(".chip");
  await expect(chip, "added, and taken back").toHaveText([/🎉/]);
  await ana.open(path);
  await expect(chip).toHaveText([/🎉/]);
  const kept = () => ana.page.evaluate(() => Object.keys(localStorage).filter((key) => key.includes("/unsent/")));
  await expect.poll(async () => (await kept()).length).toBe(3);
  // Without a page, nothing is tried again while the network comes back: a request that this page began and that the
  // next one repeats would be counted twice.
  await ana.page.goto("about:blank");
  await ana.page.context().unroute("**/rpc/react");
  await ana.page.context().unroute(edits);
  const [counts, reactions] = [countRequests(ana, "/rpc/edit_message"), countRequests(ana, "/rpc/react")];
  await ana.open(path);
  await expect.poll(async () => (await kept()).length, { timeout: 40_000 }).toBe(0);
  expect([counts(), reactions()]).toEqual([1, 2]);
  await expectMessages(ben, path, ["Where are you?"]);
  await expect(row(ben, "Where are you?").locator(".chip")).toHaveText([/🎉/]);
});

test("a message in the outbox is edited there, and the draft comes back", async ({ people }) => {
  const { ana, ben, path } = await directConversation(people);
  const count = countRequests(ana, "/rpc/edit_message");
  await fail(ana, "**/rpc/send_message");
  await ana.page.clock.install();
  await ana.open(path);
  await ana.send("on its wai");
  await expect(ana.page.getByText("Sending…")).toBeVisible();
  await ana.page.clock.fastForward("05:00");
  await ana.composer.fill("a draft");
  await ana.page.getByRole("button", { name: "Edit", exact: true }).click();
  await expect(ana.composer).toHaveValue("on its wai");
  await ana.composer.fill("on its way");
  await ana.pressSend();
  await expect(ana.composer, "the draft comes back").toHaveValue("a draft");
  await expect(ana.messages).toHaveText(["Are you there?", "on its way"]);
  await ana.composer.fill("");
  await editLast(ana, "on its way");
  await ana.composer.press("Escape");
  await ana.page.context().unroute("**/rpc/send_message");
  await expect(ana.page.locator(".message--unsent")).toHaveCount(0, { timeout: 40_000 });
  expect(count(), "edited in the outbox, and not at the server").toBe(0);
  await expectMessages(ben, path, ["Are you there?", "on its way"]);
});

test("a text that replaces one whose answer was lost arrives as an edit of it", async ({ people }) => {
  const { ana, ben, path } = await directConversation(people);
  ana.errors.expectNetworkFailure();
  ana.errors.expectStatus(409);
  let isStored = false;
  await ana.page.route("**/rpc/send_message", async (route) => {
    if (!isStored) await route.fetch();
    isStored = true;
    await route.abort("internetdisconnected");
  });
  // Nor does the event arrive.
  await ana.page.route("**/events*", (route) => route.abort("internetdisconnected"));
  await ana.open(path);
  await ana.send("one");
  await expect.poll(() => isStored).toBe(true);
  await editLast(ana, "one");
  await ana.composer.fill("two");
  await ana.pressSend();
  await expect(ana.messages).toHaveText(["Are you there?", "two"]);
  await ana.page.unroute("**/rpc/send_message");
  await expect(ana.page.locator(".message--unsent")).toHaveCount(0, { timeout: 40_000 });
  await expect(async () => expectMessages(ben, path, ["Are you there?", "two"])).toPass({ timeout: 20_000 });
});

test("an edit that contradicts another one shows both texts, and replaces the other only on request", async ({ people }) => {
  const { ana, ben, path } = await directConversation(people);
  ana.errors.expectStatus(409);
  await editLast(ana, "Are you there?");
  await ana.composer.fill("mine");
  // Another device knows nothing of this edit.
  const other = await people.inAnotherBrowser(ana);
  await other.signInDirectly();
  await other.open(path);
  await editLast(other, "Are you there?");
  await other.composer.fill("theirs");
  await other.pressSend();
  await expect(ana.page.locator(".composer__mode")).toContainText("has changed meanwhile");
  await ana.pressSend();
  const refused = ana.page.locator(".message--unsent");
  await expect(refused.getByRole("alert")).toContainText("Edit not saved. This message has changed");
  await expect(refused.locator(".message__body")).toHaveText("mine");
  await expectMessages(ben, path, ["theirs"]);
  await ana.open(path);
  await expect(ana.messages, "kept over a reload").toHaveText(["theirs", "mine"]);
  await refused.getByRole("button", { name: "Try again" }).click();
  await expect(refused).toHaveCount(0);
  await expectMessages(ben, path, ["mine"]);
});

test("an edit that another command interrupts is continued where it was left", async ({ people }) => {
  const { ana, path } = await directConversation(people);
  await ana.send("second");
  await expect(row(ana, "second").getByText("Sent")).toBeVisible();
  const begin = async (text: string, command: string) => (await openMenu(ana, text)).getByRole("menuitem", { name: command }).click();
  await begin("Are you there?", "Edit");
  await expect(ana.composer).toHaveValue("Are you there?");
  await ana.composer.fill("half of it");
  await begin("second", "Edit");
  await expect(ana.composer).toHaveValue("second");
  await begin("second", "Reply");
  await expect(ana.composer).toHaveValue("");
  // Also after a reload. The page asks before a sign-out takes the text away.
  await ana.open(path);
  await expect(ana.page.locator(".reply-note")).toContainText("second");
  expect(await signOut(ana, "dismiss")).toContain("drafts");
  await ana.open(path);
  await begin("Are you there?", "Edit");
  await expect(ana.composer).toHaveValue("half of it");
  // Escape gives the changed text up.
  await ana.composer.press("Escape");
  await begin("Are you there?", "Edit");
  await expect(ana.composer).toHaveValue("Are you there?");
  await ana.open(path);
  await begin("second", "Edit");
  await begin("Are you there?", "Edit");
  await expect(ana.composer).toHaveValue("Are you there?");
});

test("an edit that an answer from an address interrupts is continued where it was left, also in another tab", async ({ people }) => {
  const { ana, path } = await directConversation(people);
  await ana.send("second");
  await expect(row(ana, "second").getByText("Sent")).toBeVisible();
  const begin = async (text: string, command: string) => (await openMenu(ana, text)).getByRole("menuitem", { name: command }).click();
  const tab = await ana.inAnotherTab();
  for (const [answering, half] of [[ana, "half of it"], [tab, "three quarters of it"]] as const) {
    await begin("Are you there?", "Edit");
    await ana.composer.fill(half);
    await answering.open(path);
    await expect(answering.composer).toHaveValue(half);
    await row(answering, "second").locator(".message__options").evaluate((link: HTMLAnchorElement) => location.assign(link.href));
    await answering.page.getByRole("link", { name: "Reply" }).click();
    for (const it of [answering, ana]) {
      await expect(it.page.locator(".reply-note")).toContainText("second");
      await expect(it.composer).toHaveValue("");
    }
    await begin("Are you there?", "Edit");
    await expect(ana.composer).toHaveValue(half);
  }
});

test("the address of an answer chooses its message once", async ({ people }) => {
  const { ana, path } = await directConversation(people);
  await ana.send("second");
  await expect(row(ana, "second").getByText("Sent")).toBeVisible();
  const note = ana.page.locator(".reply-note");
  await row(ana, "Are you there?").locator(".message__options").evaluate((link: HTMLAnchorElement) => location.assign(link.href));
  await ana.page.getByRole("link", { name: "Reply" }).click();
  await expect(note).toContainText("Are you there?");
  await expect(ana.page).toHaveURL(new RegExp(`${path}$`));
  await (await openMenu(ana, "second")).getByRole("menuitem", { name: "Reply" }).click();
  await expect(note).toContainText("second");
  await ana.page.reload();
  await ana.waitUntilHydrated();
  await expect(note).toContainText("second");
  await ana.send("to the second");
  await expect(row(ana, "to the second").locator(".quote")).toContainText("second");
  await ana.page.reload();
  await ana.waitUntilHydrated();
  await expect(note).toBeHidden();
});

test("a reply is kept over a reload and in two tabs, and Escape ends it", async ({ people }) => {
  const { ana, ben, path } = await directConversation(people);
  await ben.open(path);
  const tab = await ben.inAnotherTab();
  await tab.open(path);
  const note = (person: Person) => person.page.locator(".reply-note");
  await (await openMenu(ben, "Are you there?")).getByRole("menuitem", { name: "Reply" }).click();
  await expect(ben.composer).toBeFocused();
  await ben.composer.pressSequentially("yes");
  for (const it of [ben, tab]) await expect(note(it)).toContainText("Are you there?");
  await ben.composer.press("Escape");
  for (const it of [ben, tab]) await expect(note(it)).toBeHidden();
  await (await openMenu(tab, "Are you there?")).getByRole("menuitem", { name: "Reply" }).click();
  await ben.open(path);
  await expect(note(ben)).toContainText("Are you there?");
  await expect(ben.composer).toHaveValue("yes");
  await expectAccessible(ben.page);
  // Offline, and over a reload of the outbox.
  await fail(ben, "**/rpc/send_message");
  await ben.sendButton.click();
  await expect(note(ben)).toBeHidden();
  await expect(note(tab)).toBeHidden();
  await ben.open(path);
  await ben.page.context().unroute("**/rpc/send_message");
  await expect(row(ana, "yes").locator(".quote")).toContainText("Are you there?", { timeout: 40_000 });
});

test("signing out asks about an edit in progress", async ({ people }) => {
  const { ana } = await directConversation(people);
  await editLast(ana, "Are you there?");
  expect(await signOut(ana, "dismiss")).toContain("drafts");
});
