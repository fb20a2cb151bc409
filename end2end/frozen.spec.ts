import puppeteer from "puppeteer-core";
import { firstSignIn } from "./support/accounts.ts";
import { complaintsOf } from "./support/complaints.ts";
import { expect, test } from "./support/people.ts";
import { address } from "./support/server.ts";

test("a page that was frozen shows what came meanwhile, without a reload", async ({ people, launchOptions }) => {
  const [ana, ben] = await Promise.all([people.signedIn("Ana"), people.known("Ben")]);
  const path = await ana.startConversation(ben, "Are you there?");
  // Playwright has each of its pages believe that somebody looks at it; such a page is told to freeze, and does not.
  const { executablePath, args } = launchOptions;
  const browser = await puppeteer.launch({ executablePath, args, headless: "shell" });
  try {
    const page = await browser.newPage();
    const complaints = complaintsOf(page);
    await page.setCookie(await firstSignIn(ben));
    await page.goto(`${address}${path}`);
    await page.waitForSelector("html[data-hydrated]");
    // A mark that only a freeze makes, and that a reload would take away.
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
    expect(complaints).toEqual([]);
  } finally {
    await browser.close();
  }
});
