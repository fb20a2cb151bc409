import { expect, test } from "./support/people.ts";

test("two people sign in and write to each other", async ({ people }) => {
  const [ana, ben] = await Promise.all([people.signedIn("Ana"), people.signedIn("Ben")]);
  const path = await ana.startConversation(ben, "Are you there?");

  await ben.open("/messages");
  await ben.conversations.filter({ hasText: ana.account.handle }).click();
  await expect(ben.messages).toHaveText(["Are you there?"]);
  await ben.send("I am.");
  await expect(ben.messages).toHaveText(["Are you there?", "I am."]);

  await ana.open(path);
  await expect(ana.messages).toHaveText(["Are you there?", "I am."]);
});

test("two first messages at the same time create one conversation", async ({ people }) => {
  const [ana, ben] = await Promise.all([people.signedIn("Ana"), people.signedIn("Ben")]);
  await Promise.all([ana.open(`/messages/new/${ben.account.handle}`), ben.open(`/messages/new/${ana.account.handle}`)]);
  await Promise.all([ana.send("from Ana"), ben.send("from Ben")]);
  await expect(ana.page).toHaveURL(/\/messages\/[0-9a-f-]{36}$/);
  await expect(ben.page).toHaveURL(ana.page.url());
  await ana.open(new URL(ana.page.url()).pathname);
  await expect(ana.messages).toHaveCount(2);
});
