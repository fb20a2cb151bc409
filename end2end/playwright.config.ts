import { defineConfig, devices } from "@playwright/test";
import { serverUrl } from "./support/server.ts";

// Chromium contacts Google's hosts at every start. The tests must not depend on the internet.
const offlineArgs = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run", "--disable-quic"];
// The sandbox works neither for root nor on every machine, so Playwright disables it by default. The flag is listed for
// frozen.spec.ts, which starts Chromium with the same arguments but without Playwright.
const noSandbox = "--no-sandbox";

const desktop = { viewport: { width: 1280, height: 800 } };
const mobile = { viewport: { width: 390, height: 844 }, hasTouch: true };
const withoutScript = /\.noscript\.spec\.ts/;
// One run is enough for tests with thousands of repetitions, with long waits or with a browser of their own.
const mobileOnly = /(long|large-text|switching|firefox|frozen|outages|tabs|connection|time-zone|rendered)\.spec\.ts/;

// Tests that take minutes each run only if LONG_TESTS is set.
const long = /@long/;

export default defineConfig({
  ...(process.env.LONG_TESTS ? { grep: long } : { grepInvert: long }),
  globalSetup: "./support/ready.ts",
  fullyParallel: true,
  // Tests wait, too, so three keep two cores busy.
  workers: 3,
  retries: 0,
  forbidOnly: !!process.env.CI,
  // Generous, since three browsers, a server and three services share two cores.
  timeout: 60_000,
  expect: { timeout: 10_000 },
  reporter: [["list"], ["json", { outputFile: process.env.PLAYWRIGHT_JSON_OUTPUT_NAME ?? "test-results/report.json" }]],
  use: {
    ...devices["Desktop Chrome"],
    baseURL: serverUrl,
    launchOptions: { executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: [...offlineArgs, noSandbox] },
    timezoneId: "Asia/Tokyo", // Not the server's time zone, and a different day for nine hours of each day.
    trace: "off", // Takes a third of the time. To examine a failure: `npx playwright test --trace on`.
    screenshot: "only-on-failure",
  },
  projects: [
    { name: "desktop", use: { ...desktop, colorScheme: "dark" }, testIgnore: [withoutScript, mobileOnly] },
    { name: "mobile", use: { ...mobile, colorScheme: "light" }, testIgnore: withoutScript },
    { name: "without script", use: { ...desktop, javaScriptEnabled: false }, testMatch: withoutScript },
    { name: "without script, mobile", use: { ...mobile, javaScriptEnabled: false }, testMatch: withoutScript },
  ],
});
