import { expect, test, type Person } from "./support/people.ts";

/** Checks that nothing is wider than the window: a zoomed page must scroll in one direction only (WCAG 2.2, 1.4.10). */
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
    for (const page of ["/messages", "/messages/new", "/settings", "/settings/sessions", "/settings/blocked", "/settings/authenticator", `/messages/new?q=${ben.account.handle}`, path]) {
      await expectNoSidewaysScroll(ana, page);
    }
    await expect(ana.composer).toBeInViewport();
    await expect(ana.sendButton).toBeInViewport();
  });
}

/**
 * Returns the click targets smaller than 44 by 44 pixels (WCAG 2.2, 2.5.5). Links inside a sentence are exempt, and a
 * checkbox is as large as its label, which can be clicked too.
 */
async function smallTargets(person: Person): Promise<string[]> {
  const targets = person.page.locator("a:visible, button:visible, summary:visible, input:visible, textarea:visible");
  return targets.evaluateAll((targets) =>
    targets
      .filter((target) => !(target.closest("p") && getComputedStyle(target).display === "inline"))
      .filter((target) => {
        const label = target instanceof HTMLInputElement && target.type === "checkbox" ? target.labels?.[0] : null;
        const { width, height } = (label ?? target).getBoundingClientRect();
        return Math.min(width, height) < 43.5;
      })
      .map((target) => target.outerHTML.slice(0, 160)),
  );
}

test("click targets are at least 44 pixels wide and high", async ({ people }) => {
  const [ana, ben] = [await people.signedIn("Ana"), await people.signedIn("Ben")];
  const path = await ana.startConversation(ben, "hello");
  const visitor = await people.visitor("Cy");
  visitor.errors.expectStatus(404);
  for (const page of ["/signin", "/signup", "/confirm", "/forgot", "/forgot?sent=1", "/no/such/page"]) {
    await visitor.open(page);
    expect(await smallTargets(visitor), page).toEqual([]);
  }
  for (const page of ["/messages", "/settings", `/messages/new?q=${ben.account.handle}`, path]) {
    await ana.open(page);
    expect(await smallTargets(ana), page).toEqual([]);
  }
  for (const [page, summary] of [["/messages", ".account__summary"], [path, ".date-form__summary"]] as const) {
    await ana.open(page);
    await ana.page.locator(summary).click();
    expect(await smallTargets(ana), summary).toEqual([]);
    await ana.page.keyboard.press("Escape");
  }
});

test("the panels of a conversation fit into 320 pixels", async ({ people }) => {
  const [ana, ben] = [await people.signedIn("Ana"), await people.signedIn("Ben")];
  const path = await ana.startConversation(ben, "hello");
  await ana.page.setViewportSize({ width: 320, height: 568 });
  await ana.open(path);
  for (const words of ["Go to a date", `Block ${ben.account.name}…`]) {
    await ana.page.locator("summary", { hasText: words }).click();
    const panel = ana.page.locator("details[open] .disclosure__panel");
    const { left, right } = await panel.evaluate((it) => it.getBoundingClientRect());
    expect([left >= 0, right <= 320], `${words}: ${left} to ${right}`).toEqual([true, true]);
    const [content, width] = await panel.evaluate((it) => [it.scrollWidth, it.clientWidth]);
    expect(content, `${words}: the content fits`).toBeLessThanOrEqual(width);
    await ana.page.keyboard.press("Escape");
  }
});

test("the mark of a user who is online is seen beside a long handle, and when they were last seen", async ({ people }) => {
  const [ana, ben] = [await people.signedIn("Ana"), await people.signedIn("Benediktusmaximilianus")];
  const path = await ana.startConversation(ben, "hello");
  await ana.page.setViewportSize({ width: 390, height: 780 });
  await ana.open(path);
  const [block, mark] = [ana.page.locator(".thread__who"), ana.page.locator(".thread__handle").getByTitle("Online")];
  const ends = async (it: typeof mark) => (await it.boundingBox())!;
  await expect(mark).toBeVisible();
  const [outer, inner] = [await ends(block), await ends(mark)];
  expect(inner.x + inner.width).toBeLessThanOrEqual(outer.x + outer.width);
  await ben.page.close();
  const seen = ana.page.getByText("Last seen");
  await expect(seen).toBeVisible({ timeout: 20_000 });
  expect(await seen.evaluate((it) => it.scrollWidth <= it.clientWidth)).toBe(true);
});
