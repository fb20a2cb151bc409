import { expectAccessibleWithoutScript } from "./support/accessible.ts";
import { expect, test } from "./support/people.ts";
import { messagePage } from "./support/table.ts";

test("a message and its author are reported without script", async ({ people }) => {
  const [ana, ben] = [await people.signedIn("Ana"), await people.signedIn("Ben")];
  const path = await ana.startConversation(ben, "buy this");
  const page = await messagePage(path);
  await ben.open(page);
  await ben.page.getByRole("link", { name: "Report to the operator" }).click();
  await expect(ben.page.getByRole("heading", { level: 1, name: "Report a message" })).toBeVisible();
  await expect(ben.page.getByText("buy this").last()).toBeVisible();
  await expectAccessibleWithoutScript(ben.page);

  ben.errors.expectStatus(422);
  await ben.page.getByLabel("Message to the operator (optional)").fill("a".repeat(1025));
  await ben.page.getByRole("button", { name: "Send report" }).click();
  await expect(ben.page.getByText("Choose a reason.")).toBeVisible();
  await expectAccessibleWithoutScript(ben.page);
  await ben.page.getByLabel("Reason").selectOption("Spam or fraud");
  await ben.page.getByLabel("Message to the operator (optional)").fill("again and again");
  await ben.page.getByRole("button", { name: "Send report" }).click();
  await expect(ben.page.getByText("Report sent.")).toBeVisible();
  await expect(ben.page.getByRole("button", { name: "Send report" })).toHaveCount(0);
  await expectAccessibleWithoutScript(ben.page);

  await ben.open(path);
  await ben.page.locator("summary", { hasText: `Block ${ana.account.name}…` }).click();
  await ben.page.getByRole("link", { name: "Report to the operator" }).click();
  await ben.page.getByLabel("Reason").selectOption("Something else");
  await ben.page.getByRole("button", { name: "Send report" }).click();
  await expect(ben.page.getByText("Report sent.")).toBeVisible();
  await ben.page.getByRole("link", { name: "Back to the conversation" }).click();
  await expect(ben.messages).toHaveText(["buy this"]);
});
