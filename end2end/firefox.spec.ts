import puppeteer, { type Browser, type Page } from "puppeteer-core";
import { createSession, newAccount, register, type Account } from "./support/accounts.ts";
import { recordErrors } from "./support/browser-errors.ts";
import { expect, test } from "./support/people.ts";
import { serverUrl } from "./support/server.ts";

/** Path of Firefox. bin/test sets the variable if Firefox can be installed. */
const executablePath = process.env.FIREFOX ?? "";

/** A user of Debian's Firefox. Playwright supports only its own build, so Puppeteer drives it over WebDriver BiDi. */
class FirefoxUser {
  readonly errors: string[];

  constructor(
    readonly account: Account,
    readonly page: Page,
  ) {
    this.errors = recordErrors(page);
  }

  async open(path: string): Promise<void> {
    await this.page.goto(`${serverUrl}${path}`);
    await this.waitUntilHydrated();
  }

  async waitUntilHydrated(): Promise<void> {
    await this.page.waitForSelector("html[data-hydrated]");
  }

  async signIn(): Promise<void> {
    await this.open("/signin");
    await this.page.type("#email", this.account.email);
    await this.page.type("#password", this.account.password);
    await this.page.click("form.form button[type=submit]");
    await this.isAt(/^\/messages$/);
    await this.waitUntilHydrated();
  }

  // This class polls: Puppeteer's locators and `waitForFunction` evaluate strings, which our content security policy
  // forbids, and only newer versions of Firefox exempt WebDriver from it.

  /** Returns the path of the page, or an empty string during a navigation. */
  async path(): Promise<string> {
    return this.page.evaluate(() => location.pathname).catch(() => "");
  }

  async isAt(path: RegExp): Promise<void> {
    await expect.poll(() => this.path()).toMatch(path);
  }

  /** Sends a message in the open conversation with Enter. */
  async send(text: string): Promise<void> {
    await this.page.type(".composer__field", text);
    await this.page.keyboard.press("Enter");
  }

  async texts(selector: string): Promise<string[]> {
    return this.page.$$eval(selector, (all) => all.map((element) => element.textContent?.trim() ?? ""));
  }
}

let firefox: Browser;

test.skip(!executablePath, "FIREFOX is not set");

test.beforeAll(async () => {
  firefox = await puppeteer.launch({ browser: "firefox", executablePath, headless: true });
});

test.afterAll(async () => firefox?.close());

test("a Firefox user signs in, writes to another user and sees the reply without a reload", async ({ people }) => {
  const [ben, account] = await Promise.all([people.signedIn("Ben"), register(newAccount("Ana"))]);
  const context = await firefox.createBrowserContext();
  const ana = new FirefoxUser(account, await context.newPage());
  await ana.signIn();
  await ana.open(`/messages/new/${ben.account.handle}`);
  await ana.send("hello from Firefox");
  await ana.isAt(/^\/messages\/[0-9a-f-]{36}$/);
  const path = await ana.path();

  // Messages arrive in both directions without a reload.
  await ben.page.getByRole("link", { name: "1 message request" }).click();
  await ben.page.getByRole("link", { name: account.handle }).click();
  await ben.page.getByRole("button", { name: "Accept" }).click();
  await expect(ben.composer).toBeVisible();
  await expect(ben.messages).toHaveText(["hello from Firefox"]);
  await expect.poll(() => ana.texts(".message__receipt")).toEqual(["Read"]);
  await ben.send("hello from Chromium");
  await expect.poll(() => ana.texts(".message__body")).toEqual(["hello from Firefox", "hello from Chromium"]);
  await ana.send("and back");
  await expect(ben.messages.last()).toHaveText("and back");

  // The list leads back to the conversation, and scrolling up loads older messages.
  await ben.sendAll(path, Array.from({ length: 22 }, (_, n) => `message ${n + 1}`));
  await expect.poll(async () => (await ana.texts(".message__body")).at(-1)).toBe("message 22");
  await ana.open("/messages");
  await ana.page.click(".conversation");
  await ana.page.waitForSelector(".composer__field");
  expect((await ana.texts(".message__body")).length).toBeLessThan(25);
  await ana.page.$eval(".thread__scroller", (scroller) => (scroller.scrollTop = -scroller.scrollHeight));
  await expect.poll(async () => (await ana.texts(".message__body"))[0]).toBe("hello from Firefox");

  // A draft survives a reload, and signing out ends the session.
  await ana.page.type(".composer__field", "not yet");
  await ana.open(path);
  expect(await ana.page.$eval("textarea", (field) => field.value)).toBe("not yet");
  // The page asks first, because of the draft.
  ana.page.once("dialog", (dialog) => void dialog.accept());
  await ana.page.click(".account__summary");
  await ana.page.click("form[action='/signout'] button");
  await ana.isAt(/^\/signin$/);
  expect(ana.errors).toEqual([]);
  await context.close();
});

// F16
test("ten tabs of Firefox are all open, all send, and all get messages as they come", async ({ people }) => {
  test.setTimeout(150_000);
  const [ana, account] = await Promise.all([people.signedIn("Ana"), register(newAccount("Ben"))]);
  await createSession(account);
  const path = await ana.startConversation(account, "hello");
  const context = await firefox.createBrowserContext();
  const first = new FirefoxUser(account, await context.newPage());
  await first.signIn();
  await first.open(path);
  const tabs = [first];
  while (tabs.length < 10) {
    const tab = new FirefoxUser(account, await context.newPage());
    await tab.open(path);
    tabs.push(tab);
  }
  const texts = ["hello"];
  for (const [n, tab] of tabs.entries()) {
    await tab.page.bringToFront();
    await tab.send(`from tab ${n}`);
    texts.push(`from tab ${n}`);
    await expect.poll(() => tab.texts(".message__body")).toEqual(texts);
  }
  await ana.send("to all tabs");
  for (const tab of tabs) await expect.poll(() => tab.texts(".message__body")).toEqual([...texts, "to all tabs"]);
  // Another tab takes over after the first one has closed.
  await first.page.close();
  await ana.send("to all others");
  for (const tab of tabs.slice(1)) {
    await expect.poll(async () => (await tab.texts(".message__body")).at(-1)).toBe("to all others");
    expect(tab.errors).toEqual([]);
  }
  await context.close();
});
