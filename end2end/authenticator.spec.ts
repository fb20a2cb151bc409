import { expectAccessible } from "./support/accessible.ts";
import { expect, test } from "./support/people.ts";
import { totp } from "./support/totp.ts";

test("an authenticator app is set up, signs in and is turned off", async ({ people }) => {
  const ana = await people.signedIn("Ana");
  const { page } = ana;
  await ana.open("/settings");
  await page.getByRole("link", { name: "Authenticator app" }).click();
  await page.getByRole("button", { name: "Set up an app" }).click();
  await expect(page.getByRole("img", { name: "QR code with the key" })).toBeVisible();
  await ana.waitUntilHydrated();
  await expectAccessible(page);
  const key = await page.locator(".key code").innerText();
  await page.getByLabel("Code that the app shows").fill(totp(key));
  await page.getByLabel("Current password").fill(ana.account.password);
  await page.getByRole("button", { name: "Turn on" }).click();
  await expect(page.getByText("Authenticator app turned on.")).toBeVisible();

  const other = (await people.visitor("Ana")).handOver(ana.account);
  other.errors.expectStatus(422);
  await other.open("/signin?next=%2Fsettings");
  await other.submitSignIn();
  await expect(other.page.getByRole("heading", { name: "Enter your code" })).toBeVisible();
  await other.waitUntilHydrated();
  await expectAccessible(other.page);
  await other.page.getByLabel("Code").fill("000000");
  await other.page.getByRole("button", { name: "Sign in" }).click();
  await expect(other.page.getByLabel("Code")).toHaveAccessibleDescription(/This code is wrong/);
  await expect(other.page.getByLabel("Code")).toBeFocused();
  await other.page.getByLabel("Code").fill(totp(key));
  await other.page.getByRole("button", { name: "Sign in" }).click();
  await expect(other.page.getByRole("heading", { name: "Settings" })).toBeVisible();

  await ana.open("/settings/authenticator");
  await page.getByLabel("Current password").fill(ana.account.password);
  await page.getByRole("button", { name: "Turn off" }).click();
  await expect(page.getByText("Authenticator app turned off.")).toBeVisible();
});

test("the page for a code leads back if no sign-in waits for it", async ({ people }) => {
  const visitor = await people.visitor("Ana");
  await visitor.open("/signin/code");
  await expect(visitor.page).toHaveURL(/\/signin\?expired=true/);
  await expect(visitor.page.getByText("Your sign-in has expired")).toBeVisible();
});

test("a page whose key was replaced in another tab says so when its code is refused", async ({ people }) => {
  const ana = await people.signedIn("Ana");
  const tab = await ana.inAnotherTab();
  ana.errors.expectStatus(422);
  for (const page of [ana.page, tab.page]) await page.goto("/settings/authenticator");
  const keys: string[] = [];
  for (const person of [ana, tab]) {
    await person.page.getByRole("button", { name: "Set up an app" }).click();
    await expect(person.page.getByRole("img", { name: "QR code with the key" })).toBeVisible();
    await person.waitUntilHydrated();
    keys.push(await person.page.locator(".key code").innerText());
  }
  expect(keys[0]).not.toBe(keys[1]);
  const note = ana.page.getByText("This key does not count any more");
  await ana.page.getByLabel("Code that the app shows").fill(totp(keys[0] ?? ""));
  await ana.page.getByLabel("Current password").fill(ana.account.password);
  await ana.page.getByRole("button", { name: "Turn on" }).click();
  await expect(note).toBeVisible();
  await expectAccessible(ana.page);
  await ana.page.getByRole("link", { name: "Load the page again" }).click();
  await expect(ana.page.locator(".key code")).toHaveText(keys[1] ?? "");
  await expect(note).toHaveCount(0);
});
