import type { People } from "./people.ts";

/** Ana and Ben in their conversation, she having begun it. */
export async function inConversation(people: People) {
  const [ana, ben] = await Promise.all([people.signedIn("Ana"), people.signedIn("Ben")]);
  const path = await ana.startConversation(ben, "Are you there?");
  return { ana, ben, path };
}
