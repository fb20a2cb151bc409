import type { Page } from "@playwright/test";

/** Records the names of the server functions that a page calls. */
export function recordCalls(page: Page): string[] {
  const calls: string[] = [];
  page.on("request", (request) => {
    const { pathname } = new URL(request.url());
    if (pathname.startsWith("/rpc/")) calls.push(pathname.slice("/rpc/".length));
  });
  return calls;
}
