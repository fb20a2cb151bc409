import { expect, test } from "./support/people.ts";

// F49
test("a message of very many lines is folded without script, too", async ({ people }) => {
  const [ana, ben] = [await people.signedIn("Ana"), await people.offline("Ben")];
  await ana.startConversation(ben, "hello");
  const text = `first${"\n".repeat(1000)}last`;
  await ana.send(text);
  const message = ana.messages.nth(1);
  expect(await message.textContent()).toBe(text);
  const height = async () => (await message.boundingBox())?.height ?? 0;
  expect(await height()).toBeLessThan(1000);
  await ana.page.getByText("Show more").click();
  expect(await height()).toBeGreaterThan(10_000);
});

// F1
test("a user found by search gets the first message without script", async ({ people }) => {
  const ana = await people.signedIn("Ana");
  const zoe = await people.offline("Zoë Ñandú");
  await ana.open(`/messages/new?q=${encodeURIComponent(`nandu ${zoe.handle}`)}`);
  await ana.page.getByRole("link", { name: zoe.handle }).click();
  await ana.send("hello Zoë");
  await expect(ana.page).toHaveURL(/\/messages\/[0-9a-f-]{36}$/);
  await expect(ana.messages).toHaveText(["hello Zoë"]);
});
