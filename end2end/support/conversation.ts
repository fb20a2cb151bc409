import { expect, type People, type Person } from "./people.ts";

/** Returns Ana and Ben, signed in, with a conversation that Ana has started and has open. */
export async function directConversation(people: People) {
  const [ana, ben] = await Promise.all([people.signedIn("Ana"), people.signedIn("Ben")]);
  const path = await ana.startConversation(ben, "Are you there?");
  return { ana, ben, path };
}

/** Row of the message with this text. */
export function row(person: Person, text: string) {
  const body = person.page.locator(".message__text").and(person.page.getByText(text, { exact: true }));
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
    await message.locator(".message__text").dispatchEvent("pointerdown", { pointerType: "touch", isPrimary: true });
  }
  await expect(page.getByRole("menu")).toBeVisible();
  return page.getByRole("menu");
}
