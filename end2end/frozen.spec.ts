import puppeteer from "puppeteer-core";
import { createSession } from "./support/accounts.ts";
import { recordErrors } from "./support/browser-errors.ts";
import { expect, test } from "./support/people.ts";
import { serverUrl } from "./support/server.ts";

test("a page that was frozen shows the messages it missed without a reload", async ({ people, launchOptions }) => {
  const [ana, ben] = await Promise.all([people.signedIn("Ana"), people.offline("Ben")]);
  const path = await ana.startConversation(ben, "Are you there?");
  // Puppeteer drives this page: Playwright makes its pages believe that they have the focus, so they never freeze.
  const { executablePath, args } = launchOptions;
  const browser = await puppeteer.launch({ executablePath, args, headless: "shell" });
  try {
    const page = await browser.newPage();
    const errors = recordErrors(page);
    await page.setCookie(await createSession(ben));
    await page.goto(`${serverUrl}${path}`);
    await page.waitForSelector("html[data-hydrated]");
    // This mark is set by a freeze and would be lost in a reload.
    await page.evaluate(() => document.addEventListener("freeze", () => (document.documentElement.dataset.wasFrozen = "yes")));
    const texts = () => page.$$eval(".message__body", (all) => all.map((body) => body.textContent));
    expect(await texts()).toEqual(["Are you there?"]);
    const session = await page.createCDPSession();
    await session.send("Page.setWebLifecycleState", { state: "frozen" });
    const missed = ["missed 1", "missed 2", "missed 3"];
    await ana.sendAll(path, missed);
    await session.send("Page.setWebLifecycleState", { state: "active" });
    await expect.poll(texts, { timeout: 20_000 }).toEqual(["Are you there?", ...missed]);
    expect(await page.$eval("html", (html) => html.dataset.wasFrozen)).toBe("yes");
    expect(errors).toEqual([]);
  } finally {
    await browser.close();
  }
});

// F16
test("while the tab that holds the stream is frozen, another one gets messages as they come", async ({ people, launchOptions }) => {
  const [ana, ben] = await Promise.all([people.signedIn("Ana"), people.offline("Ben")]);
  const path = await ana.startConversation(ben, "Are you there?");
  const { executablePath, args } = launchOptions;
  const browser = await puppeteer.launch({ executablePath, args, headless: "shell" });
  try {
    const open = async () => {
      const page = await browser.newPage();
      await page.setCookie(await createSession(ben));
      await page.goto(`${serverUrl}${path}`);
      await page.waitForSelector("html[data-hydrated]");
      return page;
    };
    const leader = await open();
    await leader.waitForSelector(".thread__handle .presence");
    const other = await open();
    const errors = recordErrors(other);
    const session = await leader.createCDPSession();
    await session.send("Page.setWebLifecycleState", { state: "frozen" });
    await ana.send("one");
    const texts = () => other.$$eval(".message__body", (all) => all.map((body) => body.textContent));
    await expect.poll(texts, { timeout: 5_000 }).toEqual(["Are you there?", "one"]);
    await session.send("Page.setWebLifecycleState", { state: "active" });
    await ana.send("two");
    for (const page of [leader, other]) {
      const texts = () => page.$$eval(".message__body", (all) => all.map((body) => body.textContent));
      await expect.poll(texts, { timeout: 20_000 }).toEqual(["Are you there?", "one", "two"]);
    }
    expect(errors).toEqual([]);
  } finally {
    await browser.close();
  }
});
