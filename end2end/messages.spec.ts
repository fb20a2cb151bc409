import { expect, test, type People } from "./support/people.ts";

/** Ana, in a conversation with Ben. */
async function talking(people: People) {
  const [ana, ben] = [await people.signedIn("Ana"), await people.signedIn("Ben")];
  const path = await ana.startConversation(ben, "hello");
  return { ana, ben, path };
}

test("Enter sends, Shift+Enter breaks the line", async ({ people }) => {
  const { ana } = await talking(people);
  await ana.composer.pressSequentially("first line");
  await ana.composer.press("Shift+Enter");
  await ana.composer.pressSequentially("second line");
  await ana.composer.press("Enter");
  await expect(ana.messages.last()).toHaveText("first line\nsecond line", { useInnerText: true });
  await expect(ana.composer).toHaveValue("");
  await expect(ana.composer).toBeFocused();
});

test("Enter that ends the composition of a word does not send, and the next one does", async ({ people }) => {
  const { ana } = await talking(people);
  let sent = 0;
  ana.page.on("request", (request) => {
    if (request.url().endsWith("/rpc/send_message")) sent += 1;
  });
  const input = await ana.page.context().newCDPSession(ana.page);
  const compose = (text: string) =>
    input.send("Input.imeSetComposition", { text, selectionStart: text.length, selectionEnd: text.length });
  await ana.composer.focus();
  await compose("こんに");
  await expect(ana.composer).toHaveValue("こんに");
  // The key without its character: that is the composition's, which goes on. What had been sent by now would be missing below.
  await input.send("Input.dispatchKeyEvent", { type: "rawKeyDown", key: "Enter", code: "Enter", windowsVirtualKeyCode: 13 });
  await input.send("Input.dispatchKeyEvent", { type: "keyUp", key: "Enter", code: "Enter", windowsVirtualKeyCode: 13 });
  await compose("こんにちは");
  await ana.page.keyboard.insertText("こんにちは");
  await expect(ana.composer).toHaveValue("こんにちは");
  // As Safari says it, which has already ended the composition.
  await ana.composer.dispatchEvent("keydown", { key: "Enter", keyCode: 229 });
  await ana.page.keyboard.insertText("。");
  await expect(ana.composer).toHaveValue("こんにちは。");
  expect(sent).toBe(0);
  await ana.page.keyboard.press("Enter");
  await expect(ana.messages).toHaveText(["hello", "こんにちは。"]);
  await expect.poll(() => sent).toBe(1);
});

test("the counter counts characters as the server does, and what is too long cannot be sent", async ({ people }) => {
  const { ana } = await talking(people);
  await expect(ana.sendButton).toBeDisabled();
  await ana.composer.fill("🎈".repeat(1024) + "  ");
  await expect(ana.page.getByText("0 characters left").first()).toBeVisible();
  await expect(ana.sendButton).toBeEnabled();
  await ana.composer.fill("🎈".repeat(1025));
  await expect(ana.sendButton).toBeDisabled();
  await expect(ana.composer).toHaveAttribute("aria-invalid", "true");
  await ana.composer.fill("🎈".repeat(1024));
  await ana.sendButton.click();
  await expect(ana.messages.last()).toHaveText("🎈".repeat(1024));
});

test("a character that cannot be sent is said to be one, and without it the rest can be sent", async ({ people }) => {
  const { ana } = await talking(people);
  await ana.composer.evaluate((field: HTMLTextAreaElement) => {
    field.value = "ring the bell\u0007";
    field.dispatchEvent(new InputEvent("input", { bubbles: true }));
  });
  const words = ana.page.locator("#composer-error");
  await expect(words).toHaveText("This text contains a control character that cannot be sent.");
  await expect(words).toBeVisible();
  await expect(ana.composer).toHaveAccessibleDescription(/control character/);
  await expect(ana.composer).toHaveAttribute("aria-invalid", "true");
  await expect(ana.sendButton).toBeDisabled();
  await ana.composer.press("End");
  await ana.composer.press("Backspace");
  await expect(ana.composer).toHaveValue("ring the bell");
  await expect(words).toBeHidden();
  await expect(ana.composer).not.toHaveAttribute("aria-invalid");
  await ana.sendButton.click();
  await expect(ana.messages).toHaveText(["hello", "ring the bell"]);
  // Nothing is wrong with a field in which nothing has been written yet.
  await expect(ana.composer).toHaveValue("");
  await expect(words).toBeHidden();
});

test("two clicks send once", async ({ people }) => {
  const { ana, path } = await talking(people);
  await ana.composer.fill("only once");
  await ana.sendButton.dblclick();
  await expect(ana.composer).toHaveValue("");
  await ana.open(path);
  await expect(ana.messages).toHaveText(["hello", "only once"]);
});

test("a message whose answer is lost is tried again by itself, and stored once", async ({ people }) => {
  const { ana, path } = await talking(people);
  ana.complaints.expectNoAnswer();
  // The server stores the message, but its answer does not arrive.
  await ana.page.route("**/rpc/send_message", async (route) => {
    await route.fetch();
    await route.abort();
  }, { times: 1 });
  await ana.send("did it arrive?");
  await expect(ana.composer).toHaveValue("");
  await expect(ana.messages).toHaveText(["hello", "did it arrive?"]);
  await expect(ana.page.getByText("Sending…")).toBeHidden();
  await ana.open(path);
  await expect(ana.messages).toHaveText(["hello", "did it arrive?"]);
});

test("an answer that is not the server's refuses nothing, and the message goes out once the server is back", async ({ people }) => {
  const { ana, path } = await talking(people);
  ana.complaints.expectStatus(502);
  let tries = 0;
  await ana.page.route("**/rpc/send_message", async (route) => {
    tries += 1;
    await route.fulfill({ status: 502, contentType: "text/html", body: "<h1>Bad Gateway</h1>" });
  });
  await ana.send("on its way");
  // What is refused is not tried again by itself.
  await expect.poll(() => tries).toBeGreaterThan(1);
  await expect(ana.page.getByText("Sending…")).toBeVisible();
  await expect(ana.page.getByRole("alert")).toHaveCount(0);
  await ana.page.unroute("**/rpc/send_message");
  await expect(ana.page.getByText("Sending…")).toHaveCount(0, { timeout: 40_000 });
  await ana.open(path);
  await expect(ana.messages).toHaveText(["hello", "on its way"]);
});

test("what the server will not have is said to be unsent, and can be tried again or thrown away", async ({ people }) => {
  const { ana, path } = await talking(people);
  ana.complaints.expectStatus(409);
  const refuse = { status: 409, json: { Conflict: "This cannot be." } };
  await ana.page.route("**/rpc/send_message", (route) => route.fulfill(refuse), { times: 2 });
  await ana.send("first");
  await expect(ana.page.getByRole("alert")).toHaveText("Not sent. This cannot be.");
  await ana.send("second");
  await expect(ana.page.getByRole("alert")).toHaveCount(2);
  await ana.page.getByRole("button", { name: "Try again" }).first().click();
  await expect(ana.page.getByRole("alert")).toHaveCount(1);
  await ana.page.getByRole("button", { name: "Discard" }).click();
  await expect(ana.messages).toHaveText(["hello", "first"]);
  await ana.open(path);
  await expect(ana.messages).toHaveText(["hello", "first"]);
});

test("a text is shown as it was written, whatever it looks like", async ({ people }) => {
  const { ana, path } = await talking(people);
  const texts = ["</textarea></title><script>window.pwned=1</script>", "<b>&amp;</b>", "\\0 1", "مرحبا hello"];
  await ana.sendAll(path, texts);
  await ana.open(path);
  await expect(ana.messages).toHaveText(["hello", ...texts]);
  expect(await ana.page.evaluate(() => "pwned" in window)).toBe(false);
});

test("the newest message is in view, and older ones come without the view jumping", async ({ people }) => {
  const { ana, path } = await talking(people);
  const texts = Array.from({ length: 28 }, (_, n) => `message ${n + 1}`);
  await ana.sendAll(path, texts);
  await ana.open(path);
  await expect(ana.messages).toHaveCount(20);
  await expect(ana.messages.last()).toBeInViewport();
  // They are asked for as one scrolls, and held up here until it has been seen where one reads.
  const release = await ana.hold("list_messages");
  await ana.thread.evaluate((scroller) => scroller.scrollTo({ top: -scroller.scrollHeight }));
  const oldest = ana.page.getByText("message 9", { exact: true });
  const before = await oldest.boundingBox();
  release();
  await expect(ana.messages).toHaveText(["hello", ...texts]);
  const after = await oldest.boundingBox();
  expect(Math.abs((after?.y ?? 0) - (before?.y ?? 0)), "how far the view has jumped").toBeLessThanOrEqual(1);
  await expect(ana.page.getByText("This is the beginning of your conversation with Ben.")).toBeAttached();
});

test("times are the reader's own, with the full date for those who rest on them", async ({ people }) => {
  const { ana } = await talking(people);
  const time = ana.thread.locator("time").first();
  const [datetime, title] = [await time.getAttribute("datetime"), await time.getAttribute("title")];
  const inTokyo = new Intl.DateTimeFormat("en-GB", { timeZone: "Asia/Tokyo", hour: "2-digit", minute: "2-digit" });
  await expect(time).toContainText(inTokyo.format(new Date(datetime ?? "")));
  expect(title).toMatch(/^\d{1,2} \w{3} \d{4}, \d\d:\d\d$/);
  await expect(ana.page.getByText("Today", { exact: true })).toBeVisible();
});
