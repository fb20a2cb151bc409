import puppeteer, { type Browser, type Page } from "puppeteer-core";
import { register, stranger, type Account } from "./support/accounts.ts";
import { complaintsOf } from "./support/complaints.ts";
import { expect, test } from "./support/people.ts";
import { address } from "./support/server.ts";

/** Where the browser is; bin/test says so, where it can be had. */
const executablePath = process.env.FIREFOX ?? "";

/** Somebody who uses Debian's Firefox, which Playwright cannot drive: WebDriver BiDi does. */
class FirefoxUser {
  /** What the browser complained about. */
  readonly complaints: string[];

  constructor(
    readonly account: Account,
    readonly page: Page,
  ) {
    this.complaints = complaintsOf(page);
  }

  async open(path: string): Promise<void> {
    await this.page.goto(`${address}${path}`);
    await this.alive();
  }

  async alive(): Promise<void> {
    await this.page.waitForSelector("html[data-hydrated]");
  }

  async signIn(): Promise<void> {
    await this.open("/signin");
    await this.page.type("#email", this.account.email);
    await this.page.type("#password", this.account.password);
    await this.page.click("form.form button[type=submit]");
    await this.isAt(/^\/messages$/);
    await this.alive();
  }

  // Locators, and waiting for a function, evaluate text, which our policy forbids; only newer versions except drivers from it.
  /** Where the page is; nowhere while another document comes. */
  async path(): Promise<string> {
    return this.page.evaluate(() => location.pathname).catch(() => "");
  }

  async isAt(path: RegExp): Promise<void> {
    await expect.poll(() => this.path()).toMatch(path);
  }

  /** Writes into the open conversation, and sends with Enter. */
  async send(text: string): Promise<void> {
    await this.page.type(".composer__field", text);
    await this.page.keyboard.press("Enter");
  }

  async texts(selector: string): Promise<string[]> {
    return this.page.$$eval(selector, (all) => all.map((element) => element.textContent?.trim() ?? ""));
  }
}

let firefox: Browser;

test.skip(!executablePath, "no Firefox");

test.beforeAll(async () => {
  firefox = await puppeteer.launch({ browser: "firefox", executablePath, headless: true });
});

test.afterAll(async () => firefox?.close());

test("in Firefox one signs in, writes to somebody, and is answered while one looks", async ({ people }) => {
  const [ben, account] = await Promise.all([people.signedIn("Ben"), register(stranger("Ana"))]);
  const context = await firefox.createBrowserContext();
  const ana = new FirefoxUser(account, await context.newPage());
  await ana.signIn();
  await ana.open(`/messages/new/${ben.account.handle}`);
  await ana.send("hello from Firefox");
  await ana.isAt(/^\/messages\/[0-9a-f-]{36}$/);
  const path = await ana.path();

  // Both ways, with neither page loaded again.
  await expect(ben.conversations.first()).toContainText("hello from Firefox");
  await ben.open(path);
  await expect.poll(() => ana.texts(".message__receipt")).toEqual(["Read"]);
  await ben.send("hello from Chromium");
  await expect.poll(() => ana.texts(".message__body")).toEqual(["hello from Firefox", "hello from Chromium"]);
  await ana.send("and back");
  await expect(ben.messages.last()).toHaveText("and back");

  // Older messages come as one scrolls, and the list leads back to the conversation.
  await ben.sendAll(path, Array.from({ length: 22 }, (_, n) => `message ${n + 1}`));
  await expect.poll(async () => (await ana.texts(".message__body")).at(-1)).toBe("message 22");
  await ana.open("/messages");
  await ana.page.click(".conversation");
  await ana.page.waitForSelector(".composer__field");
  expect((await ana.texts(".message__body")).length).toBeLessThan(25);
  await ana.page.$eval(".thread__scroller", (scroller) => (scroller.scrollTop = -scroller.scrollHeight));
  await expect.poll(async () => (await ana.texts(".message__body"))[0]).toBe("hello from Firefox");

  // What was begun stays in the field, and signing out ends it all.
  await ana.page.type(".composer__field", "not yet");
  await ana.open(path);
  expect(await ana.page.$eval("textarea", (field) => field.value)).toBe("not yet");
  await ana.page.click(".account__summary");
  await ana.page.click("form[action='/signout'] button");
  await ana.isAt(/^\/signin$/);
  expect(ana.complaints).toEqual([]);
  await context.close();
});
