import { expect, test } from "./support/people.ts";
import { totp } from "./support/totp.ts";

test("an authenticator app is set up and signs in without script", async ({ people }) => {
  const ana = await people.signedIn("Ana");
  ana.errors.expectStatus(422);
  const { page } = ana;
  await ana.open("/settings/authenticator");
  await page.getByRole("button", { name: "Set up an app" }).click();
  await expect(page.getByRole("img", { name: "QR code with the key" })).toBeVisible();
  const key = await page.locator(".key code").innerText();
  await page.getByLabel("Code that the app shows").fill("000000");
  await page.getByLabel("Current password").fill(ana.account.password);
  await page.getByRole("button", { name: "Turn on" }).click();
  await expect(page.getByLabel("Code that the app shows")).toHaveAccessibleDescription(/This code is wrong/);
  await expect(page.locator(".key code")).toHaveText(key);
  await page.getByLabel("Code that the app shows").fill(totp(key));
  await page.getByLabel("Current password").fill(ana.account.password);
  await page.getByRole("button", { name: "Turn on" }).click();
  await expect(page.getByText("Authenticator app turned on.")).toBeVisible();

  const other = (await people.visitor("Ana")).handOver(ana.account);
  await other.open("/signin");
  await other.submitSignIn();
  await expect(other.page.getByRole("heading", { name: "Enter your code" })).toBeVisible();
  await other.page.getByLabel("Code").fill(totp(key));
  await other.page.getByRole("button", { name: "Sign in" }).click();
  await expect(other.page).toHaveURL(/\/messages$/);
});
