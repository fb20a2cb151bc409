import { expectAccessible } from "./support/accessible.ts";
import { directConversation, openMenu } from "./support/conversation.ts";
import { focusOn } from "./support/focus.ts";
import { expect, test } from "./support/people.ts";
import { signOut } from "./support/sign-out.ts";
import { messagePage } from "./support/table.ts";

test("the page of a message changes it in place, and shows what others change", async ({ people }) => {
  const { ana, ben, path } = await directConversation(people);
  const page = await messagePage(path);
  await ben.open(page);
  await ana.open(page);
  await expectAccessible(ana.page);

  const thumb = ben.page.getByRole("button", { name: "React with 👍" });
  await focusOn(thumb);
  await ben.page.keyboard.press("Enter");
  await expect(ben.page.getByRole("button", { name: "Remove 👍" })).toBeFocused();
  await expect(ana.page.getByText("👍 Ben")).toBeVisible();

  await ana.page.getByLabel("Edit message").fill("Are you here?");
  await ana.page.getByRole("button", { name: "Save" }).click();
  await expect(ana.page).toHaveURL(/around=.*#m-/);
  await expect(ana.page.locator(".message--linked")).toContainText("Are you here?");
  await expect(ben.page.locator(".message-page__text .message__body")).toHaveText("Are you here?");
  await expect(ben.page.locator(".message-page__history .message__body")).toHaveText(["Are you here?", "Are you there?"]);
  await expectAccessible(ben.page);

  await ana.open(page);
  await ana.page.getByText("Delete…").click();
  await expectAccessible(ana.page);
  await ana.page.getByRole("button", { name: "Delete message" }).click();
  await expect(ana.page).toHaveURL(/around=.*#m-/);
  await expect(ben.page.locator(".message-page__text")).toContainText("Message deleted");
  await expect(ben.page.getByRole("button", { name: "Remove 👍" })).toHaveCount(0);
  await expectAccessible(ben.page);
});

test("a text that was edited in another tab is not overwritten", async ({ people }) => {
  const { ana, path } = await directConversation(people);
  ana.errors.expectStatus(409);
  const page = await messagePage(path);
  const other = await ana.inAnotherTab();
  await ana.open(page);
  await other.open(page);
  // What the other tab saves reaches this page as an event only: the answers to its questions are on their way for long.
  await ana.page.route("**/rpc/find_message*", () => {});
  const save = async (tab: typeof ana, text: string) => {
    await tab.page.getByLabel("Edit message").fill(text);
    await tab.page.getByRole("button", { name: "Save" }).click();
  };
  const expectRefused = async (shown: string) => {
    await expect(ana.page.getByRole("alert")).toContainText("This message has changed since you opened it.");
    await expect(ana.page.locator(".message-page__text .message__body")).toHaveText(shown);
    await expect(ana.page.getByLabel("Edit message")).toHaveValue("one");
  };
  await save(other, "two");
  await expect(other.page).toHaveURL(/around=/);
  await save(ana, "one");
  await expectRefused("two");
  // Ana has seen both texts, but not the third.
  await other.open(page);
  await save(other, "three");
  await expect(ana.page.locator(".message-page__text .message__body")).toHaveText("three");
  const refused = ana.page.waitForResponse((response) => response.url().includes("/rpc/edit_message"));
  await ana.page.getByRole("button", { name: "Save" }).click();
  expect((await refused).status()).toBe(409);
  await expectRefused("three");
  // Ana has seen all texts, and decides.
  await ana.page.getByRole("button", { name: "Save" }).click();
  await expect(ana.page).toHaveURL(/around=/);
  await expect(ana.page.locator(".message--linked")).toContainText("one");
});

test("a text that was typed on the page of a message is there again after a reload", async ({ people }) => {
  const { ana, path } = await directConversation(people);
  const page = await messagePage(path);
  await ana.open(page);
  const field = ana.page.getByLabel("Edit message");
  await field.fill("half of it");
  await ana.page.getByRole("link", { name: /^Show in the conversation/ }).click();
  await expect(ana.messages).toHaveText(["Are you there?"]);
  await ana.page.goBack();
  await expect(field).toHaveValue("half of it");
  await ana.page.reload();
  await ana.waitUntilHydrated();
  await expect(field).toHaveValue("half of it");
  expect(await signOut(ana, "dismiss")).toContain("drafts");
  await ana.open(page);
  await expect(field).toHaveValue("half of it");
  await ana.page.getByRole("button", { name: "Save" }).click();
  await expect(ana.page.locator(".message--linked")).toContainText("half of it");
  // A text that is based on an earlier one overwrites nothing.
  ana.errors.expectStatus(409);
  await ana.open(page);
  await expect(field).toHaveValue("half of it");
  await field.fill("all of it");
  const elsewhere = await ana.inAnotherTab();
  await elsewhere.open(path);
  await elsewhere.composer.press("ArrowUp");
  await expect(elsewhere.composer).toHaveValue("half of it");
  await elsewhere.composer.fill("something else");
  await elsewhere.page.getByRole("button", { name: "Save" }).click();
  await expect(elsewhere.messages).toHaveText(["something else"]);
  await ana.page.reload();
  await ana.waitUntilHydrated();
  await expect(field).toHaveValue("all of it");
  await ana.page.getByRole("button", { name: "Save" }).click();
  await expect(ana.page.getByText("This message has changed since you opened it. Nothing was overwritten.")).toBeVisible();
  await expect(ana.page.locator(".message-page__text")).toContainText("something else");
  await field.fill("something else");
  await ana.open(page);
  await expect(field).toHaveValue("something else");
  await field.fill("more");
  const other = await ana.inAnotherTab();
  await other.open(page);
  await other.page.getByText("Delete…").click();
  await other.page.getByRole("button", { name: "Delete message" }).click();
  await ana.open("/messages");
  await ana.open(page);
  await expect(ana.page.getByText("Your text was not saved:")).toHaveCount(0);
});

test("a text that can no longer be saved stays readable", async ({ people }) => {
  const { ana, path } = await directConversation(people);
  const other = await ana.inAnotherTab();
  // Both ways to the page: the router draws the field without a parser, which would drop a leading line break.
  await (await openMenu(ana, "Are you there?")).getByRole("menuitem", { name: "Open its page" }).click();
  await expect(ana.page.getByLabel("Edit message")).toHaveValue("Are you there?");
  await ana.page.getByLabel("Edit message").fill("half of it");
  await other.open(await messagePage(path));
  await other.page.getByText("Delete…").click();
  await other.page.getByRole("button", { name: "Delete message" }).click();
  await expect(ana.page.getByText("Your text was not saved:")).toBeVisible();
  await expect(ana.page.getByText("half of it")).toBeVisible();
});

test("a text that a block makes unsaveable stays readable, and can be saved after the block", async ({ people }) => {
  const { ana, path } = await directConversation(people);
  const other = await ana.inAnotherTab();
  await ana.open(await messagePage(path));
  const field = ana.page.getByLabel("Edit message");
  await field.fill("half of it");
  await other.open(path);
  await other.page.locator("summary", { hasText: "Block" }).click();
  await other.page.getByRole("button", { name: "Block", exact: true }).click();
  await expect(ana.page.getByText("Your text was not saved:")).toBeVisible();
  await expect(ana.page.getByText("half of it")).toBeVisible();
  await other.page.getByRole("button", { name: "Unblock" }).click();
  await expect(field).toHaveValue("half of it");
  await ana.page.getByRole("button", { name: "Save" }).click();
  await expect(ana.page.locator(".message--linked")).toContainText("half of it");
});

test("a page that may not copy says so", async ({ people }) => {
  const { ana } = await directConversation(people);
  await ana.page.evaluate(() => Object.defineProperty(navigator.clipboard, "writeText", { value: () => Promise.reject(new Error("refused")) }));
  await (await openMenu(ana, "Are you there?")).getByRole("menuitem", { name: "Copy text" }).click();
  await expect(ana.page.getByText("This couldn't be copied.")).toBeVisible();
});

test("reactions that are pressed one after the other are all made, and the page scrolls in one place", async ({ people }) => {
  const { ana, path } = await directConversation(people);
  await ana.page.setViewportSize({ width: 640, height: 360 });
  await ana.open(await messagePage(path));
  const answer = await ana.holdRequests("react");
  for (const emoji of ["👍", "❤️"]) await ana.page.getByRole("button", { name: `React with ${emoji}` }).click();
  await ana.page.getByLabel("Another emoji").fill("🦊");
  await ana.page.getByRole("button", { name: "React", exact: true }).click();
  answer();
  for (const emoji of ["👍", "❤️", "🦊"]) await expect(ana.page.getByRole("button", { name: `Remove ${emoji}` })).toBeVisible();
  const overflow = () => ana.page.evaluate(() => document.documentElement.scrollHeight - innerHeight);
  expect(await overflow()).toBe(0);
});

test("texts that two tabs type on the page of a message are both kept", async ({ people }) => {
  const { ana, path } = await directConversation(people);
  const [page, other] = [await messagePage(path), await ana.inAnotherTab()];
  for (const address of [page, `${path}/report`]) {
    const fieldOf = (tab: typeof ana) => tab.page.getByRole("textbox", { name: /^(Edit message|Message to the operator)/ });
    await ana.open(address);
    await other.open(address);
    await fieldOf(ana).fill("text one");
    await fieldOf(other).fill("text two");
    for (const [tab, text] of [[ana, "text one"], [other, "text two"], [ana, "text one"]] as const) {
      await tab.page.reload();
      await tab.waitUntilHydrated();
      await expect(fieldOf(tab)).toHaveValue(text);
    }
  }
  await other.open(page);
  await ana.open(page);
  await other.page.getByRole("button", { name: "Save" }).click();
  await expect(other.page.locator(".message--linked")).toContainText("text two");
  await ana.page.reload();
  await ana.waitUntilHydrated();
  await expect(ana.page.getByLabel("Edit message")).toHaveValue("text one");
  // Nor is it lost with the storage, which this tab hears of from the other one.
  await other.page.evaluate(() => localStorage.clear());
  await ana.page.waitForFunction(() => Object.values({ ...localStorage }).some((text) => String(text).includes("text one")));
  await ana.page.reload();
  await ana.waitUntilHydrated();
  await expect(ana.page.getByLabel("Edit message")).toHaveValue("text one");
});

test("after a sign-out on another page, nothing of a message's page is kept", async ({ people }) => {
  const { ana, path } = await directConversation(people);
  const other = await ana.inAnotherTab();
  ana.errors.expectStatus(401);
  for (const address of [await messagePage(path), `${path}/report`]) {
    await ana.open(address);
    const field = ana.page.locator("textarea").last();
    await field.fill("a secret");
    await other.open("/messages");
    expect(await signOut(other, "accept")).toContain("discard");
    await expect(ana.page.getByText("You are signed out.")).toBeVisible();
    await field.pressSequentially(" and more");
    await expect(field).toHaveValue("a secret and more");
    expect(await ana.page.evaluate(() => JSON.stringify({ ...localStorage }))).not.toContain("secret");
    await other.signIn();
  }
});

test("the focus goes to the heading when the edit form goes away", async ({ people }) => {
  const { ana, path } = await directConversation(people);
  const [page, other] = [await messagePage(path), await ana.inAnotherTab()];
  const heading = ana.page.getByRole("heading", { level: 1 });
  await ana.open(page);
  await ana.page.getByLabel("Edit message").fill("half of it");
  await other.open(page);
  await other.page.getByText("Delete…").click();
  await other.page.getByRole("button", { name: "Delete message" }).click();
  await expect(ana.page.getByText("Your text was not saved:")).toBeVisible();
  await expect(heading).toBeFocused();
});

test("the focus goes to the heading when a kept text is discarded", async ({ people }) => {
  const { ana, path } = await directConversation(people);
  const heading = ana.page.getByRole("heading", { level: 1 });
  await ana.open(await messagePage(path));
  await ana.page.getByLabel("Edit message").fill("half of it");
  await ana.open(path);
  await ana.page.locator("summary", { hasText: "Block" }).click();
  await ana.page.getByRole("button", { name: "Block", exact: true }).click();
  await expect(ana.page.getByRole("button", { name: "Unblock" })).toBeVisible();
  await ana.open(await messagePage(path));
  await ana.page.getByRole("button", { name: "Discard" }).click();
  await expect(ana.page.getByText("Your text was not saved:")).toHaveCount(0);
  await expect(heading).toBeFocused();
});
