import { confirmationCode, resetCode } from "./support/accounts.ts";
import { expect, test } from "./support/people.ts";

test("a new user creates an account, confirms it and lands on the messages page", async ({ people }) => {
  const { account, page } = await people.visitor("Ana");
  await page.goto("/signup");
  await page.getByLabel("Name").fill(account.name);
  await page.getByLabel("Handle").fill(account.handle);
  await page.getByLabel("E-mail").fill(account.email);
  await page.getByLabel("Password").fill(account.password);
  await page.getByRole("button", { name: "Create account" }).click();
  await expect(page.getByRole("heading", { name: "Confirm your e-mail address" })).toBeVisible();
  await expect(page.getByLabel("E-mail")).toHaveValue(account.email);
  await page.getByLabel("Code").fill(confirmationCode);
  await page.getByRole("button", { name: "Confirm" }).click();
  await expect(page.getByRole("status")).toContainText("confirmed");
  await page.getByLabel("E-mail").fill(account.email);
  await page.getByLabel("Password").fill(account.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page).toHaveURL(/\/messages$/);
  await expect(page.getByText("You have no conversations yet.")).toBeVisible();
});

test("a wrong password and an unknown address get the same answer", async ({ people }) => {
  const texts: string[] = [];
  for (const person of [await people.registered("Ana"), await people.visitor("Ben")]) {
    person.errors.expectStatus(422);
    await person.open("/signin");
    await person.submitSignIn("not the password 1A");
    await expect(person.page.getByLabel("Password")).toHaveAccessibleDescription(/Wrong e-mail or password/);
    texts.push(await person.page.getByRole("main").innerText());
    await expect(person.page.getByLabel("E-mail")).toHaveValue(person.account.email);
  }
  expect(texts[0]).toBe(texts[1]);
});

test("signing up with a registered address looks like signing up with a new one", async ({ people }) => {
  const { account } = await people.registered("Ana");
  for (const email of [account.email, `new-${account.email}`]) {
    const visitor = await people.visitor("Ben");
    const { page } = visitor;
    await visitor.open("/signup");
    await page.getByLabel("Name").fill("Ben");
    await page.getByLabel("Handle").fill(visitor.account.handle);
    await page.getByLabel("E-mail").fill(email);
    await page.getByLabel("Password").fill(visitor.account.password);
    await page.getByRole("button", { name: "Create account" }).click();
    await expect(page.getByRole("heading", { name: "Confirm your e-mail address" })).toBeVisible();
  }
});

test("the error of a field is shown beside it, and the field has the focus", async ({ people }) => {
  const ana = await people.visitor("Ana");
  ana.errors.expectStatus(422);
  await ana.open("/signup");
  await ana.page.getByLabel("Name").fill("Ana");
  await ana.page.getByLabel("Handle").fill("no spaces");
  await ana.page.getByLabel("E-mail").fill(ana.account.email);
  await ana.page.getByLabel("Password").fill(ana.account.password);
  await ana.page.getByRole("button", { name: "Create account" }).click();
  const handle = ana.page.getByLabel("Handle");
  await expect(handle).toHaveAttribute("aria-invalid", "true");
  await expect(handle).toHaveAccessibleDescription(/only the letters/);
  await expect(handle).toBeFocused();
});

test("signing in leads to the page that was requested", async ({ people }) => {
  const ana = await people.registered("Ana");
  await ana.open("/messages/new?q=be");
  await expect(ana.page).toHaveURL(/\/signin\?next=/);
  await ana.submitSignIn();
  await expect(ana.page).toHaveURL(/\/messages\/new\?q=be$/);
  await expect(ana.page.getByLabel("To: name or handle")).toHaveValue("be");
});

test("a user can request another code", async ({ people }) => {
  const ana = await people.visitor("Ana");
  await ana.open(`/confirm?email=${ana.account.email}`);
  ana.errors.expectStatus(422);
  await ana.page.getByLabel("Code").fill("0");
  await ana.page.getByRole("button", { name: "Confirm" }).click();
  await expect(ana.page.getByLabel("Code")).toHaveAttribute("aria-invalid", "true");
  await ana.page.getByRole("button", { name: "Send a new code" }).click();
  await expect(ana.page.getByLabel("Code"), "the old error is gone").not.toHaveAttribute("aria-invalid", "true");
  await expect(ana.page.getByRole("status")).toHaveText("If there is an account to confirm, we have sent a new code.");
});

test("a forgotten password is replaced by a new one", async ({ people }) => {
  const ana = await people.registered("Ana");
  ana.errors.expectStatus(422);
  const { page, account } = ana;
  await ana.open("/signin");
  await page.getByRole("link", { name: "Forgot your password?" }).click();
  await page.getByLabel("E-mail").fill(account.email);
  await page.getByRole("button", { name: "Send code" }).click();
  await page.getByLabel("Code").fill(resetCode);
  await page.getByLabel("New password").fill("another horse 2 Staple");
  await page.getByRole("button", { name: "Set new password" }).click();
  await expect(page.getByRole("status")).toContainText("Your password has been changed");
  await ana.open("/signin");
  await ana.submitSignIn();
  await expect(page.getByLabel("Password")).toHaveAccessibleDescription(/Wrong e-mail or password/);
  await ana.submitSignIn("another horse 2 Staple");
  await expect(page).toHaveURL(/\/messages$/);
});

test("signing out ends the session", async ({ people }) => {
  const ana = await people.signedIn("Ana");
  await ana.page.getByText("Account", { exact: true }).locator("..").click();
  await ana.page.getByRole("button", { name: "Sign out", exact: true }).click();
  await expect(ana.page).toHaveURL(/\/signin/);
  await ana.open("/messages");
  await expect(ana.page).toHaveURL(/\/signin/);
});

test("signing out everywhere ends the session in another browser at once", async ({ people }) => {
  const ana = await people.signedIn("Ana");
  const elsewhere = await people.inAnotherBrowser(ana);
  await elsewhere.signIn();
  await ana.page.getByText("Account", { exact: true }).locator("..").click();
  await ana.page.getByRole("button", { name: "Sign out everywhere" }).click();
  await expect(ana.page).toHaveURL(/\/signin/);
  await elsewhere.open("/messages");
  await expect(elsewhere.page).toHaveURL(/\/signin/);
});

test("signing out in one tab is announced in the other tab", async ({ people }) => {
  const ana = await people.signedIn("Ana");
  const tab = await ana.inAnotherTab();
  await tab.open("/messages");
  ana.errors.expectStatus(401);
  await tab.page.getByText("Account", { exact: true }).locator("..").click();
  await tab.page.getByRole("button", { name: "Sign out", exact: true }).click();
  await expect(tab.page).toHaveURL(/\/signin/);
  await expect(ana.page.getByText("You are signed out.")).toBeVisible({ timeout: 15_000 });
  await expect(ana.page.getByText("No connection.")).toBeHidden();
});

for (const name of ["Ben", "Cy"]) {
  test(`text that Ana has typed is not sent as ${name}, who has since signed in in another tab`, async ({ people }) => {
    const [ana, ben, cy] = await Promise.all([people.signedIn("Ana"), people.signedIn("Ben"), people.offline("Cy")]);
    const next = name === "Ben" ? ben.account : cy;
    const path = await ana.startConversation(ben, "hello");
    await ana.composer.fill("in whose name?");
    ana.errors.expectStatus(401, 404);
    await ana.page.context().clearCookies();
    await (await ana.inAnotherTab()).handOver(next).signIn();
    // If the page has been reloaded by now, the field is empty or missing, and the click does nothing.
    await ana.page.locator(".composer__send").evaluateAll((buttons: HTMLElement[]) => buttons.forEach((button) => button.click()));
    const refused = ana.page.getByText("You are signed out.");
    const reloaded = ana.page.locator(".account__handle", { hasText: next.handle });
    await expect(refused.or(reloaded).first()).toBeAttached();
    await ben.open(path);
    await expect(ben.messages).toHaveText(["hello"]);
  });
}
