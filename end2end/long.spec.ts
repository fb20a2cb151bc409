import type { Page } from "@playwright/test";
import { expect, test } from "./support/people.ts";
import { insertMessages } from "./support/table.ts";

/** Longest acceptable gap between two frames, in milliseconds. Beyond it, a page seems to be frozen. */
const FRAME_GAP_MAX_MS = 1_000;

/** Tolerance for an element that must not move, in pixels. */
const SHIFT_MAX_PX = 1;

test("@long ten thousand missed messages arrive in order and do not freeze the page", async ({ people }) => {
  test.setTimeout(180_000);
  const [ana, ben] = await Promise.all([people.signedIn("Ana"), people.signedIn("Ben")]);
  const path = await ana.startConversation(ben, "hello");
  await ben.open(path);
  ben.errors.expectNetworkFailure();
  await ben.page.context().setOffline(true);
  await expect(ben.page.getByText("No connection.")).toBeVisible();
  await insertMessages(path, 10_000);
  // The inserted messages are not published to open pages. Reload the list until the table's stream has processed them.
  await expect(async () => {
    await ana.open("/messages");
    await expect(ana.conversations.first()).toContainText("message 10000", { timeout: 1_000 });
  }).toPass();
  await ben.page.evaluate(() => {
    const state = Object.assign(window, { longestGapMs: 0, notReloaded: true });
    let last = performance.now();
    const recordFrame = (now: number) => {
      state.longestGapMs = Math.max(state.longestGapMs, now - last);
      last = now;
      requestAnimationFrame(recordFrame);
    };
    requestAnimationFrame(recordFrame);
  });
  await ben.page.context().setOffline(false);
  await expect(ben.messages.last()).toHaveText("message 10000", { timeout: 120_000 });
  const shown = await ben.messages.allTextContents();
  expect(shown.length).toBeLessThanOrEqual(300);
  expect(shown).toEqual(Array.from(shown, (_, n) => `message ${10_000 - shown.length + n + 1}`));
  const state = await ben.page.evaluate(() => {
    const { longestGapMs, notReloaded } = window as unknown as { longestGapMs: number; notReloaded?: boolean };
    return { longestGapMs, notReloaded };
  });
  expect(state.notReloaded).toBe(true);
  expect(state.longestGapMs).toBeLessThan(FRAME_GAP_MAX_MS);
  await expect(ben.page.locator(".conversation").first()).toContainText("message 10000");
});

/**
 * Scrolls close to one end of the loaded messages, `times` times, and waits each time until more are loaded there.
 * Returns the largest distance, in pixels, by which loading has moved the topmost visible message.
 */
async function loadBeyond(page: Page, end: "older" | "newer", times: number): Promise<number> {
  return page.evaluate(
    async ([end, times]) => {
      const scroller = document.querySelector(".thread__scroller") as HTMLElement;
      const frame = () => new Promise((done) => requestAnimationFrame(done));
      const ids = () => Array.from(scroller.querySelectorAll(".message[id]"), (message) => message.id);
      let moved = 0;
      for (let n = 0; n < times; n += 1) {
        const before = ids();
        const hasLoaded = end === "older" ? () => ids()[0] !== before[0] : () => ids().at(-1) !== before.at(-1);
        // The list is scrolled from its bottom, so `scrollTop` is zero at the newest message and negative above it.
        const scrollRange = scroller.scrollHeight - scroller.clientHeight;
        scroller.scrollTop = end === "older" ? -(scrollRange - 300) : -300;
        const top = scroller.getBoundingClientRect().top;
        const inView = (message: Element) => message.getBoundingClientRect().bottom > top + 1;
        const visible = Array.from(scroller.querySelectorAll(".message[id]")).find(inView) as HTMLElement;
        const topBefore = visible.getBoundingClientRect().top;
        for (let frames = 0; !hasLoaded(); frames += 1) {
          if (frames > 600) throw new Error(`no messages were loaded: ${end}, ${n} of ${times}`);
          await frame();
        }
        await frame();
        await frame();
        moved = Math.max(moved, Math.abs((document.getElementById(visible.id) ?? visible).getBoundingClientRect().top - topBefore));
      }
      return moved;
    },
    [end, times] as const,
  );
}

test("@long the message being read does not move in a thousand loads, arrivals, changes and keyboard openings", async ({ people }) => {
  test.setTimeout(300_000);
  const [ana, ben] = await Promise.all([people.signedIn("Ana"), people.signedIn("Ben")]);
  const path = await ana.startConversation(ben, "hello");
  await insertMessages(path, 10_600);
  await ana.markRead(path, 10_601);
  await ana.open(path);
  await expect(ana.messages.last()).toHaveText("message 10600");
  expect(await loadBeyond(ana.page, "older", 500)).toBeLessThanOrEqual(SHIFT_MAX_PX);
  expect(await loadBeyond(ana.page, "newer", 90)).toBeLessThanOrEqual(SHIFT_MAX_PX);

  await ana.open(path);
  await ana.scroller.evaluate((scroller) => (scroller.scrollTop = -300));
  const id = await ana.page.locator(".message[id]").nth(-8).getAttribute("id");
  const top = () => ana.page.locator(`#${id}`).evaluate((message) => message.getBoundingClientRect().top);
  for (let n = 1; n <= 25; n += 1) {
    const before = await top();
    await ben.sendAll(path, [`answer ${n}`]);
    await expect(ana.messages.last()).toHaveText(`answer ${n}`);
    expect(Math.abs((await top()) - before)).toBeLessThanOrEqual(SHIFT_MAX_PX);
  }

  // Changes of messages above the view and in it.
  const options = await ana.page.locator(".message__options").evaluateAll((all) => all.map((it) => it.getAttribute("href") ?? ""));
  const reading = await ana.scroller.evaluate((scroller) => {
    const top = scroller.getBoundingClientRect().top;
    return Array.from(scroller.querySelectorAll(".message[id]")).findIndex((message) => message.getBoundingClientRect().bottom > top);
  });
  const first = ana.page.locator(".message[id]").nth(reading);
  const topOfView = () => first.evaluate((message) => message.getBoundingClientRect().top);
  for (let n = 0; n < 40; n += 1) {
    const [sentAt = "", message = ""] = (options[reading + (n % 10) - 8] ?? "").split("/").slice(-2);
    const fields = { conversation: path.split("/").at(-1) ?? "", message, sent_at: sentAt.replace("Z", "+00:00") };
    const shown = ana.page.locator(`#m-${message}`);
    const before = await topOfView();
    if (n < 20) {
      await ben.call("react", { ...fields, emoji: n < 10 ? "👍" : "🎉", on: "true" });
      await expect(shown.locator(".chip")).toHaveCount(n < 10 ? 1 : 2);
    } else if (n < 30) {
      await ana.call("edit_message", { ...fields, edits: "0", body: "one\ntwo\nthree" });
      await expect(shown.locator(".message__text")).toHaveText("one\ntwo\nthree");
    } else {
      await ana.call("delete_message", fields);
      await expect(shown).toContainText("You deleted this message");
    }
    await ana.page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    expect(Math.abs((await topOfView()) - before)).toBeLessThanOrEqual(SHIFT_MAX_PX);
  }

  // An on-screen keyboard shrinks the page. The last message must keep its distance to the message field.
  await ana.scroller.evaluate((scroller) => (scroller.scrollTop = 0));
  const { width, height } = ana.page.viewportSize() ?? { width: 390, height: 844 };
  const distance = () =>
    ana.page.evaluate(() => {
      const [last, field] = [".message:last-child", ".composer"].map((it) => document.querySelector(it)?.getBoundingClientRect());
      return (field?.top ?? 0) - (last?.bottom ?? 0);
    });
  const closed = await distance();
  for (let n = 0; n < 385; n += 1) {
    await ana.page.setViewportSize({ width, height: n % 2 === 0 ? height - 320 : height });
    expect(Math.abs((await distance()) - closed)).toBeLessThanOrEqual(SHIFT_MAX_PX);
  }
});
