import { expect, test } from "./support/people.ts";

test("the list is filtered by a form without script", async ({ people }) => {
  const ana = await people.signedIn("Ana");
  const [ben, zoe] = [await people.offline("Ben"), await people.offline("Zoë Ñandú")];
  await ana.startConversation(ben, "hello Ben");
  await ana.startConversation(zoe, "hello Zoë");
  await ana.open("/messages");
  await ana.page.getByRole("searchbox", { name: "Find a conversation" }).fill("NANDU");
  await ana.page.getByRole("button", { name: "Find" }).click();
  await expect(ana.conversations).toHaveCount(1);
  await expect(ana.conversations.first()).toContainText("Zoë Ñandú");
  await expect(ana.page.getByText("1 conversation found")).toBeVisible();
  await ana.open("/messages?q=xyzzy");
  await expect(ana.page.getByText("No conversation found")).toBeVisible();
  await ana.page.getByRole("link", { name: "All conversations" }).click();
  await expect(ana.conversations).toHaveCount(2);
});
