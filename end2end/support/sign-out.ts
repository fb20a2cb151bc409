// Sign-out with the button of the account menu.

import { expect, type Person } from "./people.ts";

/** Clicks "Sign out", answers the question, and returns it. `undefined` if there was none. */
export async function signOut(person: Person, answer: "accept" | "dismiss"): Promise<string | undefined> {
  let question: string | undefined;
  person.page.once("dialog", async (dialog) => {
    question = dialog.message();
    await dialog[answer]();
  });
  await person.openAccountMenu();
  await person.page.getByRole("button", { name: "Sign out", exact: true }).click();
  if (answer === "accept") await expect(person.page).toHaveURL(/\/signin$/);
  return question;
}
