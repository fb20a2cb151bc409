import type { Page } from "@playwright/test";
import { directConversation } from "./support/conversation.ts";
import { focusOn } from "./support/focus.ts";
import { expect, test } from "./support/people.ts";
import { insertMessages } from "./support/table.ts";

/** Presses Tab until the element with the given role and name has the focus. */
async function tabTo(page: Page, role: "link" | "button" | "textbox" | "searchbox", name: string | RegExp): Promise<void> {
  const wanted = page.getByRole(role, { name }).first();
  for (let presses = 0; presses < 40; presses++) {
    if (await wanted.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press("Tab");
  }
  await expect(wanted, `after 40 presses of Tab`).toBeFocused();
}

test("signing in, finding a person, writing and signing out work without a pointer", async ({ people }) => {
  const ana = await people.registered("Ana");
  const ben = await people.offline("Ben");
  const { page } = ana;
  await ana.open("/signin");
  await expect(page.getByLabel("E-mail")).toBeFocused();
  await page.keyboard.type(ana.account.email);
  await page.keyboard.press("Tab");
  await page.keyboard.type(ana.account.password);
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/messages$/);
  await ana.waitUntilHydrated();

  await tabTo(page, "link", "Start a conversation");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "New message" })).toBeFocused();
  await tabTo(page, "searchbox", /^To: name/);
  await page.keyboard.type(ben.handle);
  await expect(page.getByRole("link", { name: ben.handle })).toBeVisible();
  await tabTo(page, "link", new RegExp(ben.handle));
  await page.keyboard.press("Enter");
  await tabTo(page, "textbox", "Message");
  await page.keyboard.type("hello from the keyboard");
  await ana.pressSend();
  await expect(ana.messages).toHaveText(["hello from the keyboard"]);
  // Wait until the message is sent: signing out with an unsent message would ask for confirmation.
  await expect(page).toHaveURL(/\/messages\/[0-9a-f-]{36}$/);

  if (!(await page.locator(".account__summary").isVisible())) {
    await focusOn(page.getByRole("link", { name: "Back to all messages" }));
    await page.keyboard.press("Enter");
    await expect(page.getByRole("heading", { name: "Messages", level: 1 })).toBeFocused();
  }
  await focusOn(page.locator(".account__summary"));
  await page.keyboard.press("Enter");
  await expect(page.getByRole("button", { name: "Sign out", exact: true })).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("button", { name: "Sign out", exact: true })).toBeHidden();
  await expect(page.locator(".account__summary")).toBeFocused();
  await page.keyboard.press("Enter");
  await tabTo(page, "button", /^Sign out$/);
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/signin/);
});

test("the first Tab focuses the link that skips to the content", async ({ people }) => {
  const ana = await people.signedIn("Ana");
  await ana.open("/messages");
  await ana.page.keyboard.press("Tab");
  const skip = ana.page.getByRole("link", { name: "Skip to content" });
  await expect(skip).toBeFocused();
  await expect(skip).toBeInViewport();
  await ana.page.keyboard.press("Enter");
  await expect(ana.page).toHaveURL(/#main$/);
});

test("F6 moves between the parts of a page, and Alt with an arrow key between conversations", async ({ people }) => {
  const [ana, ben, cy] = await Promise.all([people.signedIn("Ana"), people.offline("Ben"), people.offline("Cy")]);
  const paths: string[] = [];
  for (const { handle } of [ben, cy]) {
    await ana.open(`/messages/new/${handle}`);
    await ana.send(`hello ${handle}`);
    await expect(ana.page).toHaveURL(/[0-9a-f-]{36}$/);
    paths.push(new URL(ana.page.url()).pathname);
  }
  const [pathToBen = "", pathToCy = ""] = paths;
  await ana.open(pathToCy);
  const { page } = ana;
  await focusOn(ana.composer);
  // On a phone, an open conversation has no header of the site.
  const header = page.getByRole("link", { name: "Messages", exact: true });
  const first = (await header.isVisible()) ? header : ana.scroller;
  await page.keyboard.press("F6");
  await expect(first).toBeFocused();
  await page.keyboard.press("Shift+F6");
  await expect(ana.composer).toBeFocused();
  await page.keyboard.press("Shift+F6");
  await expect(ana.scroller).toBeFocused();
  await page.keyboard.press("Alt+ArrowDown");
  await expect(page).toHaveURL(pathToBen);
  await expect(ana.messages).toHaveText([`hello ${ben.handle}`]);
  await page.keyboard.press("Alt+ArrowUp");
  await expect(page).toHaveURL(pathToCy);
});

test("the focus stays on a message while older ones load, and on a conversation while another moves up", async ({ people }) => {
  const { ana, ben, path } = await directConversation(people);
  const cy = await people.signedIn("Cy");
  // An open page would load the inserted messages when it asks for newer ones.
  await ana.open("/messages");
  await insertMessages(path, 200);
  await ana.markRead(path, 201);
  await ana.open(path);
  const loaded = await ana.messages.count();
  await focusOn(ana.scroller);
  await ana.page.keyboard.press("ArrowUp");
  await ana.page.keyboard.press("Home");
  const focused = ana.page.locator(".message:focus");
  const first = await focused.getAttribute("id");
  await expect.poll(() => ana.messages.count()).toBeGreaterThan(loaded);
  await expect(focused).toHaveAttribute("id", first ?? "");
  await ana.page.keyboard.press("Home");
  await expect(focused).not.toHaveAttribute("id", first ?? "");

  await cy.startConversation(ben, "hello from Cy");
  await ben.open("/messages");
  await focusOn(ben.conversations.first());
  await ana.send("hello from Ana");
  await expect(ben.conversations.first()).toContainText("hello from Ana");
  await expect(ben.conversations.nth(1)).toBeFocused();
});

test("the ? key lists the shortcuts, except in a text field", async ({ people }) => {
  const ana = await people.signedIn("Ana");
  const { page } = ana;
  const list = page.getByRole("dialog", { name: "Keyboard shortcuts" });
  await page.keyboard.press("?");
  await expect(list).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(list).toBeHidden();
  await page.locator(".account__summary").click();
  await page.getByRole("button", { name: "Keyboard shortcuts" }).click();
  await expect(list).toBeVisible();
  await page.getByRole("button", { name: "Close" }).click();
  await expect(list).toBeHidden();
  await ana.open("/messages/new");
  await page.getByRole("searchbox", { name: /^To: name/ }).press("?");
  await expect(page.getByRole("searchbox", { name: /^To: name/ })).toHaveValue("?");
  await expect(list).toBeHidden();
});

test("a row of the list keeps the focus when a message moves it to the top", async ({ people }) => {
  const [ana, ben, cy] = await Promise.all([people.signedIn("Ana"), people.signedIn("Ben"), people.offline("Cy")]);
  const path = await ana.startConversation(ben, "hello Ben");
  await ana.startConversation(cy, "hello Cy");
  await ana.open("/messages");
  const row = ana.conversations.filter({ hasText: ben.account.handle });
  await expect(ana.conversations.last()).toContainText("hello Ben");
  await focusOn(row);
  await ben.sendAll(path, ["up you go"]);
  await expect(ana.conversations.first()).toContainText("up you go");
  await expect(row).toBeFocused();
});

test("retrying or discarding a refused message moves the focus to the message field", async ({ people }) => {
  const [ana, ben] = await Promise.all([people.signedIn("Ana"), people.offline("Ben")]);
  await ana.startConversation(ben, "hello");
  ana.errors.expectStatus(409);
  const refusal = { status: 409, json: { conflict: "message_to_self" } };
  for (const button of ["Try again", "Discard"]) {
    await ana.page.route("**/rpc/send_message", (route) => route.fulfill(refusal), { times: 1 });
    await ana.send(button);
    await expect(ana.page.getByRole("alert")).toHaveText("Not sent. You can't message yourself.");
    await ana.page.getByRole("button", { name: button }).press("Enter");
    await expect(ana.page.getByRole("alert")).toBeHidden();
    await expect(ana.composer).toBeFocused();
  }
});

// F38
test("the list of shortcuts opens at its beginning, on any screen", async ({ people }) => {
  const ana = await people.signedIn("Ana");
  for (const size of [{ width: 390, height: 844 }, { width: 1000, height: 500 }]) {
    await ana.page.setViewportSize(size);
    await ana.page.keyboard.press("?");
    const heading = ana.page.getByRole("dialog").getByRole("heading");
    await expect(heading).toBeFocused();
    await expect(heading).toBeInViewport();
    await ana.page.keyboard.press("Escape");
    await expect(ana.page.getByRole("dialog")).toBeHidden();
  }
});

test("shortcuts leave fields, open menus and open dialogs alone", async ({ people }) => {
  const [ana, ben, cy] = await Promise.all([people.signedIn("Ana"), people.offline("Ben"), people.offline("Cy")]);
  await ana.startConversation(ben, "hello");
  const path = await ana.startConversation(cy, "hello");
  const { page } = ana;
  const list = page.getByRole("dialog", { name: "Keyboard shortcuts" });

  // Two fields and an editable text as extensions add them, one of them in a shadow tree.
  await page.evaluate(() => {
    const editable = document.createElement("div");
    editable.contentEditable = "true";
    editable.id = "editable";
    const host = document.createElement("div");
    host.id = "host";
    host.attachShadow({ mode: "open" }).innerHTML = "<input>";
    const select = document.createElement("select");
    select.id = "select";
    select.innerHTML = "<option>one</option><option>two</option>";
    document.body.append(editable, host, select);
  });
  const fields = [ana.composer, page.locator("#editable"), page.locator("#host input"), page.locator("#select")];
  for (const field of fields) {
    await focusOn(field);
    for (const key of ["Alt+ArrowDown", "Alt+ArrowUp", "?"]) await page.keyboard.press(key);
    await page.keyboard.press("Escape");
    await expect(list).toBeHidden();
    await expect(page).toHaveURL(path);
  }
  await expect(ana.composer).toHaveValue("?");

  await page.locator("summary", { hasText: "Go to a date" }).click();
  const date = page.getByLabel("Show messages from");
  await focusOn(date);
  for (const key of ["Alt+ArrowDown", "F6", "?"]) await page.keyboard.press(key);
  await expect(date).toBeFocused();
  await expect(page).toHaveURL(path);
  await page.keyboard.press("Escape");
  await page.keyboard.press("Escape");
  await expect(date).toBeHidden();

  await focusOn(ana.scroller);
  await page.keyboard.press("?");
  await expect(list).toBeVisible();
  for (const key of ["Alt+ArrowDown", "F6"]) await page.keyboard.press(key);
  await expect(page).toHaveURL(path);
  await page.keyboard.press("Escape");
  await expect(list).toBeHidden();
  await expect(ana.scroller).toBeFocused();
});

// F50
test("a dialog that is opened from a menu returns the focus to the menu", async ({ people }) => {
  const ana = await people.signedIn("Ana");
  const { page } = ana;
  const list = page.getByRole("dialog", { name: "Keyboard shortcuts" });
  const menu = page.locator(".account__summary");
  for (const close of [() => page.keyboard.press("Escape"), () => page.getByRole("button", { name: "Close" }).click()]) {
    await menu.click();
    await page.getByRole("button", { name: "Keyboard shortcuts" }).click();
    await expect(list).toBeVisible();
    await close();
    await expect(list).toBeHidden();
    await expect(menu).toBeFocused();
  }
});
