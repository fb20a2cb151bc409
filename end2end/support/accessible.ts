import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { expect, type Person } from "./people.ts";

/** WCAG 2.2, level AA: what a program can check of it, in both themes. */
export async function expectAccessible(page: Page): Promise<void> {
  // Without motion a colour is at once what it will be.
  await page.emulateMedia({ colorScheme: "dark", reducedMotion: "reduce" });
  await expectNoViolations(page, (axe) => axe.withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]));
  await page.emulateMedia({ colorScheme: "light" });
  // The rules that look at colours: nothing else is different.
  await expectNoViolations(page, (axe) => axe.withRules(["color-contrast", "link-in-text-block"]));
}

async function expectNoViolations(page: Page, choose: (axe: AxeBuilder) => AxeBuilder): Promise<void> {
  const { violations } = await choose(new AxeBuilder({ page })).analyze();
  const found = violations.map(({ id, help, nodes }) => `${id}: ${help}\n  ${nodes.map((node) => node.html).join("\n  ")}`);
  expect(found, page.url()).toEqual([]);
}

/** Loads a page and checks it. */
export async function check(person: Person, path: string): Promise<void> {
  await person.open(path);
  await expectAccessible(person.page);
}
