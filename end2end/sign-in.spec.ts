import { code, resetCode } from "./support/accounts.ts";
import { expect, test } from "./support/people.ts";

test("a new person makes an account, confirms it and lands in their messages", async ({ people }) => {
  const { account, page } = await people.visitor("Ana");
  await page.goto("/signup");
  await page.getByLabel("Name").fill(account.name);
  await page.getByLabel("Handle").fill(account.handle);
  await page.getByLabel("E-mail").fill(account.email);
  await page.getByLabel("Password").fill(account.password);
  await page.getByRole("button", { name: "Make an account" }).click();
  await expect(page.getByRole("heading", { name: "Confirm your e-mail address" })).toBeVisible();
  await expect(page.getByLabel("E-mail")).toHaveValue(account.email);
  await page.getByLabel("Code").fill(code);
  await page.getByRole("button", { name: "Confirm" }).click();
  await expect(page.getByRole("status")).toContainText("confirmed");
  await page.getByLabel("E-mail").fill(account.email);
  await page.getByLabel("Password").fill(account.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page).toHaveURL(/\/messages$/);
  await expect(page.getByText("You have no conversations yet.")).toBeVisible();
});

test("a wrong password and an unknown address are answered in the same words", async ({ people }) => {
  const words: string[] = [];
  for (const person of [await people.registered("Ana"), await people.visitor("Ben")]) {
    person.complaints.expectStatus(422);
    await person.open("/signin");
    await person.fillSignIn("not the password 1A");
    await expect(person.page.getByLabel("Password")).toHaveAccessibleDescription(/is not right/);
    words.push(await person.page.getByRole("main").innerText());
    await expect(person.page.getByLabel("E-mail")).toHaveValue(person.account.email);
  }
  expect(words[0]).toBe(words[1]);
});

test("making an account for an address that has one looks like making a new one", async ({ people }) => {
  const { account } = await people.registered("Ana");
  for (const email of [account.email, `new-${account.email}`]) {
    const visitor = await people.visitor("Ben");
    const { page } = visitor;
    await visitor.open("/signup");
    await page.getByLabel("Name").fill("Ben");
    await page.getByLabel("Handle").fill(visitor.account.handle);
    await page.getByLabel("E-mail").fill(email);
    await page.getByLabel("Password").fill(visitor.account.password);
    await page.getByRole("button", { name: "Make an account" }).click();
    await expect(page.getByRole("heading", { name: "Confirm your e-mail address" })).toBeVisible();
  }
});

test("what is wrong with a field is said beside it, and the field has the focus", async ({ people }) => {
  const ana = await people.visitor("Ana");
  ana.complaints.expectStatus(422);
  await ana.open("/signup");
  await ana.page.getByLabel("Name").fill("Ana");
  await ana.page.getByLabel("Handle").fill("no spaces");
  await ana.page.getByLabel("E-mail").fill(ana.account.email);
  await ana.page.getByLabel("Password").fill(ana.account.password);
  await ana.page.getByRole("button", { name: "Make an account" }).click();
  const handle = ana.page.getByLabel("Handle");
  await expect(handle).toHaveAttribute("aria-invalid", "true");
  await expect(handle).toHaveAccessibleDescription(/made of the letters/);
  await expect(handle).toBeFocused();
});

test("after signing in you land where you were going", async ({ people }) => {
  const ana = await people.registered("Ana");
  await ana.open("/messages/new?q=be");
  await expect(ana.page).toHaveURL(/\/signin\?next=/);
  await ana.fillSignIn();
  await expect(ana.page).toHaveURL(/\/messages\/new\?q=be$/);
  await expect(ana.page.getByLabel("To whom?")).toHaveValue("be");
});

test("another code can be asked for", async ({ people }) => {
  const ana = await people.visitor("Ana");
  await ana.open(`/confirm?email=${ana.account.email}`);
  await ana.page.getByRole("button", { name: "Send another code" }).click();
  await expect(ana.page.getByRole("status")).toHaveText("A new code is on its way.");
});

test("a forgotten password is replaced by a new one", async ({ people }) => {
  const ana = await people.registered("Ana");
  ana.complaints.expectStatus(422);
  const { page, account } = ana;
  await ana.open("/signin");
  await page.getByRole("link", { name: "Forgot your password?" }).click();
  await page.getByLabel("E-mail").fill(account.email);
  await page.getByRole("button", { name: "Send a code" }).click();
  await page.getByLabel("Code").fill(resetCode);
  await page.getByLabel("New password").fill("another horse 2 Staple");
  await page.getByRole("button", { name: "Set the new password" }).click();
  await expect(page.getByRole("status")).toContainText("Your new password is set");
  await ana.open("/signin");
  await ana.fillSignIn();
  await expect(page.getByLabel("Password")).toHaveAccessibleDescription(/is not right/);
  await ana.fillSignIn("another horse 2 Staple");
  await expect(page).toHaveURL(/\/messages$/);
});

test("signing out ends this session", async ({ people }) => {
  const ana = await people.signedIn("Ana");
  await ana.page.getByText("Account", { exact: true }).locator("..").click();
  await ana.page.getByRole("button", { name: "Sign out", exact: true }).click();
  await expect(ana.page).toHaveURL(/\/signin/);
  await ana.open("/messages");
  await expect(ana.page).toHaveURL(/\/signin/);
});

test("signing out everywhere ends the session in another browser at once", async ({ people }) => {
  const ana = await people.signedIn("Ana");
  const elsewhere = await people.again(ana);
  await elsewhere.signIn();
  await ana.page.getByText("Account", { exact: true }).locator("..").click();
  await ana.page.getByRole("button", { name: "Sign out everywhere" }).click();
  await expect(ana.page).toHaveURL(/\/signin/);
  await elsewhere.open("/messages");
  await expect(elsewhere.page).toHaveURL(/\/signin/);
});

test("signing out in one tab is said in the other", async ({ people }) => {
  const ana = await people.signedIn("Ana");
  const tab = await ana.inAnotherTab();
  await tab.open("/messages");
  ana.complaints.expectStatus(401);
  await tab.page.getByText("Account", { exact: true }).locator("..").click();
  await tab.page.getByRole("button", { name: "Sign out", exact: true }).click();
  await expect(tab.page).toHaveURL(/\/signin/);
  await expect(ana.page.getByText("You are signed out.")).toBeVisible({ timeout: 15_000 });
  await expect(ana.page.getByText("No connection.")).toBeHidden();
});

for (const name of ["Ben", "Cy"]) {
  test(`what Ana has typed is not sent as ${name}, who has signed in in another tab since`, async ({ people }) => {
    const [ana, ben, cy] = await Promise.all([people.signedIn("Ana"), people.signedIn("Ben"), people.known("Cy")]);
    const next = name === "Ben" ? ben.account : cy;
    const path = await ana.startConversation(ben, "hello");
    await ana.composer.fill("in whose name?");
    ana.complaints.expectStatus(401, 404);
    await ana.page.context().clearCookies();
    await (await ana.inAnotherTab()).handOver(next).signIn();
    // Nothing happens where the page has been loaded anew: then the field is empty, or not there.
    await ana.page.locator(".composer__send").evaluateAll((buttons: HTMLElement[]) => buttons.forEach((button) => button.click()));
    const refused = ana.page.getByText("You are signed out.");
    const loadedAnew = ana.page.locator(".account__handle", { hasText: next.handle });
    await expect(refused.or(loadedAnew).first()).toBeAttached();
    await ben.open(path);
    await expect(ben.messages).toHaveText(["hello"]);
  });
}
