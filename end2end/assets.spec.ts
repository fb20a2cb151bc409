import type { Page, Response } from "@playwright/test";
import { expectAccessible } from "./support/accessible.ts";
import { expect, test, type Person } from "./support/people.ts";

/** The page for signing in, and the files of the package that it is made of. */
async function load(visitor: Person) {
  const files: Response[] = [];
  visitor.page.on("response", (response) => {
    if (new URL(response.url()).pathname.includes("/pkg/")) files.push(response);
  });
  const page = await visitor.page.goto("/signin");
  await visitor.alive();
  const kinds = new Set(files.map((file) => file.url().split(".").at(-1)));
  expect([...kinds].sort()).toEqual(["css", "js", "wasm"]);
  return { page, files };
}

/** How many bytes came for the page that is open, its own and its files'. */
function weight(page: Page) {
  return page.evaluate(() =>
    [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
      .map((entry) => (entry as PerformanceResourceTiming).encodedBodySize)
      .reduce((sum, bytes) => sum + bytes),
  );
}

test("what a page is made of may be kept for ever, the page itself may not be kept", async ({ people }) => {
  const { page, files } = await load(await people.visitor("Ana"));
  expect(page?.headers()["cache-control"]).toBe("no-store");
  for (const file of files) {
    expect(file.url()).toMatch(/\.[\w-]{22}\.(css|js|wasm)$/);
    expect((await file.allHeaders())["cache-control"], file.url()).toContain("immutable");
  }
});

test.describe("of a site that was built to be delivered", () => {
  test.skip(!process.env.PRECOMPRESSED, "PRECOMPRESSED does not say that the site was built so; bin/test does");

  test("what a page is made of comes compressed, in the best way that is understood", async ({ people }) => {
    const ana = await people.visitor("Ana");
    const { files } = await load(ana);
    for (const file of files) {
      expect((await file.allHeaders())["content-encoding"], file.url()).toBe("br");
      const asked = await ana.page.request.get(file.url(), { headers: { "accept-encoding": "gzip" } });
      expect(asked.ok(), file.url()).toBe(true);
      expect(asked.headers()["content-encoding"], file.url()).toBe("gzip");
    }
  });

  test("a first visit weighs at most 250 kB", async ({ people }) => {
    const ana = await people.visitor("Ana");
    for (const path of ["/", "/signin", "/signup", "/confirm", "/forgot"]) {
      // The browser of somebody who has never been here.
      const visitor = path === "/" ? ana : await people.visitor(`Ana at ${path}`);
      await visitor.page.goto(path);
      await visitor.alive();
      expect(await weight(visitor.page), path).toBeLessThanOrEqual(250_000);
    }
  });

  test("no two builds have the same address for a file", async ({ people }) => {
    const ana = await people.visitor("Ana");
    const { files } = await load(ana);
    for (const file of files) {
      const { pathname } = new URL(file.url());
      expect(pathname).toMatch(/^\/build\/[\w-]{44}\/pkg\//);
      const other = pathname.replace(/^\/build\/./, (start) => start.slice(0, -1) + (start.endsWith("x") ? "y" : "x"));
      for (const path of [other, pathname.replace(/^\/build\/[\w-]+/, "")]) {
        const answer = await ana.page.request.get(path);
        expect(answer.status(), path).toBe(404);
        expect(answer.headers()["cache-control"], path).toBe("no-store");
      }
    }
  });

  test("a page whose code cannot be loaded says so, and can be tried again", async ({ people }) => {
    const ana = await people.signedIn("Ana");
    ana.complaints.expectNoAnswer();
    const { page } = ana;
    for (const [from, link, heading] of [
      ["/messages", "New message", "New message"],
      ["/settings", "Back to the messages", "Messages"],
    ] as const) {
      await ana.open(from);
      await page.route(/\/split_(rest|messages)\./, (route) => route.abort("internetdisconnected"));
      await page.getByRole("link", { name: link }).first().click();
      await expect(page.getByRole("heading", { name: "This page cannot be shown" })).toBeFocused();
      await expectAccessible(page);
      await page.unroute(/\/split_(rest|messages)\./);
      await page.getByRole("link", { name: "Try again" }).click();
      await expect(page.getByRole("heading", { name: heading, exact: true })).toBeVisible();
    }
  });

  test("a page whose code cannot be loaded at first works as without script", async ({ people }) => {
    const ana = await people.registered("Ana");
    ana.complaints.expectNoAnswer();
    await ana.page.route(/\/split_account\./, (route) => route.abort("internetdisconnected"));
    await ana.page.goto("/signin");
    await ana.page.getByRole("link", { name: "Make an account" }).click();
    await expect(ana.page).toHaveTitle(/^Make an account/);
    await ana.page.goto("/signin");
    await ana.fillSignIn();
    await expect(ana.page).toHaveURL(/\/messages$/);
    await ana.alive();
  });
});
