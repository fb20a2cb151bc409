import { expect, test } from "./support/people.ts";

test("members of a conversation see each other online", async ({ people }) => {
  const [ana, ben] = await Promise.all([people.signedIn("Ana"), people.signedIn("Ben")]);
  await ana.startConversation(ben, "hello");
  const mark = ana.page.locator(".thread__handle").getByTitle("Online");
  await expect(mark).toBeVisible();
  await expect(ben.conversations.first().getByTitle("Online")).toBeVisible();
  await ben.page.reload();
  await expect(ben.conversations.first().getByTitle("Online")).toBeVisible();
  await expect(mark).toBeVisible();
  await ben.page.close();
  await expect(mark).toHaveCount(0, { timeout: 20_000 });
});

test("older conversations show presence too, in the open one and in rows loaded on demand", async ({ people }) => {
  const [ana, ben] = await Promise.all([people.signedIn("Ana"), people.signedIn("Ben")]);
  const path = await ana.startConversation(ben, "long ago");
  for (let n = 1; n <= 20; n++) {
    const { handle } = await people.offline(`P${n}`);
    await ana.call("start_conversation", { handle, id: crypto.randomUUID(), body: `message ${n}` });
  }
  await ana.open(path);
  await expect(ana.page.locator(".thread__handle").getByTitle("Online")).toBeVisible();
  await ana.open("/messages");
  await expect(ana.conversations).toHaveCount(20);
  await ana.page.getByRole("link", { name: "Older conversations" }).click();
  const row = ana.conversations.filter({ hasText: ben.account.handle });
  await expect(row.getByTitle("Online")).toBeVisible();
  await ben.page.close();
  await expect(row.getByTitle("Online")).toHaveCount(0, { timeout: 20_000 });
  // The users of the rows in between are offline.
  await expect(ana.conversations.getByTitle("Online")).toHaveCount(0);
});
