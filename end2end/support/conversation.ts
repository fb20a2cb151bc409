import type { Locator, Page } from "@playwright/test";
import type { Account } from "./accounts.ts";
import { expect, type People, type Person } from "./people.ts";

/** Returns Ana and Ben, signed in, with a conversation that Ana has started and has open. Ben has no page open. */
export async function directConversation(people: People) {
  const [ana, ben] = await Promise.all([people.withSession("Ana"), people.withSession("Ben")]);
  const path = await ana.startConversation(ben, "Are you there?");
  return { ana, ben, path };
}

/** Opens the request of another user from the list of conversations, and accepts it. */
export async function acceptRequest(person: Person, sender: Account) {
  await person.page.getByRole("link", { name: /message requests?$/ }).click();
  await person.page.getByRole("link", { name: sender.handle }).click();
  await person.page.getByRole("button", { name: "Accept" }).click();
  await expect(person.composer).toBeVisible();
}

/** Row of the message with this text. */
export function row(person: Person, text: string) {
  const exactly = new RegExp(`^\\s*${text.replace(/[^\w\s]/g, "\\$&")}\\s*$`);
  const body = person.page.locator(".message__text").filter({ hasText: exactly });
  return person.page.locator(".message[id]").filter({ has: body });
}

/** Opens the menu of a message as a user of this device does: with the mouse, or by a long press. */
export async function openMenu(person: Person, text: string) {
  const { page } = person;
  const message = row(person, text);
  if (await page.evaluate(() => matchMedia("(hover: hover)").matches)) {
    await message.hover();
    await message.getByRole("button", { name: "Options" }).click();
  } else {
    await pressLong(page, message.locator(".message__text"));
  }
  await expect(page.getByRole("menu")).toBeVisible();
  return page.getByRole("menu");
}

/** Rests a finger on an element until the menu opens, and lifts it: the browser then sees a click at the same place. */
async function pressLong(page: Page, element: Locator): Promise<void> {
  await element.scrollIntoViewIfNeeded();
  const box = await element.boundingBox();
  if (!box) throw new Error("the element is not drawn");
  const touch = await page.context().newCDPSession(page);
  const at = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  await touch.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: [at] });
  await expect(page.getByRole("menu")).toBeVisible();
  await touch.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
  await touch.detach();
}
