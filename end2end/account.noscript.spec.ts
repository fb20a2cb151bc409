import { expect, test } from "./support/people.ts";

test("name, sessions and password can be changed without script", async ({ people }) => {
  const ana = await people.signedIn("Ana");
  ana.errors.expectStatus(422);
  const { page } = ana;
  await ana.open("/settings");
  await page.getByRole("link", { name: "Name and handle" }).click();
  await page.getByLabel("Name").fill("Ana Lúcia");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("Name and handle saved.")).toBeVisible();
  await expect(page.getByLabel("Name")).toHaveValue("Ana Lúcia");
  await page.getByLabel("Handle").fill("support");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByLabel("Handle")).toHaveAccessibleDescription(/reserved/);
  await ana.open("/settings/sessions");
  await expect(page.getByText("Now, in this browser")).toHaveCount(1);
  await ana.open("/settings/password");
  await page.getByRole("button", { name: "Change password" }).click();
  await expect(page.getByLabel("Current password")).toHaveAttribute("aria-invalid", "true");
});
