// Writes the emoji table, `public/emoji/<hash>.tsv`, from the package emojibase-data, and prints its name.
//
//   npm run emoji-table    writes the table and removes the previous one; put the new name into src/domain/emoji.rs
//
// A line without a tab is the heading of a group. The other lines are emoji, with the columns: characters, shortcodes,
// name, keywords. A tilde in the characters marks the place of a skin tone; U+FE0F before it is left out with a tone.
import { createHash } from "node:crypto";
import { readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const folder = join(here, "../public/emoji");

/** Newest version of Unicode's emoji in the table: most devices have no picture of newer ones yet. */
const newestVersion = 16;

/** Headings of the groups, by their number in the package. Group 2 has parts of emoji, such as skin tones. */
const groups = new Map([
  [0, "Smileys"],
  [1, "People"],
  [3, "Animals and nature"],
  [4, "Food and drink"],
  [5, "Travel and places"],
  [6, "Activities"],
  [7, "Objects"],
  [8, "Symbols"],
  [9, "Flags"],
]);

const skinTones = ["\u{1f3fb}", "\u{1f3fc}", "\u{1f3fd}", "\u{1f3fe}", "\u{1f3ff}"];

/** Removes U+FE0F where Unicode does not demand it, as the server does with reactions. */
const canonical = (text) => text.replace(/(\p{Emoji_Presentation})\u{fe0f}/gu, "$1");
const read = (path) => JSON.parse(readFileSync(join(here, "node_modules/emojibase-data/en", path), "utf8"));
const list = (value) => (value === undefined ? [] : [value].flat());
const emoji = read("data.json").filter(({ group, version }) => groups.has(group) && version <= newestVersion);
// GitHub's and Slack's shortcodes are the ones that people know; the package's own cover every emoji.
const shortcodes = new Map(emoji.map(({ hexcode }) => [hexcode, []]));
const taken = new Set();
for (const set of ["github.json", "iamcal.json", "emojibase.json"].map((name) => read(`shortcodes/${name}`))) {
  for (const [hexcode, codes] of shortcodes) {
    // A shortcode that two sets give to different emoji belongs to that of the first set.
    const added = list(set[hexcode]).filter((code) => !taken.has(code));
    added.forEach((code) => taken.add(code));
    codes.push(...added);
  }
}

/** Returns the characters of an emoji with a tilde at each place of a skin tone. */
function template({ emoji, skins = [] }) {
  const untoned = canonical(emoji);
  const tone = (n) => skins.find((skin) => list(skin.tone).every((it) => it === n))?.emoji;
  if (tone(1) === undefined) return untoned;
  let marked = tone(1).replaceAll(skinTones[0], "~");
  // A sign that is no emoji by itself has a variation selector, but not with a tone.
  if (marked.replaceAll("~", "") !== untoned) marked = marked.replace("~", "\u{fe0f}~");
  if (marked.replaceAll("~", "") !== untoned) throw new Error(`${emoji} has another form without a tone`);
  skinTones.forEach((character, n) => {
    const shown = marked.replaceAll("\u{fe0f}~", "~").replaceAll("~", character);
    if (shown !== tone(n + 1)) throw new Error(`${emoji} has another form with tone ${n + 1}`);
  });
  return marked;
}

/** Returns the columns of an emoji. A word that is in one column is not repeated in the next. */
function columns(entry) {
  const codes = shortcodes.get(entry.hexcode);
  const name = entry.label.replaceAll("&", "and");
  const known = new Set([...codes.flatMap((it) => it.split("_")), ...name.toLowerCase().split(/[\s:,]+/)]);
  const keywords = new Set((entry.tags ?? []).flatMap((tag) => tag.toLowerCase().split(/\s+/)).filter((it) => /^[\p{L}'’-]+$/u.test(it) && !known.has(it)));
  return [template(entry), codes.join(" "), name, [...keywords].join(" ")];
}

const lines = [];
for (const [number, heading] of groups) {
  lines.push(heading);
  const members = emoji.filter(({ group }) => group === number).sort((a, b) => a.order - b.order);
  for (const entry of members) {
    const line = columns(entry);
    if (line[1] === "") throw new Error(`${line} has no shortcode`);
    if (/[\t\n"<>&]/.test(line.join(""))) throw new Error(`${line} has a character that the page would have to escape`);
    lines.push(line.join("\t"));
  }
}
const table = `${lines.join("\n")}\n`;
const hash = createHash("sha256").update(table).digest("base64url").slice(0, 22);
for (const name of readdirSync(folder)) rmSync(join(folder, name));
writeFileSync(join(folder, `${hash}.tsv`), table);
console.log(`emoji/${hash}.tsv`);
