import type { BrowserContext, Page } from "@playwright/test";

/** What a browser complains about: console errors and warnings, uncaught errors, failed requests, refusals of the policy. */
export class Complaints {
  readonly heard: string[] = [];
  readonly #expected: RegExp[] = [];

  constructor(context: BrowserContext, script: boolean) {
    // Chromium without script still follows the hints to fetch it, and then says that it must not or did not use it.
    if (!script) this.expect(/^request: GET \S+\.js csp$|\.wasm was preloaded using link preload but not used/);
    context.on("page", (page) => this.#listen(page));
    for (const page of context.pages()) this.#listen(page);
  }

  /** Takes what matches for part of the test: an answer 404, say, where the test asks for what is not there. */
  expect(complaint: RegExp): void {
    this.#expected.push(complaint);
  }

  #listen(page: Page): void {
    // A refusal by the content security policy is a console error too.
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) this.#hear(`${message.type()}: ${message.text()}`);
    });
    page.on("pageerror", (error) => this.#hear(`uncaught: ${error.stack ?? error}`));
    page.on("requestfailed", (request) => {
      const reason = request.failure()?.errorText ?? "";
      // Leaving a page ends its requests.
      if (reason !== "net::ERR_ABORTED") this.#hear(`request: ${request.method()} ${request.url()} ${reason}`);
    });
    page.on("response", (response) => {
      if (response.status() >= 400) this.#hear(`answer: ${response.status()} ${response.request().method()} ${response.url()}`);
    });
  }

  #hear(complaint: string): void {
    if (!this.#expected.some((expected) => expected.test(complaint))) this.heard.push(complaint);
  }
}
