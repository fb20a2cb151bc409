import { expect, test } from "./support/people.ts";

/** Number of line breaks of a long message. */
const LINES = 1000;

// F33, F34
test("a link ends where a reader would end it, and nothing that was written is lost", async ({ people }) => {
  const [ana, ben] = [await people.signedIn("Ana"), await people.offline("Ben")];
  await ana.startConversation(ben, "hello");
  const cases: [text: string, href: string, host: string][] = [
    ["資料はhttps://example.comです。よろしく", "https://example.com", "example.com"],
    ["https://example.com👍", "https://example.com", "example.com"],
    ["“https://example.com/a”…", "https://example.com/a", "example.com"],
    ["https://example.com/a\u00a0next", "https://example.com/a", "example.com"],
    ["https://example.com#top", "https://example.com#top", "example.com"],
    ["http://[::1]:8080/", "http://[::1]:8080/", "[::1]"],
    ["https://my_bucket.example.com/x", "https://my_bucket.example.com/x", "my_bucket.example.com"],
    ["https://bu\u0308cher.example/ü", "https://bu\u0308cher.example/ü", "xn--bcher-kva.example"],
  ];
  for (const [number, [text, href, host]] of cases.entries()) {
    await ana.send(text);
    const message = ana.messages.nth(number + 1);
    await expect(message).toHaveText(text, { useInnerText: false });
    expect(await message.textContent()).toBe(text);
    const link = message.getByRole("link");
    await expect(link).toHaveAttribute("href", href);
    expect(await link.evaluate((link: HTMLAnchorElement) => link.hostname)).toBe(host);
  }
  const hint = (link: Element) => getComputedStyle(link, "::after").content;
  const last = ana.messages.nth(cases.length).getByRole("link");
  // Repeated: the element is drawn anew once the message is stored.
  await expect.poll(() => last.evaluate(hint)).toContain("xn--bcher-kva.example");
  // The server draws the same.
  const texts = () =>
    ana.messages.evaluateAll((all) =>
      all.map((one) => [one.textContent, ...[...one.querySelectorAll("a")].map((link) => link.getAttribute("href"))]),
    );
  const drawn = await texts();
  await ana.page.reload();
  await ana.waitUntilHydrated();
  await expect(ana.messages).toHaveCount(cases.length + 1);
  expect(await texts()).toEqual(drawn);
});

// F45
test("pasted line breaks become lines, and other control characters disappear", async ({ people }) => {
  const [ana, ben] = [await people.signedIn("Ana"), await people.offline("Ben")];
  await ana.startConversation(ben, "hello");
  await ana.composer.fill("before  after");
  await ana.composer.evaluate((field: HTMLTextAreaElement) => {
    field.setSelectionRange(7, 7);
    document.execCommand("insertText", false, "a\u000bb\u000cc\u2028d\u0007\u001b\u0085e🎈");
  });
  await expect(ana.composer).toHaveValue("before a\nb\nc\nd\ne🎈 after");
  await ana.page.keyboard.type("!");
  await expect(ana.composer).toHaveValue("before a\nb\nc\nd\ne🎈! after");
  await ana.sendButton.click();
  await expect(ana.messages.nth(1)).toHaveText("before a\nb\nc\nd\ne🎈! after", { useInnerText: true });
});

// F35
test("a text of invisible characters cannot be sent", async ({ people }) => {
  const [ana, ben] = [await people.signedIn("Ana"), await people.offline("Ben")];
  await ana.startConversation(ben, "hello");
  for (const blank of ["\u3164", "\u200b\u2800\n", "\u{e0062}\ufe0f"]) {
    await ana.composer.fill(blank);
    await expect(ana.sendButton).toBeDisabled();
  }
  await ana.send("👩\u200d👩\u200d👧 ❤\ufe0f می\u200cخواهم");
  await expect(ana.messages.nth(1)).toHaveText("👩\u200d👩\u200d👧 ❤\ufe0f می\u200cخواهم");
});

// F49
test("a message of very many lines is folded and can be unfolded", async ({ people }) => {
  const [ana, ben] = [await people.signedIn("Ana"), await people.offline("Ben")];
  const path = await ana.startConversation(ben, "hello");
  const text = `first${"\n".repeat(LINES)}last`;
  await ana.sendAll(path, [text, "a\nb"]);
  await ana.open(path);
  const message = ana.messages.nth(1);
  const height = async () => (await message.boundingBox())?.height ?? 0;
  expect(await message.textContent()).toBe(text);
  expect(await height()).toBeLessThan(1000);
  await expect(ana.page.getByText("Show more")).toHaveCount(1);
  await ana.page.getByText("Show more").click();
  await expect(ana.page.getByText("Show less")).toBeVisible();
  expect(await height()).toBeGreaterThan(10_000);
  await ana.page.getByText("Show less").click();
  await expect.poll(height).toBeLessThan(1000);
});

// F36, F1
test("people are found by any word of a name in any script, and a click opens exactly them", async ({ people }) => {
  const ana = await people.signedIn("Ana");
  await ana.open("/messages/new");
  const search = ana.page.getByRole("searchbox", { name: /^To: name/ });
  for (const [name, text] of [["José Ñandú", "nandu"], ["Zoë O'Brien", "brien"], ["李小龙", "龙"]] as const) {
    const account = await people.offline(name);
    await search.fill(`${text} ${account.handle}`);
    await ana.page.getByRole("link", { name: account.handle }).click();
    await expect(ana.page).toHaveURL(/\/messages\/new\/user\/[0-9a-f-]{36}$/);
    await expect(ana.page.getByText(`Write the first message to ${name}.`)).toBeVisible();
    await ana.page.goBack();
  }
});
