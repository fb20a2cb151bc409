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

/** Loads a page and checks it. */
export async function check(person: Person, path: string): Promise<void> {
  await person.open(path);
  await expectAccessible(person.page);
}
