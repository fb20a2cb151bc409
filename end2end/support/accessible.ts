import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { expect, type Person } from "./people.ts";

/** Checks the rules of WCAG 2.2, level AA, that axe can test, in both color schemes. */
export async function expectAccessible(page: Page): Promise<void> {
  // With reduced motion there are no transitions, in the middle of which axe could measure a color.
  await page.emulateMedia({ colorScheme: "dark", reducedMotion: "reduce" });
  await expectNoViolations(page, (axe) => axe.withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]));
  await page.emulateMedia({ colorScheme: "light" });
  // The color schemes differ in nothing but colors, so the rules about colors are enough here.
  await expectNoViolations(page, (axe) => axe.withRules(["color-contrast", "link-in-text-block"]));
}

async function expectNoViolations(page: Page, configure: (axe: AxeBuilder) => AxeBuilder): Promise<void> {
  const { violations } = await configure(new AxeBuilder({ page })).analyze();
  const found = violations.map(({ id, help, nodes }) => `${id}: ${help}\n  ${nodes.map((node) => node.html).join("\n  ")}`);
  expect(found, page.url()).toEqual([]);
}

/** Like `expectAccessible`, for a browser without script. */
export async function expectAccessibleWithoutScript(page: Page): Promise<void> {
  // axe ends each rule with a timer, and a browser without script does not run the page's timers. Promises still work.
  await page.evaluate(() => {
    const setTimeout = (then: () => void, ms: number) => {
      if (ms === 0) void Promise.resolve().then(then);
    };
    Object.assign(window, { setTimeout });
  });
  await expectAccessible(page);
}

/** Loads a page and checks it. */
export async function check(person: Person, path: string): Promise<void> {
  await person.open(path);
  await expectAccessible(person.page);
}
