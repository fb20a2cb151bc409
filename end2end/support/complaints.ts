import type { BrowserContext, Page } from "@playwright/test";
import type { Page as PuppeteerPage } from "puppeteer-core";

/** What a browser complains about: console errors and warnings, uncaught errors, failed requests, refusals of the policy. */
export class Complaints {
  readonly heard: string[] = [];
  readonly #expected: RegExp[] = [];

  constructor(context: BrowserContext, script: boolean) {
    // Chromium without script still follows the hints to fetch it, and then says that it must not or did not use it.
    if (!script) this.#expected.push(/^request: GET \S+\.js csp$|\.wasm was preloaded using link preload but not used/);
    context.on("page", (page) => this.#listen(page));
    for (const page of context.pages()) this.#listen(page);
  }

  /** Takes answers with one of these statuses from now on: 404, say, where the test asks for what is not there. */
  expectStatus(...statuses: number[]): void {
    const status = `(${statuses.join("|")})`;
    this.#expected.push(new RegExp(`^answer: ${status} |^error: Failed to load resource: .* status of ${status}\\b`));
  }

  /** Takes requests that get no answer from now on: the test takes the network away. */
  expectNoAnswer(): void {
    this.#expected.push(/^(request|error): .* net::ERR_\w+$/);
    // So says what loads a part of the code, and hears of it twice.
    this.#expected.push(/^(uncaught|error): TypeError: Failed to fetch\n +at \S+\/__wasm_split\./);
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

/** The console errors and warnings, and the uncaught errors, of a page that Playwright does not drive. */
export function complaintsOf(page: PuppeteerPage): string[] {
  const heard: string[] = [];
  page.on("console", (message) => {
    if (["error", "warn"].includes(message.type())) heard.push(`${message.type()}: ${message.text()}`);
  });
  page.on("pageerror", (error) => heard.push(`uncaught: ${error instanceof Error ? error.stack : error}`));
  return heard;
}
