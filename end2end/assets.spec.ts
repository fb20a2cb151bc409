import type { Response } from "@playwright/test";
import { expect, test } from "./support/people.ts";

test("what a page is made of comes compressed and may be kept for ever, the page itself may not be kept", async ({ people }) => {
  const ana = await people.visitor("Ana");
  const files: Response[] = [];
  ana.page.on("response", (response) => {
    if (new URL(response.url()).pathname.startsWith("/pkg/")) files.push(response);
  });
  const page = await ana.page.goto("/signin");
  await ana.alive();
  expect(page?.headers()["cache-control"]).toBe("no-store");
  const kinds = new Set(files.map((file) => file.url().split(".").at(-1)));
  expect([...kinds].sort()).toEqual(["css", "js", "wasm"]);
  for (const file of files) {
    const headers = await file.allHeaders();
    expect(file.url()).toMatch(/\.[\w-]{22}\.(css|js|wasm)$/);
    expect(headers["content-encoding"], file.url()).toBe("br");
    expect(headers["cache-control"], file.url()).toContain("immutable");
  }
});
