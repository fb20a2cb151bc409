import type { Locator } from "@playwright/test";
import { expect } from "./people.ts";

/**
 * Gives an element the focus, once it can have it. `Locator.focus` alone does not wait: on an element that is not drawn yet
 * it does nothing, and the keys that follow go elsewhere.
 */
export async function focusOn(element: Locator): Promise<void> {
  await expect(element).toBeVisible();
  await element.focus();
  await expect(element).toBeFocused();
}
