import { expectAccessibleWithoutScript } from "./support/accessible.ts";
import { expect, test } from "./support/people.ts";

test("a user is blocked and unblocked without script", async ({ people }) => {
  const [ana, ben] = [await people.signedIn("Ana"), await people.signedIn("Ben")];
  const path = await ana.startConversation(ben, "hello");
  await ana.page.locator("summary", { hasText: `Block ${ben.account.name}…` }).click();
  await ana.page.getByRole("button", { name: "Block", exact: true }).click();
  await expect(ana.page.getByText("You have blocked")).toBeVisible();
  await expect(ana.composer).toHaveCount(0);
  await expect(ana.messages).toHaveText(["hello"]);
  await expectAccessibleWithoutScript(ana.page);

  ben.errors.expectStatus(409);
  await ben.open(path);
  await ben.send("are you there?");
  await expect(ben.page.getByText("This message can't be delivered.")).toBeVisible();
  await expect(ben.composer).toHaveValue("are you there?");

  await ana.page.getByRole("button", { name: "Unblock" }).click();
  await expect(ana.composer).toBeVisible();
  await ben.send("are you there?");
  await expect(ben.messages).toHaveText(["hello", "are you there?"]);
});
