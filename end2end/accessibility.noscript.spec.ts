import { expectAccessibleWithoutScript } from "./support/accessible.ts";
import { expect, test, type Person } from "./support/people.ts";

/** Loads each of the pages and checks it. */
async function check(person: Person, ...paths: string[]): Promise<void> {
  for (const path of paths) {
    await person.open(path);
    await expectAccessibleWithoutScript(person.page);
  }
}

test("the pages for signing in and signing up are accessible", async ({ people }) => {
  const visitor = await people.visitor("Ana");
  await check(visitor, "/signin", "/signup", "/confirm", "/forgot", "/forgot?sent=1", "/privacy");
  visitor.errors.expectStatus(404);
  await check(visitor, "/no/such/page");
});

test("the list, the search, a conversation and the settings are accessible", async ({ people }) => {
  const [ana, ben, cy] = [await people.signedIn("Ana"), await people.offline("Ben"), await people.offline("Cy")];
  const path = await ana.startConversation(ben, "hello");
  await ana.sendAll(path, Array.from({ length: 24 }, (_, n) => `message ${n + 1}`));
  await check(ana, "/settings/sessions", "/settings/blocked", "/settings/profile", "/settings/password");
  await check(ana, "/settings/authenticator", "/settings/email", "/settings/export", "/settings/delete");
  await check(ana, "/messages", `/messages/new?q=${cy.handle}`, `/messages/new/${cy.handle}`, "/settings", path);
  await ana.page.getByRole("link", { name: "Older messages" }).click();
  await expect(ana.messages.first()).toHaveText("hello");
  await expectAccessibleWithoutScript(ana.page);
});

test("refused forms are accessible", async ({ people }) => {
  const [ana, ben, cy] = [await people.signedIn("Ana"), await people.offline("Ben"), await people.visitor("Cy")];
  for (const person of [ana, cy]) person.errors.expectStatus(422);
  await ana.startConversation(ben, "hello");
  await ana.send("a".repeat(1025));
  await expect(ana.composer).toHaveAttribute("aria-invalid", "true");
  await expectAccessibleWithoutScript(ana.page);
  await cy.open("/signup");
  await cy.page.getByRole("button", { name: "Create account" }).click();
  await expect(cy.page.locator("[aria-invalid=true]").first()).toBeVisible();
  await expectAccessibleWithoutScript(cy.page);
});
