import { expect, test } from "./support/people.ts";

test("an account is deleted and kept again without script", async ({ people }) => {
  const ana = await people.registered("Ana");
  await ana.signIn();
  ana.errors.expectStatus(422);
  const { account, page } = ana;
  await ana.open("/settings");
  await page.getByRole("link", { name: "Delete your account" }).click();
  await page.getByLabel("Delete my messages, too").check();
  await page.getByRole("button", { name: "Delete account" }).click();
  await expect(page.getByLabel("Current password")).toHaveAttribute("aria-invalid", "true");
  await expect(page.getByLabel("Delete my messages, too")).toBeChecked();
  await page.getByLabel("Current password").fill(account.password);
  await page.getByRole("button", { name: "Delete account" }).click();
  await expect(page.getByText("Your account will be deleted in 14 days.")).toBeVisible();
  await ana.open("/signin");
  await ana.submitSignIn();
  await expect(page.getByText("Your account will not be deleted.")).toBeVisible();
});
