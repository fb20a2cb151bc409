import { expectAccessibleWithoutScript } from "./support/accessible.ts";
import { expect, test } from "./support/people.ts";

test("requests are listed, deleted and accepted without script", async ({ people }) => {
  const [ana, ben] = [await people.signedIn("Ana"), await people.signedIn("Ben")];
  const path = await ana.requestConversation(ben, "hello: https://example.com/");
  await ben.open("/messages");
  await ben.page.getByRole("link", { name: "1 message request" }).click();
  await expectAccessibleWithoutScript(ben.page);
  await ben.page.getByRole("link", { name: ana.account.handle }).click();
  await expect(ben.page.getByText("wants to write to you")).toBeVisible();
  await expect(ben.page.getByRole("link", { name: "https://example.com/" })).toHaveCount(0);
  await expect(ben.composer).toHaveCount(0);
  await expectAccessibleWithoutScript(ben.page);
  await ben.page.getByRole("button", { name: "Delete" }).click();
  await expect(ben.page).toHaveURL(/\/messages\/requests$/);
  await expect(ben.page.getByText("You have no message requests.")).toBeVisible();

  await ana.open(path);
  await ana.send("again");
  await ben.page.reload();
  await ben.page.getByRole("link", { name: ana.account.handle }).click();
  await ben.page.getByRole("button", { name: "Accept" }).click();
  await expect(ben.composer).toBeVisible();
  await expect(ben.messages).toHaveText(["hello: https://example.com/", "again"]);
  await expect(ben.page.getByRole("link", { name: "https://example.com/" })).toBeVisible();
  await ben.send("welcome");
  await expect(ben.messages.last()).toHaveText("welcome");
});

test("a user chooses without script that nobody can start a conversation", async ({ people }) => {
  const [ana, ben] = [await people.signedIn("Ana"), await people.signedIn("Ben")];
  await ben.open("/settings");
  await ben.page.getByLabel("Who can start a conversation with you").selectOption("Nobody");
  await ben.page.getByRole("button", { name: "Save" }).click();
  await expect(ben.page.getByText("Settings saved.")).toBeVisible();
  ana.errors.expectStatus(409);
  await ana.open(`/messages/new/${ben.account.handle}`);
  await ana.send("hello?");
  await expect(ana.page.getByText("This message can't be delivered.")).toBeVisible();
  await expect(ana.composer).toHaveValue("hello?");
});
