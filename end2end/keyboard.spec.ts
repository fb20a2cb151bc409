import type { Page } from "@playwright/test";
import { expect, test } from "./support/people.ts";

/** Presses Tab until the element with this role and name has the focus. */
async function tabTo(page: Page, role: "link" | "button" | "textbox" | "searchbox", name: string | RegExp): Promise<void> {
  const wanted = page.getByRole(role, { name }).first();
  for (let presses = 0; presses < 40; presses++) {
    if (await wanted.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press("Tab");
  }
  await expect(wanted, `after 40 times Tab`).toBeFocused();
}

test("signing in, finding someone, writing and signing out need no pointer", async ({ people }) => {
  const ana = await people.registered("Ana");
  const ben = await people.known("Ben");
  const { page } = ana;
  await ana.open("/signin");
  await expect(page.getByLabel("E-mail")).toBeFocused();
  await page.keyboard.type(ana.account.email);
  await page.keyboard.press("Tab");
  await page.keyboard.type(ana.account.password);
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/messages$/);
  await ana.alive();

  await tabTo(page, "link", "Write to somebody");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "New message" })).toBeFocused();
  await tabTo(page, "searchbox", /To whom/);
  await page.keyboard.type(ben.handle);
  await expect(page.getByRole("link", { name: ben.handle })).toBeVisible();
  await tabTo(page, "link", new RegExp(ben.handle));
  await page.keyboard.press("Enter");
  await tabTo(page, "textbox", "Message");
  await page.keyboard.type("hello from the keyboard");
  await page.keyboard.press("Enter");
  await expect(ana.messages).toHaveText(["hello from the keyboard"]);
  // Who signs out before it has been sent is asked whether to.
  await expect(page).toHaveURL(/\/messages\/[0-9a-f-]{36}$/);

  await page.locator(".account__summary").focus();
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

test("the first Tab offers to skip to the content", async ({ people }) => {
  const ana = await people.signedIn("Ana");
  await ana.open("/messages");
  await ana.page.keyboard.press("Tab");
  const skip = ana.page.getByRole("link", { name: "Skip to content" });
  await expect(skip).toBeFocused();
  await expect(skip).toBeInViewport();
  await ana.page.keyboard.press("Enter");
  await expect(ana.page).toHaveURL(/#main$/);
});

test("F6 goes from one part of the page to the next, and Alt with an arrow from one conversation to the next", async ({ people }) => {
  const [ana, ben, cy] = await Promise.all([people.signedIn("Ana"), people.known("Ben"), people.known("Cy")]);
  const talks: string[] = [];
  for (const { handle } of [ben, cy]) {
    await ana.open(`/messages/new/${handle}`);
    await ana.send(`hello ${handle}`);
    await expect(ana.page).toHaveURL(/[0-9a-f-]{36}$/);
    talks.push(new URL(ana.page.url()).pathname);
  }
  const [bens = "", cys = ""] = talks;
  await ana.open(cys);
  const { page } = ana;
  await ana.composer.focus();
  await page.keyboard.press("F6");
  await expect(page.getByRole("link", { name: "Messages", exact: true })).toBeFocused();
  await page.keyboard.press("Shift+F6");
  await expect(ana.composer).toBeFocused();
  await page.keyboard.press("Shift+F6");
  await expect(ana.thread).toBeFocused();
  await page.keyboard.press("Alt+ArrowDown");
  await expect(page).toHaveURL(bens);
  await expect(ana.messages).toHaveText([`hello ${ben.handle}`]);
  await page.keyboard.press("Alt+ArrowUp");
  await expect(page).toHaveURL(cys);
});

test("? lists the shortcuts, but not while one writes", async ({ people }) => {
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
  await page.getByRole("searchbox").press("?");
  await expect(page.getByRole("searchbox")).toHaveValue("?");
  await expect(list).toBeHidden();
});

test("a row of the list keeps the focus when a message moves it to the top", async ({ people }) => {
  const [ana, ben, cy] = await Promise.all([people.signedIn("Ana"), people.signedIn("Ben"), people.known("Cy")]);
  const path = await ana.startConversation(ben, "hello Ben");
  await ana.startConversation(cy, "hello Cy");
  await ana.open("/messages");
  const row = ana.conversations.filter({ hasText: ben.account.handle });
  await expect(ana.conversations.last()).toContainText("hello Ben");
  await row.focus();
  await ben.sendAll(path, ["up you go"]);
  await expect(ana.conversations.first()).toContainText("up you go");
  await expect(row).toBeFocused();
});

test("what was refused leaves the focus where one writes, tried again or thrown away", async ({ people }) => {
  const [ana, ben] = await Promise.all([people.signedIn("Ana"), people.known("Ben")]);
  await ana.startConversation(ben, "hello");
  ana.complaints.expectStatus(409);
  const refuse = { status: 409, json: { Conflict: "This cannot be." } };
  for (const way of ["Try again", "Discard"]) {
    await ana.page.route("**/rpc/send_message", (route) => route.fulfill(refuse), { times: 1 });
    await ana.send(way);
    await expect(ana.page.getByRole("alert")).toHaveText("Not sent. This cannot be.");
    await ana.page.getByRole("button", { name: way }).press("Enter");
    await expect(ana.page.getByRole("alert")).toBeHidden();
    await expect(ana.composer).toBeFocused();
  }
});
