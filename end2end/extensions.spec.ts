// Browser extensions and translators that change a page before or after the app has taken it over.

import type { Page } from "@playwright/test";
import { directConversation } from "./support/conversation.ts";
import { expect, test } from "./support/people.ts";

/** Adds elements to the body and beside the fields, as extensions do. */
function addElements(): void {
  const added = (name: string) => Object.assign(document.createElement(name), { textContent: "added" });
  document.body.prepend(added("div"));
  document.body.append(added("extension-root"));
  document.querySelector("main")?.prepend(added("aside"));
  for (const field of document.querySelectorAll("textarea, input")) {
    field.after(added("extension-icon"));
    field.before(added("span"));
  }
}

/** Replaces every text by an element, as translators do, unless it is marked as not to be translated. */
function translate(): void {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const texts: Text[] = [];
  while (walker.nextNode()) texts.push(walker.currentNode as Text);
  for (const text of texts) {
    const parent = text.parentElement;
    if (!text.data.trim() || !parent || parent.closest("[translate=no], script, style, textarea")) continue;
    const [outer, inner] = [document.createElement("font"), document.createElement("font")];
    inner.textContent = `übersetzt: ${text.data}`;
    outer.append(inner);
    parent.replaceChild(outer, text);
  }
}

/** Runs a function in every document of the page as soon as it is complete. */
async function onLoad(page: Page, change: () => void): Promise<void> {
  await page.addInitScript(`document.addEventListener("DOMContentLoaded", () => { ${change.toString()}; ${change.name}(); });`);
}

/** Checks that the counter, the errors and the messages of Ben's page change. */
async function expectAlive({ ana, ben }: Awaited<ReturnType<typeof directConversation>>): Promise<void> {
  // By its element: a translation has changed its label.
  const field = ben.page.locator(".composer textarea");
  await field.fill("a".repeat(1030));
  await expect(ben.page.locator("#composer-count")).toContainText("-6");
  await expect(ben.page.locator("#composer-error")).toContainText("yours has 1030");
  await field.fill("fine");
  await expect(ben.page.locator("#composer-error")).toHaveText("");
  await ben.page.locator(".composer__send").click();
  await expect(ana.messages).toHaveText(["Are you there?", "fine"]);
  await ana.composer.press("x");
  await expect(ben.page.getByText("is typing…")).toBeVisible();
  await ana.send("seen");
  await expect(ben.messages.last()).toContainText("seen");
}

// F44
test("elements that an extension adds before the start of the app do no harm", async ({ people }) => {
  const talk = await directConversation(people);
  await onLoad(talk.ben.page, addElements);
  await talk.ben.open(talk.path);
  await expectAlive(talk);
});

// F44
test("elements that an extension adds later do no harm", async ({ people }) => {
  const talk = await directConversation(people);
  await talk.ben.open(talk.path);
  await talk.ben.page.evaluate(addElements);
  await expectAlive(talk);
});

// F44
test("a translation before the start of the app does no harm", async ({ people }) => {
  const talk = await directConversation(people);
  await onLoad(talk.ben.page, translate);
  await talk.ben.open(talk.path);
  await expectAlive(talk);
});

// F44
test("a later translation does no harm", async ({ people }) => {
  const talk = await directConversation(people);
  await talk.ben.open(talk.path);
  await talk.ben.page.evaluate(translate);
  await expectAlive(talk);
});

// F44
test("a page whose app cannot start says so, and works", async ({ people }) => {
  const { ben, path } = await directConversation(people);
  ben.errors.expectNetworkFailure();
  ben.errors.expectUncaught("Failed to fetch");
  ben.errors.expectUnusedPreloads();
  await ben.page.route(/\.wasm$/, (route) => route.abort());
  await ben.page.goto(path);
  await expect(ben.page.getByText("This page does not update by itself")).toBeVisible({ timeout: 30_000 });
  await ben.page.unroute(/\.wasm$/);
  await ben.page.getByRole("link", { name: "Reload the page" }).click();
  await ben.waitUntilHydrated();
  await expect(ben.page.getByText("This page does not update by itself")).toBeHidden();
});

// F44
test("a page whose app has broken down says so", async ({ people }) => {
  const ana = await people.signedIn("Ana");
  ana.errors.expectUncaught("unreachable");
  await expect(ana.page.getByText("This page does not update by itself")).toBeHidden();
  await ana.page.evaluate(() => setTimeout(() => { throw new WebAssembly.RuntimeError("unreachable"); }));
  await expect(ana.page.getByText("This page does not update by itself")).toBeVisible();
});
