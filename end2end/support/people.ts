import { randomUUID } from "node:crypto";
import { test as base, expect, type Browser, type Page } from "@playwright/test";
import { createSession, newAccount, register, type Account } from "./accounts.ts";
import { randomIpAddress } from "./addresses.ts";
import { BrowserErrors } from "./browser-errors.ts";
import { serverUrl } from "./server.ts";

export { expect };

/** Name and value of a session cookie. */
type Session = { name: string; value: string };

/** Starts a conversation without a browser, and returns its path. */
async function startConversation(session: Session, handle: string, body: string): Promise<string> {
  const response = await fetch(`${serverUrl}/rpc/start_conversation`, {
    method: "POST",
    headers: { cookie: `${session.name}=${session.value}`, "sec-fetch-site": "same-origin" },
    body: new URLSearchParams({ handle, id: randomUUID(), body }),
  });
  if (!response.ok) throw new Error(`start_conversation: ${response.status} ${await response.text()}`);
  return (await response.json()) as string;
}

/** Accepts the request of a conversation for its recipient, without a browser. */
async function acceptRequest(session: Session, path: string): Promise<void> {
  const response = await fetch(`${serverUrl}/rpc/accept_request`, {
    method: "POST",
    headers: { cookie: `${session.name}=${session.value}`, "sec-fetch-site": "same-origin" },
    body: new URLSearchParams({ conversation: path.split("/").at(-1) ?? "" }),
  });
  if (!response.ok) throw new Error(`accept_request: ${response.status} ${await response.text()}`);
}

/** A user with a page in a browser. */
export class Person {
  constructor(
    readonly account: Account,
    readonly page: Page,
    readonly errors: BrowserErrors,
    private readonly hasScript: boolean,
  ) {}

  /** Loads a page and waits until it is usable. */
  async open(path: string): Promise<void> {
    await this.page.goto(path);
    await this.waitUntilHydrated();
  }

  /** Waits until WASM has hydrated the page. Without script, returns at once. */
  async waitUntilHydrated(): Promise<void> {
    if (this.hasScript) await expect(this.page.locator("html")).toHaveAttribute("data-hydrated", "");
  }

  /** Returns the same user in another tab of the same browser. */
  async inAnotherTab(): Promise<Person> {
    return new Person(this.account, await this.page.context().newPage(), this.errors, this.hasScript);
  }

  /** Returns another user at this page. Does not sign them in. */
  handOver(account: Account): Person {
    return new Person(account, this.page, this.errors, this.hasScript);
  }

  /** Signs in with the form and waits for the messages page. */
  async signIn(): Promise<void> {
    await this.open("/signin");
    await this.submitSignIn();
    await expect(this.page).toHaveURL(/\/messages$/);
    await this.waitUntilHydrated();
  }

  /** Signs in without the form, and opens the messages page. Faster, for tests that do not test the sign-in. */
  async signInDirectly(): Promise<void> {
    await this.addSession();
    await this.open("/messages");
  }

  /** Signs in without a page. */
  async addSession(): Promise<void> {
    await this.page.context().addCookies([await createSession(this.account)]);
  }

  /** Fills in and submits the sign-in form of the current page. */
  async submitSignIn(password = this.account.password): Promise<void> {
    await this.page.getByLabel("E-mail").fill(this.account.email);
    await this.page.getByLabel("Password").fill(password);
    await this.page.getByRole("button", { name: "Sign in", exact: true }).click();
  }

  /** Opens the account menu. On a phone an open conversation has no header, and the way leads through the list. */
  async openAccountMenu(): Promise<void> {
    const menu = this.page.locator(".account__summary");
    if (!(await menu.isVisible())) await this.page.getByRole("link", { name: "Back to all messages" }).click();
    await menu.click();
  }

  /** The session cookie of the browser, if the user is signed in. */
  async session(): Promise<Session | undefined> {
    return (await this.page.context().cookies()).find(({ name }) => name.startsWith("__Host-"));
  }

  /** Sends the first message of a conversation, which the recipient accepts, opens it and returns its path. */
  async startConversation(recipient: Person | Account, text: string): Promise<string> {
    const path = await this.requestConversation(recipient, text);
    await acceptAs(recipient, path);
    await this.open(path);
    await expect(this.messages.last()).toHaveText(text);
    return path;
  }

  /** Sends the first message of a conversation, which is a request for the recipient, and returns its path. */
  async requestConversation(recipient: Person | Account, text: string): Promise<string> {
    const { handle } = recipient instanceof Person ? recipient.account : recipient;
    const session = await this.session();
    if (!session) throw new Error(`${this.account.name} is not signed in`);
    return startConversation(session, handle, text);
  }

  /** Sends a message in the open conversation. */
  async send(text: string): Promise<void> {
    await this.composer.fill(text);
    await this.sendButton.click();
  }

  /** Presses the key that sends: Enter, or Ctrl+Enter where the main input device is a finger. */
  async pressSend(): Promise<void> {
    const isTouch = await this.page.evaluate(() => matchMedia("(pointer: coarse)").matches);
    await this.page.keyboard.press(isTouch ? "Control+Enter" : "Enter");
  }

  get composer() {
    return this.page.getByRole("textbox", { name: "Message", exact: true });
  }

  get sendButton() {
    return this.page.getByRole("button", { name: "Send", exact: true });
  }

  /** Message bodies of the open conversation, oldest first. */
  get messages() {
    return this.page.locator(".message__body");
  }

  /** The scrolling part of the open conversation. */
  get scroller() {
    return this.page.getByRole("region", { name: /^Messages with / });
  }

  /** Rows of the conversation list, newest first. */
  get conversations() {
    return this.page.getByRole("region", { name: "Messages", exact: true }).locator(".conversation");
  }

  /** Calls a server function from the page, for steps that a test needs but does not test. */
  async call(endpoint: string, fields: Record<string, string>): Promise<void> {
    const status = await this.page.evaluate(
      async ([path, form]) => (await fetch(path, { method: "POST", body: new URLSearchParams(form) })).status,
      [`/rpc/${endpoint}`, fields] as const,
    );
    expect(status, endpoint).toBe(200);
  }

  /** Holds the page's requests to a server function back until the returned function is called. */
  async holdRequests(endpoint: string): Promise<() => void> {
    let release = () => {};
    const released = new Promise<void>((resolve) => (release = resolve));
    await this.page.route(`**/rpc/${endpoint}`, async (route) => {
      await released;
      await route.continue();
    });
    return release;
  }

  /** Moves the read position of the conversation at `path` to `seq`. */
  async markRead(path: string, seq: number): Promise<void> {
    await this.call("mark_read", { conversation: path.split("/").at(-1) ?? "", seq: String(seq) });
  }

  /** Sends messages to the conversation at `path`, one after the other. */
  async sendAll(path: string, texts: string[]): Promise<void> {
    const conversation = path.split("/").at(-1) ?? "";
    for (const body of texts) await this.call("send_message", { conversation, id: randomUUID(), body });
  }
}

/** Accepts the request of a conversation for its recipient, who need not be signed in. */
async function acceptAs(recipient: Person | Account, path: string): Promise<void> {
  const session = recipient instanceof Person ? await recipient.session() : undefined;
  const account = recipient instanceof Person ? recipient.account : recipient;
  await acceptRequest(session ?? (await createSession(account)), path);
}

/** The users of a test. */
export class People {
  readonly #people: Person[] = [];

  constructor(
    private readonly browser: Browser,
    private readonly hasScript: boolean,
  ) {}

  /** Opens a browser for a visitor without an account. */
  async visitor(name: string): Promise<Person> {
    return this.openBrowser(newAccount(name));
  }

  /** Opens a browser for a new user who is not signed in. */
  async registered(name: string): Promise<Person> {
    return this.openBrowser(await register(newAccount(name)));
  }

  /** Opens the messages page in a browser for a new user who is signed in. */
  async signedIn(name: string): Promise<Person> {
    return this.signIn(await register(newAccount(name)));
  }

  /** Opens a browser for a new user who is signed in, for tests that open a page of their own. */
  async withSession(name: string): Promise<Person> {
    const person = await this.registered(name);
    await person.addSession();
    return person;
  }

  /** Opens the messages page in a browser for an existing user, signed in. */
  async signIn(account: Account): Promise<Person> {
    const person = await this.openBrowser(account);
    await person.signInDirectly();
    return person;
  }

  /** Creates a user without a browser. They have signed in once, so that others can find them. */
  async offline(name: string): Promise<Account> {
    const account = await register(newAccount(name));
    await createSession(account);
    return account;
  }

  /** Starts a conversation for a user without a browser. The recipient accepts it. */
  async startAs(account: Account, recipient: Person, body: string): Promise<void> {
    await acceptAs(recipient, await startConversation(await createSession(account), recipient.account.handle, body));
  }

  /** Opens another browser for the same user, not signed in. */
  async inAnotherBrowser(person: Person): Promise<Person> {
    return this.openBrowser(person.account);
  }

  /** Closes all browsers, and fails if any of them recorded an unexpected error. */
  async closeBrowsers(): Promise<void> {
    await Promise.all(this.#people.map(({ page }) => page.context().close()));
    for (const { account, errors } of this.#people) {
      expect(errors.unexpected, `errors in ${account.name}'s browser`).toEqual([]);
    }
  }

  private async openBrowser(account: Account): Promise<Person> {
    // Each browser has its own address, so that rate limits per address do not affect other tests.
    const context = await this.browser.newContext({ extraHTTPHeaders: { "x-forwarded-for": randomIpAddress() } });
    const page = await context.newPage();
    const person = new Person(account, page, new BrowserErrors(context, this.hasScript), this.hasScript);
    this.#people.push(person);
    return person;
  }
}

export const test = base.extend<{ people: People }>({
  people: async ({ browser, javaScriptEnabled }, use) => {
    const people = new People(browser, javaScriptEnabled !== false);
    await use(people);
    await people.closeBrowsers();
  },
});
