// Marks the words of a search where they stand on a page, without touching the page's nodes.

const PIECE = /(-)?(?:\w+:)?(?:"([^"]*)"?|([^\s"]+))/gu;
const WORD = /[\p{L}\p{M}\p{N}]+/gu;
const ENDING = 3; // letters by which a word may be shorter than what was asked for: dogs, dog

const folded = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
const words = (text) => (text.match(WORD) ?? []).map(folded);

function fits(word, wanted) {
  return word.startsWith(wanted) || (word.length >= ENDING && wanted.length - word.length <= ENDING && wanted.startsWith(word));
}

/** Marks what was searched for below some nodes; the elements that hold a hit, in their order. */
export function markSought(search, nodes) {
  if (!search || !CSS.highlights) return [];
  const wanted = [...search.matchAll(PIECE)].filter(([, no]) => !no).flatMap(([, , phrase, word]) => words(phrase ?? word));
  const ranges = [];
  for (const node of nodes) {
    const walker = document.createTreeWalker(node, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const text = walker.currentNode;
      for (const found of text.data.matchAll(WORD)) {
        if (!wanted.some((one) => fits(folded(found[0]), one))) continue;
        const range = document.createRange();
        range.setStart(text, found.index);
        range.setEnd(text, found.index + found[0].length);
        ranges.push(range);
      }
    }
  }
  CSS.highlights.set("sought", new Highlight(...ranges));
  return ranges.map((range) => range.startContainer.parentElement);
}
