import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { expect, test, type Person } from "./support/people.ts";

/** WCAG 2.2, level AA: what a program can check of it, in both themes. */
async function expectAccessible(page: Page): Promise<void> {
  // Without motion a colour is at once what it will be.
  await page.emulateMedia({ colorScheme: "dark", reducedMotion: "reduce" });
  await expectNoViolations(page, (axe) => axe.withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]));
  await page.emulateMedia({ colorScheme: "light" });
  // The rules that look at colours: nothing else is different.
  await expectNoViolations(page, (axe) => axe.withRules(["color-contrast", "link-in-text-block"]));
}

async function expectNoViolations(page: Page, choose: (axe: AxeBuilder) => AxeBuilder): Promise<void> {
  const { violations } = await choose(new AxeBuilder({ page })).analyze();
  const found = violations.map(({ id, help, nodes }) => `${id}: ${help}\n  ${nodes.map((node) => node.html).join("\n  ")}`);
  expect(found, page.url()).toEqual([]);
}

/** Loads a page and checks it. */
async function check(person: Person, path: string): Promise<void> {
  await person.open(path);
  await expectAccessible(person.page);
}

test("the pages around signing in", async ({ people }) => {
  const visitor = await people.visitor("Ana");
  for (const path of ["/signin", "/signin?confirmed=1", "/signup", "/confirm?resent=1", "/forgot", "/forgot?sent=1"]) {
    await check(visitor, path);
  }
  visitor.complaints.expect(/404/);
  await check(visitor, "/no/such/page");
});

test("a form with errors", async ({ people }) => {
  const visitor = await people.visitor("Ana");
  visitor.complaints.expect(/422/);
  await visitor.open("/signup");
  await visitor.page.getByRole("button", { name: "Make an account" }).click();
  await expect(visitor.page.locator("[aria-invalid=true]").first()).toBeVisible();
  await expectAccessible(visitor.page);
  await visitor.open("/signin");
  await visitor.fillSignIn("not the password 1A");
  await expect(visitor.page.getByLabel("Password")).toHaveAttribute("aria-invalid", "true");
  await expectAccessible(visitor.page);
});

test("empty lists, search, and who is not there", async ({ people }) => {
  const ana = await people.signedIn("Ana");
  const ben = await people.known("Ben");
  await check(ana, "/messages");
  await check(ana, "/messages/new");
  await check(ana, "/settings?saved=1");
  await check(ana, `/messages/new?q=${ben.handle}`);
  await check(ana, `/messages/new/${ben.handle}`);
  ana.complaints.expect(/404|409/);
  await check(ana, `/messages/new/${ana.account.handle}`);
  await check(ana, "/messages/00000000-0000-4000-8000-000000000000");
});

test("conversations, read and written", async ({ people }) => {
  const [ana, ben] = [await people.signedIn("Ana"), await people.signedIn("Ben")];
  const path = await ana.startConversation(ben, "hello");
  await ana.sendAll(path, Array.from({ length: 24 }, (_, n) => `message ${n + 1}`));
  await ben.sendAll(path, ["an answer"]);
  await check(ana, "/messages");
  await check(ana, path);
  await ana.composer.fill("x".repeat(1025));
  await expectAccessible(ana.page);
  await ana.page.getByText("Account", { exact: true }).locator("..").click();
  await expect(ana.page.getByRole("button", { name: "Sign out", exact: true })).toBeVisible();
  await expectAccessible(ana.page);
});

test("what is unread, unsent, cut off, and what opens above the page", async ({ people }) => {
  const [ana, ben] = [await people.signedIn("Ana"), await people.signedIn("Ben")];
  const path = await ana.startConversation(ben, "hello");
  await ben.open(path);
  await expect(ben.page.getByText("New messages", { exact: true })).toBeVisible();
  await expectAccessible(ben.page);
  await ben.page.locator(".date-form__summary").click();
  await expect(ben.page.getByLabel("Show messages from")).toBeVisible();
  await expectAccessible(ben.page);
  await ben.page.keyboard.press("Escape");
  await ben.thread.focus();
  await ben.page.keyboard.press("?");
  await expect(ben.page.getByRole("dialog")).toBeVisible();
  await expectAccessible(ben.page);
  await ben.page.keyboard.press("Escape");
  ben.complaints.expect(/net::ERR_|Failed to load resource/);
  await ben.page.context().setOffline(true);
  await expect(ben.page.getByText("No connection.")).toBeVisible();
  await ben.send("later");
  await expect(ben.page.getByText("Sending…")).toBeVisible();
  await expectAccessible(ben.page);
});

test("what is refused, what is drafted, who is there, and how far a message has got", async ({ people }) => {
  const [ana, ben] = [await people.signedIn("Ana"), await people.signedIn("Ben")];
  const path = await ana.startConversation(ben, "hello");
  await ben.open(path);
  await ben.composer.pressSequentially("I");
  await expect(ana.page.getByText("is writing…")).toBeVisible();
  await expect(ana.page.locator(".thread__handle").getByTitle("Online")).toBeVisible();
  await expect(ana.page.getByText("Read", { exact: true })).toBeVisible();
  await expectAccessible(ana.page);
  ana.complaints.expect(/answer: 409|status of 409/);
  await ana.page.route("**/rpc/send_message", (route) => route.fulfill({ status: 409, json: { Conflict: "This cannot be." } }));
  await ana.send("refused");
  await expect(ana.page.getByRole("alert")).toBeVisible();
  await expectAccessible(ana.page);
  await ben.open("/messages");
  await expect(ben.conversations.first()).toContainText("Draft: I");
  await expectAccessible(ben.page);
});

test("what the server cannot show right now", async ({ people }) => {
  const [ana, ben] = [await people.signedIn("Ana"), await people.signedIn("Ben")];
  await ana.startConversation(ben, "hello");
  ben.complaints.expect(/answer: 503|status of 503/);
  await expect(ben.conversations).toHaveCount(1);
  await ben.page.route("**/rpc/*", (route) => route.fulfill({ status: 503, json: "Unavailable" }));
  await ben.conversations.first().click();
  await expect(ben.page.getByRole("heading", { level: 1 })).toBeVisible();
  await expectAccessible(ben.page);
});
