import type { Response } from "@playwright/test";
import { expect, test, type Person } from "./support/people.ts";

/** The page for signing in, and the files of the package that it is made of. */
async function load(visitor: Person) {
  const files: Response[] = [];
  visitor.page.on("response", (response) => {
    if (new URL(response.url()).pathname.startsWith("/pkg/")) files.push(response);
  });
  const page = await visitor.page.goto("/signin");
  await visitor.alive();
  const kinds = new Set(files.map((file) => file.url().split(".").at(-1)));
  expect([...kinds].sort()).toEqual(["css", "js", "wasm"]);
  return { page, files };
}

test("what a page is made of may be kept for ever, the page itself may not be kept", async ({ people }) => {
  const { page, files } = await load(await people.visitor("Ana"));
  expect(page?.headers()["cache-control"]).toBe("no-store");
  for (const file of files) {
    expect(file.url()).toMatch(/\.[\w-]{22}\.(css|js|wasm)$/);
    expect((await file.allHeaders())["cache-control"], file.url()).toContain("immutable");
  }
});

test("what a page is made of comes compressed, in the best way that is understood", async ({ people }) => {
  test.skip(!process.env.PRECOMPRESSED, "PRECOMPRESSED does not say that the site was built so; bin/test does");
  const ana = await people.visitor("Ana");
  const { files } = await load(ana);
  for (const file of files) {
    expect((await file.allHeaders())["content-encoding"], file.url()).toBe("br");
    const asked = await ana.page.request.get(file.url(), { headers: { "accept-encoding": "gzip" } });
    expect(asked.ok(), file.url()).toBe(true);
    expect(asked.headers()["content-encoding"], file.url()).toBe("gzip");
  }
});
