import { expect, test, type Person } from "./support/people.ts";

/** Nothing may be wider than the window: who zooms in reads in one direction only (WCAG 2.2, 1.4.10). */
async function expectNoSidewaysScroll(person: Person, path: string): Promise<void> {
  await person.open(path);
  const { content, window } = await person.page.evaluate(() => ({
    content: document.documentElement.scrollWidth,
    window: document.documentElement.clientWidth,
  }));
  expect(content, path).toBeLessThanOrEqual(window);
}

for (const [name, width, height] of [["320 pixels", 320, 568], ["200 % of 1280 pixels", 640, 400]] as const) {
  test(`every page fits into ${name}`, async ({ people }) => {
    const [ana, ben] = [await people.signedIn("Ana"), await people.signedIn("Benedikta-Annabella Zwierlein-Okafor")];
    const path = await ana.startConversation(ben, `https://example.com/${"a-very-long-address/".repeat(12)}`);
    const visitor = await people.visitor("Cy");
    for (const person of [ana, visitor]) await person.page.setViewportSize({ width, height });
    for (const page of ["/signin", "/signup", "/confirm", "/forgot", "/forgot?sent=1"]) {
      await expectNoSidewaysScroll(visitor, page);
    }
    for (const page of ["/messages", "/messages/new", "/settings", `/messages/new?q=${ben.account.handle}`, path]) {
      await expectNoSidewaysScroll(ana, page);
    }
    await expect(ana.composer).toBeInViewport();
    await expect(ana.sendButton).toBeInViewport();
  });
}

test("the targets are at least 44 pixels high", async ({ people }) => {
  const [ana, ben] = [await people.signedIn("Ana"), await people.signedIn("Ben")];
  const path = await ana.startConversation(ben, "hello");
  for (const page of ["/messages", "/messages/new", path]) {
    await ana.open(page);
    const small = await ana.page.locator("main button:visible, main a:visible, header a:visible, summary:visible").evaluateAll(
      (targets) => targets.filter((target) => target.getBoundingClientRect().height < 43.5).map((target) => target.outerHTML.slice(0, 120)),
    );
    expect(small, page).toEqual([]);
  }
});
