import { randomUUID } from "node:crypto";
import { test as base, expect, type Browser, type Page } from "@playwright/test";
import { firstSignIn, register, stranger, type Account } from "./accounts.ts";
import { someAddress } from "./addresses.ts";
import { Complaints } from "./complaints.ts";

export { expect };

/** Somebody at a browser of their own. */
export class Person {
  constructor(
    readonly account: Account,
    readonly page: Page,
    readonly complaints: Complaints,
    private readonly script: boolean,
  ) {}

  /** Loads a page and waits until it can be used. */
  async open(path: string): Promise<void> {
    await this.page.goto(path);
    await this.alive();
  }

  /** Waits until the page has been taken over by WASM; without script it is usable at once. */
  async alive(): Promise<void> {
    if (this.script) await expect(this.page.locator("html")).toHaveAttribute("data-hydrated", "");
  }

  /** The same person in another tab of the same browser. */
  async inAnotherTab(): Promise<Person> {
    return new Person(this.account, await this.page.context().newPage(), this.complaints, this.script);
  }

  /** Leaves the page to somebody else, who is not signed in by that. */
  handOver(account: Account): Person {
    return new Person(account, this.page, this.complaints, this.script);
  }

  /** Fills in the sign-in form and waits to be let in. */
  async signIn(): Promise<void> {
    await this.open("/signin");
    await this.fillSignIn();
    await expect(this.page).toHaveURL(/\/messages$/);
    await this.alive();
  }

  /** Signs in past the form: quicker, for tests that begin after it. */
  async enter(): Promise<void> {
    await this.page.context().addCookies([await firstSignIn(this.account)]);
    await this.open("/messages");
  }

  /** Fills in the form of the page that is shown, and sends it. */
  async fillSignIn(password = this.account.password): Promise<void> {
    await this.page.getByLabel("E-mail").fill(this.account.email);
    await this.page.getByLabel("Password").fill(password);
    await this.page.getByRole("button", { name: "Sign in", exact: true }).click();
  }

  /** Writes the first message to somebody, and stays in the conversation. Answers with its path. */
  async startConversation(other: Person | Account, text: string): Promise<string> {
    const { handle } = other instanceof Person ? other.account : other;
    await this.open(`/messages/new/${handle}`);
    await this.send(text);
    await expect(this.page).toHaveURL(/\/messages\/[0-9a-f-]{36}$/);
    await this.alive();
    await expect(this.messages.last()).toHaveText(text);
    return new URL(this.page.url()).pathname;
  }

  /** Writes into the open conversation. */
  async send(text: string): Promise<void> {
    await this.composer.fill(text);
    await this.sendButton.click();
  }

  get composer() {
    return this.page.getByRole("textbox", { name: "Message", exact: true });
  }

  get sendButton() {
    return this.page.getByRole("button", { name: "Send", exact: true });
  }

  /** The texts of the open conversation, oldest first. */
  get messages() {
    return this.page.locator(".message__body");
  }

  /** The scrolling part of the open conversation. */
  get thread() {
    return this.page.getByRole("region", { name: /^Messages with / });
  }

  /** The rows of the list of conversations, newest first. */
  get conversations() {
    return this.page.getByRole("region", { name: "Messages", exact: true }).locator(".conversation");
  }

  /** Calls a server function as the page does, for what a test needs but does not test. */
  async call(endpoint: string, fields: Record<string, string>): Promise<void> {
    const status = await this.page.evaluate(
      async ([path, form]) => (await fetch(path, { method: "POST", body: new URLSearchParams(form) })).status,
      [`/rpc/${endpoint}`, fields] as const,
    );
    expect(status, endpoint).toBe(200);
  }

  /** Holds up what the page asks of a server function, until the answer to this is called. */
  async hold(endpoint: string): Promise<() => void> {
    let release = () => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    await this.page.route(`**/rpc/${endpoint}`, async (route) => {
      await held;
      await route.continue();
    });
    return release;
  }

  /** Has read the conversation `path` up to the place `seq`. */
  async read(path: string, seq: number): Promise<void> {
    await this.call("mark_read", { conversation: path.split("/").at(-1) ?? "", seq: String(seq) });
  }

  /** Sends texts into the conversation `path`, one after the other. */
  async sendAll(path: string, texts: string[]): Promise<void> {
    const conversation = path.split("/").at(-1) ?? "";
    for (const body of texts) await this.call("send_message", { conversation, id: randomUUID(), body });
  }
}

/** Brings people to the test. */
export class People {
  readonly #there: Person[] = [];

  constructor(
    private readonly browser: Browser,
    private readonly script: boolean,
  ) {}

  /** Somebody who has never been here. */
  async visitor(name: string): Promise<Person> {
    return this.arrive(stranger(name));
  }

  /** Somebody with an account, not signed in. */
  async registered(name: string): Promise<Person> {
    return this.arrive(await register(stranger(name)));
  }

  /** Somebody signed in, looking at their conversations. */
  async signedIn(name: string): Promise<Person> {
    return this.enter(await register(stranger(name)));
  }

  /** Somebody with an account comes to a browser, signed in. */
  async enter(account: Account): Promise<Person> {
    const person = await this.arrive(account);
    await person.enter();
    return person;
  }

  /** Somebody whom others can find: known here since a first sign-in, but with no browser open. */
  async known(name: string): Promise<Account> {
    const account = await register(stranger(name));
    await firstSignIn(account);
    return account;
  }

  /** The same person in another browser. */
  async again(person: Person): Promise<Person> {
    return this.arrive(person.account);
  }

  /** Closes everybody's browser. None of them may have complained. */
  async leave(): Promise<void> {
    await Promise.all(this.#there.map(({ page }) => page.context().close()));
    for (const { account, complaints } of this.#there) {
      expect(complaints.heard, `what ${account.name}'s browser complained about`).toEqual([]);
    }
  }

  private async arrive(account: Account): Promise<Person> {
    // An address of their own: what is limited by address then limits nobody else.
    const context = await this.browser.newContext({ extraHTTPHeaders: { "x-forwarded-for": someAddress() } });
    const person = new Person(account, await context.newPage(), new Complaints(context, this.script), this.script);
    this.#there.push(person);
    return person;
  }
}

export const test = base.extend<{ people: People }>({
  people: async ({ browser, javaScriptEnabled }, use) => {
    const people = new People(browser, javaScriptEnabled !== false);
    await use(people);
    await people.leave();
  },
});
