import type { Page } from "@playwright/test";
import axe, { type RunOptions } from "axe-core";
import { expect, type Person } from "./people.ts";

/** Checks the rules of WCAG 2.2, level AA, that axe can test, in both color schemes. */
export async function expectAccessible(page: Page): Promise<void> {
  // With reduced motion there are no transitions, in the middle of which axe could measure a color.
  await page.emulateMedia({ colorScheme: "dark", reducedMotion: "reduce" });
  await expectNoViolations(page, { type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] });
  await page.emulateMedia({ colorScheme: "light" });
  // The color schemes differ in nothing but colors, so the rules about colors are enough here.
  await expectNoViolations(page, { type: "rule", values: ["color-contrast", "link-in-text-block"] });
}

/**
 * Runs axe in the page itself, once per page and state. The wrapper for Playwright opens a further page for each run, which
 * takes longer than the rules; it is for pages with frames, and the app has none.
 */
async function expectNoViolations(page: Page, runOnly: RunOptions["runOnly"]): Promise<void> {
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axe.source);
  const violations = await page.evaluate(async (options) => {
    const { axe } = window as unknown as { axe: typeof import("axe-core") };
    return (await axe.run(options)).violations;
  }, { runOnly, resultTypes: ["violations"] } satisfies RunOptions);
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
