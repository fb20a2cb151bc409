import { expectAccessible } from "./support/accessible.ts";
import { directConversation, openMenu, row } from "./support/conversation.ts";
import { focusOn } from "./support/focus.ts";
import { expect, test, type Person } from "./support/people.ts";
import { insertMessages } from "./support/table.ts";

/** Tolerance for a message that must not move, in pixels. */
const SHIFT_MAX_PX = 1;

/** Id, place and conversation of a message, as the server functions of changes expect them. */
async function reference(person: Person, path: string, text: string) {
  const href = (await row(person, text).locator(".message__options").getAttribute("href")) ?? "";
  const [sentAt = "", message = ""] = href.split("/").slice(-2);
  return { conversation: path.split("/").at(-1) ?? "", message, sent_at: sentAt.replace("Z", "+00:00") };
}

test("a refused change of an older message shows although its place is out of view", async ({ people }) => {
  const { ana, path } = await directConversation(people);
  await ana.open("/messages");
  await insertMessages(path, 40);
  await ana.markRead(path, 41);
  await ana.open(path);
  ana.errors.expectStatus(404);
  await ana.page.route("**/rpc/react", (route) => route.fulfill({ status: 404, json: "NotFound" }));
  await expect(ana.messages.last()).toBeInViewport();
  const text = (await ana.messages.nth(3).textContent()) ?? "";
  await row(ana, text).scrollIntoViewIfNeeded();
  await expect(ana.page.getByRole("button", { name: "Newest messages" })).toBeVisible();
  await (await openMenu(ana, text)).getByRole("menuitemcheckbox", { name: "🎉" }).click();
  const newest = ana.page.getByRole("button", { name: "1 not sent" });
  await newest.click();
  await expect(ana.page.getByText("Reaction not saved.")).toBeInViewport();
  await ana.page.getByRole("button", { name: "Discard" }).click();
  await expect(newest).toBeHidden();
});

test("two people react, edit and delete, and see each other's changes at once", async ({ people }) => {
  const { ana, ben, path } = await directConversation(people);
  await ben.open(path);
  await ben.send("I am");
  await expect(ana.messages).toHaveText(["Are you there?", "I am"]);

  // Reactions: from the menu, by a press on the other person's, and off again.
  const menu = await openMenu(ana, "I am");
  await expectAccessible(ana.page);
  await menu.getByRole("menuitemcheckbox", { name: "🎉" }).click();
  await expect(menu).toBeHidden();
  const chip = (person: Person) => row(person, "I am").locator(".chip");
  await expect(chip(ben)).toHaveAccessibleName(`🎉 1, ${ana.account.name}`);
  await expect(chip(ben)).toHaveAttribute("aria-pressed", "false");
  await chip(ben).click();
  await expect(chip(ben)).toHaveAttribute("aria-pressed", "true");
  await expect(chip(ana)).toHaveAccessibleName(`🎉 2, you and ${ben.account.name}`);
  await expectAccessible(ben.page);
  await chip(ana).click();
  await expect(chip(ben)).toHaveAccessibleName("🎉 1, you");

  // An edit by the one is seen by the other, in place: a selection in another message stays.
  await ana.page.evaluate(() => {
    const text = document.querySelectorAll(".message__text")[0];
    if (text) getSelection()?.selectAllChildren(text);
  });
  await ben.call("edit_message", { ...(await reference(ben, path, "I am")), edits: "0", body: "I am here" });
  await expect(ana.messages).toHaveText(["Are you there?", "I am here"]);
  await expect(ben.messages).toHaveText(["Are you there?", "I am here"]);
  const edited = row(ana, "I am here").getByRole("link", { name: /^Edited / });
  await expect(edited).toHaveAttribute("href", /\/message\/[^/]+Z\/[0-9a-f-]{36}$/);
  expect(await ana.page.evaluate(() => String(getSelection()))).toBe("Are you there?");
  await expect(row(ana, "I am here").locator(".chip")).toHaveAccessibleName(`🎉 1, ${ben.account.name}`);

  // A deletion asks first, and leaves a tombstone for both.
  await (await openMenu(ben, "I am here")).getByRole("menuitem", { name: "Delete" }).click();
  const question = ben.page.getByRole("dialog", { name: "Delete this message?" });
  await expect(question).toContainText("This cannot be undone.");
  await expect(question.getByRole("button", { name: "Cancel" })).toBeFocused();
  await expectAccessible(ben.page);
  await question.getByRole("button", { name: "Cancel" }).click();
  await expect(question).toBeHidden();
  await expect(ben.messages.last()).toHaveText("I am here");
  await (await openMenu(ben, "I am here")).getByRole("menuitem", { name: "Delete" }).click();
  await question.getByRole("button", { name: "Delete" }).click();
  await expect(ben.messages).toHaveText(["Are you there?", "You deleted this message"]);
  await expect(ana.messages).toHaveText(["Are you there?", "Deleted message"]);
  await expect(ana.page.locator(".chip")).toHaveCount(0);
  await expectAccessible(ana.page);
});

test("the keys select messages, give commands, and can be switched off", async ({ people }) => {
  const { ana, ben, path } = await directConversation(people);
  const { page } = ana;
  await ana.sendAll(path, ["second", "third"]);
  await expect(ana.messages).toHaveCount(3);
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);

  await focusOn(ana.scroller);
  await page.keyboard.press("ArrowUp");
  await expect(row(ana, "third")).toBeFocused();
  await page.keyboard.press("ArrowUp");
  await expect(row(ana, "second")).toBeFocused();
  await expectAccessible(page);
  await page.keyboard.press("Home");
  await expect(row(ana, "Are you there?")).toBeFocused();
  await page.keyboard.press("End");
  await expect(row(ana, "third")).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(ana.scroller).toBeFocused();

  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("c");
  await expect(page.getByText("Copied", { exact: true })).toBeVisible();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  const id = await row(ana, "third").getAttribute("id");
  expect(new URL(link).pathname + new URL(link).hash).toBe(`${path}#${id}`);
  expect(new URL(link).searchParams.get("around")).toMatch(/^\d{4}-.*Z$/);

  // The menu takes the focus, moves it by arrow keys and gives it back.
  await page.keyboard.press("Enter");
  const menu = page.getByRole("menu");
  await expect(menu.getByRole("menuitemcheckbox").first()).toBeFocused();
  await page.keyboard.press("End");
  await expect(menu.getByRole("menuitem", { name: "Open its page" })).toBeFocused();
  await page.keyboard.press("ArrowDown");
  await expect(menu.getByRole("menuitemcheckbox").first()).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(menu).toBeHidden();
  await expect(row(ana, "third")).toBeFocused();
  await page.keyboard.press("Delete");
  const question = page.getByRole("dialog", { name: "Delete this message?" });
  await expect(question).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(question).toBeHidden();
  await expect(row(ana, "third")).toBeFocused();

  // A reaction of the other person draws nothing anew: the selected message keeps the focus.
  await ben.open(path);
  await ben.call("react", { ...(await reference(ben, path, "third")), emoji: "👍", on: "true" });
  await expect(row(ana, "third").locator(".chip")).toHaveText("👍1");
  await expect(row(ana, "third")).toBeFocused();
  await page.keyboard.press("r");
  await expect(ana.composer).toBeFocused();

  // Switched off, the keys of one character do nothing, after a reload as well.
  await ana.openAccountMenu();
  await page.getByRole("button", { name: "Keyboard shortcuts" }).click();
  const list = page.getByRole("dialog", { name: "Keyboard shortcuts" });
  await list.getByRole("checkbox").uncheck();
  await expectAccessible(page);
  await ana.open(path);
  await focusOn(ana.scroller);
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("r");
  await page.keyboard.press("?");
  await expect(list).toBeHidden();
  await expect(row(ana, "third")).toBeFocused();
  await page.keyboard.press("Delete");
  await expect(question).toBeVisible();
});

test("the focus stays on the same reaction, or on its message", async ({ people }) => {
  const { ana, ben, path } = await directConversation(people);
  await ben.open(path);
  const message = await reference(ben, path, "Are you there?");
  for (const emoji of ["👍", "❤️", "🎉"]) await ben.call("react", { ...message, emoji, on: "true" });
  const chips = row(ana, "Are you there?").locator(".chip");
  await expect(chips).toHaveText(["👍1", "❤️1", "🎉1"]);
  await focusOn(chips.nth(1));
  await ben.call("react", { ...message, emoji: "👍", on: "false" });
  await expect(chips).toHaveText(["❤️1", "🎉1"]);
  await expect(chips.first()).toBeFocused();
  await ana.page.keyboard.press("Enter");
  await expect(chips).toHaveText(["❤️2", "🎉1"]);
  await expect(chips.first()).toBeFocused();
  await ana.page.keyboard.press("Enter");
  await expect(chips).toHaveText(["❤️1", "🎉1"]);
  await ben.call("react", { ...message, emoji: "❤️", on: "false" });
  await expect(chips).toHaveText(["🎉1"]);
  await expect(row(ana, "Are you there?")).toBeFocused();
});

test("a quote leads to its message and Back returns to the quote", async ({ people }) => {
  const { ana, ben, path } = await directConversation(people);
  await ben.open(path);
  const original = await reference(ben, path, "Are you there?");
  await ana.sendAll(path, Array.from({ length: 14 }, (_, n) => `message ${n}\n\nwith three lines`));
  await ben.call("send_message", {
    conversation: original.conversation,
    id: crypto.randomUUID(),
    body: "Yes, I am",
    reply_to: original.message,
    reply_to_sent_at: original.sent_at,
  });
  const { page } = ana;
  const quote = row(ana, "Yes, I am").getByRole("link");
  await expect(quote).toHaveAccessibleName("In reply to You: Are you there?");
  await expectAccessible(page);
  await expect(row(ana, "Are you there?")).not.toBeInViewport();
  const top = () => row(ana, "Yes, I am").evaluate((message) => message.getBoundingClientRect().top);
  const before = await top();
  await quote.click();
  await expect(row(ana, "Are you there?")).toBeInViewport();
  await expect(row(ana, "Are you there?")).toBeFocused();
  await expect(page).toHaveURL(`${path}#m-${original.message}`);
  await expectAccessible(page);
  await page.goBack();
  await expect(page).toHaveURL(path);
  await expect(quote).toBeFocused();
  await expect.poll(async () => Math.abs((await top()) - before)).toBeLessThanOrEqual(SHIFT_MAX_PX);

  await ana.call("delete_message", original);
  await expect(quote).toHaveAccessibleName("In reply to You: Original message deleted");
  await expect(row(ben, "Yes, I am").getByRole("link")).toContainText("Original message deleted");
});

test("reactions, edits and deletions above and in view do not move the message being read", async ({ people }) => {
  const { ana, ben, path } = await directConversation(people);
  await ana.sendAll(path, Array.from({ length: 30 }, (_, n) => `message ${n}`));
  await ben.open(path);
  await expect(ben.messages.last()).toHaveText("message 29");
  await expect(ana.messages.last()).toHaveText("message 29");
  const { page } = ben;
  const reading = await page.evaluate(() => {
    const scroller = document.querySelector(".thread__scroller") as HTMLElement;
    scroller.scrollTop = -300;
    const top = scroller.getBoundingClientRect().top;
    const inView = (message: Element) => message.getBoundingClientRect().bottom > top;
    return Array.from(document.querySelectorAll(".message[id]")).findIndex(inView);
  });
  const first = page.locator(".message[id]").nth(reading);
  const top = () => first.evaluate((message) => message.getBoundingClientRect().top);
  const text = async (n: number) => (await ben.messages.nth(n).textContent()) ?? "";
  const [above, inView] = [await reference(ana, path, await text(reading - 2)), await reference(ana, path, await text(reading + 2))];
  for (const message of [above, inView]) {
    const shown = page.locator(`[id="m-${message.message}"]`);
    const changes: [string, Record<string, string>, () => Promise<void>][] = [
      ["react", { emoji: "👍", on: "true" }, () => expect(shown.locator(".chip")).toHaveCount(1)],
      ["edit_message", { edits: "0", body: "one\ntwo\nthree" }, () => expect(shown.locator(".message__text")).toHaveText("one\ntwo\nthree")],
      ["react", { emoji: "👍", on: "false" }, () => expect(shown.locator(".chip")).toHaveCount(0)],
      ["delete_message", {}, () => expect(shown).toContainText("Deleted message")],
    ];
    for (const [call, fields, isShown] of changes) {
      const before = await top();
      await ana.call(call, { ...message, ...fields });
      await isShown();
      await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
      expect(Math.abs((await top()) - before), `${call} ${message === above ? "above" : "in"} the view`).toBeLessThanOrEqual(SHIFT_MAX_PX);
    }
  }
});

test("a message that is nothing but a link has a menu", async ({ people }) => {
  const { ana } = await directConversation(people);
  await ana.send("https://example.com/");
  const menu = await openMenu(ana, "https://example.com/");
  await expect(menu.getByRole("menuitem", { name: "Copy text" })).toBeVisible();
});
