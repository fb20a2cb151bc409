import puppeteer from "puppeteer-core";
import { createSession } from "./support/accounts.ts";
import { recordErrors } from "./support/browser-errors.ts";
import { directConversation } from "./support/conversation.ts";
import { expect, test } from "./support/people.ts";
import { serverUrl } from "./support/server.ts";

// F43
test("when the time zone changes, all times of an open page are on the new clock", async ({ people, launchOptions }) => {
  const { ana, ben, path } = await directConversation(people);
  // Puppeteer drives this page: Playwright sets the time zone of a page once and for all.
  const { executablePath, args } = launchOptions;
  const browser = await puppeteer.launch({ executablePath, args, headless: "shell" });
  try {
    const page = await browser.newPage();
    const errors = recordErrors(page);
    await page.emulateTimezone("Asia/Tokyo");
    await page.setCookie(await createSession(ben.account));
    await page.goto(`${serverUrl}${path}`);
    await page.waitForSelector("html[data-hydrated]");
    const clocks = () => page.$$eval(".message__time .time > :first-child", (all) => all.map((time) => time.textContent));
    const minutes = ([hour, minute]: number[]) => (hour ?? 0) * 60 + (minute ?? 0);
    const [before] = await clocks();
    await page.emulateTimezone("America/New_York");
    await ana.send("after the flight");
    await expect.poll(async () => (await clocks()).length).toBe(2);
    const [first, second] = (await clocks()).map((clock) => minutes((clock ?? "").split(":").map(Number)));
    // Both messages are of the same minute or two, and the clock of New York is 13 or 14 hours behind.
    expect(Math.abs((first ?? 0) - (second ?? 0)) % 1438).toBeLessThanOrEqual(2);
    expect((await clocks())[0]).not.toBe(before);
    expect(errors).toEqual([]);
  } finally {
    await browser.close();
  }
});
