import { defineConfig, devices } from "@playwright/test";
import { address } from "./support/server.ts";

// Chromium looks for its maker's hosts at every start; the tests do without the world.
const quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run", "--disable-quic"];
// As Playwright has it: not every machine, nor root, has what Chromium's sandbox is made of. For what starts it besides.
const withoutSandbox = "--no-sandbox";

const desktop = { viewport: { width: 1280, height: 800 } };
const mobile = { viewport: { width: 390, height: 844 }, hasTouch: true };
const withoutScript = /\.noscript\.spec\.ts/;
// Thousands of tries in one test, or another browser: once is enough.
const once = /(long|switching|firefox|frozen|outages)\.spec\.ts/;

// Takes minutes each: only where it is asked for.
const long = /@long/;

export default defineConfig({
  ...(process.env.LONG_TESTS ? { grep: long } : { grepInvert: long }),
  globalSetup: "./support/ready.ts",
  fullyParallel: true,
  workers: 2,
  retries: 0,
  forbidOnly: !!process.env.CI,
  // Two browsers, a server and three services share two cores.
  timeout: 60_000,
  expect: { timeout: 10_000 },
  reporter: [["list"], ["json", { outputFile: process.env.PLAYWRIGHT_JSON_OUTPUT_NAME ?? "test-results/report.json" }]],
  use: {
    ...devices["Desktop Chrome"],
    baseURL: address,
    launchOptions: { executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: [...quiet, withoutSandbox] },
    timezoneId: "Asia/Tokyo", // A zone that is not the server's, and on another day than it for nine hours.
    trace: "off", // Costs a third of the time; `npx playwright test --trace on` for whoever looks into a failure.
    screenshot: "only-on-failure",
  },
  projects: [
    { name: "desktop", use: { ...desktop, colorScheme: "dark" }, testIgnore: [withoutScript, once] },
    { name: "mobile", use: { ...mobile, colorScheme: "light" }, testIgnore: withoutScript },
    { name: "without script", use: { ...desktop, javaScriptEnabled: false }, testMatch: withoutScript },
    { name: "without script, mobile", use: { ...mobile, javaScriptEnabled: false }, testMatch: withoutScript },
  ],
});
