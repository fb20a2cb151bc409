import { expectAccessible } from "./support/accessible.ts";
import { directConversation } from "./support/conversation.ts";
import { expect, test } from "./support/people.ts";

test("the list is filtered as one types, also past what is loaded", async ({ people }) => {
  const ana = await people.signedIn("Ana");
  const others = await Promise.all(["Zoë Ñandú", ...Array.from({ length: 21 }, (_, n) => `Ben Quux${n}`)].map((name) => people.offline(name)));
  for (const other of others) await ana.call("start_conversation", { handle: other.handle, id: crypto.randomUUID(), body: "hello" });
  await ana.open("/messages");
  await expect(ana.conversations).toHaveCount(20);
  const field = ana.page.getByRole("searchbox", { name: "Find a conversation" });
  await field.fill("quux7");
  await expect(ana.conversations).toHaveCount(1);
  await expect(ana.page.getByText("1 conversation found")).toBeVisible();
  // Not among the loaded rows.
  await field.fill("nandu");
  await expect(ana.conversations.first()).toContainText("Zoë Ñandú");
  await expectAccessible(ana.page);
  await field.press("ArrowDown");
  await expect(ana.conversations.first()).toBeFocused();
  await ana.page.keyboard.press("ArrowUp");
  await expect(field).toBeFocused();
  await field.fill("xyzzy");
  await expect(ana.page.getByText("No conversation found")).toBeVisible();
  await expect(ana.page.getByRole("link", { name: "Search for people" })).toHaveAttribute("href", "/messages/new?q=xyzzy");
  await expectAccessible(ana.page);
  await field.fill("🐈");
  await expect(ana.page.getByText("No conversation found")).toBeVisible();
  await expect(ana.conversations).toHaveCount(0);
  await field.press("Escape");
  await expect(field).toHaveValue("");
  await expect(ana.conversations).toHaveCount(20);
});

test("what the server has found can be opened, and Back shows it again", async ({ people }) => {
  const { ana, ben, path } = await directConversation(people);
  const cy = await people.offline("Cy");
  await ana.open(`/messages/new/${cy.handle}`);
  await ana.send("to another one");
  await expect(ana.page).toHaveURL(/\/messages\/[0-9a-f-]{36}$/);
  const field = ana.page.locator("#filter");
  await ana.open(`/messages?q=${ben.account.handle}`);
  await expect(ana.conversations).toHaveCount(1);
  await ana.conversations.first().click();
  await expect(ana.page).toHaveURL(new RegExp(`${path}$`));
  await expect(ana.messages).toHaveText(["Are you there?"]);
  await ana.page.goBack();
  await expect(field).toHaveValue(ben.account.handle);
  await expect(ana.conversations).toHaveCount(1);
  await ana.page.goForward();
  await ana.composer.fill("still alive");
  await ana.sendButton.click();
  await expect(ana.messages).toHaveText(["Are you there?", "still alive"]);
});
