import type { BrowserContext, Page } from "@playwright/test";
import type { Page as PuppeteerPage } from "puppeteer-core";

/** Records the errors of a browser: console errors and warnings, uncaught errors, failed requests, CSP violations. */
export class BrowserErrors {
  readonly unexpected: string[] = [];
  readonly #expected: RegExp[] = [];

  constructor(context: BrowserContext, hasScript: boolean) {
    // Without script, Chromium still follows the preload hints, and then reports the files as blocked or unused.
    if (!hasScript) this.#expected.push(/^request: GET \S+\.js csp$|\.wasm was preloaded using link preload but not used/);
    context.on("page", (page) => this.#listen(page));
    for (const page of context.pages()) this.#listen(page);
  }

  /** Accepts responses with these statuses from now on, such as 404 in a test that requests a missing page. */
  expectStatus(...statuses: number[]): void {
    const status = `(${statuses.join("|")})`;
    this.#expected.push(new RegExp(`^response: ${status} |^error: Failed to load resource: .* status of ${status}\\b`));
  }

  /** Accepts failed requests from now on, for a test that cuts the network. */
  expectNetworkFailure(): void {
    this.#expected.push(/^(request|error): .* net::ERR_\w+$/);
    // The loader of a WASM chunk reports its failed request twice.
    this.#expected.push(/^(uncaught|error): TypeError: Failed to fetch\n +at \S+\/__wasm_split\./);
  }

  /** Accepts uncaught errors with this text from now on, for a test that breaks the app. */
  expectUncaught(text: string): void {
    this.#expected.push(new RegExp(`^(uncaught|error): .*${text}`));
  }

  /** Accepts warnings about preloaded files that were not used, for a test in which the app does not start. */
  expectUnusedPreloads(): void {
    this.#expected.push(/^warning: The resource \S+ was preloaded using link preload but not used/);
  }

  #listen(page: Page): void {
    // A violation of the content security policy is a console error too.
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) this.#record(`${message.type()}: ${message.text()}`);
    });
    page.on("pageerror", (error) => this.#record(`uncaught: ${error.stack ?? error}`));
    page.on("requestfailed", (request) => {
      const reason = request.failure()?.errorText ?? "";
      // Leaving a page aborts its requests.
      if (reason !== "net::ERR_ABORTED") this.#record(`request: ${request.method()} ${request.url()} ${reason}`);
    });
    page.on("response", (response) => {
      if (response.status() >= 400) this.#record(`response: ${response.status()} ${response.request().method()} ${response.url()}`);
    });
  }

  #record(error: string): void {
    if (!this.#expected.some((expected) => expected.test(error))) this.unexpected.push(error);
  }
}

/** Returns a list that collects console errors, console warnings and uncaught errors of a page driven by Puppeteer. */
export function recordErrors(page: PuppeteerPage): string[] {
  const errors: string[] = [];
  page.on("console", (message) => {
    if (["error", "warn"].includes(message.type())) errors.push(`${message.type()}: ${message.text()}`);
  });
  page.on("pageerror", (error) => errors.push(`uncaught: ${error instanceof Error ? error.stack : error}`));
  return errors;
}
