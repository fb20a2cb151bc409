import { expect, test } from "./support/people.ts";

test("without script there is no emoji button, and no room is kept for it", async ({ people }) => {
  const [ana, ben] = await Promise.all([people.signedIn("Ana"), people.offline("Ben")]);
  await ana.open(`/messages/new/${ben.handle}`);
  await expect(ana.composer).toBeVisible();
  await expect(ana.page.locator(".composer__emoji")).toHaveCSS("display", "none");
});
