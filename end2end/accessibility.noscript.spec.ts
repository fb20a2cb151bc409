import { expectAccessible } from "./support/accessible.ts";
import { expect, test, type Person } from "./support/people.ts";

/** Checks the page that is shown. */
async function expectAccessibleWithoutScript({ page }: Person): Promise<void> {
  // A browser without script runs no timer of the page's either, and axe ends each rule by one. A promise goes on.
  await page.evaluate(() => {
    const setTimeout = (then: () => void, ms: number) => {
      if (ms === 0) void Promise.resolve().then(then);
    };
    Object.assign(window, { setTimeout });
  });
  await expectAccessible(page);
}

/** Loads pages and checks each. */
async function check(person: Person, ...paths: string[]): Promise<void> {
  for (const path of paths) {
    await person.open(path);
    await expectAccessibleWithoutScript(person);
  }
}

test("the pages around signing in", async ({ people }) => {
  const visitor = await people.visitor("Ana");
  await check(visitor, "/signin", "/signup", "/confirm", "/forgot", "/forgot?sent=1");
  visitor.complaints.expectStatus(404);
  await check(visitor, "/no/such/page");
});

test("the list, a search, a conversation, and the settings", async ({ people }) => {
  const [ana, ben, cy] = [await people.signedIn("Ana"), await people.known("Ben"), await people.known("Cy")];
  const path = await ana.startConversation(ben, "hello");
  await ana.sendAll(path, Array.from({ length: 24 }, (_, n) => `message ${n + 1}`));
  await check(ana, "/messages", `/messages/new?q=${cy.handle}`, `/messages/new/${cy.handle}`, "/settings", path);
  await ana.page.getByRole("link", { name: "Older messages" }).click();
  await expect(ana.messages.first()).toHaveText("hello");
  await expectAccessibleWithoutScript(ana);
});

test("forms that were refused", async ({ people }) => {
  const [ana, ben, cy] = [await people.signedIn("Ana"), await people.known("Ben"), await people.visitor("Cy")];
  for (const person of [ana, cy]) person.complaints.expectStatus(422);
  await ana.startConversation(ben, "hello");
  await ana.send("a".repeat(1025));
  await expect(ana.composer).toHaveAttribute("aria-invalid", "true");
  await expectAccessibleWithoutScript(ana);
  await cy.open("/signup");
  await cy.page.getByRole("button", { name: "Make an account" }).click();
  await expect(cy.page.locator("[aria-invalid=true]").first()).toBeVisible();
  await expectAccessibleWithoutScript(cy);
});
