import { recordCalls } from "./support/calls.ts";
import { directConversation } from "./support/conversation.ts";
import { expect, test, type Person } from "./support/people.ts";
import { signOut } from "./support/sign-out.ts";

/** Endpoints that send a message, in an existing or in a new conversation. */
const sendEndpoints = /\/rpc\/send_(first_)?message$/;

/** Returns the drafts and unsent messages that this browser keeps. */
async function keptTexts(person: Person): Promise<string> {
  const kept = await person.page.evaluate(() => Object.entries({ ...localStorage }));
  return kept.filter(([key]) => /\/(draft|unsent)\//.test(key)).join();
}

// F3
test("signing out asks about a draft in another tab, and removes it", async ({ people }) => {
  const { ana } = await directConversation(people);
  const [tab, third] = [await ana.inAnotherTab(), await ana.inAnotherTab()];
  ana.errors.expectStatus(401);
  await ana.composer.fill("I was about to");
  for (const [person, path] of [[tab, "/messages"], [third, "/messages/new"]] as const) {
    await person.open(path);
    expect(await signOut(person, "dismiss")).toContain("keeps drafts of yours");
    await expect(person.page).toHaveURL(new RegExp(`${path}$`));
  }
  await expect(ana.composer).toHaveValue("I was about to");
  expect(await keptTexts(ana)).toContain("I was about to");
  await third.open("/messages");
  expect(await signOut(third, "accept")).toContain("Sign out and discard them?");
  expect(await keptTexts(ana)).toBe("");
});

// F3
test("a text in the field of another tab is there after signing in from the note", async ({ people }) => {
  const { ana, path } = await directConversation(people);
  const tab = await ana.inAnotherTab();
  await tab.open("/messages");
  ana.errors.expectStatus(401);
  await ana.composer.fill("I was about to");
  await signOut(tab, "accept");
  await expect(ana.page.getByText("You are signed out. Sign in here to keep what you wrote.")).toBeVisible();
  expect(await keptTexts(ana), "not before the user asks for it").toBe("");
  await ana.page.getByRole("link", { name: "Sign in" }).click();
  await expect(ana.page).toHaveURL(/\/signin\?/);
  await ana.waitUntilHydrated();
  await ana.submitSignIn();
  await expect(ana.page).toHaveURL(new RegExp(`${path}$`));
  await expect(ana.composer).toHaveValue("I was about to");
});

test("a text is there after the session has ended and the user has signed in from the note", async ({ people }) => {
  const { ana, path } = await directConversation(people);
  ana.errors.expectStatus(401);
  await ana.page.context().clearCookies();
  await ana.send("unsent");
  await ana.composer.fill("and a draft");
  await expect(ana.page.getByText("You are signed out. What you wrote is kept in this browser.")).toBeVisible();
  await ana.page.getByRole("link", { name: "Sign in" }).click();
  await expect(ana.page).toHaveURL(/\/signin\?/);
  await ana.waitUntilHydrated();
  await ana.submitSignIn();
  await expect(ana.page).toHaveURL(new RegExp(`${path}$`));
  await expect(ana.messages).toHaveText(["Are you there?", "unsent"]);
  await expect(ana.page.getByText("Sending…")).toHaveCount(0, { timeout: 40_000 });
  await expect(ana.composer).toHaveValue("and a draft");
});

test("without unsent messages and drafts, signing out asks nothing and promises nothing", async ({ people }) => {
  const { ana } = await directConversation(people);
  const tab = await ana.inAnotherTab();
  await tab.open("/messages");
  ana.errors.expectStatus(401);
  expect(await signOut(tab, "accept")).toBeUndefined();
  await expect(ana.page.getByText("You are signed out.")).toBeVisible();
  await expect(ana.page.getByText("What you wrote")).toBeHidden();
});

test("discarded messages are gone in every tab, and are not sent later", async ({ people }) => {
  const { ana, ben, path } = await directConversation(people);
  const tab = await ana.inAnotherTab();
  ana.errors.expectNetworkFailure();
  ana.errors.expectStatus(401);
  const context = ana.page.context();
  await context.route(sendEndpoints, (route) => route.abort("internetdisconnected"));
  await ana.send("to be discarded");
  await tab.open(path);
  await expect(tab.page.getByText("Sending…")).toBeVisible();
  expect(await signOut(tab, "accept")).toContain("have not been sent yet");
  await expect(ana.page.getByText("Sending…")).toHaveCount(0);
  await context.unroute(sendEndpoints);
  await tab.submitSignIn();
  await expect(tab.page).toHaveURL(/\/messages$/);
  await tab.open(path);
  await tab.send("a new one");
  await ben.open(path);
  await expect(ben.messages).toHaveText(["Are you there?", "a new one"]);
});

// F4
test("a user who signs out leaves the messages of another user in this browser alone", async ({ people }) => {
  const { ana, ben, path } = await directConversation(people);
  const cy = await people.offline("Cy");
  await ben.open(path);
  ana.errors.expectNetworkFailure();
  ana.errors.expectStatus(401);
  await ana.page.context().route(sendEndpoints, (route) => route.abort("internetdisconnected"));
  await ana.send("unsent");
  await ana.composer.fill("and a draft");
  await expect(ana.page.getByText("Sending…")).toBeVisible();
  await ana.page.context().clearCookies();
  const guest = ana.handOver(cy);
  await guest.signIn();
  expect(await signOut(guest, "accept"), "nothing is Cy's").toBeUndefined();
  await ana.page.context().unroute(sendEndpoints);
  await ana.waitUntilHydrated();
  await ana.submitSignIn();
  await expect(ben.messages).toHaveText(["Are you there?", "unsent"], { timeout: 40_000 });
  await ana.open(path);
  await expect(ana.composer).toHaveValue("and a draft");
});

test("signing out on the page of a user who is no longer signed in does not sign another one out", async ({ people }) => {
  const { ana } = await directConversation(people);
  const cy = await people.offline("Cy");
  ana.errors.expectStatus(401, 403, 404);
  // The page of Ana hears nothing of Cy.
  await ana.page.route("**/events*", (route) => route.abort("internetdisconnected"));
  ana.errors.expectNetworkFailure();
  await ana.open("/messages");
  await ana.page.context().clearCookies();
  const guest = (await ana.inAnotherTab()).handOver(cy);
  await guest.signIn();
  await ana.page.locator(".account__summary").click();
  await ana.page.getByRole("button", { name: "Sign out", exact: true }).click();
  await expect(ana.page.locator(".account__handle")).toContainText(cy.handle);
  await guest.open("/messages");
  await expect(guest.page).toHaveURL(/\/messages$/);
});

test("a page changes nothing for another user who has signed in since", async ({ people }) => {
  const { ana } = await directConversation(people);
  const cy = await people.offline("Cy");
  ana.errors.expectStatus(401, 404);
  await ana.open("/settings/profile");
  const settings = await ana.inAnotherTab();
  await settings.open("/settings");
  await ana.page.context().clearCookies();
  const guest = (await ana.inAnotherTab()).handOver(cy);
  await guest.signIn();
  await ana.page.getByLabel("Name", { exact: true }).fill("Another name");
  await ana.page.getByRole("button", { name: "Save" }).click();
  await expect(ana.page.getByRole("alert")).toContainText("You are not signed in.");
  await settings.page.getByLabel("Online status").uncheck();
  await settings.page.getByRole("button", { name: "Save" }).click();
  await expect(settings.page.getByRole("alert")).toContainText("You are not signed in.");
  await guest.open("/settings/profile");
  await expect(guest.page.getByLabel("Name", { exact: true })).toHaveValue(cy.name);
  await guest.open("/settings");
  await expect(guest.page.getByLabel("Online status")).toBeChecked();
});

test("a page asks for nothing more once its user signs out, and shows no lost connection", async ({ people }) => {
  const { ana } = await directConversation(people);
  await expect(ana.page.locator(".message__receipt")).toHaveText(["Sent"]);
  await ana.page.clock.install();
  let [end, answer] = [() => {}, () => {}];
  const ended = new Promise<void>((resolve) => (end = resolve));
  const answered = new Promise<void>((resolve) => (answer = resolve));
  await ana.page.route("**/rpc/sign_out", async (route) => {
    const response = await route.fetch();
    end();
    await answered;
    await route.fulfill({ response });
  });
  await ana.openAccountMenu();
  const calls = recordCalls(ana.page);
  await ana.page.getByRole("button", { name: "Sign out", exact: true }).click();
  await ended;
  // Less than the deadline of the call.
  for (let seconds = 0; seconds < 12; seconds++) await ana.page.clock.runFor(1_000);
  await expect(ana.page.getByText("No connection.")).toHaveCount(0);
  expect(calls).toEqual(["sign_out"]);
  answer();
  await expect(ana.page).toHaveURL(/\/signin$/);
});
