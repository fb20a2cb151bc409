import type { Page, Response } from "@playwright/test";
import { expectAccessible } from "./support/accessible.ts";
import { expect, test, type Person } from "./support/people.ts";

/** Loads the sign-in page. Returns its response and those of its files in `/pkg/`. */
async function load(visitor: Person) {
  const files: Response[] = [];
  visitor.page.on("response", (response) => {
    if (new URL(response.url()).pathname.includes("/pkg/")) files.push(response);
  });
  const page = await visitor.page.goto("/signin");
  await visitor.waitUntilHydrated();
  const kinds = new Set(files.map((file) => file.url().split(".").at(-1)));
  expect([...kinds].sort()).toEqual(["css", "js", "wasm"]);
  return { page, files };
}

/** Returns the number of bytes transferred for the current page and its files. */
function transferredBytes(page: Page) {
  return page.evaluate(() =>
    [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
      .map((entry) => (entry as PerformanceResourceTiming).encodedBodySize)
      .reduce((sum, bytes) => sum + bytes),
  );
}

test("the files of a page may be cached forever, but not the page itself", async ({ people }) => {
  const { page, files } = await load(await people.visitor("Ana"));
  expect(page?.headers()["cache-control"]).toBe("no-store");
  for (const file of files) {
    expect(file.url()).toMatch(/\.[\w-]{22}\.(css|js|wasm)$/);
    expect((await file.allHeaders())["cache-control"], file.url()).toContain("immutable");
  }
});

test.describe("with a precompressed release build", () => {
  test.skip(!process.env.PRECOMPRESSED, "PRECOMPRESSED is not set; bin/test sets it for a precompressed build");

  test("the files of a page come in the best compression that the client accepts", async ({ people }) => {
    const ana = await people.visitor("Ana");
    const { files } = await load(ana);
    for (const file of files) {
      expect((await file.allHeaders())["content-encoding"], file.url()).toBe("br");
      const gzipped = await ana.page.request.get(file.url(), { headers: { "accept-encoding": "gzip" } });
      expect(gzipped.ok(), file.url()).toBe(true);
      expect(gzipped.headers()["content-encoding"], file.url()).toBe("gzip");
    }
  });

  test("a first visit transfers at most 250 kB", async ({ people }) => {
    const ana = await people.visitor("Ana");
    for (const path of ["/", "/signin", "/signup", "/confirm", "/forgot"]) {
      // A new browser for each page, so that nothing is cached.
      const visitor = path === "/" ? ana : await people.visitor(`Ana at ${path}`);
      await visitor.page.goto(path);
      await visitor.waitUntilHydrated();
      expect(await transferredBytes(visitor.page), path).toBeLessThanOrEqual(250_000);
    }
  });

  test("a file is served only under the URL of its own build", async ({ people }) => {
    const ana = await people.visitor("Ana");
    const { files } = await load(ana);
    for (const file of files) {
      const { pathname } = new URL(file.url());
      expect(pathname).toMatch(/^\/build\/[\w-]{44}\/pkg\//);
      const other = pathname.replace(/^\/build\/./, (start) => start.slice(0, -1) + (start.endsWith("x") ? "y" : "x"));
      for (const path of [other, pathname.replace(/^\/build\/[\w-]+/, "")]) {
        const response = await ana.page.request.get(path);
        expect(response.status(), path).toBe(404);
        expect(response.headers()["cache-control"], path).toBe("no-store");
      }
    }
  });

  test("a page whose code cannot be loaded says so and offers to try again", async ({ people }) => {
    const ana = await people.signedIn("Ana");
    ana.errors.expectNetworkFailure();
    const { page } = ana;
    for (const [from, link, heading] of [
      ["/messages", "New message", "New message"],
      ["/settings", "Back to messages", "Messages"],
    ] as const) {
      await ana.open(from);
      await page.route(/\/split_(rest|messages)\./, (route) => route.abort("internetdisconnected"));
      await page.getByRole("link", { name: link }).first().click();
      await expect(page.getByRole("heading", { name: "This page couldn't be loaded" })).toBeFocused();
      await expectAccessible(page);
      await page.unroute(/\/split_(rest|messages)\./);
      await page.getByRole("link", { name: "Try again" }).click();
      await expect(page.getByRole("heading", { name: heading, exact: true })).toBeVisible();
    }
  });

  test("the first page of a visit works without script if its code cannot be loaded", async ({ people }) => {
    const ana = await people.registered("Ana");
    ana.errors.expectNetworkFailure();
    await ana.page.route(/\/split_account\./, (route) => route.abort("internetdisconnected"));
    await ana.page.goto("/signin");
    await ana.page.getByRole("link", { name: "Create account" }).click();
    await expect(ana.page).toHaveTitle(/^Create account/);
    await ana.page.goto("/signin");
    await ana.submitSignIn();
    await expect(ana.page).toHaveURL(/\/messages$/);
    await ana.waitUntilHydrated();
  });
});
