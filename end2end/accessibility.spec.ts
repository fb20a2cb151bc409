import { check, expectAccessible } from "./support/accessible.ts";
import { focusOn } from "./support/focus.ts";
import { expect, test } from "./support/people.ts";

test("the pages for signing in and signing up are accessible", async ({ people }) => {
  const visitor = await people.visitor("Ana");
  for (const path of ["/signin", "/signin?confirmed=1", "/signup", "/confirm?resent=1", "/forgot", "/forgot?sent=1"]) {
    await check(visitor, path);
  }
  // No page of the app: there is nothing to hydrate.
  await visitor.page.getByRole("link", { name: "Privacy" }).click();
  await expect(visitor.page.getByRole("heading", { name: "Privacy" })).toBeVisible();
  await expectAccessible(visitor.page);
  visitor.errors.expectStatus(404);
  await check(visitor, "/no/such/page");
});

test("a form with errors is accessible", async ({ people }) => {
  const visitor = await people.visitor("Ana");
  visitor.errors.expectStatus(422);
  await visitor.open("/signup");
  await visitor.page.getByRole("button", { name: "Create account" }).click();
  await expect(visitor.page.locator("[aria-invalid=true]").first()).toBeVisible();
  await expectAccessible(visitor.page);
  await visitor.open("/signin");
  await visitor.submitSignIn("not the password 1A");
  await expect(visitor.page.getByLabel("Password")).toHaveAttribute("aria-invalid", "true");
  await expectAccessible(visitor.page);
});

test("a form with a wrong code is accessible", async ({ people }) => {
  const visitor = await people.visitor("Ana");
  const { account, page } = visitor;
  visitor.errors.expectStatus(422);
  const code = page.getByLabel("Code");
  await visitor.open("/confirm");
  await page.getByLabel("E-mail").fill(account.email);
  await code.fill("000000");
  await page.getByRole("button", { name: "Confirm" }).click();
  await expect(code).toHaveAccessibleDescription(/invalid, already used or expired/);
  await expectAccessible(page);
  await visitor.open("/forgot?sent=1");
  await page.getByLabel("E-mail").fill(account.email);
  await code.fill("000000");
  await page.getByLabel("New password").fill(account.password);
  await page.getByRole("button", { name: "Set new password" }).click();
  await expect(code).toHaveAccessibleDescription(/invalid, already used or expired/);
  await expectAccessible(page);
});

test("empty lists, the search and pages without a conversation are accessible", async ({ people }) => {
  const ana = await people.signedIn("Ana");
  const ben = await people.offline("Ben");
  await check(ana, "/messages");
  await check(ana, "/messages/new");
  await check(ana, "/settings?saved=1");
  for (const page of ["sessions?ended=1", "blocked?unblocked=1", "profile?saved=1", "password?changed=1"]) await check(ana, `/settings/${page}`);
  await check(ana, `/messages/new?q=${ben.handle}`);
  await check(ana, `/messages/new/${ben.handle}`);
  await check(ana, "/messages/new?q=nobody-is-called-this");
  await expect(ana.page.getByText("No people found.")).toBeVisible();
  ana.errors.expectStatus(404, 409);
  await check(ana, `/messages/new/${ana.account.handle}`);
  await check(ana, "/messages/00000000-0000-4000-8000-000000000000");
});

test("the notice of a changed handle, an older page of the list and damaged links are accessible", async ({ people }) => {
  const [ana, ben] = [await people.signedIn("Ana"), await people.offline("Ben")];
  await ana.startConversation(ben, "hello");
  await check(ana, "/messages/new?handle_changed=true");
  await expect(ana.page.getByText("The handle you asked for is taken or not allowed.")).toBeVisible();
  await check(ana, "/messages?before=before-2100-01-01T00:00:00.000Z");
  await expect(ana.conversations).toHaveCount(1);
  ana.errors.expectStatus(404, 422);
  await check(ana, "/messages/not-an-id");
  await expect(ana.page.getByRole("heading", { name: "Page not found" })).toBeVisible();
  await check(ana, "/messages?before=damaged");
  await expect(ana.page.getByText("This link to older or newer entries is invalid.")).toBeVisible();
});

test("the conversation list, a conversation and its composer are accessible", async ({ people }) => {
  const [ana, ben] = [await people.signedIn("Ana"), await people.signedIn("Ben")];
  const path = await ana.startConversation(ben, "hello");
  await ana.sendAll(path, Array.from({ length: 24 }, (_, n) => `message ${n + 1}`));
  await ben.sendAll(path, ["an answer"]);
  await check(ana, "/messages");
  await check(ana, path);
  await ana.composer.fill("x".repeat(1025));
  await expectAccessible(ana.page);
  await ana.openAccountMenu();
  await expect(ana.page.getByRole("button", { name: "Sign out", exact: true })).toBeVisible();
  await expectAccessible(ana.page);
});

test("unread and unsent messages, a lost connection and dialogs are accessible", async ({ people }) => {
  const [ana, ben] = [await people.signedIn("Ana"), await people.signedIn("Ben")];
  const path = await ana.startConversation(ben, "hello");
  await ben.open(path);
  await expect(ben.page.getByText("New messages", { exact: true })).toBeVisible();
  await expectAccessible(ben.page);
  await ben.page.locator(".date-form__summary").click();
  await expect(ben.page.getByLabel("Show messages from")).toBeVisible();
  await expectAccessible(ben.page);
  await ben.page.keyboard.press("Escape");
  await focusOn(ben.scroller);
  await ben.page.keyboard.press("?");
  await expect(ben.page.getByRole("dialog")).toBeVisible();
  await expectAccessible(ben.page);
  await ben.page.keyboard.press("Escape");
  ben.errors.expectNetworkFailure();
  await ben.page.context().setOffline(true);
  await expect(ben.page.getByText("No connection.")).toBeVisible();
  await ben.send("later");
  await expect(ben.page.getByText("Sending…")).toBeVisible();
  await expectAccessible(ben.page);
});

test("refused messages, drafts, presence and receipts are accessible", async ({ people }) => {
  const [ana, ben, cy] = [await people.signedIn("Ana"), await people.signedIn("Ben"), await people.offline("Cy")];
  const path = await ana.startConversation(ben, "hello");
  await ben.open(path);
  await ben.composer.pressSequentially("I");
  await expect(ana.page.getByText("is typing…")).toBeVisible();
  await expect(ana.page.locator(".thread__handle").getByTitle("Online")).toBeVisible();
  await expect(ana.page.getByText("Read", { exact: true })).toBeVisible();
  await expectAccessible(ana.page);
  ana.errors.expectStatus(409);
  await ana.page.route("**/rpc/send_*", (route) => route.fulfill({ status: 409, json: { conflict: "message_to_self" } }));
  await ana.send("refused");
  await expect(ana.page.getByRole("alert")).toBeVisible();
  await expectAccessible(ana.page);
  await ana.open(`/messages/new/${cy.handle}`);
  await ana.send("refused as the first, too");
  await expect(ana.scroller.getByRole("alert")).toBeVisible();
  await expectAccessible(ana.page);
  await ben.open("/messages");
  await expect(ben.conversations.first()).toContainText("Draft: I");
  await expectAccessible(ben.page);
});

test("the error shown for an unavailable conversation is accessible", async ({ people }) => {
  const [ana, ben] = [await people.signedIn("Ana"), await people.signedIn("Ben")];
  await ana.startConversation(ben, "hello");
  ben.errors.expectStatus(503);
  await expect(ben.conversations).toHaveCount(1);
  await ben.page.route("**/rpc/*", (route) => route.fulfill({ status: 503, json: "Unavailable" }));
  await ben.conversations.first().click();
  await expect(ben.page.getByRole("heading", { level: 1 })).toBeVisible();
  await expectAccessible(ben.page);
});

test("the error shown for an unavailable conversation list is accessible", async ({ people }) => {
  const ana = await people.signedIn("Ana");
  await ana.open("/settings");
  ana.errors.expectStatus(503);
  await ana.page.route("**/rpc/list_conversations", (route) => route.fulfill({ status: 503, json: "Unavailable" }));
  await ana.page.getByRole("link", { name: "Back to messages" }).click();
  await expect(ana.page.getByText("Your conversations couldn't be loaded.")).toBeVisible();
  await expectAccessible(ana.page);
});

test("a page whose session has ended is accessible", async ({ people }) => {
  const [ana, ben] = [await people.signedIn("Ana"), await people.offline("Ben")];
  await ana.startConversation(ben, "hello");
  ana.errors.expectStatus(401);
  await ana.page.context().clearCookies();
  await ana.send("in whose name?");
  await expect(ana.page.getByText("You are signed out.")).toBeVisible();
  await expectAccessible(ana.page);
});
