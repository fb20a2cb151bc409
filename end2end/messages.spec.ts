import { focusOn } from "./support/focus.ts";
import { expect, test, type People } from "./support/people.ts";

/** Returns Ana and Ben, signed in, with a conversation that Ana has started and has open. */
async function openConversation(people: People) {
  const [ana, ben] = [await people.signedIn("Ana"), await people.signedIn("Ben")];
  const path = await ana.startConversation(ben, "hello");
  return { ana, ben, path };
}

// F37: with a keyboard on the screen, Enter breaks the line and Ctrl+Enter sends.
test("Enter sends, Shift+Enter breaks the line", async ({ people }) => {
  const { ana } = await openConversation(people);
  await ana.composer.pressSequentially("first line");
  await ana.composer.press("Shift+Enter");
  await ana.composer.pressSequentially("second line");
  await ana.pressSend();
  await expect(ana.messages.last()).toHaveText("first line\nsecond line", { useInnerText: true });
  await expect(ana.composer).toHaveValue("");
  await expect(ana.composer).toBeFocused();
});

test("an Enter that ends an IME composition does not send, and the next Enter does", async ({ people }) => {
  const { ana } = await openConversation(people);
  let sent = 0;
  ana.page.on("request", (request) => {
    if (request.url().endsWith("/rpc/send_message")) sent += 1;
  });
  const input = await ana.page.context().newCDPSession(ana.page);
  const compose = (text: string) =>
    input.send("Input.imeSetComposition", { text, selectionStart: text.length, selectionEnd: text.length });
  await focusOn(ana.composer);
  await compose("こんに");
  await expect(ana.composer).toHaveValue("こんに");
  // The bare key without a character: the input method handles it, and the composition goes on. If this Enter sent the
  // text, it would be missing from the field below.
  await input.send("Input.dispatchKeyEvent", { type: "rawKeyDown", key: "Enter", code: "Enter", windowsVirtualKeyCode: 13 });
  await input.send("Input.dispatchKeyEvent", { type: "keyUp", key: "Enter", code: "Enter", windowsVirtualKeyCode: 13 });
  await compose("こんにちは");
  await ana.page.keyboard.insertText("こんにちは");
  await expect(ana.composer).toHaveValue("こんにちは");
  // Safari ends the composition first and fires this event afterwards.
  await ana.composer.dispatchEvent("keydown", { key: "Enter", keyCode: 229 });
  await ana.page.keyboard.insertText("。");
  await expect(ana.composer).toHaveValue("こんにちは。");
  expect(sent).toBe(0);
  await ana.pressSend();
  await expect(ana.messages).toHaveText(["hello", "こんにちは。"]);
  await expect.poll(() => sent).toBe(1);
});

test("the counter counts characters as the server does, and a text that is too long cannot be sent", async ({ people }) => {
  const { ana } = await openConversation(people);
  await expect(ana.sendButton).toBeDisabled();
  await ana.composer.fill("🎈".repeat(1024) + "  ");
  await expect(ana.page.getByText("0 characters left").first()).toBeVisible();
  await expect(ana.sendButton).toBeEnabled();
  await ana.composer.fill("🎈".repeat(1023));
  await expect(ana.page.getByText("1 character left").first()).toBeVisible();
  await ana.composer.fill("🎈".repeat(1025));
  await expect(ana.sendButton).toBeDisabled();
  await expect(ana.composer).toHaveAttribute("aria-invalid", "true");
  await ana.composer.fill("🎈".repeat(1024));
  await ana.sendButton.click();
  await expect(ana.messages.last()).toHaveText("🎈".repeat(1024));
});

test("a control character that is pasted disappears, and the text can be sent", async ({ people }) => {
  const { ana } = await openConversation(people);
  await ana.composer.evaluate((field: HTMLTextAreaElement) => {
    field.value = "ring the bell\u0007";
    field.dispatchEvent(new InputEvent("input", { bubbles: true }));
  });
  await expect(ana.composer).toHaveValue("ring the bell");
  const error = ana.page.locator("#composer-error");
  await expect(error).toBeHidden();
  await expect(ana.composer).not.toHaveAttribute("aria-invalid");
  await ana.sendButton.click();
  await expect(ana.messages).toHaveText(["hello", "ring the bell"]);
  // An empty field shows no error.
  await expect(ana.composer).toHaveValue("");
  await expect(error).toBeHidden();
});

test("two clicks send once", async ({ people }) => {
  const { ana, path } = await openConversation(people);
  await ana.composer.fill("only once");
  await ana.sendButton.dblclick();
  await expect(ana.composer).toHaveValue("");
  await ana.open(path);
  await expect(ana.messages).toHaveText(["hello", "only once"]);
});

test("a message whose response is lost is retried automatically and stored once", async ({ people }) => {
  const { ana, path } = await openConversation(people);
  ana.errors.expectNetworkFailure();
  // The server stores the message, but its response does not arrive.
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

test("a message is kept when a proxy answers with an error page, and sent once the server is back", async ({ people }) => {
  const { ana, path } = await openConversation(people);
  ana.errors.expectStatus(502);
  let attempts = 0;
  await ana.page.route("**/rpc/send_message", async (route) => {
    attempts += 1;
    await route.fulfill({ status: 502, contentType: "text/html", body: "<h1>Bad Gateway</h1>" });
  });
  await ana.send("on its way");
  // The automatic retry shows that the page does not treat the message as refused.
  await expect.poll(() => attempts).toBeGreaterThan(1);
  await expect(ana.page.getByText("Sending…")).toBeVisible();
  await expect(ana.page.getByRole("alert")).toHaveCount(0);
  await ana.page.unroute("**/rpc/send_message");
  await expect(ana.page.getByText("Sending…")).toHaveCount(0, { timeout: 40_000 });
  await ana.open(path);
  await expect(ana.messages).toHaveText(["hello", "on its way"]);
});

test("a refused message is shown as unsent and can be retried or discarded", async ({ people }) => {
  const { ana, path } = await openConversation(people);
  ana.errors.expectStatus(409);
  const refusal = { status: 409, json: { conflict: "message_to_self" } };
  await ana.page.route("**/rpc/send_message", (route) => route.fulfill(refusal), { times: 2 });
  await ana.send("first");
  await expect(ana.page.getByRole("alert")).toHaveText("Not sent. You can't message yourself.");
  await ana.send("second");
  await expect(ana.page.getByRole("alert")).toHaveCount(2);
  await ana.page.getByRole("button", { name: "Try again" }).first().click();
  await expect(ana.page.getByRole("alert")).toHaveCount(1);
  await ana.page.getByRole("button", { name: "Discard" }).click();
  await expect(ana.messages).toHaveText(["hello", "first"]);
  await ana.open(path);
  await expect(ana.messages).toHaveText(["hello", "first"]);
});

test("a text that looks like HTML is shown exactly as it was written", async ({ people }) => {
  const { ana, path } = await openConversation(people);
  const texts = ["</textarea></title><script>window.pwned=1</script>", "<b>&amp;</b>", "\\0 1", "مرحبا hello"];
  await ana.sendAll(path, texts);
  await ana.open(path);
  await expect(ana.messages).toHaveText(["hello", ...texts]);
  expect(await ana.page.evaluate(() => "pwned" in window)).toBe(false);
});

test("the newest message is in view, and older ones load without moving the view", async ({ people }) => {
  const { ana, path } = await openConversation(people);
  const texts = Array.from({ length: 28 }, (_, n) => `message ${n + 1}`);
  await ana.sendAll(path, texts);
  await ana.open(path);
  await expect(ana.messages).toHaveCount(20);
  await expect(ana.messages.last()).toBeInViewport();
  // Until then the receipt is below another message, or not there.
  await expect(ana.page.locator(".message__receipt")).toHaveText(["Delivered"]);
  // Scrolling requests older messages. The request is held back until the position of a visible message is measured.
  const release = await ana.holdRequests("list_messages");
  await ana.scroller.evaluate((scroller) => scroller.scrollTo({ top: -scroller.scrollHeight }));
  const oldest = ana.page.getByText("message 9", { exact: true });
  const before = await oldest.boundingBox();
  release();
  await expect(ana.messages).toHaveText(["hello", ...texts]);
  const after = await oldest.boundingBox();
  expect(Math.abs((after?.y ?? 0) - (before?.y ?? 0)), "shift of the view, in pixels").toBeLessThanOrEqual(1);
  await expect(ana.page.getByText("This is the beginning of your conversation with Ben.")).toBeAttached();
});

/** Formats a time as a reader in Tokyo expects it, which is the time zone of the browser. */
function inTokyo(time: Date, options: Intl.DateTimeFormatOptions): string {
  return new Intl.DateTimeFormat("en-GB", { timeZone: "Asia/Tokyo", ...options }).format(time);
}

test("times are in the reader's time zone, with the full date as a tooltip", async ({ people }) => {
  const { ana } = await openConversation(people);
  const time = ana.scroller.locator("time").first();
  const sentAt = new Date((await time.getAttribute("datetime")) ?? "");
  await expect(time).toContainText(inTokyo(sentAt, { timeStyle: "short" }));
  await expect(time).toHaveAttribute("title", /^\d{1,2} \w{3,4} \d{4}, \d\d:\d\d$/);
  await expect(time).toHaveAttribute("title", inTokyo(sentAt, { dateStyle: "medium", timeStyle: "short" }));
  await expect(ana.page.getByText("Today", { exact: true })).toBeVisible();
});

test("the list shows the time today, the weekday in the last six days and the date before; a line names the day", async ({ people }) => {
  const { ana, path } = await openConversation(people);
  const sentAt = new Date((await ana.scroller.locator("time").first().getAttribute("datetime")) ?? "");
  const weekday = inTokyo(sentAt, { weekday: "long" });
  const date = inTokyo(sentAt, { weekday: "long", day: "numeric", month: "short", year: "numeric" });
  for (const [daysLater, inList, line] of [
    [0, inTokyo(sentAt, { timeStyle: "short" }), "Today"],
    [1, weekday, "Yesterday"],
    [6, weekday, date],
    [7, inTokyo(sentAt, { dateStyle: "medium" }), date],
  ] as const) {
    await ana.page.clock.setFixedTime(sentAt.getTime() + daysLater * 86_400_000);
    await ana.open(path);
    await expect(ana.page.locator(".conversation__time time [aria-hidden]").first()).toHaveText(inList);
    await expect(ana.page.locator(".day-line")).toHaveText(line);
  }
});
