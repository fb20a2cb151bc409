import type { People } from "./people.ts";

/** Returns Ana and Ben, signed in, with a conversation that Ana has started and has open. */
export async function directConversation(people: People) {
  const [ana, ben] = await Promise.all([people.signedIn("Ana"), people.signedIn("Ben")]);
  const path = await ana.startConversation(ben, "Are you there?");
  return { ana, ben, path };
}
