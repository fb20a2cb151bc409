import { expectAccessible } from "./support/accessible.ts";
import { directConversation } from "./support/conversation.ts";
import { expect, test } from "./support/people.ts";
import { signOut } from "./support/sign-out.ts";
import { messagePage } from "./support/table.ts";

test("a message is reported from its page", async ({ people }) => {
  const [ana, ben] = await Promise.all([people.signedIn("Ana"), people.signedIn("Ben")]);
  const path = await ana.startConversation(ben, "buy this");
  await ben.open(await messagePage(path));
  await ben.page.getByRole("link", { name: "Report to the operator" }).click();
  await expect(ben.page.getByRole("heading", { level: 1, name: "Report a message" })).toBeFocused();
  await expectAccessible(ben.page);

  ben.errors.expectStatus(422);
  await ben.page.getByRole("button", { name: "Send report" }).click();
  await expect(ben.page.getByText("Choose a reason.")).toBeVisible();
  await expect(ben.page.getByLabel("Reason")).toBeFocused();
  await ben.page.getByLabel("Reason").selectOption("Spam or fraud");
  await ben.page.getByLabel("Message to the operator (optional)").fill("again and again");
  await ben.page.getByRole("button", { name: "Send report" }).click();
  await expect(ben.page.getByText("Report sent.")).toBeVisible();
  await expect(ben.page.getByRole("button", { name: "Send report" })).toHaveCount(0);
  await expectAccessible(ben.page);
});

test("a user is reported from the conversation and from the note about a block", async ({ people }) => {
  const [ana, ben] = await Promise.all([people.signedIn("Ana"), people.signedIn("Ben")]);
  const path = await ana.startConversation(ben, "buy this");
  await ben.open(path);
  const report = ben.page.getByRole("link", { name: "Report to the operator" });
  await ben.page.locator("summary", { hasText: `Block ${ana.account.name}…` }).click();
  await expect(report).toBeVisible();
  await expectAccessible(ben.page);
  await ben.page.getByRole("button", { name: "Block", exact: true }).click();
  await expect(ben.page.getByText("You have blocked")).toBeVisible();
  await report.click();
  await expect(ben.page.getByRole("heading", { level: 1, name: "Report a user" })).toBeVisible();
  await ben.page.getByLabel("Reason").selectOption("Harassment or hate");
  await ben.page.getByRole("button", { name: "Send report" }).click();
  await expect(ben.page.getByText("Report sent.")).toBeVisible();
  await ben.page.getByRole("link", { name: "Back to the conversation" }).click();
  await expect(ben.messages).toHaveText(["buy this"]);
});

test("the text of a report is kept until it is sent", async ({ people }) => {
  const { ana, path } = await directConversation(people);
  const details = ana.page.getByLabel("Message to the operator (optional)");
  await ana.open(`${path}/report`);
  await details.fill("again and again");
  await ana.page.reload();
  await ana.waitUntilHydrated();
  await expect(details).toHaveValue("again and again");
  await ana.page.getByRole("link", { name: "Back to the conversation" }).click();
  await expect(ana.composer).toBeVisible();
  await ana.page.goBack();
  await expect(details).toHaveValue("again and again");
  await ana.page.getByLabel("Reason").selectOption("Spam or fraud");
  await ana.page.getByRole("button", { name: "Send report" }).click();
  await expect(ana.page.getByText("Report sent.")).toBeVisible();
  await ana.open("/messages");
  expect(await signOut(ana, "accept"), "nothing is left to ask about").toBeUndefined();
});
