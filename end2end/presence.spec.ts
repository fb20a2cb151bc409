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
  const lastSeen = ana.page.locator(".thread__handle").getByText("Last seen");
  await expect(lastSeen).toBeVisible();
  await ana.page.reload();
  await expect(lastSeen).toBeVisible();
  // The settings have no stream, so they can hide it after the user has left.
  const again = await ben.inAnotherTab();
  await again.open("/settings");
  for (const isShown of [false, true]) {
    await again.page.getByLabel("Online status").setChecked(isShown);
    await Promise.all([again.page.waitForEvent("load"), again.page.getByRole("button", { name: "Save" }).click()]);
    await expect(again.page.getByText("Settings saved.")).toBeVisible();
    await expect(lastSeen).toHaveCount(0);
  }
  await again.open("/messages");
  await expect(mark).toBeVisible();
  await expect(lastSeen).toHaveCount(0);
});

test("a user who turns the online status off is offline for others, and sees no presence", async ({ people }) => {
  const [ana, ben] = await Promise.all([people.signedIn("Ana"), people.signedIn("Ben")]);
  const path = await ana.startConversation(ben, "hello");
  await ben.open(path);
  const online = (person: typeof ana) => person.page.locator(".thread__handle").getByTitle("Online");
  await Promise.all([expect(online(ana)).toBeVisible(), expect(online(ben)).toBeVisible()]);
  const settings = await ben.inAnotherTab();
  await settings.open("/settings");
  await settings.page.getByLabel("Online status").uncheck();
  await settings.page.getByRole("button", { name: "Save" }).click();
  await expect(settings.page.getByText("Settings saved.")).toBeVisible();
  await Promise.all([expect(online(ana)).toHaveCount(0), expect(online(ben)).toHaveCount(0)]);
  await settings.page.getByLabel("Online status").check();
  await settings.page.getByRole("button", { name: "Save" }).click();
  await Promise.all([expect(online(ana)).toBeVisible(), expect(online(ben)).toBeVisible()]);
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
