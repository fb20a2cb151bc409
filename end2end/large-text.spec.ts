import { openMenu } from "./support/conversation.ts";
import { expect, test, type Person } from "./support/people.ts";

/** Font size that a user with 200 % text sets in the browser, in pixels. Media queries in `rem` follow it. */
const fontPx = 32;

test.use({
  launchOptions: [
    async ({ launchOptions }, use) => {
      await use({ ...launchOptions, args: [...(launchOptions.args ?? []), `--blink-settings=defaultFontSize=${fontPx}`] });
    },
    { scope: "worker" },
  ],
});

/** Expects that nothing has to be scrolled sideways, and that no control is out of view there. */
async function expectFits({ page }: Person, what: string): Promise<void> {
  const outside = await page.evaluate(() => {
    const controls = document.querySelectorAll<HTMLElement>("button, summary, a, input, textarea, h1, time");
    const isSeen = (it: HTMLElement) => it.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && !it.closest(".visually-hidden, .skip-link, .message__bar");
    const sticksOut = ({ width, left, right }: DOMRect) => width > 1 && (left < -1 || right > innerWidth + 1);
    const out = [...controls].filter((it) => isSeen(it) && sticksOut(it.getBoundingClientRect()));
    const page = document.documentElement.scrollWidth > innerWidth ? ["the page"] : [];
    return [...page, ...out.map((it) => `${it.className} ${it.textContent?.trim().slice(0, 30)}`)];
  });
  expect(outside, what).toEqual([]);
}

for (const [width, height] of [[390, 844], [768, 1024], [1280, 800]] as const) {
  test(`text of 200 % fits into ${width} pixels, with all panels and room to write`, async ({ people }) => {
    const [ana, ben] = [await people.withSession("Maximilianvonhabsburg"), await people.withSession("Ben")];
    const path = await ana.startConversation(ben, "Are you there?");
    expect(await ana.page.evaluate(() => getComputedStyle(document.documentElement).fontSize)).toBe(`${fontPx}px`);
    await ana.page.setViewportSize({ width, height });
    for (const page of ["/messages", "/messages/new", "/settings", "/settings/sessions", "/settings/export", "/settings/authenticator", path]) {
      await ana.open(page);
      await expectFits(ana, page);
    }
    await expect(ana.page.getByRole("heading", { level: 1 })).toContainText(ben.account.name);
    const room = await ana.composer.evaluate((it) => it.clientWidth / parseFloat(getComputedStyle(it).fontSize));
    expect(room, "em to write in").toBeGreaterThan(8);
    for (const words of ["Go to a date", `Block ${ben.account.name}…`]) {
      await ana.page.locator("summary", { hasText: words }).click();
      await expectFits(ana, words);
      await ana.page.keyboard.press("Escape");
    }
    await openMenu(ana, "Are you there?");
    await expectFits(ana, "the menu of a message");
    await ana.page.keyboard.press("Escape");
    await ana.page.getByRole("button", { name: "Emoji", exact: true }).click();
    await expect(ana.page.locator(".emoji-picker__emoji").first()).toBeVisible();
    await expectFits(ana, "the emoji picker");
    await ana.page.keyboard.press("Escape");
    await ana.open("/messages");
    await ana.page.locator(".account__summary").click();
    await expectFits(ana, "the account menu");
  });
}
